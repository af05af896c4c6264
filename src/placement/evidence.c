// SPDX-License-Identifier: Apache-2.0
#include "placement/evidence.h"

const char *witness_name(enum witness witness) {
    switch (witness) {
    case WITNESS_ONLY_NODE:
        return "only_node";
    case WITNESS_COUNTS:
        return os_memory_by_node_source;
    case WITNESS_EACH_PAGE:
        return os_pages_locate_source;
    default:
        return "";
    }
}

void evidence_free(struct evidence *evidence) {
    id_set_free(&evidence->nodes_seen);
}

uint64_t evidence_page_bytes(const struct evidence *evidence) {
    const struct os_page_sizes *sizes = &evidence->sizes;
    if (!evidence->sized || (sizes->bytes_in_large && sizes->bytes_in_base))
        return NONE_U64;
    if (sizes->bytes_in_large)
        return sizes->large_page_bytes;
    return sizes->bytes_in_base ? sizes->base_page_bytes : NONE_U64;
}

void evidence_add(struct evidence *evidence, const struct node_set *asked, uint32_t node,
                  uint64_t pages) {
    size_t share = 0;
    while (share < asked->count && asked->shares[share].node != node)
        share++;
    if (share < asked->count)
        evidence->share_pages[share] += pages;
    *(share < asked->count ? &evidence->pages_on_node : &evidence->pages_off_node) += pages;
}
