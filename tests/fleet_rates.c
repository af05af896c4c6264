// SPDX-License-Identifier: Apache-2.0
// usage: fleet_rates [TRIALS]
//
// How often a good host is called slow, and a slow one found, by `fleet` and by limits: fleets that
// nobody has, drawn by a seed and judged by the program's own functions. The table in
// docs/experiments.md is from here. Ends with 1 when a rate is beyond what that document promises.
#include "analyse/limits.h"
#include "analyse/outliers.h"
#include "draw.h"
#include "stats/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { CELLS = 24, RUNS_MAX = 4 };

struct model {
    const char *name;
    double host, shared, run,
        visit;           // standard deviations: a host's in each cell, in all cells; ...
    double tails;        // Student's degrees of the hosts' levels; 0: normal
    double second_level; // of three hosts in ten, in each cell by itself
    bool promised;
};
static const struct model models[] = {
    {"hosts 0.5 %, runs 0.3 %",           0.005, 0,    0.003, 0.004, 0, 0,    true },
    {"hosts 1 %, runs 0.5 %",             0.01,  0,    0.005, 0.004, 0, 0,    true },
    {"a level of all cells, 1 %",         0.003, 0.01, 0.003, 0.004, 0, 0,    true },
    {"hosts alike, runs 1 %",             0,     0,    0.01,  0.004, 0, 0,    true },
    {"two levels 4 % apart",              0.005, 0,    0.003, 0.004, 0, 0.04, false},
    {"hosts 0.5 %, Student's tails of 5", 0.005, 0,    0.003, 0.004, 5, 0,    false},
};

static double draw_level(struct random *random, const struct model *model) {
    double value = draw_tailed(random, model->tails);
    return model->host * value + (draw_uniform(random) < 0.3 ? model->second_level : 0);
}

// What `hosts` hosts measured in `runs` runs each: rows of CELLS logarithms, worse is larger.
static void draw_host(struct random *random, const struct model *model, size_t runs, double slower,
                      double (*values)[CELLS]) {
    double shared = model->shared * draw(random);
    for (size_t cell = 0; cell < CELLS; cell++) {
        double level = shared + draw_level(random, model) + slower;
        for (size_t run = 0; run < runs; run++)
            values[run][cell] = level + model->run * draw(random);
    }
}

// ---- a fleet in memory --------------------------------------------------------------------------

struct made {
    struct fleet fleet;
    struct fleet_sku sku;
    double (*values)[CELLS];
};

static const char *const host_name = "host";

static void make_fleet(struct made *made, struct random *random, const struct model *model,
                       size_t hosts, size_t runs, size_t slow_hosts, double slower) {
    *made = (struct made){.values = base_allocate(hosts * runs, sizeof *made->values)};
    made->fleet.runs = base_allocate(hosts * runs, sizeof *made->fleet.runs);
    made->fleet.run_count = hosts * runs;
    made->fleet.skus = &made->sku;
    made->fleet.sku_count = 1;
    made->sku = (struct fleet_sku){.fingerprint = "made up",
                                   .cpu_model = "",
                                   .figure_count = CELLS,
                                   .host_count = hosts,
                                   .run_count = hosts * runs};
    made->sku.hosts = base_allocate(hosts, sizeof *made->sku.hosts);
    made->sku.figures = base_allocate(CELLS, sizeof *made->sku.figures);
    for (size_t host = 0; host < hosts; host++) {
        made->sku.hosts[host] = host_name;
        draw_host(random, model, runs, host < slow_hosts ? slower : 0, made->values + host * runs);
        for (size_t run = 0; run < runs; run++)
            made->fleet.runs[host * runs + run] =
                (struct fleet_run){.timestamp_utc = "", .host_number = (uint32_t)host};
    }
    for (size_t cell = 0; cell < CELLS; cell++) {
        struct fleet_figure *figure = &made->sku.figures[cell];
        *figure = (struct fleet_figure){
            .cell = {.name = "made up",
                     .test = TEST_LATENCY,
                     .block = BLOCK_IDLE,
                     .check = CHECK_NONE},
            .metric = METRIC_LATENCY,
            .count = hosts * runs
        };
        figure->values = base_allocate(figure->count, sizeof *figure->values);
        for (size_t i = 0; i < figure->count; i++)
            figure->values[i] =
                (struct fleet_value){(uint32_t)i, 100 * exp(made->values[i][cell]), model->visit};
    }
}

static void free_fleet(struct made *made) {
    for (size_t cell = 0; cell < CELLS; cell++)
        free(made->sku.figures[cell].values);
    free(made->sku.figures);
    free(made->sku.hosts);
    free(made->fleet.runs);
    free(made->values);
}

// ---- rates --------------------------------------------------------------------------------------

struct rates {
    size_t good, called_slow, slow, found;
};

