// SPDX-License-Identifier: Apache-2.0
#include "report/capacity_report.h"

#include "analyse/tiers.h"
#include "record/document.h"
#include "report/escape.h"
#include "report/matrix.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STREAMS_MOST = 4096 };

static const struct {
    enum curve_figure figure;
    const char *name; // in JSON
    const char *what;
    double unit_size;
    int decimals;
} shown_figures[] = {
    {CURVE_IDLE_NS,      "idle_ns",                "idle latency, ns",                    1,   1},
    {CURVE_AT_1_25,      "bandwidth_at_1_25_idle", "bandwidth at 1.25 x idle, GB/s",      1e9, 1},
    {CURVE_USABLE,       "usable_bandwidth",       "usable bandwidth (1.5 x idle), GB/s", 1e9, 1},
    {CURVE_AT_2,         "bandwidth_at_2_idle",    "bandwidth at 2 x idle, GB/s",         1e9, 1},
    {CURVE_KNEE,         "knee_bandwidth",         "knee, GB/s",                          1e9, 1},
    {CURVE_KNEE_NS,      "knee_ns",                "latency at the knee, ns",             1,   1},
    {CURVE_SATURATED,    "saturated_bandwidth",    "saturation, GB/s",                    1e9, 1},
    {CURVE_SATURATED_NS, "saturated_ns",           "latency at saturation, ns",           1,   1},
};

// ---- table --------------------------------------------------------------------------------------

static void print_figures(const struct loaded_curve *curve, FILE *stream) {
    fprintf(stream, "\nUnder load, ");
    put_plain(stream, curve->name);
    fprintf(stream, "\n");
    for (size_t i = 0; i < COUNT_OF(shown_figures); i++) {
        const struct curve_estimate *estimate = &curve->figures[shown_figures[i].figure];
        double unit_size = shown_figures[i].unit_size;
        int decimals = shown_figures[i].decimals;
        fprintf(stream, "  %-38s ", shown_figures[i].what);
        if (isnan(estimate->value))
            fprintf(stream, "not reached");
        else
            fprintf(stream, "%8.*f", decimals, estimate->value / unit_size);
        if (!isnan(estimate->value) && !isnan(estimate->low)) {
            if (isnan(estimate->high))
                fprintf(stream, "   %.*f.. (not always reached)", decimals,
                        estimate->low / unit_size);
            else
                fprintf(stream, "   %.*f..%.*f", decimals, estimate->low / unit_size, decimals,
                        estimate->high / unit_size);
        }
        fprintf(stream, "\n");
    }
}

static void print_streams(const struct loaded_curve *curve, double stream_bytes_per_s,
                          FILE *stream) {
    struct capacity_step *steps = base_allocate(STREAMS_MOST, sizeof *steps);
    size_t count = capacity_streams(curve, stream_bytes_per_s, steps, STREAMS_MOST);
    size_t every = count > 24 ? count / 20 : 1; // a screen of them, and the last two always
    for (size_t i = 0; i < count; i++) {
        if (i % every != 0 && i + 2 < count)
            continue;
        fprintf(stream, "  %4u streams of %.2f GB/s = %7.1f GB/s: ", steps[i].streams,
                stream_bytes_per_s / 1e9, steps[i].bandwidth_bytes_per_s / 1e9);
        if (isnan(steps[i].latency_ns))
            fprintf(stream, "beyond what was measured\n");
        else
            fprintf(stream, "%7.1f ns, %.2f x idle\n", steps[i].latency_ns, steps[i].of_idle);
    }
    free(steps);
}

