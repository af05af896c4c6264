// SPDX-License-Identifier: Apache-2.0
#include "measure/fill.h"

#include "measure/team.h"

struct filling {
    struct placement *placement;
    size_t parts;
};

static void fill_part(void *context, size_t index) {
    const struct filling *filling = context;
    placement_fill_part(filling->placement, index, filling->parts);
}

bool fill_placement(struct placement *placement, const struct id_set *wanted, struct error *error) {
    struct id_set writers;
    if (!placement_writers(placement, wanted, &writers, error))
        return false;
    struct filling filling = {placement, writers.count};
    bool filled = team_run(&writers, fill_part, &filling, error);
    id_set_free(&writers);
    if (!filled || !placement_fill_done(placement, error))
        return false;
    os_memory_collapse(&placement->memory);
    return true;
}
