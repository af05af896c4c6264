// SPDX-License-Identifier: Apache-2.0
// Sections of the page that are tables and heatmaps.
#include "analyse/pair_classes.h"
#include "analyse/tiers.h"
#include "base/units.h"
#include "report/escape.h"
#include "report/page.h"
#include "report/published_report.h"
#include "report/svg.h"
#include "stats/order.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- matrices -----------------------------------------------------------------------------------

static bool node_has_cpus(const struct machine_file *machine, uint64_t node) {
    for (size_t i = 0; i < machine->node_count; i++)
        if (machine->nodes[i].node == node)
            return machine->nodes[i].has_cpus;
    return true; // unknown: nothing to mark
}

static uint32_t group_of(const struct page *page, uint32_t node) {
    return page->topology ? topology_node_package(page->topology, node) : 0;
}

// "mem 2", with an asterisk where the node has no CPUs. Returns whether it has the asterisk.
static bool label_memory(const struct page *page, const struct node_set *memory, char label[24]) {
    char nodes[NODE_SET_TEXT_BYTES];
    uint32_t node = node_set_only(memory);
    bool bare = node != NONE_U32 && !node_has_cpus(&page_run(page)->machine, node);
    snprintf(label, 24, "mem %.18s%s", node_set_format(memory, nodes), bare ? "*" : "");
    return bare;
}

static void explain_asterisk(FILE *stream) {
    fprintf(stream, "<p class=\"q\">* a node without CPUs of its own</p>\n");
}

static void put_matrix(const struct page *page, const struct matrix *matrix, FILE *stream) {
    const struct metric_kind *kind = &metric_kinds[matrix->metric];
    size_t places = matrix->row_count * matrix->column_count;
    double *shown = base_allocate(places, sizeof *shown);
    char(*rows)[24] = base_allocate(matrix->row_count, sizeof *rows);
    char(*heads)[24] = base_allocate(matrix->column_count, sizeof *heads);
    uint32_t *row_groups = base_allocate(matrix->row_count, sizeof *row_groups);
    uint32_t *column_groups = base_allocate(matrix->column_count, sizeof *column_groups);
    for (size_t i = 0; i < places; i++)
        shown[i] = matrix->values[i] / kind->unit_size;
    for (size_t i = 0; i < matrix->row_count; i++) {
        snprintf(rows[i], sizeof rows[i], "cpu %" PRIu64, matrix->rows[i]);
        row_groups[i] = group_of(page, (uint32_t)matrix->rows[i]);
    }
    bool marked = false;
    for (size_t i = 0; i < matrix->column_count; i++) {
        marked = label_memory(page, &matrix->columns[i], heads[i]) || marked;
        // of several nodes that of none
        column_groups[i] = group_of(page, node_set_only(&matrix->columns[i]));
    }
    char title[MATRIX_TITLE_BYTES];
    matrix_title(matrix, title);
    fprintf(stream, "<div>\n");
    put_heatmap(stream, &(struct heatmap){.title = title,
                                          .values = shown,
                                          .row_labels = (const char(*)[24])rows,
                                          .column_labels = (const char(*)[24])heads,
                                          .row_groups = row_groups,
                                          .column_groups = column_groups,
                                          .row_count = matrix->row_count,
                                          .column_count = matrix->column_count,
                                          .decimals = 1,
                                          .unit = kind->unit,
                                          .less_is_better = kind->worse > 0});
    if (marked)
        explain_asterisk(stream);
    fprintf(stream, "</div>\n");
    free(row_groups);
    free(column_groups);
    free(heads);
    free(rows);
    free(shown);
}

static bool has_one_place(const struct matrix *matrix) {
    return matrix->row_count * matrix->column_count == 1;
}

static void put_only_value(const struct page *page, const struct matrix *matrix, FILE *stream) {
    char title[MATRIX_TITLE_BYTES], memory[24];
    label_memory(page, &matrix->columns[0], memory);
    fprintf(stream, "<tr><td>");
    put_html(stream, matrix_title(matrix, title));
    fprintf(stream, "</td><td>cpu %" PRIu64 " to %s</td><td class=\"num\">", matrix->rows[0],
            memory);
    if (isnan(matrix->values[0]))
        fprintf(stream, "–");
    else
        fprintf(stream, "%.1f", matrix->values[0] / metric_kinds[matrix->metric].unit_size);
    fprintf(stream, "</td></tr>\n");
}