static void print_tiers(const struct capacity_report *report, const struct matrix *matrix,
                        FILE *stream) {
    const struct data_run *run = &report->dataset->runs[report->dataset->run_count - 1];
    const struct metric_kind *kind = &metric_kinds[matrix->metric];
    struct tier_figure figures[TIER_COUNT];
    char title[MATRIX_TITLE_BYTES];
    tier_figures(matrix->cells, matrix->row_count * matrix->column_count, matrix->metric,
                 &run->machine, report->topology, figures);
    fprintf(stream, "\n");
    put_plain(stream, matrix_title(matrix, title));
    fprintf(stream, "\n");
    for (enum tier tier = 0; tier < TIER_COUNT; tier++) {
        const struct tier_figure *figure = &figures[tier];
        if (!figure->cells)
            continue;
        fprintf(stream, "  %-28s %3zu places %9.*f %s", tier_names[tier], figure->cells,
                kind->decimals, figure->value / kind->unit_size, kind->unit);
        if (tier != TIER_LOCAL && !isnan(figure->ratio))
            fprintf(stream, "   %.2f x local", figure->ratio);
        if (!isnan(figure->low))
            fprintf(stream, " (%.2f..%.2f)", figure->low, figure->high);
        fprintf(stream, "\n");
    }
}

static void print_sentence(const char *sentence, void *context) {
    FILE *stream = context;
    fprintf(stream, "  DISAGREES: %s\n", sentence);
}

// What the firmware says beside what was measured, and where the two have another order.
static void print_firmware(const struct capacity_report *report, const struct matrix *matrix,
                           FILE *stream) {
    bool told = false;
    for (size_t i = 0; i < matrix->row_count * matrix->column_count; i++) {
        const struct data_cell *cell = matrix->cells[i];
        if (!cell)
            continue;
        uint32_t from = (uint32_t)cell->cpu_node, to = (uint32_t)cell->mem_node;
        uint64_t distance = topology_distance(report->topology, from, to);
        struct topology_measured_value said = topology_firmware(report->topology, from, to);
        if (distance == NONE_U64 && isnan(said.latency_ns) && isnan(said.bandwidth_bytes_per_s))
            continue;
        if (!told)
            fprintf(stream, "\nThe firmware's word beside it\n");
        told = true;
        fprintf(stream, "  cpu %-3u mem %-3u measured %7.1f ns", from, to, matrix->values[i]);
        if (distance != NONE_U64)
            fprintf(stream, "   SLIT %3" PRIu64 " (%.2f x local)", distance, (double)distance / 10);
        if (!isnan(said.latency_ns))
            fprintf(stream, "   HMAT %.0f ns", said.latency_ns);
        if (!isnan(said.bandwidth_bytes_per_s))
            fprintf(stream, "   HMAT %.1f GB/s", said.bandwidth_bytes_per_s / 1e9);
        fprintf(stream, "\n");
    }
    if (!told)
        fprintf(stream, "\nThe firmware tells no distances (SLIT, HMAT) here.\n");
    tier_disagreements(matrix->cells, matrix->row_count * matrix->column_count, report->topology,
                       print_sentence, stream);
}

// All local bandwidths together, where each node has one.
static void print_machine(const struct matrix *bandwidth, FILE *stream) {
    double sum = 0;
    size_t nodes = 0;
    for (size_t row = 0; row < bandwidth->row_count; row++)
        for (size_t column = 0; column < bandwidth->column_count; column++) {
            double value = bandwidth->values[row * bandwidth->column_count + column];
            if (bandwidth->rows[row] != bandwidth->columns[column] || isnan(value))
                continue;
            sum += value;
            nodes++;
        }
    if (nodes)
        fprintf(stream,
                "  machine: %.1f GB/s, the sum of %zu local node%s measured one after the other\n",
                sum / 1e9, nodes, nodes == 1 ? "" : "s");
}

