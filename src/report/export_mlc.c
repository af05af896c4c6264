// SPDX-License-Identifier: Apache-2.0
// Text as the readers of Intel MLC's output parse it: of PerfSpect, superbenchmark, DCPerf, LISA
// and of the Phoronix Test Suite. docs/files.md has their rules, tests/check_mlc.py follows them.
// All of one run is printed in the order in which they look for it; a part that was not measured is
// left out with its title, and a value without a proof is "nan", which all of them read as a number
// that is none.
#include "analyse/loaded_curves.h"
#include "base/id_set.h"
#include "report/escape.h"
#include "report/export.h"
#include "report/matrix.h"
#include "stats/order.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// ---- matrices -----------------------------------------------------------------------------------

// The one that stands for the machine, else one of arrays that are small on purpose. What is only a
// search for the peak has a part of its own.
static const struct matrix *find_matrix(const struct matrix_list *list, enum metric metric) {
    const struct matrix *found = matrix_main(list, metric);
    for (size_t i = 0; !found && i < list->count; i++)
        if (list->at[i].metric == metric)
            found = &list->at[i];
    return found && found->first->block == BLOCK_PEAK ? NULL : found;
}

// Readers know columns of single nodes only; they stand before the sets.
static size_t count_single(const struct matrix *matrix) {
    size_t count = 0;
    while (count < matrix->column_count && matrix->columns[count].count == 1)
        count++;
    return count;
}

// Every C library writes a value that is none in its own way.
static void put_value(FILE *stream, const char *before, double value) {
    if (isnan(value))
        fprintf(stream, "%snan", before);
    else
        fprintf(stream, "%s%.1f", before, value);
}

static void put_matrix(const struct matrix *matrix, double unit_size, FILE *stream) {
    const size_t single = count_single(matrix);
    fprintf(stream, "\t\tNuma node\nNuma node");
    for (size_t column = 0; column < single; column++)
        fprintf(stream, "\t%6u", node_set_only(&matrix->columns[column]));
    fprintf(stream, "\n");
    for (size_t row = 0; row < matrix->row_count; row++) {
        fprintf(stream, "%8" PRIu64, matrix->rows[row]);
        for (size_t column = 0; column < single; column++)
            put_value(stream, "\t",
                      matrix->values[row * matrix->column_count + column] / unit_size);
        fprintf(stream, "\n");
    }
    fprintf(stream, "\n");
}

// The first node's own memory, else the nearest to it: before all titles, because a reader of
// matrices would take this line for one of theirs.
static void put_idle(const struct matrix *latency, FILE *stream) {
    size_t at = SIZE_MAX;
    for (size_t column = 0; column < count_single(latency); column++) {
        bool own = node_set_only(&latency->columns[column]) == latency->rows[0];
        if (!isnan(latency->values[column]) &&
            (own || at == SIZE_MAX || latency->values[column] < latency->values[at]))
            at = column;
        if (own && at == column)
            break;
    }
    if (at == SIZE_MAX)
        return;
    double cycles = data_cell_cycles(latency->cells[at]);
    fprintf(stream, "Each iteration took ");
    if (!isnan(cycles))
        fprintf(stream, "%.1f core clocks ", cycles);
    fprintf(stream, "(\t%.1f\tns)\n\n", latency->values[at]);
}

// ---- peaks --------------------------------------------------------------------------------------

static const struct {
    const char *mix;
    const char *title;
} peak_lines[] = {
    {"reads",    "ALL Reads        :"},
    {"3:1",      "3:1 Reads-Writes :"},
    {"2:1",      "2:1 Reads-Writes :"},
    {"1:1",      "1:1 Reads-Writes :"},
    {"triad_nt", "Stream-triad like:"},
};

static const struct data_cell *find_peak(const struct series_list *races, const char *mix) {
    for (size_t i = 0; i < races->count; i++)
        if (strcmp(races->at[i].cells[0]->mix, mix) == 0)
            return series_race_winner(&races->at[i]);
    return NULL;
}