static struct rates rate_of_fleet(const struct model *model, size_t hosts, size_t trials) {
    struct random random;
    struct rates rates = {0};
    random_seed(&random, 1);
    size_t slow_hosts = hosts >= 100 ? 2 : 1;
    for (size_t trial = 0; trial < trials; trial++) {
        struct made made;
        struct outliers outliers;
        make_fleet(&made, &random, model, hosts, 1, slow_hosts, log(1.05));
        outliers_find(&outliers, &made.fleet, 0);
        for (size_t i = 0; i < outliers.host_count; i++)
            if (outliers.hosts[i].host < slow_hosts)
                rates.found++;
            else
                rates.called_slow++;
        rates.good += hosts - slow_hosts;
        rates.slow += slow_hosts;
        outliers_free(&outliers);
        free_fleet(&made);
    }
    return rates;
}

// Whether a node is outside in any cell, twice; its two measurements are of one run.
static bool fails(struct random *random, const struct model *model, const struct limits_sku *limits,
                  double slower) {
    double values[1][CELLS];
    draw_host(random, model, 1, slower, values);
    for (size_t cell = 0; cell < CELLS; cell++) {
        bool outside = true;
        for (size_t pass = 0; outside && pass < 2; pass++) {
            double visits[LIMITS_CHECK_VISITS];
            for (size_t i = 0; i < LIMITS_CHECK_VISITS; i++)
                visits[i] = 100 * exp(values[0][cell] + model->visit * draw(random));
            outside =
                limits_excess(&limits->cells[cell], order_median(visits, LIMITS_CHECK_VISITS)) > 0;
        }
        if (outside)
            return true;
    }
    return false;
}

static struct rates rate_of_limits(const struct model *model, size_t hosts, size_t runs,
                                   size_t trials, double *tolerance) {
    enum { NODES = 500 };
    struct random random;
    struct rates rates = {0};
    double *tolerances = base_allocate(trials, sizeof *tolerances);
    random_seed(&random, 2);
    for (size_t trial = 0; trial < trials; trial++) {
        struct made made;
        struct limits_file limits;
        struct error error;
        make_fleet(&made, &random, model, hosts, runs, 0, 0);
        CHECK(limits_make(&limits, &made.fleet, "", &error));
        for (size_t node = 0; node < NODES; node++) {
            rates.called_slow += fails(&random, model, &limits.skus[0], 0);
            rates.found += fails(&random, model, &limits.skus[0], log(1.05));
        }
        rates.good += NODES;
        rates.slow += NODES;
        tolerances[trial] = limits.skus[0].cells[0].tolerance;
        limits_free(&limits);
        free_fleet(&made);
    }
    *tolerance = order_median(tolerances, trials);
    free(tolerances);
    return rates;
}

// Beyond the promise: more than it, with what chance may add to this many.
static bool is_broken(const struct model *model, const struct rates *rates) {
    double expected = 0.001 * (double)rates->good;
    return model->promised && (double)rates->called_slow > expected + 3 * sqrt(expected) + 1;
}

int main(int argument_count, char **arguments) {
    size_t trials = argument_count > 1 ? strtoul(arguments[1], NULL, 10) : 20;
    static const size_t fleets[] = {10, 20, 100, 500};
    static const size_t goods[][2] = {
        {5,  1},
        {3,  4},
        {10, 2},
        {20, 1},
        {40, 2}
    };
    bool broken = false;
    printf("%-34s %-18s %9s %12s %8s\n", "model", "hosts", "tolerance", "good called", "5% found");
    for (size_t i = 0; i < COUNT_OF(models); i++) {
        for (size_t j = 0; j < COUNT_OF(fleets); j++) {
            struct rates rates =
                rate_of_fleet(&models[i], fleets[j], trials * (fleets[3] / fleets[j]));
            printf("%-34s fleet of %-9zu %9s %9.3f %% %6.1f %%\n", models[i].name, fleets[j], "",
                   100.0 * (double)rates.called_slow / (double)rates.good,
                   100.0 * (double)rates.found / (double)rates.slow);
            broken = broken || is_broken(&models[i], &rates);
        }
        for (size_t j = 0; j < COUNT_OF(goods); j++) {
            double tolerance;
            struct rates rates =
                rate_of_limits(&models[i], goods[j][0], goods[j][1], trials, &tolerance);
            printf("%-34s limits of %2zu x %zu   %7.1f %% %9.3f %% %6.1f %%\n", models[i].name,
                   goods[j][0], goods[j][1], 100 * tolerance,
                   100.0 * (double)rates.called_slow / (double)rates.good,
                   100.0 * (double)rates.found / (double)rates.slow);
            broken = broken || is_broken(&models[i], &rates);
        }
    }
    return broken;
}
