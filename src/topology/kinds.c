// SPDX-License-Identifier: Apache-2.0
#include "topology/kinds.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Kinds of hwloc may be cores of one design that clock a little higher or lower: some versions show
// equal cores of one server so (NVIDIA Grace before 2.10, AMD before 2.13), and the cores that a
// firmware favours. Cores of two designs are further apart. Judgement: most favoured cores are
// within 10 % of the others, efficiency cores have less than 70 % of the capacity.
static const double alike_share = 0.8;

void kinds_take_attribute(struct topology_kind *kind, const char *name, const char *value) {
    static const char *const types[] = {"CoreType", "CPUPart", "DarwinCompatible"};
    static const char *const figures[KIND_FIGURE_COUNT] = {
        [KIND_CAPACITY] = "LinuxCapacity",
        [KIND_MAX_MHZ] = "FrequencyMaxMHz",
        [KIND_BASE_MHZ] = "FrequencyBaseMHz",
    };
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (strcmp(name, types[i]) == 0)
            snprintf(kind->core_type, sizeof kind->core_type, "%.47s", value);
    for (size_t i = 0; i < COUNT_OF(figures); i++)
        if (strcmp(name, figures[i]) == 0 && strtod(value, NULL) > 0)
            kind->figures[i] = strtod(value, NULL);
}

// Where nothing but the rank distinguishes them the system itself has told it, and it stands.
static bool are_alike(const struct topology_kind *a, const struct topology_kind *b) {
    if (strcmp(a->core_type, b->core_type) != 0)
        return false;
    for (size_t i = 0; i < KIND_FIGURE_COUNT; i++) {
        double low = fmin(a->figures[i], b->figures[i]), high = fmax(a->figures[i], b->figures[i]);
        if (!isnan(a->figures[i]) && !isnan(b->figures[i]))
            return low >= alike_share * high;
    }
    return false;
}

void kinds_add(struct topology *topology, struct topology_kind kind) {
    for (size_t i = 0; i < topology->kind_count; i++) {
        struct topology_kind *known = &topology->kinds[i];
        if (!are_alike(known, &kind))
            continue;
        id_set_add_all(&known->cpus, &kind.cpus);
        id_set_free(&kind.cpus);
        return;
    }
    topology->kinds =
        base_grow_by_one(topology->kinds, topology->kind_count, sizeof *topology->kinds);
    topology->kinds[topology->kind_count++] = kind;
}

void kinds_conclude(struct topology *topology) {
    if (topology->kind_count < 2)
        kinds_free(topology);
    for (size_t i = 0; i < topology->cpu_count; i++)
        for (size_t k = 0; k < topology->kind_count; k++)
            if (id_set_contains(&topology->kinds[k].cpus, topology->cpus[i].id))
                topology->cpus[i].rank = topology->kinds[k].rank;
}

void kinds_free(struct topology *topology) {
    for (size_t i = 0; i < topology->kind_count; i++)
        id_set_free(&topology->kinds[i].cpus);
    free(topology->kinds);
    topology->kinds = NULL;
    topology->kind_count = 0;
}