// Those of a machine with one node have one value each, which a table shows better.
static void put_only_values(const struct page *page, const struct matrix_list *list, FILE *stream) {
    char label[24];
    bool marked = false;
    fprintf(stream, "<div class=\"wide\"><table><caption>Medians</caption><tr><th "
                    "scope=\"col\">figure</th><th scope=\"col\">nodes</th><th scope=\"col\" "
                    "class=\"num\">median</th></tr>\n");
    for (size_t i = 0; i < list->count; i++) {
        if (!has_one_place(&list->at[i]))
            continue;
        put_only_value(page, &list->at[i], stream);
        marked = label_memory(page, &list->at[i].columns[0], label) || marked;
    }
    fprintf(stream, "</table></div>\n");
    if (marked)
        explain_asterisk(stream);
}

static void put_matrices(const struct page *page, const struct matrix_list *list, FILE *stream) {
    fprintf(stream, "<p class=\"q\">Rows are CPU nodes, columns memory nodes. Brighter is better. "
                    "Lines separate packages.</p>\n<div class=\"maps\">\n");
    for (size_t i = 0; i < list->count; i++)
        if (!has_one_place(&list->at[i]))
            put_matrix(page, &list->at[i], stream);
    fprintf(stream, "</div>\n");
}

void section_matrices(const struct page *page, FILE *stream) {
    struct matrix_list list;
    size_t single = 0;
    matrix_list_build(&list, page->shown);
    for (size_t i = 0; i < list.count; i++)
        single += has_one_place(&list.at[i]);
    if (list.count)
        fprintf(
            stream,
            "<section><h2>Latency and bandwidth</h2>\n<p class=\"q\">Idle latency is the time of "
            "one access to memory while nothing else uses it: less is better. Bandwidth is what "
            "all threads together move: more is better. %s</p>\n",
            matrix_peak_note(page->shown));
    if (single < list.count)
        put_matrices(page, &list, stream);
    if (single)
        put_only_values(page, &list, stream);
    if (list.count)
        fprintf(stream, "</section>\n");
    matrix_list_free(&list);
}

// ---- tiers --------------------------------------------------------------------------------------

static void put_tier_rows(const struct page *page, const struct matrix *matrix, FILE *stream) {
    const struct metric_kind *kind = &metric_kinds[matrix->metric];
    struct tier_list tiers;
    tier_list_build(&tiers, matrix->cells, matrix->row_count * matrix->column_count, matrix->metric,
                    &page_run(page)->machine, page->topology);
    for (size_t i = 0; i < tiers.count; i++) {
        const struct tier_figure *figure = &tiers.at[i];
        fprintf(stream,
                "<tr><td>%s</td><td>%s</td><td class=\"num\">%zu</td><td class=\"num\">%.*f "
                "%s</td><td class=\"num\">",
                kind->name, figure->name, figure->cells, kind->decimals,
                figure->value / kind->unit_size, kind->unit);
        if (!isnan(figure->ratio))
            fprintf(stream, "%.2f", figure->ratio);
        fprintf(stream, "</td><td class=\"num\">");
        if (!isnan(figure->low))
            fprintf(stream, "%.2f – %.2f", figure->low, figure->high);
        fprintf(stream, "</td></tr>\n");
    }
    tier_list_free(&tiers);
}

static void put_published(const char *sentence, void *context) {
    FILE *stream = context;
    fprintf(stream, "<p>");
    put_html(stream, sentence);
    fprintf(stream, ".</p>\n");
}

static void put_disagreement(const char *sentence, void *context) {
    FILE *stream = context;
    fprintf(stream, "<p class=\"no\">✗ ");
    put_html(stream, sentence);
    fprintf(stream, "</p>\n");
}

