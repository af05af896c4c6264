// SPDX-License-Identifier: Apache-2.0
#include "report/capacity_report.h"

#include "analyse/invariants.h"
#include "analyse/memory_peak.h"
#include "analyse/tiers.h"
#include "record/document.h"
#include "report/best_sets_report.h"
#include "report/matrix.h"
#include "report/published_report.h"
#include "report/text_notes.h"
#include "stats/order.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>

enum { ANSWER_BYTES = 400 };

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

static const struct data_run *latest_run(const struct capacity_report *report) {
    return &report->dataset->runs[report->dataset->run_count - 1];
}

// ---- table and Markdown -------------------------------------------------------------------------

struct printer {
    const struct capacity_report *report;
    const struct marks *marks;
    FILE *stream;
};

static void print_title(const struct printer *printer, const char *before, const char *name) {
    fprintf(printer->stream, "\n%s%s", printer->marks->title, before);
    printer->marks->put(printer->stream, name);
    fprintf(printer->stream, "\n%s", printer->marks->is_markdown ? "\n" : "");
}

static void add_interval(struct text_table *table, double low, double high, int decimals,
                         double unit_size) {
    if (isnan(low))
        text_table_add(table, "none");
    else if (isnan(high))
        text_table_add(table, "%.*f.. (not always reached)", decimals, low / unit_size);
    else
        text_table_add(table, "%.*f..%.*f", decimals, low / unit_size, decimals, high / unit_size);
}

static void print_figures(const struct printer *printer, const struct loaded_curve *curve) {
    static const char *const heads[] = {"figure", ">value", ">95 % interval"};
    struct text_table *table = text_table_create(heads, COUNT_OF(heads));
    char limit[LOADED_LIMIT_BYTES];
    bool saturates = !*loaded_curve_limit(curve, limit);
    for (size_t i = 0; i < COUNT_OF(shown_figures); i++) {
        enum curve_figure figure = shown_figures[i].figure;
        const struct curve_estimate *estimate = &curve->figures[figure];
        double unit_size = shown_figures[i].unit_size;
        int decimals = shown_figures[i].decimals;
        if (!saturates && figure > CURVE_SATURATED_NS)
            continue;
        text_table_add(table, "%s",
                       saturates                      ? shown_figures[i].what
                       : figure == CURVE_SATURATED    ? "largest bandwidth, GB/s"
                       : figure == CURVE_SATURATED_NS ? "latency there, ns"
                                                      : shown_figures[i].what);
        if (isnan(estimate->value)) {
            text_table_add(table, "not reached");
            text_table_add(table, "%s", "");
            continue;
        }
        text_table_add(table, "%.*f", decimals, estimate->value / unit_size);
        add_interval(table, estimate->low, estimate->high, decimals, unit_size);
    }
    text_table_print(table, printer->marks, printer->stream);
    if (!saturates)
        fprintf(printer->stream, "\nThe largest bandwidth is %s.\n", limit);
}

// What came of what was offered, and at what latency.
static void print_offered_rates(const struct printer *printer, const struct loaded_curve *curve) {
    static const char *const heads[] = {">offered, GB/s", ">achieved, GB/s", ">latency, ns",
                                        ">95 % interval", ">x idle",         ">repetitions"};
    double idle_ns = curve->figures[CURVE_IDLE_NS].value;
    struct text_table *table = text_table_create(heads, COUNT_OF(heads));
    for (size_t i = 0; i < curve->curve.count; i++) {
        const struct curve_point *point = &curve->curve.points[i];
        double low, high, latency_ns = curve_point_latency(point);
        order_median_interval(point->latency_ns, point->visit_count, 0.95, &low, &high);
        text_table_add(table, "%.1f", loaded_curve_offered(point) / 1e9);
        text_table_add(table, "%.1f", curve_point_bandwidth(point) / 1e9);
        text_table_add(table, "%.1f", latency_ns);
        add_interval(table, low, high, 1, 1);
        if (isnan(idle_ns))
            text_table_add(table, "unknown");
        else
            text_table_add(table, "%.2f", latency_ns / idle_ns);
        text_table_add(table, "%zu", point->visit_count);
    }
    text_table_print(table, printer->marks, printer->stream);
}

