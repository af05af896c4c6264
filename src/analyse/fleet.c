// SPDX-License-Identifier: Apache-2.0
#include "analyse/fleet.h"

#include "analyse/comparable.h"
#include "analyse/notes.h"
#include "stats/prediction.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- one run ------------------------------------------------------------------------------------

static struct fleet_left_out *leave_out(struct fleet *fleet, const char *path, const char *host,
                                        const char *reason) {
    fleet->left_out =
        base_grow_by_one(fleet->left_out, fleet->left_out_count, sizeof *fleet->left_out);
    fleet->left_out[fleet->left_out_count++] = (struct fleet_left_out){
        .path = text_set_add(&fleet->texts, path),
        .host = text_set_add(&fleet->texts, host),
        .reason = text_set_add(&fleet->texts, reason),
    };
    return &fleet->left_out[fleet->left_out_count - 1];
}

static struct fleet_sku *sku_of(struct fleet *fleet, const struct data_run *run) {
    char *text = base_allocate(FINGERPRINT_BYTES, 1);
    const char *fingerprint = text_set_add(&fleet->texts, comparable_fingerprint(run, text));
    free(text);
    for (size_t i = 0; i < fleet->sku_count; i++) {
        struct fleet_sku *sku = &fleet->skus[i];
        if (sku->fingerprint != fingerprint &&
            !comparable_is_same_kind(sku->fingerprint, fingerprint))
            continue;
        if (strlen(fingerprint) > strlen(sku->fingerprint)) // it tells more
            sku->fingerprint = fingerprint;
        return sku;
    }
    fleet->skus = base_grow_by_one(fleet->skus, fleet->sku_count, sizeof *fleet->skus);
    struct fleet_sku *sku = &fleet->skus[fleet->sku_count++];
    const char *cpu = machine_file_fact(&run->machine, "cpu_model");
    *sku = (struct fleet_sku){.fingerprint = fingerprint,
                              .cpu_model = text_set_add(&fleet->texts, cpu ? cpu : "")};
    return sku;
}

// The cell without what its run measured: the run is forgotten, so texts are kept with the fleet.
static struct data_cell keep_cell(struct fleet *fleet, const struct data_cell *cell) {
    struct data_cell kept = *cell;
    const char **const texts[] = {&kept.name,      &kept.kernel,    &kept.pattern,  &kept.mix,
                                  &kept.pages,     &kept.protocol,  &kept.check_of, &kept.cpus,
                                  &kept.load_cpus, &kept.nodes_seen};
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        *texts[i] = text_set_add(&fleet->texts, *texts[i]);
    kept.visits = NULL;
    kept.bus = NULL;
    kept.flag_counts = NULL;
    kept.visit_count = kept.bus_count = 0;
    kept.reason = kept.bus_source = text_set_add(&fleet->texts, "");
    return kept;
}

static struct fleet_figure *figure_of(struct fleet *fleet, struct fleet_sku *sku,
                                      const struct data_cell *cell, enum metric metric) {
    char name[2 * ROW_NAME_BYTES];
    snprintf(name, sizeof name, "%s\n%s", metric_kinds[metric].column, cell->name);
    size_t place = text_set_number(&sku->figure_names, name);
    if (place < sku->figure_count)
        return &sku->figures[place];
    sku->figures = base_grow_by_one(sku->figures, sku->figure_count, sizeof *sku->figures);
    struct fleet_figure *figure = &sku->figures[sku->figure_count++];
    *figure = (struct fleet_figure){.cell = keep_cell(fleet, cell), .metric = metric};
    return figure;
}

static void add_values(struct fleet *fleet, struct fleet_sku *sku, const struct dataset *dataset,
                       uint32_t run) {
    for (size_t i = 0; i < dataset->cell_count; i++)
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
            size_t count;
            double *values = data_cell_values(&dataset->cells[i], data_all(metric), &count);
            if (count) {
                double median = data_cell_median(&dataset->cells[i], data_all(metric));
                struct fleet_figure *figure = figure_of(fleet, sku, &dataset->cells[i], metric);
                figure->values =
                    base_grow_by_one(figure->values, figure->count, sizeof *figure->values);
                figure->values[figure->count++] = (struct fleet_value){
                    run, median,
                    count < 2 ? NAN
                              : spread_robust(values, count, metric_kinds[metric].worse) / median};
            }
            free(values);
        }
}

