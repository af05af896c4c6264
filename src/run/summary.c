// SPDX-License-Identifier: Apache-2.0
#include "run/summary.h"

#include "analyse/invariants.h"
#include "analyse/memory_peak.h"
#include "record/document.h"
#include "report/best_sets_report.h"
#include "report/bus_report.h"
#include "run/choices.h"
#include "stats/order.h"

#include <stdio.h>
#include <stdlib.h>

static const double confidence = 0.95;

// ---- cells --------------------------------------------------------------------------------------

static void write_metric(struct document *document, const struct data_cell *cell,
                         enum metric metric) {
    size_t count;
    double low, high;
    double *values = data_cell_values(cell, data_all(metric), &count);
    if (count) {
        order_median_interval(values, count, confidence, &low, &high);
        document_open_object(document, metric_kinds[metric].column);
        document_u64(document, "n", count);
        document_f64(document, "median", order_median(values, count));
        document_f64(document, "low", low);
        document_f64(document, "high", high);
        document_close(document);
    }
    free(values);
}

static void write_count(struct document *document, const char *name, size_t count) {
    if (count)
        document_u64(document, name, count);
}

static void write_counts(struct document *document, const struct data_cell *cell) {
    document_open_object(document, "status");
    for (enum status status = 0; cell && status < STATUS_COUNT; status++)
        write_count(document, status_names[status], cell->statuses[status]);
    document_close(document);
    document_open_object(document, "placement");
    for (enum verdict verdict = 0; cell && verdict < VERDICT_COUNT; verdict++)
        write_count(document, verdict_names[verdict], cell->verdicts[verdict]);
    document_close(document);
    document_open_object(document, "flags");
    for (size_t flag = 0; cell && cell->flag_counts && flag < flag_count; flag++)
        write_count(document, flags[flag].name, cell->flag_counts[flag]);
    document_close(document);
}

static void write_node(struct document *document, const char *name, uint32_t node) {
    if (node != NONE_U32)
        document_u64(document, name, node);
}

// A number for one node, as cpu_node has it, and the form of the rows for several.
static void write_nodes(struct document *document, const char *name, const struct node_set *nodes) {
    char text[NODE_SET_TEXT_BYTES];
    if (nodes->count > 1)
        document_text(document, name, node_set_format(nodes, text));
    else
        write_node(document, name, node_set_only(nodes));
}

static void write_loop(struct document *document, const struct kernel *kernel) {
    document_text(document, "kernel", kernel->name);
    document_text(document, "isa", isa_names[kernel->isa]);
}

static void write_pair(struct document *document, const struct cell_pair *pair) {
    document_text(document, "protocol", pair->protocol->name);
    document_text(document, "home", pair_home_names[pair->home]);
    document_text(document, "pair_class", pair_class_names[pair->pair_class]);
    document_u64(document, "writer_cpu", pair->writer_cpu);
    document_u64(document, "reader_cpu", pair->reader_cpu);
}

static void write_load(struct document *document, const struct cell_load *load) {
    write_loop(document, load->kernel);
    document_text(document, "mix", load->mix->name);
    document_u64(document, "load_node", load->node);
    document_text(document, "load_mode", load_mode_names[load->mode]);
    if (load->mode == LOAD_PACED)
        document_f64(document, "offered_bytes_per_s", load->offered_bytes_per_s);
    else
        document_u64(document, "load_delay_cycles", load->delay_cycles);
}

// What the cell's name says, by the names of the columns; without what it has not.
static void write_parts(struct document *document, const struct cell *cell) {
    struct id_set cpus;
    cell_cpus(cell, &cpus);
    write_node(document, "cpu_node", cell->cpu_node);
    write_nodes(document, "mem_node", &cell->mem_node);
    document_u64(document, "threads", cpus.count);
    id_set_free(&cpus);
    if (cell->kernel)
        write_loop(document, cell->kernel);
    if (cell->mix)
        document_text(document, "mix", cell->mix->name);
    if (cell->pattern && !cell->load.kernel)
        document_text(document, "kernel", "chase");
    if (cell->pattern)
        document_text(document, "pattern", cell->pattern->name);
    if (cell->pattern)
        document_u64(document, "chains", cell->chains);
    if (cell->load.kernel)
        write_load(document, &cell->load);
    if (cell->pair.protocol)
        write_pair(document, &cell->pair);
    document_text(document, "pages", cell->pages->name);
    document_u64(document, "buffer_bytes", cell_buffer_bytes(cell));
}

