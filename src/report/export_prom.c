// SPDX-License-Identifier: Apache-2.0
// Prometheus' text format, for a textfile collector: one host's runs, or those of many.
#include "report/export.h"

#include "report/escape.h"
#include "report/text_notes.h"
#include "stats/order.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

// The hosts of a dataset, by number, and for each run that of its host.
struct hosts {
    const char **names;
    uint32_t *latest; // the run of each that began last
    size_t count;
    uint32_t *of_run;
};

// A run and its host, to be sorted.
struct hosted {
    const char *host, *timestamp_utc;
    uint32_t run;
};

static int by_host_and_time(const void *left, const void *right) {
    const struct hosted *a = left, *b = right;
    int order = strcmp(a->host, b->host);
    order = order ? order : strcmp(a->timestamp_utc, b->timestamp_utc);
    return order ? order : a->run < b->run ? -1 : a->run > b->run;
}

static struct hosts find_hosts(const struct dataset *dataset) {
    size_t count = dataset->run_count;
    struct hosted *hosted = base_allocate(count, sizeof *hosted);
    struct hosts hosts = {.names = base_allocate(count, sizeof *hosts.names),
                          .latest = base_allocate(count, sizeof *hosts.latest),
                          .of_run = base_allocate(count, sizeof *hosts.of_run)};
    for (uint32_t run = 0; run < count; run++)
        hosted[run] =
            (struct hosted){dataset->runs[run].host, dataset->runs[run].timestamp_utc, run};
    if (count)
        qsort(hosted, count, sizeof *hosted, by_host_and_time);
    for (size_t i = 0; i < count; i++) {
        if (!i || strcmp(hosted[i].host, hosted[i - 1].host) != 0)
            hosts.names[hosts.count++] = hosted[i].host;
        hosts.latest[hosts.count - 1] = hosted[i].run;
        hosts.of_run[hosted[i].run] = (uint32_t)(hosts.count - 1);
    }
    free(hosted);
    return hosts;
}

static void free_hosts(struct hosts *hosts) {
    free(hosts->names);
    free(hosts->latest);
    free(hosts->of_run);
}

// ---- samples ------------------------------------------------------------------------------------

static void put_node(FILE *stream, const char *label, uint64_t node) {
    if (node == NONE_U64)
        fprintf(stream, ",%s=\"\"", label);
    else
        fprintf(stream, ",%s=\"%" PRIu64 "\"", label, node);
}

static void put_text_label(FILE *stream, const char *label, const char *value) {
    fprintf(stream, "%s=\"", label);
    put_label(stream, value);
    fprintf(stream, "\"");
}

static const struct prom_metric {
    const char *name, *help;
    double base_unit;
} prom_latency = {"numaprobe_latency_seconds", "Time of one access, median over repetitions.",
                  1e-9},
  prom_bandwidth = {"numaprobe_bandwidth_bytes_per_second",
                    "Bytes moved per second, median over repetitions.", 1};
static const struct prom_metric *const prom_metrics[METRIC_COUNT] = {
    [METRIC_LATENCY] = &prom_latency,
    [METRIC_BANDWIDTH] = &prom_bandwidth,
};

static void put_sample(FILE *stream, const struct data_cell *cell, enum metric metric,
                       const char *host, double median) {
    char nodes[NODE_SET_TEXT_BYTES];
    fprintf(stream, "%s{", prom_metrics[metric]->name);
    put_text_label(stream, "host", host);
    put_text_label(stream, ",cell", cell->name);
    put_text_label(stream, ",test", word_text(&words_test, cell->test));
    put_text_label(stream, ",kernel", cell->kernel);
    put_text_label(stream, ",pages", cell->pages);
    put_node(stream, "cpu_node", cell->cpu_node);
    fprintf(stream, ",");
    put_text_label(stream, "mem_node", node_set_format(&cell->mem_node, nodes));
    fprintf(stream, "} %.10g\n", median * prom_metrics[metric]->base_unit);
}

struct host_value {
    uint32_t host;
    double value;
};

static int by_host(const void *left, const void *right) {
    const struct host_value *a = left, *b = right;
    return a->host < b->host ? -1 : a->host > b->host;
}

