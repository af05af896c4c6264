// SPDX-License-Identifier: Apache-2.0
#include "os/page_kind.h"

#include <string.h>

// clang-format off
const struct page_kind page_kinds[] = {
    {"4K", 4 * KIB, "ordinary pages; Linux: never transparent huge ones; Windows: locked",
     PAGES_ORDINARY},
    {"16K", 16 * KIB, "Linux on Arm: ordinary pages of kernels with pages of this size",
     PAGES_ORDINARY},
    {"64K", 64 * KIB, "Linux on Arm and POWER: the same",
     PAGES_ORDINARY},
    {"2M", 2 * MIB, "Linux: hugetlb pages from the node's pool; Windows: large pages",
     PAGES_LARGE},
    {"1G", 1 * GIB, "Linux: hugetlb pages from the node's pool; Windows: huge pages",
     PAGES_LARGE},
    {"thp", 0, "Linux: transparent huge pages; each must really be huge",
     PAGES_TRANSPARENT},
    {"awe", 4 * KIB, "Windows: physical pages held by the program (Address Windowing Extensions)",
     PAGES_PHYSICAL},
};
// clang-format on
const size_t page_kind_count = COUNT_OF(page_kinds);

const struct page_kind *page_kind_ordinary(uint64_t bytes) {
    for (size_t i = 0; i < page_kind_count; i++)
        if (page_kinds[i].source == PAGES_ORDINARY && page_kinds[i].bytes == bytes)
            return &page_kinds[i];
    return NULL;
}

const struct page_kind *page_kind_find(const char *name) {
    for (size_t i = 0; i < page_kind_count; i++)
        if (strcmp(page_kinds[i].name, name) == 0)
            return &page_kinds[i];
    return NULL;
}
