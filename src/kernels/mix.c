// SPDX-License-Identifier: Apache-2.0
#include "kernels/mix.h"

#include <string.h>

const struct kernel_mix kernel_mixes[] = {
    {"reads",    "read",     "ALL Reads",          1, 0, "loads only"                        },
    {"3:1",      "add",      "3:1 Reads-Writes",   3, 1, "two loads and an ordinary store"   },
    {"2:1",      "copy",     "2:1 Reads-Writes",   2, 1, "a load and an ordinary store"      },
    {"1:1",      "write",    "1:1 Reads-Writes",   1, 1, "ordinary stores only"              },
    {"triad_nt", "triad_nt", "Stream-triad like:", 2, 1, "two loads and a non-temporal store"},
};
const size_t kernel_mix_count = COUNT_OF(kernel_mixes);

const struct kernel_mix *mix_find(const char *name) {
    for (size_t i = 0; i < kernel_mix_count; i++)
        if (strcmp(kernel_mixes[i].name, name) == 0)
            return &kernel_mixes[i];
    return NULL;
}