static void put_cell(FILE *stream, const struct data_cell *cell, enum metric metric,
                     const struct hosts *hosts) {
    struct host_value *values = base_allocate(cell->visit_count, sizeof *values);
    double *of_host = base_allocate(cell->visit_count, sizeof *of_host);
    size_t count = 0;
    for (size_t i = 0; i < cell->visit_count; i++)
        if (!isnan(cell->visits[i].values[metric]))
            values[count++] = (struct host_value){hosts->of_run[cell->visits[i].run],
                                                  cell->visits[i].values[metric]};
    if (count)
        qsort(values, count, sizeof *values, by_host);
    for (size_t begin = 0, end; begin < count; begin = end) {
        for (end = begin; end < count && values[end].host == values[begin].host; end++)
            of_host[end - begin] = values[end].value;
        put_sample(stream, cell, metric, hosts->names[values[begin].host],
                   order_median(of_host, end - begin));
    }
    free(values);
    free(of_host);
}

static void put_samples(const struct dataset *dataset, enum metric metric,
                        const struct hosts *hosts, FILE *stream) {
    const struct prom_metric *prom = prom_metrics[metric];
    fprintf(stream, "# HELP %s %s\n# TYPE %s gauge\n", prom->name, prom->help, prom->name);
    for (size_t i = 0; i < dataset->cell_count; i++)
        put_cell(stream, &dataset->cells[i], metric, hosts);
}

// ---- the run ------------------------------------------------------------------------------------

// Seconds since 1970 of "2026-11-22T05:14:35Z"; 0 when the text is none. Days by the rule of the
// Gregorian calendar, years beginning in March (H. Hinnant, "chrono-compatible date algorithms").
static int64_t epoch_seconds(const char *utc) {
    int year, month, day, hour, minute, second;
    if (sscanf(utc, "%4d-%2d-%2dT%2d:%2d:%2dZ", &year, &month, &day, &hour, &minute, &second) != 6)
        return 0;
    int64_t y = month <= 2 ? year - 1 : year, era = y / 400, of_era = y - era * 400;
    int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int64_t days = era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
    return ((days * 24 + hour) * 60 + minute) * 60 + second;
}

static void put_count(FILE *stream, const char *name, const char *help, size_t value) {
    fprintf(stream, "# HELP %s %s\n# TYPE %s gauge\n%s %zu\n", name, help, name, name, value);
}

static void put_runs(const struct dataset *dataset, const struct hosts *hosts, FILE *stream) {
    fprintf(stream, "# HELP numaprobe_last_run_timestamp_seconds When the run began.\n"
                    "# TYPE numaprobe_last_run_timestamp_seconds gauge\n");
    for (size_t i = 0; i < hosts->count; i++) {
        fprintf(stream, "numaprobe_last_run_timestamp_seconds{");
        put_text_label(stream, "host", hosts->names[i]);
        fprintf(stream, "} %" PRId64 "\n",
                epoch_seconds(dataset->runs[hosts->latest[i]].timestamp_utc));
    }
    fprintf(stream, "# HELP numaprobe_run_info The latest run of this host; values are medians "
                    "over all runs given.\n"
                    "# TYPE numaprobe_run_info gauge\n");
    for (size_t i = 0; i < hosts->count; i++) {
        const struct data_run *run = &dataset->runs[hosts->latest[i]];
        const char *cpu = machine_file_fact(&run->machine, "cpu_model");
        fprintf(stream, "numaprobe_run_info{");
        put_text_label(stream, "host", hosts->names[i]);
        put_text_label(stream, ",run_id", run->run_id);
        put_text_label(stream, ",version", run->machine.tool.version);
        put_text_label(stream, ",cpu", cpu ? cpu : "");
        fprintf(stream, "} 1\n");
    }
}

// A line that is neither HELP nor TYPE is a comment ("Exposition formats", Prometheus).
static const struct marks marks_prom = {put_plain, "", "# ", false};

bool export_prom(const struct dataset *dataset, FILE *stream, struct error *error) {
    struct hosts hosts = find_hosts(dataset);
    text_notes_print(dataset, "", &marks_prom, stream);
    for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
        put_samples(dataset, metric, &hosts, stream);
    put_count(stream, "numaprobe_rows", "Rows with a value, of all hosts.", dataset->valued);
    put_count(stream, "numaprobe_rows_verified", "Rows whose placement is proven, of all hosts.",
              dataset->verified);
    put_count(stream, "numaprobe_rows_flagged", "Rows that something disturbed, of all hosts.",
              dataset->flagged);
    if (dataset->run_count)
        put_runs(dataset, &hosts, stream);
    free_hosts(&hosts);
    return !ferror(stream) ||
           error_set(error, ERROR_KIND_FAILED, 0, "the output cannot be written");
}
