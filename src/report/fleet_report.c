// SPDX-License-Identifier: Apache-2.0
#include "report/fleet_report.h"

#include "record/document.h"
#include "report/cell_title.h"
#include "report/escape.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { OUTLIERS_SHOWN = 50, EVIDENCE_SHOWN = 3, LEFT_OUT_SHOWN = 50 };

char *fleet_figure_name(const struct outlier_figure *figure, char text[FLEET_NAME_BYTES]) {
    if (figure->cell)
        snprintf(text, FLEET_NAME_BYTES, "%.250s", figure->cell->cell.name);
    else
        snprintf(text, FLEET_NAME_BYTES, "all %zu %s cases together", figure->cell_count,
                 metric_kinds[figure->metric].name);
    return text;
}

size_t fleet_count_hosts(const struct fleet_report *report, size_t *outliers) {
    size_t hosts = 0;
    *outliers = 0;
    for (size_t i = 0; i < report->fleet->sku_count; i++) {
        hosts += report->skus[i].sku->host_count;
        *outliers += report->skus[i].host_count;
    }
    return hosts;
}

// ---- for people ---------------------------------------------------------------------------------

// Points of curves and pairs of CPUs are many, and few look at them one by one.
static bool is_listed(const struct outlier_figure *figure) {
    bool plain = !figure->cell || figure->cell->cell.test == TEST_LATENCY ||
                 figure->cell->cell.test == TEST_BANDWIDTH;
    return plain || figure->outside;
}

// What all cells share is a ratio, without a unit.
static void add_value(struct text_table *table, const struct outlier_figure *figure, double value,
                      bool with_unit) {
    const struct metric_kind *kind = &metric_kinds[figure->metric];
    if (isnan(value))
        text_table_add(table, "-");
    else if (figure->cell)
        text_table_add(table, "%.*f%s%s", kind->decimals, value / kind->unit_size,
                       with_unit ? " " : "", with_unit ? kind->unit : "");
    else
        text_table_add(table, "%.3f", value);
}

// Short names of all figures; to be freed.
static char (*name_figures(const struct outliers *outliers))[CELL_TITLE_BYTES] {
    size_t count = 0;
    const struct data_cell **cells = base_allocate(outliers->figure_count, sizeof *cells);
    char(*names)[CELL_TITLE_BYTES] = base_allocate(outliers->figure_count, sizeof *names);
    size_t first = 0; // of those that are of a cell: what all share comes before
    while (first < outliers->figure_count && !outliers->figures[first].cell) {
        snprintf(names[first], CELL_TITLE_BYTES, "all %zu %s cases",
                 outliers->figures[first].cell_count,
                 metric_kinds[outliers->figures[first].metric].name);
        first++;
    }
    for (size_t i = first; i < outliers->figure_count; i++)
        cells[count++] = &outliers->figures[i].cell->cell;
    cell_titles(cells, count, names + first);
    free(cells);
    return names;
}

// Least and most of the hosts are in the JSON: 80 columns hold a row.
static void print_figures(const struct outliers *outliers, const char (*names)[CELL_TITLE_BYTES],
                          const struct marks *marks, FILE *stream) {
    static const char *const heads[] = {">hosts",  ">p10",   ">median", ">p90",
                                        ">spread", ">limit", "figure"};
    struct text_table *table = text_table_create(heads, COUNT_OF(heads));
    size_t others = 0;
    for (size_t i = 0; i < outliers->figure_count; i++) {
        const struct outlier_figure *figure = &outliers->figures[i];
        others += !is_listed(figure);
        if (!is_listed(figure))
            continue;
        text_table_add(table, "%zu", figure->count);
        add_value(table, figure, figure->p10, false);
        add_value(table, figure, figure->median, true);
        add_value(table, figure, figure->p90, false);
        text_table_add(table, "%.2f %%", isnan(figure->spread) ? 0 : 100 * figure->spread);
        add_value(table, figure, figure->limit, false);
        text_table_add(table, "%s", names[i]);
    }
    text_table_print(table, marks, stream);
    if (others)
        fprintf(stream, "%s%zu more figures (points of curves, pairs of CPUs): --json\n",
                marks->item, others);
}

static void print_evidence(const struct outlier_evidence *evidence, const char *name,
                           const struct marks *marks, FILE *stream) {
    fprintf(stream, "%s  %+.1f %% (%.1f spreads)", marks->item, 100 * evidence->change,
            evidence->sigmas);
    if (evidence->since_utc) {
        fprintf(stream, " since ");
        marks->put(stream, evidence->since_utc);
    }
    fprintf(stream, ": ");
    marks->put(stream, name);
    fprintf(stream, "\n");
}

