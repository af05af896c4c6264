// SPDX-License-Identifier: Apache-2.0
#include "report/published_report.h"

#include "analyse/published.h"
#include "analyse/tiers.h"

#include <math.h>

// The figure of the nearest tier of that kind; NaN: none.
static double tier_value(const struct tier_list *tiers, enum tier tier) {
    for (size_t i = 0; i < tiers->count; i++)
        if (tiers->at[i].tier == tier)
            return tiers->at[i].value;
    return NAN;
}

void published_each(const struct data_run *run, const struct topology *topology,
                    const struct matrix_list *list,
                    void (*say)(const char *sentence, void *context), void *context) {
    const struct published_machine machine = {
        .cpu_model = machine_file_fact(&run->machine, "cpu_model"),
        .packages = topology ? topology_package_count(topology) : 0,
    };
    const struct matrix *latency = matrix_main(list, METRIC_LATENCY);
    const struct matrix *bandwidth = matrix_main(list, METRIC_BANDWIDTH);
    struct tier_list tiers = {0};
    if (latency)
        tier_list_build(&tiers, latency->cells, latency->row_count * latency->column_count,
                        METRIC_LATENCY, &run->machine, topology);
    size_t nodes;
    const double ours[PUBLISHED_COUNT] = {
        [PUBLISHED_LOCAL_NS] = tier_value(&tiers, TIER_LOCAL),
        [PUBLISHED_REMOTE_NS] = tier_value(&tiers, TIER_REMOTE),
        [PUBLISHED_MACHINE_READ] = bandwidth ? matrix_local_sum(bandwidth, &nodes) : NAN,
    };
    char sentence[PUBLISHED_SENTENCE_BYTES];
    for (enum published_quantity quantity = 0; quantity < PUBLISHED_COUNT; quantity++)
        if (published_tell(&machine, quantity, ours[quantity], sentence))
            say(sentence, context);
    tier_list_free(&tiers);
}
