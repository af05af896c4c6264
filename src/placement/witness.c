// SPDX-License-Identifier: Apache-2.0
#include "placement/witness.h"

#include <stdio.h>
#include <stdlib.h>

// Adds bytes on a node to evidence of all pages. A page of which a part is elsewhere is elsewhere.
static void add_bytes(struct evidence *evidence, const struct node_set *asked, uint32_t node,
                      uint64_t bytes) {
    if (bytes == 0)
        return;
    id_set_add(&evidence->nodes_seen, node);
    bool whole = node_set_contains(asked, node);
    evidence_add(evidence, asked, node,
                 (bytes + (whole ? 0 : evidence->unit_bytes - 1)) / evidence->unit_bytes);
}

static void add_absent(struct evidence *evidence) {
    uint64_t resident = evidence->pages_on_node + evidence->pages_off_node;
    if (resident < evidence->pages_checked)
        evidence->pages_absent = evidence->pages_checked - resident;
}

bool witness_counts(const struct os_memory *memory, const struct evidence *sizes,
                    struct evidence *counts, struct error *error) {
    struct os_node_bytes *nodes;
    size_t node_count;
    *counts = *sizes;
    if (!os_memory_by_node(memory, &nodes, &node_count, error))
        return false;
    counts->located_by = WITNESS_COUNTS;
    for (size_t i = 0; i < node_count; i++)
        add_bytes(counts, &memory->nodes, nodes[i].node, nodes[i].bytes);
    free(nodes);
    add_absent(counts);
    return true;
}

bool witness_only_node(const struct os_memory *memory, const struct evidence *sizes,
                       struct evidence *evidence) {
    uint32_t node;
    if (!sizes->sized || !os_only_memory_node(&node))
        return false;
    *evidence = *sizes;
    evidence->located_by = WITNESS_ONLY_NODE;
    add_bytes(evidence, &memory->nodes, node,
              sizes->sizes.bytes_in_base + sizes->sizes.bytes_in_large);
    add_absent(evidence);
    return true;
}

static bool is_subset(const struct id_set *part, const struct id_set *all) {
    for (size_t i = 0; i < part->count; i++)
        if (!id_set_contains(all, part->ids[i]))
            return false;
    return true;
}

static const char *format_nodes(const struct id_set *nodes, char *text, size_t text_bytes) {
    return nodes->count ? id_set_format(nodes, text, text_bytes) : "none";
}

void witness_confront(struct evidence *each, struct evidence *counts) {
    bool complete = each->pages_checked == each->pages_total && each->pages_unknown == 0;
    bool agree = is_subset(&each->nodes_seen, &counts->nodes_seen) &&
                 (!complete || is_subset(&counts->nodes_seen, &each->nodes_seen));
    bool counts_know_better =
        counts->pages_off_node || (each->pages_unknown && !counts->pages_absent);
    if (agree && !complete && counts_know_better) {
        struct evidence less = *each;
        *each = *counts;
        *counts = less;
    } else if (!agree) {
        char pages[64], counted[64];
        snprintf(each->contradiction, sizeof each->contradiction,
                 "%s finds pages on nodes %s and %s on nodes %s: one of them is wrong, so neither "
                 "is used; look for a sandbox that answers instead of the kernel",
                 os_pages_locate_source, format_nodes(&each->nodes_seen, pages, sizeof pages),
                 os_memory_by_node_source,
                 format_nodes(&counts->nodes_seen, counted, sizeof counted));
        id_set_add_all(&each->nodes_seen, &counts->nodes_seen);
    }
}