char *fleet_power(const struct outliers *outliers, char text[FLEET_POWER_BYTES]) {
    const double blind = 0.2; // a host this much slower is noticed without a report
    double share = outliers_detectable(outliers);
    if (isnan(share))
        snprintf(text, FLEET_POWER_BYTES, "the detectable difference is unknown");
    else
        snprintf(text, FLEET_POWER_BYTES, "a host that is %.1f %% slower would be found%s",
                 100 * share,
                 share > blind ? ", but not one that is less: add hosts of the kind" : "");
    return text;
}

static void print_outliers(const struct outliers *outliers, const char (*names)[CELL_TITLE_BYTES],
                           const struct marks *marks, FILE *stream) {
    char power[FLEET_POWER_BYTES];
    if (!outliers->known) {
        fprintf(stream, "%stoo few hosts to find a slow one: %zu, but at least %d are needed\n",
                marks->item, outliers->sku->host_count, OUTLIERS_HOSTS_MIN);
        return;
    }
    fprintf(stream, "%s%zu of %zu hosts slower than their kind; %s\n", marks->item,
            outliers->host_count, outliers->sku->host_count, fleet_power(outliers, power));
    for (size_t i = 0; i < outliers->host_count && i < OUTLIERS_SHOWN; i++) {
        const struct outlier_host *host = &outliers->hosts[i];
        fprintf(stream, "%sOUTLIER ", marks->item);
        marks->put(stream, outliers->sku->hosts[host->host]);
        fprintf(stream, ": %zu of %zu figures beyond their limit\n", host->count,
                outliers->figure_count);
        for (size_t j = 0; j < host->count && j < EVIDENCE_SHOWN; j++)
            print_evidence(&host->evidence[j], names[host->evidence[j].figure], marks, stream);
    }
    if (outliers->host_count > OUTLIERS_SHOWN)
        fprintf(stream, "%s%zu more outliers: --json\n", marks->item,
                outliers->host_count - OUTLIERS_SHOWN);
}

static void print_left_out(const struct fleet *fleet, const struct marks *marks, FILE *stream) {
    if (fleet->left_out_count)
        fprintf(stream, "\n%sLeft out: %zu run%s\n%s", marks->title, fleet->left_out_count,
                PLURAL(fleet->left_out_count), marks->is_markdown ? "\n" : "");
    for (size_t i = 0; i < fleet->left_out_count && i < LEFT_OUT_SHOWN; i++) {
        const struct fleet_left_out *left_out = &fleet->left_out[i];
        fprintf(stream, "%s", marks->item);
        marks->put(stream, left_out->host[0] ? left_out->host : "host unknown");
        fprintf(stream, ", ");
        marks->put(stream, left_out->path);
        fprintf(stream, ": ");
        marks->put(stream, left_out->reason);
        fprintf(stream, "\n");
    }
    if (fleet->left_out_count > LEFT_OUT_SHOWN)
        fprintf(stream, "%s%zu more: --json\n", marks->item,
                fleet->left_out_count - LEFT_OUT_SHOWN);
}

static bool print_text(const struct fleet_report *report, const struct marks *marks, FILE *stream) {
    const struct fleet *fleet = report->fleet;
    size_t outliers, hosts = fleet_count_hosts(report, &outliers);
    fprintf(stream, "%zu host%s of %zu kind%s, %zu run%s; %zu run%s left out; %zu outlier%s\n",
            hosts, PLURAL(hosts), fleet->sku_count, PLURAL(fleet->sku_count), fleet->run_count,
            PLURAL(fleet->run_count), fleet->left_out_count, PLURAL(fleet->left_out_count),
            outliers, PLURAL(outliers));
    for (size_t i = 0; i < fleet->sku_count; i++) {
        const struct fleet_sku *sku = &fleet->skus[i];
        fprintf(stream, "\n%sKind %zu: ", marks->title, i + 1);
        marks->put(stream, sku->cpu_model[0] ? sku->cpu_model : "unknown CPU");
        fprintf(stream, ", %zu host%s, %zu run%s\n%s%s", sku->host_count, PLURAL(sku->host_count),
                sku->run_count, PLURAL(sku->run_count), marks->is_markdown ? "\n" : "",
                marks->item);
        marks->put(stream, sku->fingerprint);
        fprintf(stream, "\n");
        char(*names)[CELL_TITLE_BYTES] = name_figures(&report->skus[i]);
        print_outliers(&report->skus[i], (const char(*)[CELL_TITLE_BYTES])names, marks, stream);
        fprintf(stream, "\n");
        print_figures(&report->skus[i], (const char(*)[CELL_TITLE_BYTES])names, marks, stream);
        free(names);
    }
    print_left_out(fleet, marks, stream);
    return !ferror(stream);
}