static void put_peaks(const struct dataset *dataset, FILE *stream) {
    struct series_list races;
    series_list_build(&races, dataset, SERIES_RACE);
    if (races.count)
        fprintf(stream, "Measuring Peak Injection Memory Bandwidths for the system\n"
                        "Bandwidths are in MB/sec (1 MB/sec = 1,000,000 Bytes/sec)\n");
    for (size_t i = 0; i < COUNT_OF(peak_lines); i++) {
        const struct data_cell *peak = find_peak(&races, peak_lines[i].mix);
        if (!peak)
            continue;
        fprintf(stream, "%s", peak_lines[i].title);
        put_value(stream, "\t", data_cell_median(peak, data_all(METRIC_BANDWIDTH)) / 1e6);
        fprintf(stream, "\n");
    }
    if (races.count)
        fprintf(stream, "\n");
    series_list_free(&races);
}

// ---- latency under load -------------------------------------------------------------------------

// The first closed curve, by delay: the heaviest load first. Nothing stands behind its last line
// where it is the last part: scripts take the last line.
static void put_loaded(const struct dataset *dataset, FILE *stream) {
    struct loaded_curves curves;
    loaded_curves_build(&curves, dataset);
    size_t first = 0;
    while (first < curves.count && (curves.at[first].paced || !curves.at[first].curve.count))
        first++;
    if (first < curves.count) {
        const struct curve *curve = &curves.at[first].curve;
        fprintf(stream, "Measuring Loaded Latencies for the system\n"
                        "Inject\tLatency\tBandwidth\nDelay\t(ns)\tMB/sec\n"
                        "==========================\n");
        for (size_t i = curve->count; i-- > 0;)
            fprintf(stream, " %05" PRIu64 "\t%6.2f\t%9.1f\n", (uint64_t)curve->points[i].pause,
                    curve_point_latency(&curve->points[i]),
                    curve_point_bandwidth(&curve->points[i]) / 1e6);
    }
    loaded_curves_free(&curves);
}

// ---- core to core -------------------------------------------------------------------------------

// Values of pairs that fit, in places of a square of nodes; local ones have one place.
struct pair_values {
    double *values;
    size_t count;
};

static void add_value(struct pair_values *place, double value) {
    place->values = base_grow_by_one(place->values, place->count, sizeof *place->values);
    place->values[place->count++] = value;
}

static double take_median(struct pair_values *place) {
    double median = place->count ? order_median(place->values, place->count) : NAN;
    free(place->values);
    *place = (struct pair_values){0};
    return median;
}

static bool is_protocol(const struct data_cell *cell, const char *protocol) {
    return cell->test == TEST_C2C && strcmp(cell->protocol, protocol) == 0;
}

// Two cores of one package.
static void put_local_pairs(const struct dataset *dataset, const char *protocol, const char *title,
                            FILE *stream) {
    struct pair_values all = {0};
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        double value = data_cell_median(cell, data_all(METRIC_LATENCY));
        if (is_protocol(cell, protocol) && cell->pair_class > PAIR_SMT &&
            cell->pair_class < PAIR_REMOTE && !isnan(value))
            add_value(&all, value);
    }
    if (all.count)
        fprintf(stream, "Local Socket L2->L2 %s latency\t%.1f\n", title, take_median(&all));
}

// The place of a CPU's node among those that have CPUs; SIZE_MAX: not known.
static size_t place_of_cpu(const struct machine_file *machine, uint64_t cpu) {
    size_t place = 0;
    for (size_t i = 0; i < machine->node_count; i++) {
        struct id_set cpus;
        struct error ignored;
        bool found = id_set_parse(&cpus, machine->nodes[i].cpus, &ignored) && cpu < NONE_U32 &&
                     id_set_contains(&cpus, (uint32_t)cpu);
        id_set_free(&cpus);
        if (found)
            return place;
        place += machine->nodes[i].has_cpus;
    }
    return SIZE_MAX;
}

