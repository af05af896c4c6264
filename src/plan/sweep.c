// SPDX-License-Identifier: Apache-2.0
#include "plan/sweep.h"

#include "os/os.h"
#include "plan/sizing.h"

#include <math.h>

enum { STEPS = 4 }; // in a doubling

static uint64_t size_of_step(unsigned step) {
    double pages = round(exp2((double)step / STEPS));
    return (uint64_t)pages * os_base_page_bytes();
}

static bool is_near(uint64_t size_bytes, const struct topology_level *levels, size_t level_count) {
    for (size_t i = 0; i < level_count; i++)
        if (size_bytes >= levels[i].size_bytes / 2 && size_bytes <= 2 * levels[i].size_bytes)
            return true;
    return false;
}

size_t sweep_sizes(const struct topology_level *levels, size_t level_count, uint64_t to_bytes,
                   uint64_t **sizes) {
    uint64_t largest_bytes = 0, last_bytes = 0;
    for (size_t i = 0; i < level_count; i++)
        if (levels[i].size_bytes > largest_bytes)
            largest_bytes = levels[i].size_bytes;
    uint64_t end_bytes = to_bytes ? to_bytes : sizing_outgrown_bytes(largest_bytes);
    size_t count = 0;
    *sizes = NULL;
    for (unsigned step = 0; last_bytes < end_bytes; step++) {
        uint64_t size_bytes = size_of_step(step);
        if (to_bytes && size_bytes > to_bytes)
            break;
        bool wanted = step % 2 == 0 || is_near(size_bytes, levels, level_count);
        if (!wanted || size_bytes == last_bytes)
            continue;
        *sizes = base_grow_by_one(*sizes, count, sizeof **sizes);
        (*sizes)[count++] = last_bytes = size_bytes;
    }
    return count;
}