void section_tiers(const struct page *page, FILE *stream) {
    struct matrix_list list;
    matrix_list_build(&list, page->shown);
    if (list.count) {
        fprintf(stream,
                "<section><h2>Local and remote memory</h2>\n<p class=\"q\">The same figures by the "
                "distance between CPU and memory, as the firmware reports it (SLIT; local memory "
                "has 10).</p>\n<div class=\"wide\"><table><caption>Medians, absolute and relative "
                "to local memory</caption><tr><th scope=\"col\"></th><th scope=\"col\">memory "
                "is</th><th scope=\"col\" class=\"num\">node pairs</th><th scope=\"col\" "
                "class=\"num\">median</th><th scope=\"col\" class=\"num\">x local</th><th "
                "scope=\"col\" class=\"num\">95 %% interval</th></tr>\n");
        const struct matrix *latency = matrix_main(&list, METRIC_LATENCY);
        const struct matrix *bandwidth = matrix_main(&list, METRIC_BANDWIDTH);
        if (latency)
            put_tier_rows(page, latency, stream);
        if (bandwidth)
            put_tier_rows(page, bandwidth, stream);
        fprintf(stream, "</table></div>\n");
        published_each(page_run(page), page->topology, &list, put_published, stream);
        size_t places = latency ? latency->row_count * latency->column_count : 0;
        if (page->topology && places > 1 &&
            !tier_disagreements(latency->cells, places, page->topology, put_disagreement, stream))
            fprintf(stream, "<p class=\"q\">The firmware's distances (SLIT, HMAT), if it reports "
                            "any, have the order of the measured latencies.</p>\n");
        fprintf(stream, "</section>\n");
    }
    matrix_list_free(&list);
}

// ---- core to core -------------------------------------------------------------------------------

static void put_classes(const struct series *pairs, FILE *stream) {
    struct pair_class_figure figures[PAIR_CLASS_COUNT];
    char name[PAIRS_NAME_BYTES];
    pair_class_figures(pairs, figures);
    for (enum pair_class class = 0; class < PAIR_CLASS_COUNT; class ++) {
        const struct pair_class_figure *figure = &figures[class];
        if (!figure->valued)
            continue;
        fprintf(stream, "<tr><td>");
        put_html(stream, pairs_name(pairs, name));
        fprintf(stream,
                "</td><td>%s</td><td class=\"num\">%zu</td><td class=\"num\">%.1f</td><td "
                "class=\"num\">%.1f</td><td class=\"num\">%.1f</td></tr>\n",
                pair_class_names[class], figure->valued, figure->min_ns, figure->median_ns,
                figure->max_ns);
    }
}

static void put_pairs(const struct series *pairs, const struct id_set *cpus, FILE *stream) {
    size_t side = cpus->count;
    double *values = base_allocate(side * side, sizeof *values);
    char(*rows)[24] = base_allocate(side, sizeof *rows);
    char(*heads)[24] = base_allocate(side, sizeof *heads);
    const struct data_cell **square = pairs_square(pairs, cpus);
    for (size_t i = 0; i < side * side; i++)
        values[i] = square[i] ? data_cell_median(square[i], data_all(METRIC_LATENCY)) : NAN;
    free(square);
    for (size_t i = 0; i < side; i++) {
        snprintf(rows[i], sizeof rows[i], "from %u", cpus->ids[i]);
        snprintf(heads[i], sizeof heads[i], "to %u", cpus->ids[i]);
    }
    char title[96];
    snprintf(title, sizeof title, "%.40s, ns: from the CPU that writes to the one that reads",
             pairs->cells[0]->protocol);
    put_heatmap(stream, &(struct heatmap){.title = title,
                                          .values = values,
                                          .row_labels = (const char(*)[24])rows,
                                          .column_labels = (const char(*)[24])heads,
                                          .row_count = side,
                                          .column_count = side,
                                          .decimals = 1,
                                          .unit = "ns",
                                          .less_is_better = true});
    free(values);
    free(rows);
    free(heads);
}

