// SPDX-License-Identifier: Apache-2.0
#include "placement/fill.h"

#include "placement/team.h"

struct fill_team {
    struct filling *fillings;
    size_t count;
    struct id_set cpus; // the writers of all
};

// A CPU can be a writer of several buffers, one after the other.
static void fill_parts(void *context, size_t index) {
    const struct fill_team *team = context;
    for (size_t i = 0; i < team->count; i++) {
        struct filling *filling = &team->fillings[i];
        size_t part = id_set_place(&filling->writers, team->cpus.ids[index]);
        if (part < filling->writers.count)
            placement_fill_part(filling->placement, part, filling->writers.count);
    }
}

static bool find_writers(struct fill_team *team, size_t *failed, struct error *error) {
    for (*failed = 0; *failed < team->count; ++*failed) {
        struct filling *filling = &team->fillings[*failed];
        if (!placement_writers(filling->placement, filling->wanted, &filling->writers, error))
            return false;
        id_set_add_all(&team->cpus, &filling->writers);
    }
    *failed = 0;
    return true;
}

bool fill_placements(struct filling *fillings, size_t count, size_t *failed, struct error *error) {
    struct fill_team team = {.fillings = fillings, .count = count};
    for (size_t i = 0; i < count; i++)
        fillings[i].writers = (struct id_set){0};
    bool filled =
        find_writers(&team, failed, error) && team_run(&team.cpus, fill_parts, &team, error);
    for (size_t i = 0; filled && i < count; i++) {
        *failed = i;
        filled = placement_fill_done(fillings[i].placement, error);
        if (filled)
            os_memory_collapse(&fillings[i].placement->memory);
    }
    for (size_t i = 0; i < count; i++)
        id_set_free(&fillings[i].writers);
    id_set_free(&team.cpus);
    return filled;
}

bool fill_placement(struct placement *placement, const struct id_set *wanted, struct error *error) {
    struct filling filling = {.placement = placement, .wanted = wanted};
    size_t failed;
    return fill_placements(&filling, 1, &failed, error);
}