static void print_streams(const struct printer *printer, const struct loaded_curve *curve) {
    static const char *const heads[] = {">streams", ">GB/s", ">latency, ns", ">x idle"};
    double each = printer->report->stream_bytes_per_s;
    struct capacity_step *steps = base_allocate(CAPACITY_STREAMS_MAX, sizeof *steps);
    size_t count = capacity_streams(curve, each, steps, CAPACITY_STREAMS_MAX);
    size_t every = count > 24 ? count / 20 : 1; // a screen of them, and the last two always
    struct text_table *table = text_table_create(heads, COUNT_OF(heads));
    if (count)
        fprintf(printer->stream, "\nStreams of %.2f GB/s on this curve\n%s", each / 1e9,
                printer->marks->is_markdown ? "\n" : "");
    for (size_t i = 0; i < count; i++) {
        if (i % every != 0 && i + 2 < count)
            continue;
        text_table_add(table, "%u", steps[i].streams);
        text_table_add(table, "%.1f", steps[i].bandwidth_bytes_per_s / 1e9);
        if (isnan(steps[i].latency_ns)) {
            text_table_add(table, "beyond what was measured");
            text_table_add(table, "%s", "");
            continue;
        }
        text_table_add(table, "%.1f", steps[i].latency_ns);
        text_table_add(table, "%.2f", steps[i].of_idle);
    }
    text_table_print(table, printer->marks, printer->stream);
    free(steps);
}

static void write_answer(const struct capacity_report *report, const struct loaded_curve *curve,
                         char *text, size_t text_bytes) {
    double each = report->stream_bytes_per_s / 1e9;
    const struct capacity_answer answer =
        capacity_max_streams(curve, report->stream_bytes_per_s, report->latency_factor);
    if (!answer.known)
        snprintf(text, text_bytes,
                 "No answer for streams of %.2f GB/s: the curve does not begin idle; repeat it "
                 "without --delay",
                 each);
    else
        snprintf(
            text, text_bytes,
            "%s%" PRIu32
            " stream%s of %.2f GB/s (%.1f GB/s together) at %.1f ns; %.2f x idle is %.1f ns. %s. "
            "It rests on %zu points of this curve, each the median of at most %zu repetitions.",
            answer.at_least ? "At least " : "", answer.last.streams, PLURAL(answer.last.streams),
            each, answer.last.bandwidth_bytes_per_s / 1e9, answer.last.latency_ns,
            report->latency_factor, answer.limit_ns,
            answer.at_least ? "The curve ends there, so more may fit"
                            : "One more exceeds that, or the bandwidth of the memory",
            curve->curve.count, curve->visits_max);
}

// Without a curve only bandwidth is known: more streams than that cannot fit, whatever they cost.
static void print_without_curve(const struct printer *printer, const struct matrix *bandwidth) {
    double each = printer->report->stream_bytes_per_s, best = NAN;
    fprintf(printer->stream, "\nThis run has no curve of latency under load, so knee and usable "
                             "bandwidth are unknown; measure one with: numaprobe loaded\n");
    if (!(each > 0))
        return;
    for (size_t i = 0; bandwidth && i < bandwidth->row_count * bandwidth->column_count; i++)
        best = fmax(best, bandwidth->values[i]); // fmax leaves NaN out
    if (isnan(best))
        fprintf(printer->stream,
                "How many streams of %.2f GB/s fit is unknown: this run has "
                "neither such a curve nor a bandwidth of memory.\n",
                each / 1e9);
    else
        fprintf(
            printer->stream,
            "At most %.0f stream%s of %.2f GB/s from one node to one node, because its bandwidth "
            "is %.1f GB/s. Their latency, and how many stay below %.2f x idle, is unknown.\n",
            floor(best / each), PLURAL(floor(best / each)), each / 1e9, best / 1e9,
            printer->report->latency_factor);
}