// Each protocol once, although it has a series for each home of the lines.
static void put_protocols(const struct series_list *list, FILE *stream) {
    const char *before = "";
    for (size_t i = 0; i < list->count; i++) {
        const char *protocol = list->at[i].cells[0]->protocol;
        const char *meaning = pairs_meaning(&list->at[i]);
        if (*meaning && strcmp(protocol, before) != 0)
            fprintf(stream, "<p class=\"q\">%s: %s.</p>\n", protocol, meaning);
        before = protocol;
    }
}

// The pairs of the first series as a heatmap, where there are few enough to read.
static void put_first_pairs(const struct series *pairs, FILE *stream) {
    enum { CPUS_MAX = 24 };
    struct id_set cpus;
    pairs_cpus(pairs, &cpus);
    if (cpus.count && cpus.count <= CPUS_MAX)
        put_pairs(pairs, &cpus, stream);
    id_set_free(&cpus);
}

void section_core_to_core(const struct page *page, FILE *stream) {
    struct series_list list;
    series_list_build(&list, page->shown, SERIES_PAIRS);
    if (list.count) {
        fprintf(
            stream,
            "<section><h2>Core to core</h2>\n<p class=\"q\">The time of a cache line from the CPU "
            "that wrote it to the CPU that reads it.</p>\n");
        put_protocols(&list, stream);
        fprintf(stream,
                "<div class=\"wide\"><table><caption>By what the two CPUs share</caption><tr><th "
                "scope=\"col\">protocol</th><th scope=\"col\">what the CPUs share</th><th "
                "scope=\"col\" class=\"num\">pairs</th><th scope=\"col\" class=\"num\">smallest, "
                "ns</th><th scope=\"col\" class=\"num\">median, ns</th><th scope=\"col\" "
                "class=\"num\">largest, ns</th></tr>\n");
        for (size_t i = 0; i < list.count; i++)
            put_classes(&list.at[i], stream);
        fprintf(stream, "</table></div>\n");
        put_first_pairs(&list.at[0], stream);
        fprintf(stream, "</section>\n");
    }
    series_list_free(&list);
}

// ---- checks, verification, provenance, rows -----------------------------------------------------

void section_checks(const struct page *page, FILE *stream) {
    struct invariant *invariants = base_allocate(INVARIANTS_MAX, sizeof *invariants);
    size_t count = page_checks(page, invariants), made = 0, raised = 0;
    for (size_t i = 0; i < count; i++) {
        made += invariants[i].compared > 0;
        raised += invariants[i].raised > 0;
    }
    if (made)
        fprintf(stream,
                "<section><h2>Checks</h2>\n<p>%zu of %zu rules that the figures of a run must "
                "satisfy together could be checked; %zu %s not hold.</p>\n",
                made, count, raised, raised == 1 ? "does" : "do");
    for (size_t i = 0; i < count; i++) {
        if (!invariants[i].raised)
            continue;
        fprintf(stream, "<p class=\"no\">✗ %s: ", invariants[i].flag->name);
        put_html(stream, invariants[i].sentence);
        if (invariants[i].raised > 1)
            fprintf(stream, "; %zu more of %zu do so too", invariants[i].raised - 1,
                    invariants[i].compared);
        fprintf(stream, ": ");
        put_html(stream, invariants[i].flag->remedy);
        fprintf(stream, "</p>\n");
    }
    fprintf(stream, "%s", made ? "</section>\n" : "");
    free(invariants);
}