// Why a run gives nothing; false when it gives something.
static bool is_useless(const struct dataset *dataset, char reason[512]) {
    struct error error;
    const struct data_run *run = &dataset->runs[0];
    if (!notes_require_values(dataset, &error))
        return snprintf(reason, 512, "%s", error.text), true;
    if (!run->has_machine)
        return snprintf(reason, 512, "it has no machine.json, so its machine is unknown"), true;
    if (2 * dataset->disturbed > dataset->taken)
        return snprintf(reason, 512,
                        "busy: %zu of its %zu values are disturbed; repeat the run when nothing "
                        "else runs there",
                        dataset->disturbed, dataset->taken),
               true;
    return false;
}

static const char *host_of(const struct data_run *run) {
    return run->host[0] ? run->host : run->has_machine ? run->machine.host : "";
}

static void add_run(struct fleet *fleet, const struct dataset *dataset, const char *path) {
    const struct data_run *run = &dataset->runs[0];
    struct fleet_sku *sku = sku_of(fleet, run);
    fleet->runs = base_grow_by_one(fleet->runs, fleet->run_count, sizeof *fleet->runs);
    fleet->runs[fleet->run_count] =
        (struct fleet_run){.path = text_set_add(&fleet->texts, path),
                           .run_id = text_set_add(&fleet->texts, run->run_id),
                           .host = text_set_add(&fleet->texts, host_of(run)),
                           .timestamp_utc = text_set_add(&fleet->texts, run->timestamp_utc),
                           .sku = (uint32_t)(sku - fleet->skus)};
    add_values(fleet, sku, dataset, (uint32_t)fleet->run_count++);
}

static void read_run(struct fleet *fleet, char *path, enum data_proof proof) {
    const struct run_list list = {.paths = &path, .count = 1};
    struct dataset dataset;
    struct error error;
    char reason[512];
    if (!dataset_read(&dataset, &list, proof, &error))
        leave_out(fleet, path, "", error.text)->is_unreadable = true;
    else if (is_useless(&dataset, reason))
        leave_out(fleet, path, host_of(&dataset.runs[0]), reason);
    else
        add_run(fleet, &dataset, path);
    dataset_free(&dataset);
}

// ---- all of them --------------------------------------------------------------------------------

// A run and its place before sorting.
struct placed {
    struct fleet_run run;
    uint32_t before;
    bool copy;
};

static int by_run_id(const void *left, const void *right) {
    const struct placed *a = left, *b = right;
    int order = strcmp(a->run.run_id, b->run.run_id);
    return order ? order : a->before < b->before ? -1 : 1;
}

static int by_place(const void *left, const void *right) {
    const struct placed *a = left, *b = right;
    if (a->copy != b->copy)
        return a->copy ? 1 : -1;
    if (a->run.sku != b->run.sku)
        return a->run.sku < b->run.sku ? -1 : 1;
    int order = strcmp(a->run.host, b->run.host);
    order = order ? order : strcmp(a->run.timestamp_utc, b->run.timestamp_utc);
    return order ? order : a->before < b->before ? -1 : 1;
}

// Counting a run twice would make its values look more certain than they are.
static void mark_copies(struct fleet *fleet, struct placed *placed) {
    qsort(placed, fleet->run_count, sizeof *placed, by_run_id);
    for (size_t i = 1; i < fleet->run_count; i++) {
        const struct fleet_run *run = &placed[i].run, *first = &placed[i - 1].run;
        if (!run->run_id[0] || strcmp(run->run_id, first->run_id) != 0)
            continue;
        char reason[512];
        placed[i].copy = true;
        snprintf(reason, sizeof reason, "a copy of the run in '%.400s'", first->path);
        leave_out(fleet, run->path, run->host, reason)->is_copy = true;
    }
}