static void print_curves(const struct printer *printer, const struct matrix *bandwidth) {
    struct loaded_curves curves;
    char answer[ANSWER_BYTES];
    size_t closed = 0;
    loaded_curves_build(&curves, printer->report->dataset);
    for (size_t i = 0; i < curves.count; i++) {
        print_title(printer, "Under load, ", curves.at[i].name);
        if (curves.at[i].paced) {
            print_offered_rates(printer, &curves.at[i]);
            continue;
        }
        closed++;
        print_figures(printer, &curves.at[i]);
        if (!(printer->report->stream_bytes_per_s > 0))
            continue;
        write_answer(printer->report, &curves.at[i], answer, sizeof answer);
        fprintf(printer->stream, "\n%s\n", answer);
        print_streams(printer, &curves.at[i]);
    }
    if (!closed)
        print_without_curve(printer, bandwidth);
    loaded_curves_free(&curves);
}

static void print_tiers(const struct printer *printer, const struct matrix *matrix) {
    static const char *const heads[] = {"memory is", ">node pairs", ">median", ">x local",
                                        ">95 % interval"};
    const struct capacity_report *report = printer->report;
    const struct data_run *run = latest_run(report);
    const struct metric_kind *kind = &metric_kinds[matrix->metric];
    struct tier_list tiers;
    char title[MATRIX_TITLE_BYTES];
    tier_list_build(&tiers, matrix->cells, matrix->row_count * matrix->column_count, matrix->metric,
                    &run->machine, report->topology);
    print_title(printer, "", matrix_title(matrix, title));
    struct text_table *table = text_table_create(heads, COUNT_OF(heads));
    for (size_t i = 0; i < tiers.count; i++) {
        const struct tier_figure *figure = &tiers.at[i];
        text_table_add(table, "%s", figure->name);
        text_table_add(table, "%zu", figure->cells);
        text_table_add(table, "%.*f %s", kind->decimals, figure->value / kind->unit_size,
                       kind->unit);
        if (figure->tier == TIER_LOCAL || isnan(figure->ratio)) {
            text_table_add(table, "%s", "");
            text_table_add(table, "%s", "");
            continue;
        }
        text_table_add(table, "%.2f", figure->ratio);
        add_interval(table, figure->low, figure->high, 2, 1);
    }
    text_table_print(table, printer->marks, printer->stream);
    tier_list_free(&tiers);
}

static void print_line(const char *sentence, void *context) {
    const struct printer *printer = context;
    fprintf(printer->stream, "%s%s\n", printer->marks->item, sentence);
}

static void print_sentence(const char *sentence, void *context) {
    const struct printer *printer = context;
    fprintf(printer->stream, "%sDISAGREES: %s\n", printer->marks->item, sentence);
}

static void add_if_known(struct text_table *table, int decimals, double value) {
    if (isnan(value))
        text_table_add(table, "%s", "");
    else
        text_table_add(table, "%.*f", decimals, value);
}

// What the firmware says beside what was measured, and where the two have another order.
static void print_firmware(const struct printer *printer, const struct matrix *matrix) {
    static const char *const heads[] = {
        ">cpu",           ">mem",      ">measured, ns",    ">SLIT",
        ">SLIT, x local", ">HMAT, ns", ">HMAT / measured", ">HMAT, GB/s"};
    const struct topology *topology = printer->report->topology;
    size_t places = matrix->row_count * matrix->column_count, known_count = 0;
    struct text_table *table = text_table_create(heads, COUNT_OF(heads));
    for (size_t i = 0; i < places; i++) {
        const struct data_cell *cell = matrix->cells[i];
        if (!cell || cell->mem_node.count > 1)
            continue;
        uint32_t from = (uint32_t)cell->cpu_node, to = node_set_only(&cell->mem_node);
        uint64_t slit = topology_distance(topology, from, to);
        double distance = slit == NONE_U64 ? NAN : (double)slit;
        struct topology_measured_value said = topology_firmware(topology, from, to);
        if (isnan(distance) && isnan(said.latency_ns) && isnan(said.bandwidth_bytes_per_s))
            continue;
        known_count++;
        text_table_add(table, "%u", from);
        text_table_add(table, "%u", to);
        text_table_add(table, "%.1f", matrix->values[i]);
        add_if_known(table, 0, distance);
        add_if_known(table, 2, distance / 10);
        add_if_known(table, 0, said.latency_ns);
        add_if_known(table, 2, said.latency_ns / matrix->values[i]);
        add_if_known(table, 1, said.bandwidth_bytes_per_s / 1e9);
    }
    if (known_count)
        print_title(printer, "According to the firmware", "");
    else
        fprintf(printer->stream, "\nThe firmware reports no distances (SLIT, HMAT) here.\n");
    text_table_print(table, printer->marks, printer->stream);
    if (known_count)
        fprintf(printer->stream, "\n");
    struct printer context = *printer;
    tier_wrong_values(matrix->cells, places, topology, print_sentence, &context);
    if (known_count &&
        !tier_disagreements(matrix->cells, places, topology, print_sentence, &context) &&
        places > 1)
        fprintf(printer->stream, "The measured latencies are in the firmware's order.\n");
}