void section_verification(const struct page *page, FILE *stream) {
    const struct dataset *shown = page->shown;
    fprintf(stream,
            "<section><h2>Verification</h2>\n<p class=\"q\">A case (cell) is one thing that is "
            "measured; each repetition (visit) of it leaves a row. A flag marks a row that was "
            "disturbed.</p>\n<p>%zu of %zu rows with a value prove that memory and threads were at "
            "the requested place, before and after the timing. %zu rows are flagged, %zu were "
            "refused, %zu failed. %zu are in the figures, flagged ones too.</p>\n",
            shown->verified, shown->valued, shown->flagged, shown->statuses[STATUS_REFUSED],
            shown->statuses[STATUS_FAILED], shown->taken);
    bool open = false;
    for (size_t i = 0; i < shown->cell_count; i++) {
        const struct data_cell *cell = &shown->cells[i];
        if (!cell->unverified && !cell->reason[0])
            continue;
        if (!open)
            fprintf(stream,
                    "<div class=\"wide\"><table class=\"small\"><caption>Cases with rows that are "
                    "not proven</caption><tr><th scope=\"col\">case</th><th scope=\"col\" "
                    "class=\"num\">not verified</th><th scope=\"col\">first reason</th></tr>\n");
        open = true;
        fprintf(stream, "<tr><td>");
        put_html(stream, cell->name);
        fprintf(stream, "</td><td class=\"num\">%" PRIu32 " of %" PRIu32 "</td><td>",
                cell->unverified, cell->rows);
        put_html(stream, cell->reason);
        fprintf(stream, "</td></tr>\n");
    }
    fprintf(stream, "%s</section>\n", open ? "</table></div>\n" : "");
}

static void put_fact(FILE *stream, const char *name, const char *value, bool known) {
    fprintf(stream, "<tr><td>");
    put_html(stream, name);
    fprintf(stream, "</td><td%s>", known ? "" : " class=\"q\"");
    put_html(stream, value);
    fprintf(stream, "</td></tr>\n");
}

void section_provenance(const struct page *page, FILE *stream) {
    const struct data_run *run = page_run(page);
    const struct machine_file *machine = &run->machine;
    char line[1024];
    fprintf(stream, "<section><h2>Provenance</h2>\n");
    if (!run->has_machine)
        fprintf(stream, "<p class=\"no\">✗ the run has no machine.json</p>\n");
    for (size_t i = 0; i < machine->warning_count; i++) {
        fprintf(stream, "<p class=\"no\">✗ ");
        put_html(stream, machine->warnings[i]);
        fprintf(stream, "</p>\n");
    }
    fprintf(stream, "<div class=\"wide\"><table class=\"small\"><caption>The run, the program and "
                    "the facts that the system reported</caption>\n");
    for (size_t i = 0; i < page->shown->run_count; i++) {
        put_fact(stream, "run", page->shown->runs[i].run_id, true);
        put_fact(stream, "command line",
                 machine_file_command_line(&page->shown->runs[i].machine, line, sizeof line), true);
    }
    put_fact(stream, "numaprobe", machine->tool.version, true);
    put_fact(stream, "compiler", machine->tool.compiler, true);
    put_fact(stream, "hwloc", machine->tool.hwloc_api, true);
    for (size_t i = 0; i < machine->fact_count; i++)
        put_fact(stream, machine->facts[i].name, machine->facts[i].value,
                 machine->facts[i].available);
    fprintf(stream, "</table></div></section>\n");
}

// One line a cell with the value of each of its visits: the whole of the figures in little room.
void section_rows(const struct page *page, FILE *stream) {
    enum { VISITS_MAX = 64 };
    const struct dataset *shown = page->shown;
    fprintf(stream,
            "<section><h2>The rows</h2>\n<details><summary>every case with its repetitions, in ns "
            "or GB/s; an asterisk marks a flagged one</summary>\n<div class=\"wide\"><table "
            "class=\"small\"><caption>Values of repetitions, by case</caption>\n");
    for (size_t i = 0; i < shown->cell_count; i++)
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
            const struct data_cell *cell = &shown->cells[i];
            size_t put = 0, all = 0;
            for (size_t visit = 0; visit < cell->visit_count; visit++) {
                double value = cell->visits[visit].values[metric];
                if (isnan(value) || all++ >= VISITS_MAX)
                    continue;
                if (!put++) {
                    fprintf(stream, "<tr><td>");
                    put_html(stream, cell->name);
                    fprintf(stream, "</td><td>");
                }
                fprintf(stream, "%.*f%s ", metric_kinds[metric].decimals,
                        value / metric_kinds[metric].unit_size,
                        cell->visits[visit].flagged ? "*" : "");
            }
            if (all > put)
                fprintf(stream, "and %zu more", all - put);
            fprintf(stream, "%s", put ? "</td></tr>\n" : "");
        }
    fprintf(stream, "</table></div></details></section>\n");
}
