// SPDX-License-Identifier: Apache-2.0
#include "kernels/mix.h"

#include <string.h>

const struct kernel_mix kernel_mixes[] = {
    {"reads",    "read",       1, 0, "loads only"                        },
    {"3:1",      "accumulate", 3, 1, "three loads and a store in place"  },
    {"2:1",      "daxpy",      2, 1, "two loads and a store in place"    },
    {"1:1",      "update",     1, 1, "a load and a store in place"       },
    {"triad_nt", "triad_nt",   2, 1, "two loads and a non-temporal store"},
    {"copy_nt",  "copy_nt",    1, 1, "a load and a non-temporal store"   },
    {"write_nt", "write_nt",   0, 1, "non-temporal stores only"          },
};
const size_t kernel_mix_count = COUNT_OF(kernel_mixes);

const struct kernel_mix *mix_find(const char *name) {
    for (size_t i = 0; i < kernel_mix_count; i++)
        if (strcmp(kernel_mixes[i].name, name) == 0)
            return &kernel_mixes[i];
    return NULL;
}