static void print_machine(const struct printer *printer, const struct matrix *bandwidth) {
    size_t nodes;
    const struct memory_peak theoretical =
        memory_peak_of_run(latest_run(printer->report), printer->report->topology);
    double sum = matrix_local_sum(bandwidth, &nodes), peak = theoretical.bytes_per_s;
    if (!nodes)
        return;
    fprintf(printer->stream,
            "\nLocal bandwidth: %.1f GB/s, the sum of %zu node%s measured one after the other\n",
            sum / 1e9, nodes, PLURAL(nodes));
    if (isnan(peak))
        fprintf(printer->stream, "Theoretical peak: unknown, because %s\n", theoretical.sentence);
    else
        fprintf(printer->stream, "Theoretical peak: %.1f GB/s (%s); that is %.1f %% of it\n",
                peak / 1e9, theoretical.sentence, 100 * sum / peak);
}

// Sweeps and pairs of CPUs are small in every run.
static size_t count_cached(const struct dataset *dataset) {
    size_t count = 0;
    for (size_t i = 0; i < dataset->cell_count; i++)
        count += data_cell_is_cached(&dataset->cells[i]) &&
                 dataset->cells[i].block != BLOCK_SWEEP && dataset->cells[i].test != TEST_C2C;
    return count;
}

// Whose figures these are, of when, of what, and how far they are proven.
static void print_origin(const struct printer *printer) {
    const struct dataset *dataset = printer->report->dataset;
    const struct data_run *run = latest_run(printer->report);
    const char *cpu = machine_file_fact(&run->machine, "cpu_model");
    size_t cached = count_cached(dataset);
    fprintf(printer->stream, "Capacity of ");
    printer->marks->put(printer->stream, run->host);
    fprintf(printer->stream, " (");
    printer->marks->put(printer->stream, cpu ? cpu : "CPU unknown");
    fprintf(printer->stream, "), run ");
    printer->marks->put(printer->stream, run->run_id);
    fprintf(printer->stream, " of ");
    printer->marks->put(printer->stream, run->timestamp_utc);
    if (cached)
        fprintf(printer->stream,
                "; %zu of %zu cases were measured with --cached: caches, not memory", cached,
                dataset->cell_count);
    fprintf(printer->stream, "; placement verified in %zu of %zu rows, %zu flagged\n",
            dataset->verified, dataset->valued, dataset->flagged);
}

static bool print_text(const struct printer *printer) {
    struct matrix_list list;
    print_origin(printer);
    text_notes_print(printer->report->dataset, "", printer->marks, printer->stream);
    matrix_list_build(&list, printer->report->dataset);
    const struct matrix *latency = matrix_main(&list, METRIC_LATENCY);
    const struct matrix *bandwidth = matrix_main(&list, METRIC_BANDWIDTH);
    for (size_t i = 0; i < list.count; i++)
        if (!data_cell_is_cached(list.at[i].first) && list.at[i].first->block != BLOCK_PEAK)
            print_tiers(printer, &list.at[i]);
    if (bandwidth)
        print_machine(printer, bandwidth);
    struct printer context = *printer;
    published_each(latest_run(printer->report), printer->report->topology, &list, print_line,
                   &context);
    if (!latency && !bandwidth)
        fprintf(printer->stream, "\nThis run has no latency or bandwidth between nodes, so local "
                                 "and remote memory cannot be compared.\n");
    best_sets_print(printer->report->dataset, printer->report->topology, printer->marks,
                    printer->stream);
    if (latency && printer->report->topology)
        print_firmware(printer, latency);
    print_curves(printer, bandwidth);
    matrix_list_free(&list);
    return !ferror(printer->stream);
}

