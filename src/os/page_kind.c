// SPDX-License-Identifier: Apache-2.0
#include "os/page_kind.h"

#include <string.h>

const struct page_kind page_kinds[] = {
    {"4K",  4 * KIB, "ordinary pages, with transparent huge pages switched off for the buffer"},
    {"2M",  2 * MIB, "Linux: hugetlb pages from the node's pool; Windows: large pages"          },
    {"1G",  1 * GIB, "Linux: hugetlb pages from the node's pool"                                },
    {"thp", 0,       "Linux: transparent huge pages; each must really be huge"                  },
};
const size_t page_kind_count = COUNT_OF(page_kinds);

const struct page_kind *page_kind_find(const char *name) {
    for (size_t i = 0; i < page_kind_count; i++)
        if (strcmp(page_kinds[i].name, name) == 0)
            return &page_kinds[i];
    return NULL;
}