// data NULL: it was not visited. stopped NULL: the driver does not report it.
static void write_cell(struct document *document, const struct cell *cell, const char *name,
                       const struct data_cell *data, const char *stopped) {
    document_open_object(document, NULL);
    document_text(document, "cell", name);
    document_text(document, "test", test_names[cell->test]);
    document_text(document, "block", block_names[cell->block]);
    write_parts(document, cell);
    document_u64(document, "visits", data ? data->rows : 0);
    document_text(document, "stopped", stopped);
    for (enum metric metric = 0; data && metric < METRIC_COUNT; metric++)
        write_metric(document, data, metric);
    write_counts(document, data);
    document_text(document, "reason", data && data->reason[0] ? data->reason : NULL);
    document_close(document);
}

// Parts of a plan may have the same cell, such as the loop of the matrix that stands for a mix too:
// readers of rows know it by its name, so it is one. A probe's are no results.
static void write_cells(struct document *document, const struct plan *plan,
                        const struct dataset *dataset, const struct schedule *schedule) {
    bool *written = base_allocate(dataset->cell_count + 1, sizeof *written);
    document_open_array(document, "cells");
    for (size_t i = 0; i < plan->cell_count; i++) {
        char name[CELL_NAME_BYTES];
        const struct data_cell *data = dataset_cell(dataset, cell_name(&plan->cells[i], name));
        size_t place = data ? (size_t)(data - dataset->cells) : dataset->cell_count;
        if (plan->cells[i].block == BLOCK_PROBE || (data && written[place]))
            continue;
        written[place] = true;
        write_cell(document, &plan->cells[i], name, data,
                   schedule ? stop_reason_names[schedule->cells[i].stopped] : NULL);
    }
    document_close(document);
    free(written);
}

// ---- checks -------------------------------------------------------------------------------------

static void write_checks(struct document *document, const struct session *session,
                         const struct dataset *dataset) {
    struct invariant *invariants = base_allocate(INVARIANTS_MAX, sizeof *invariants);
    const struct invariants_input input = {
        .dataset = dataset,
        .topology = &session->topology,
        .peak_bytes_per_s = memory_peak_of_run(&dataset->runs[0], &session->topology).bytes_per_s,
    };
    size_t count = invariants_find(&input, invariants);
    document_open_array(document, "checks");
    for (size_t i = 0; i < count; i++) {
        if (!invariants[i].compared)
            continue;
        document_open_object(document, NULL);
        document_text(document, "flag", invariants[i].flag->name);
        document_u64(document, "compared", invariants[i].compared);
        document_u64(document, "raised", invariants[i].raised);
        document_text(document, "sentence", invariants[i].raised ? invariants[i].sentence : NULL);
        document_close(document);
    }
    document_close(document);
    free(invariants);
}

// ---- the file -----------------------------------------------------------------------------------

static void write_chosen(struct document *document, const struct session *session) {
    struct machine_chosen chosen;
    choices_tell(session, &chosen);
    fields_write(document, &machine_chosen_shape, &chosen);
    fields_free(&machine_chosen_shape, &chosen);
}

static struct document *describe(const struct session *session, const struct plan *plan,
                                 const struct dataset *dataset, const struct schedule *schedule) {
    struct document *document = document_create();
    document_u64(document, "schema_version", SCHEMA_VERSION);
    document_text(document, "run_id", session->run_id);
    document_text(document, "host", session->host);
    document_flag(document, "interrupted", dataset->interrupted);
    document_u64(document, "visits", dataset->rows);
    document_u64(document, "visit_ns", dataset->visit_ns);
    document_u64(document, "window_ns", dataset->window_ns);
    document_f64(document, "confidence", confidence);
    document_u64(document, "row_syncs", session->run.syncs.count);
    document_u64(document, "row_syncs_ns", session->run.syncs.duration_ns);
    write_chosen(document, session);
    write_cells(document, plan, dataset, schedule);
    best_sets_add(document, dataset, &session->topology);
    bus_report_add(document, dataset);
    write_checks(document, session, dataset);
    return document;
}

bool summary_write(struct session *session, const struct plan *plan, const struct dataset *dataset,
                   const struct schedule *schedule, struct error *error) {
    struct os_file file;
    if (!run_directory_settle(&session->run, error) ||
        !os_file_replace(&file, &session->run.directory, "summary.json", error))
        return false;
    struct document *document = describe(session, plan, dataset, schedule);
    bool written = document_write(document, &file, error);
    document_free(document);
    return written;
}