// ---- JSON ---------------------------------------------------------------------------------------

static void add_figures(struct document *document, const struct loaded_curve *curve) {
    for (size_t i = 0; i < COUNT_OF(shown_figures); i++) {
        const struct curve_estimate *estimate = &curve->figures[shown_figures[i].figure];
        // Without saturation the largest bandwidth is that of the load.
        bool of_load = !curve_saturates(curve->figures);
        const char *name =
            of_load && shown_figures[i].figure == CURVE_SATURATED      ? "largest_bandwidth"
            : of_load && shown_figures[i].figure == CURVE_SATURATED_NS ? "largest_bandwidth_ns"
                                                                       : shown_figures[i].name;
        document_open_object(document, name);
        document_f64(document, "value", estimate->value);
        document_f64(document, "low", estimate->low);
        document_f64(document, "high", estimate->high);
        document_close(document);
    }
}

static void add_streams(struct document *document, const struct loaded_curve *curve,
                        double stream_bytes_per_s) {
    struct capacity_step *steps = base_allocate(CAPACITY_STREAMS_MAX, sizeof *steps);
    size_t count = capacity_streams(curve, stream_bytes_per_s, steps, CAPACITY_STREAMS_MAX);
    document_open_array(document, "streams");
    for (size_t i = 0; i < count; i++) {
        document_open_object(document, NULL);
        document_u64(document, "streams", steps[i].streams);
        document_f64(document, "bandwidth_bytes_per_s", steps[i].bandwidth_bytes_per_s);
        document_f64(document, "latency_ns", steps[i].latency_ns);
        document_close(document);
    }
    document_close(document);
    free(steps);
}

static void add_points(struct document *document, const struct loaded_curve *curve) {
    document_open_array(document, "points");
    for (size_t i = 0; i < curve->curve.count; i++) {
        const struct curve_point *point = &curve->curve.points[i];
        document_open_object(document, NULL);
        if (curve->paced)
            document_f64(document, "offered_bytes_per_s", loaded_curve_offered(point));
        else
            document_u64(document, "load_delay_cycles", (uint64_t)point->pause);
        document_f64(document, "bandwidth_bytes_per_s", curve_point_bandwidth(point));
        document_f64(document, "latency_ns", curve_point_latency(point));
        document_u64(document, "visits", point->visit_count);
        document_close(document);
    }
    document_close(document);
}

static void add_answer(struct document *document, const struct capacity_report *report,
                       const struct loaded_curve *curve) {
    const struct capacity_answer answer =
        capacity_max_streams(curve, report->stream_bytes_per_s, report->latency_factor);
    char sentence[ANSWER_BYTES];
    write_answer(report, curve, sentence, sizeof sentence);
    document_open_object(document, "most_streams");
    document_u64(document, "streams", answer.known ? answer.last.streams : NONE_U64);
    document_flag(document, "at_least", answer.at_least);
    document_f64(document, "latency_ns", answer.last.latency_ns);
    document_f64(document, "latency_limit_ns", answer.limit_ns);
    document_text(document, "sentence", sentence);
    document_close(document);
}

static void add_curve(struct document *document, const struct capacity_report *report,
                      const struct loaded_curve *curve) {
    document_open_object(document, NULL);
    document_text(document, "curve", curve->name);
    document_text(document, "load_mode", curve->paced ? "paced" : "closed");
    add_points(document, curve);
    if (!curve->paced) {
        char limit[LOADED_LIMIT_BYTES];
        document_text(document, "limit", *loaded_curve_limit(curve, limit) ? limit : NULL);
        add_figures(document, curve);
        add_streams(document, curve, report->stream_bytes_per_s);
        if (report->stream_bytes_per_s > 0)
            add_answer(document, report, curve);
    }
    document_close(document);
}