void capacity_print_table(const struct capacity_report *report, FILE *stream) {
    struct matrix_list list;
    struct loaded_curves curves;
    matrix_list_build(&list, report->dataset);
    loaded_curves_build(&curves, report->dataset);
    const struct matrix *latency = matrix_first(&list, METRIC_LATENCY);
    const struct matrix *bandwidth = matrix_first(&list, METRIC_BANDWIDTH);
    if (latency)
        print_tiers(report, latency, stream);
    if (bandwidth) {
        print_tiers(report, bandwidth, stream);
        print_machine(bandwidth, stream);
    }
    if (latency && report->topology)
        print_firmware(report, latency, stream);
    for (size_t i = 0; i < curves.count; i++) {
        print_figures(&curves.at[i], stream);
        if (report->stream_bytes_per_s > 0)
            print_streams(&curves.at[i], report->stream_bytes_per_s, stream);
    }
    if (!curves.count)
        fprintf(stream, "\nNo curve of latency under load in this run: nothing is said of knee, "
                        "usable bandwidth or streams.\n");
    loaded_curves_free(&curves);
    matrix_list_free(&list);
}

// ---- JSON ---------------------------------------------------------------------------------------

static void add_curve(struct document *document, const struct loaded_curve *curve,
                      double stream_bytes_per_s) {
    document_open_object(document, NULL);
    document_text(document, "curve", curve->name);
    for (size_t i = 0; i < COUNT_OF(shown_figures); i++) {
        const struct curve_estimate *estimate = &curve->figures[shown_figures[i].figure];
        document_open_object(document, shown_figures[i].name);
        document_f64(document, "value", estimate->value);
        document_f64(document, "low", estimate->low);
        document_f64(document, "high", estimate->high);
        document_close(document);
    }
    struct capacity_step *steps = base_allocate(STREAMS_MOST, sizeof *steps);
    size_t count = capacity_streams(curve, stream_bytes_per_s, steps, STREAMS_MOST);
    document_open_array(document, "streams");
    for (size_t i = 0; i < count; i++) {
        document_open_object(document, NULL);
        document_u64(document, "streams", steps[i].streams);
        document_f64(document, "bandwidth_bytes_per_s", steps[i].bandwidth_bytes_per_s);
        document_f64(document, "latency_ns", steps[i].latency_ns);
        document_close(document);
    }
    document_close(document);
    document_close(document);
    free(steps);
}

static void add_tiers(struct document *document, const struct capacity_report *report,
                      const struct matrix *matrix) {
    const struct data_run *run = &report->dataset->runs[report->dataset->run_count - 1];
    struct tier_figure figures[TIER_COUNT];
    tier_figures(matrix->cells, matrix->row_count * matrix->column_count, matrix->metric,
                 &run->machine, report->topology, figures);
    for (enum tier tier = 0; tier < TIER_COUNT; tier++) {
        if (!figures[tier].cells)
            continue;
        document_open_object(document, NULL);
        document_text(document, "metric", metric_kinds[matrix->metric].column);
        document_text(document, "tier", tier_names[tier]);
        document_u64(document, "places", figures[tier].cells);
        document_f64(document, "median", figures[tier].value);
        document_f64(document, "ratio_to_local", figures[tier].ratio);
        document_f64(document, "ratio_low", figures[tier].low);
        document_f64(document, "ratio_high", figures[tier].high);
        document_close(document);
    }
}

static void add_sentence(const char *sentence, void *context) {
    document_text(context, NULL, sentence);
}

bool capacity_print_json(const struct capacity_report *report, FILE *stream) {
    struct document *document = document_create();
    struct matrix_list list;
    struct loaded_curves curves;
    matrix_list_build(&list, report->dataset);
    loaded_curves_build(&curves, report->dataset);
    const struct matrix *latency = matrix_first(&list, METRIC_LATENCY);
    document_open_array(document, "tiers");
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        if (matrix_first(&list, metric))
            add_tiers(document, report, matrix_first(&list, metric));
    document_close(document);
    document_open_array(document, "firmware_disagreements");
    if (latency && report->topology)
        tier_disagreements(latency->cells, latency->row_count * latency->column_count,
                           report->topology, add_sentence, document);
    document_close(document);
    document_open_array(document, "under_load");
    for (size_t i = 0; i < curves.count; i++)
        add_curve(document, &curves.at[i], report->stream_bytes_per_s);
    document_close(document);
    loaded_curves_free(&curves);
    matrix_list_free(&list);
    bool printed = document_print(document, stream);
    document_free(document);
    return printed;
}
