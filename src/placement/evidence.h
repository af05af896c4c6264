// SPDX-License-Identifier: Apache-2.0
// What the system said of the pages of a buffer, and which of its answers that was.
#ifndef NUMAPROBE_PLACEMENT_EVIDENCE_H
#define NUMAPROBE_PLACEMENT_EVIDENCE_H

#include "base/id_set.h"
#include "base/node_set.h"
#include "os/os.h"

// Who told where the pages are: of several, the first in this list tells least.
enum witness {
    WITNESS_NONE,      // nobody: not asked, denied, or not there
    WITNESS_ONLY_NODE, // one node alone has memory, so every page that is resident is there
    WITNESS_COUNTS,    // os_memory_by_node: how many pages are where, but not which
    WITNESS_EACH_PAGE, // os_pages_locate
};
const char *witness_name(enum witness witness); // "only_node", or its source in os.h; "" for none

// What the system said of the pages at one moment. Counts are in pages of unit_bytes: the large
// page where all of the buffer is proven to be in such, else the ordinary page.
struct evidence {
    enum witness located_by; // none: the system does not say; reason says why
    bool sized;              // false: it does not tell sizes of pages
    uint64_t unit_bytes;
    uint64_t pages_total;
    uint64_t pages_checked; // all of them, or a sample when there are more than PROVE_PAGES_MAX
    uint64_t pages_on_node; // on one of the nodes that were asked for
    uint64_t share_pages[NODE_SET_MAX]; // of these on each node of the set
    uint64_t pages_off_node;
    uint64_t pages_absent;
    uint64_t pages_unknown;
    struct os_page_sizes sizes;
    struct id_set nodes_seen; // by any witness
    char contradiction[256];  // what two witnesses say against each other; "" when they agree
    char reason[256];
};

// The size of page that all of the buffer lies in; NONE_U64 when mixed or not known.
uint64_t evidence_page_bytes(const struct evidence *evidence);

// Counts pages on a node.
void evidence_add(struct evidence *evidence, const struct node_set *asked, uint32_t node,
                  uint64_t pages);

void evidence_free(struct evidence *evidence);

#endif