static void add_tiers(struct document *document, const struct capacity_report *report,
                      const struct matrix *matrix) {
    const struct data_run *run = latest_run(report);
    struct tier_list tiers;
    char title[MATRIX_TITLE_BYTES];
    tier_list_build(&tiers, matrix->cells, matrix->row_count * matrix->column_count, matrix->metric,
                    &run->machine, report->topology);
    for (size_t i = 0; i < tiers.count; i++) {
        const struct tier_figure *figure = &tiers.at[i];
        document_open_object(document, NULL);
        document_text(document, "metric", metric_kinds[matrix->metric].column);
        document_text(document, "matrix", matrix_title(matrix, title));
        document_text(document, "tier", figure->name);
        document_u64(document, "distance", figure->distance);
        document_u64(document, "places", figure->cells);
        document_f64(document, "median", figure->value);
        document_f64(document, "ratio_to_local", figure->ratio);
        document_f64(document, "ratio_low", figure->low);
        document_f64(document, "ratio_high", figure->high);
        document_close(document);
    }
    tier_list_free(&tiers);
}

static void add_sentence(const char *sentence, void *context) {
    document_text(context, NULL, sentence);
}

static bool print_json(const struct capacity_report *report, FILE *stream) {
    struct document *document = document_create();
    struct matrix_list list;
    struct loaded_curves curves;
    matrix_list_build(&list, report->dataset);
    loaded_curves_build(&curves, report->dataset);
    const struct matrix *latency = matrix_main(&list, METRIC_LATENCY);
    const struct data_run *run = latest_run(report);
    document_text(document, "host", run->host);
    document_text(document, "run_id", run->run_id);
    document_text(document, "timestamp_utc", run->timestamp_utc);
    document_u64(document, "rows_with_value", report->dataset->valued);
    document_u64(document, "rows_verified", report->dataset->verified);
    document_u64(document, "cells", report->dataset->cell_count);
    document_u64(document, "cells_cached", count_cached(report->dataset));
    document_open_array(document, "tiers");
    for (size_t i = 0; i < list.count; i++)
        if (!data_cell_is_cached(list.at[i].first) && list.at[i].first->block != BLOCK_PEAK)
            add_tiers(document, report, &list.at[i]);
    document_close(document);
    size_t nodes;
    const struct matrix *bandwidth = matrix_main(&list, METRIC_BANDWIDTH);
    const struct memory_peak theoretical = memory_peak_of_run(latest_run(report), report->topology);
    double peak = theoretical.bytes_per_s;
    double sum = bandwidth ? matrix_local_sum(bandwidth, &nodes) : NAN;
    document_open_array(document, "published");
    published_each(run, report->topology, &list, add_sentence, document);
    document_close(document);
    document_f64(document, "theoretical_peak_bytes_per_s", peak);
    document_text(document, "theoretical_peak_source", theoretical.sentence);
    document_f64(document, "share_of_theoretical_peak", sum / peak);
    document_open_array(document, "firmware_disagreements");
    if (latency && report->topology)
        tier_disagreements(latency->cells, latency->row_count * latency->column_count,
                           report->topology, add_sentence, document);
    document_close(document);
    best_sets_add(document, report->dataset, report->topology);
    document_open_array(document, "under_load");
    for (size_t i = 0; i < curves.count; i++)
        add_curve(document, report, &curves.at[i]);
    document_close(document);
    loaded_curves_free(&curves);
    matrix_list_free(&list);
    bool printed = document_print(document, stream);
    document_free(document);
    return printed;
}

bool capacity_print(const struct capacity_report *report, enum text_form form, FILE *stream) {
    struct printer printer = {report, &marks_table, stream};
    if (form == FORM_JSON)
        return print_json(report, stream);
    if (form == FORM_MARKDOWN)
        printer.marks = &marks_markdown;
    return print_text(&printer);
}