static void put_square(const struct machine_file *machine, struct pair_values *places, size_t side,
                       FILE *stream) {
    fprintf(stream, "\t\t\tReader Numa Node\nWriter Numa Node");
    for (size_t i = 0; i < machine->node_count; i++)
        if (machine->nodes[i].has_cpus)
            fprintf(stream, "\t%6" PRIu64, machine->nodes[i].node);
    fprintf(stream, "\n");
    for (size_t i = 0, writer = 0; i < machine->node_count; i++) {
        if (!machine->nodes[i].has_cpus)
            continue;
        fprintf(stream, "%13" PRIu64, machine->nodes[i].node);
        for (size_t reader = 0; reader < side; reader++) {
            double value = take_median(&places[writer * side + reader]);
            if (isnan(value))
                fprintf(stream, "\t%6s", "-");
            else
                fprintf(stream, "\t%6.1f", value);
        }
        fprintf(stream, "\n");
        writer++;
    }
}

static void put_remote_pairs(const struct dataset *dataset, enum pair_home home, const char *title,
                             FILE *stream) {
    const struct machine_file *machine = &dataset->runs[0].machine;
    size_t side = 0, found = 0;
    for (size_t i = 0; i < machine->node_count; i++)
        side += machine->nodes[i].has_cpus;
    struct pair_values *places = base_allocate(side * side + 1, sizeof *places);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        double value = data_cell_median(cell, data_all(METRIC_LATENCY));
        if (!is_protocol(cell, "hitm_read") || cell->pair_class != PAIR_REMOTE ||
            cell->home != home || isnan(value))
            continue;
        size_t writer = place_of_cpu(machine, cell->writer_cpu);
        size_t reader = place_of_cpu(machine, cell->reader_cpu);
        if (writer == SIZE_MAX || reader == SIZE_MAX)
            continue;
        add_value(&places[writer * side + reader], value);
        found++;
    }
    if (found) {
        fprintf(stream, "Remote Socket L2->L2 HITM latency (data address homed in %s socket)\n",
                title);
        put_square(machine, places, side, stream);
    }
    free(places);
}

static void put_pairs(const struct dataset *dataset, FILE *stream) {
    bool any = false;
    for (size_t i = 0; i < dataset->cell_count; i++)
        any = any || is_protocol(&dataset->cells[i], "hitm_read") ||
              is_protocol(&dataset->cells[i], "clean_read");
    if (!any)
        return;
    fprintf(stream, "\nMeasuring cache-to-cache transfer latency (in ns)...\n");
    put_local_pairs(dataset, "clean_read", "HIT ", stream);
    put_local_pairs(dataset, "hitm_read", "HITM", stream);
    put_remote_pairs(dataset, HOME_WRITER, "writer", stream);
    put_remote_pairs(dataset, HOME_READER, "reader", stream);
}

// ---- all ----------------------------------------------------------------------------------------

bool export_mlc(const struct dataset *dataset, FILE *stream, struct error *error) {
    struct matrix_list list;
    matrix_list_build(&list, dataset);
    const struct matrix *latency = find_matrix(&list, METRIC_LATENCY);
    const struct matrix *bandwidth = find_matrix(&list, METRIC_BANDWIDTH);
    fprintf(stream,
            "numaprobe, in a form that parsers of Intel(R) Memory Latency Checker read\n\n");
    if (latency) {
        put_idle(latency, stream);
        fprintf(stream, "Measuring idle latencies for random access (in ns)...\n");
        put_matrix(latency, 1, stream);
    }
    put_peaks(dataset, stream);
    if (bandwidth) {
        fprintf(stream, "Measuring Memory Bandwidths between nodes within system\n"
                        "Bandwidths are in MB/sec (1 MB/sec = 1,000,000 Bytes/sec)\n"
                        "Using traffic of kernel ");
        put_plain(stream, bandwidth->first->kernel);
        fprintf(stream, "\n");
        put_matrix(bandwidth, 1e6, stream);
    }
    put_loaded(dataset, stream);
    put_pairs(dataset, stream);
    matrix_list_free(&list);
    return !ferror(stream) ||
           error_set(error, ERROR_KIND_FAILED, 0, "the output cannot be written");
}