static void number_hosts(struct fleet *fleet) {
    for (size_t i = 0; i < fleet->run_count; i++) {
        struct fleet_run *run = &fleet->runs[i];
        struct fleet_sku *sku = &fleet->skus[run->sku];
        if (!sku->host_count || sku->hosts[sku->host_count - 1] != run->host) {
            sku->hosts = base_grow_by_one(sku->hosts, sku->host_count, sizeof *sku->hosts);
            sku->hosts[sku->host_count++] = run->host;
        }
        run->host_number = (uint32_t)(sku->host_count - 1);
        sku->run_count++;
    }
}

static void free_kind(struct fleet_sku *sku) {
    for (size_t i = 0; i < sku->figure_count; i++)
        free(sku->figures[i].values);
    free(sku->figures);
    text_set_free(&sku->figure_names);
    free(sku->hosts);
}

// A kind of which all runs are copies of runs of another one has no host.
static void drop_empty_kinds(struct fleet *fleet) {
    uint32_t *now = base_allocate(fleet->sku_count, sizeof *now);
    size_t kept = 0;
    for (size_t i = 0; i < fleet->sku_count; i++) {
        now[i] = (uint32_t)kept;
        if (fleet->skus[i].host_count)
            fleet->skus[kept++] = fleet->skus[i];
        else
            free_kind(&fleet->skus[i]);
    }
    fleet->sku_count = kept;
    for (size_t i = 0; i < fleet->run_count; i++)
        fleet->runs[i].sku = now[fleet->runs[i].sku];
    free(now);
}

static int by_run(const void *left, const void *right) {
    const struct fleet_value *a = left, *b = right;
    return a->run < b->run ? -1 : a->run > b->run;
}

// Values get the new numbers of their runs; those of copies go.
static void renumber(struct fleet_figure *figure, const uint32_t *now) {
    size_t kept = 0;
    for (size_t i = 0; i < figure->count; i++)
        if (now[figure->values[i].run] != NONE_U32) {
            figure->values[kept] = figure->values[i];
            figure->values[kept++].run = now[figure->values[i].run];
        }
    figure->count = kept;
    qsort(figure->values, figure->count, sizeof *figure->values, by_run);
}

static void order_runs(struct fleet *fleet) {
    struct placed *placed = base_allocate(fleet->run_count, sizeof *placed);
    uint32_t *now = base_allocate(fleet->run_count, sizeof *now);
    for (size_t i = 0; i < fleet->run_count; i++)
        placed[i] = (struct placed){.run = fleet->runs[i], .before = (uint32_t)i};
    mark_copies(fleet, placed);
    qsort(placed, fleet->run_count, sizeof *placed, by_place);
    size_t kept = 0;
    for (size_t i = 0; i < fleet->run_count; i++) {
        now[placed[i].before] = placed[i].copy ? NONE_U32 : (uint32_t)kept;
        if (!placed[i].copy)
            fleet->runs[kept++] = placed[i].run;
    }
    fleet->run_count = kept;
    for (size_t i = 0; i < fleet->sku_count; i++)
        for (size_t j = 0; j < fleet->skus[i].figure_count; j++)
            renumber(&fleet->skus[i].figures[j], now);
    number_hosts(fleet);
    drop_empty_kinds(fleet);
    free(now);
    free(placed);
}

void fleet_read(struct fleet *fleet, const struct run_list *list, enum data_proof proof) {
    *fleet = (struct fleet){0};
    for (size_t i = 0; i < list->count; i++)
        read_run(fleet, list->paths[i], proof);
    if (fleet->run_count)
        order_runs(fleet);
}

void fleet_free(struct fleet *fleet) {
    for (size_t i = 0; i < fleet->sku_count; i++)
        free_kind(&fleet->skus[i]);
    free(fleet->runs);
    free(fleet->skus);
    free(fleet->left_out);
    text_set_free(&fleet->texts);
    *fleet = (struct fleet){0};
}