// ---- for programs -------------------------------------------------------------------------------

static void write_figure(struct document *document, const struct outlier_figure *figure) {
    document_open_object(document, NULL);
    document_text(document, "cell", figure->cell ? figure->cell->cell.name : NULL);
    document_text(document, "metric", metric_kinds[figure->metric].column);
    document_u64(document, "cells", figure->cell ? 1 : figure->cell_count);
    document_u64(document, "hosts", figure->count);
    document_f64(document, "median", figure->median);
    document_f64(document, "spread", figure->spread);
    document_f64(document, "least", figure->least);
    document_f64(document, "p10", figure->p10);
    document_f64(document, "p90", figure->p90);
    document_f64(document, "most", figure->most);
    document_f64(document, "limit", figure->limit);
    document_f64(document, "detectable", figure->detectable);
    document_close(document);
}

static void write_outlier(struct document *document, const struct outliers *outliers,
                          const struct outlier_host *host) {
    document_open_object(document, NULL);
    document_text(document, "host", outliers->sku->hosts[host->host]);
    document_open_array(document, "evidence");
    for (size_t i = 0; i < host->count; i++) {
        const struct outlier_evidence *evidence = &host->evidence[i];
        const struct outlier_figure *figure = &outliers->figures[evidence->figure];
        document_open_object(document, NULL);
        document_text(document, "cell", figure->cell ? figure->cell->cell.name : NULL);
        document_text(document, "metric", metric_kinds[figure->metric].column);
        document_f64(document, "value", figure->values[host->host]);
        document_f64(document, "change", evidence->change);
        document_f64(document, "spreads", evidence->sigmas);
        document_text(document, "since_utc", evidence->since_utc);
        document_close(document);
    }
    document_close(document);
    document_close(document);
}

static void write_sku(struct document *document, const struct outliers *outliers) {
    document_open_object(document, NULL);
    document_text(document, "fingerprint", outliers->sku->fingerprint);
    document_text(document, "cpu_model", outliers->sku->cpu_model);
    document_u64(document, "hosts", outliers->sku->host_count);
    document_u64(document, "runs", outliers->sku->run_count);
    document_flag(document, "judged", outliers->known);
    document_open_array(document, "figures");
    for (size_t i = 0; i < outliers->figure_count; i++)
        write_figure(document, &outliers->figures[i]);
    document_close(document);
    document_open_array(document, "outliers");
    for (size_t i = 0; i < outliers->host_count; i++)
        write_outlier(document, outliers, &outliers->hosts[i]);
    document_close(document);
    document_close(document);
}

static bool print_json(const struct fleet_report *report, FILE *stream) {
    const struct fleet *fleet = report->fleet;
    struct document *document = document_create();
    size_t outliers, hosts = fleet_count_hosts(report, &outliers);
    document_u64(document, "hosts", hosts);
    document_u64(document, "runs", fleet->run_count);
    document_u64(document, "outliers", outliers);
    document_f64(document, "false_outliers", OUTLIERS_FALSE_ALARMS);
    document_open_array(document, "skus");
    for (size_t i = 0; i < fleet->sku_count; i++)
        write_sku(document, &report->skus[i]);
    document_close(document);
    document_open_array(document, "left_out");
    for (size_t i = 0; i < fleet->left_out_count; i++) {
        document_open_object(document, NULL);
        document_text(document, "run", fleet->left_out[i].path);
        document_text(document, "host",
                      fleet->left_out[i].host[0] ? fleet->left_out[i].host : NULL);
        document_text(document, "reason", fleet->left_out[i].reason);
        document_close(document);
    }
    document_close(document);
    bool printed = document_print(document, stream);
    document_free(document);
    return printed;
}

bool fleet_print(const struct fleet_report *report, enum text_form form, FILE *stream) {
    if (form == FORM_JSON)
        return print_json(report, stream);
    return print_text(report, form == FORM_MARKDOWN ? &marks_markdown : &marks_table, stream);
}
