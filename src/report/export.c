// SPDX-License-Identifier: Apache-2.0
#include "report/export.h"

#include "base/id_set.h"
#include "record/document.h"
#include "report/escape.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool written(FILE *stream, struct error *error) {
    return !ferror(stream) ||
           error_set(error, ERROR_KIND_FAILED, 0, "the output cannot be written");
}

static bool has_metric(const struct data_cell *cell, enum metric metric) {
    for (size_t i = 0; i < cell->visit_count; i++)
        if (!isnan(cell->visits[i].values[metric]))
            return true;
    return false;
}

// A cell with both metrics is two benchmarks.
static void metric_name(const struct data_cell *cell, enum metric metric, char *name,
                        size_t name_bytes) {
    bool both = has_metric(cell, METRIC_LATENCY) && has_metric(cell, METRIC_BANDWIDTH);
    snprintf(name, name_bytes, "%s%s%s", cell->name, both ? "/" : "",
             both ? metric_kinds[metric].name : "");
}

enum { NAME_BYTES = ROW_TEXT_BYTES + 16 };

// ---- Google Benchmark ---------------------------------------------------------------------------

static void add_context(struct document *document, const struct dataset *dataset) {
    const struct data_run *run = dataset->run_count ? &dataset->runs[0] : NULL;
    uint64_t cpus = 0;
    for (size_t i = 0; run && i < run->machine.node_count; i++) {
        struct id_set set;
        struct error ignored;
        if (id_set_parse(&set, run->machine.nodes[i].cpus, &ignored))
            cpus += set.count;
        id_set_free(&set);
    }
    document_open_object(document, "context");
    document_text(document, "date", run ? run->timestamp_utc : "");
    document_text(document, "host_name", run ? run->host : "");
    document_text(document, "executable", "numaprobe");
    document_u64(document, "num_cpus", cpus);
    document_u64(document, "mhz_per_cpu", 0); // a placeholder of the format: numaprobe has no such
    document_flag(document, "cpu_scaling_enabled", false);
    document_open_array(document, "caches"); // readers want the list, numaprobe's rows have none
    document_close(document);
    document_open_array(document, "load_avg");
    document_close(document);
    document_text(document, "library_build_type", "release");
    document_close(document);
}

// The time of one load, or of 1 GiB at the measured bandwidth: compare.py looks at times only.
static void add_iteration(struct document *document, const char *name, const struct data_cell *cell,
                          enum metric metric, double value, uint64_t index, uint64_t repetitions) {
    double time_ns = metric == METRIC_LATENCY ? value : (double)GIB / value * NS_PER_S;
    document_open_object(document, NULL);
    document_text(document, "name", name);
    document_text(document, "run_name", name);
    document_text(document, "run_type", "iteration");
    document_u64(document, "repetitions", repetitions);
    document_u64(document, "repetition_index", index);
    document_u64(document, "threads", cell->threads == NONE_U64 ? 1 : cell->threads);
    document_u64(document, "iterations", 1);
    document_f64(document, "real_time", time_ns);
    document_f64(document, "cpu_time", time_ns);
    document_text(document, "time_unit", "ns");
    if (metric == METRIC_BANDWIDTH)
        document_f64(document, "bytes_per_second", value);
    document_close(document);
}

static bool export_gbench(const struct dataset *dataset, FILE *stream, struct error *error) {
    struct document *document = document_create();
    char name[NAME_BYTES];
    add_context(document, dataset);
    document_open_array(document, "benchmarks");
    for (size_t i = 0; i < dataset->cell_count; i++)
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
            size_t count;
            double *values = data_cell_values(&dataset->cells[i], data_all(metric), &count);
            metric_name(&dataset->cells[i], metric, name, sizeof name);
            for (size_t visit = 0; visit < count; visit++)
                add_iteration(document, name, &dataset->cells[i], metric, values[visit], visit,
                              count);
            free(values);
        }
    document_close(document);
    bool printed = document_print(document, stream);
    document_free(document);
    return printed ? true : written(stream, error);
}

// ---- Bencher ------------------------------------------------------------------------------------

static bool export_bmf(const struct dataset *dataset, FILE *stream, struct error *error) {
    struct document *document = document_create();
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (!cell->visit_count)
            continue;
        document_open_object(document, cell->name);
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
            size_t count;
            double low, high, *values = data_cell_values(cell, data_all(metric), &count);
            if (count) {
                document_open_object(document, metric_kinds[metric].name);
                document_f64(document, "value", order_median(values, count));
                if (order_median_interval(values, count, 0.95, &low, &high)) {
                    document_f64(document, "lower_value", low);
                    document_f64(document, "upper_value", high);
                }
                document_close(document);
            }
            free(values);
        }
        document_close(document);
    }
    bool printed = document_print(document, stream);
    document_free(document);
    return printed ? true : written(stream, error);
}

// ---- Otava's wide CSV ---------------------------------------------------------------------------

static bool export_wide(const struct dataset *dataset, FILE *stream, struct error *error) {
    char name[NAME_BYTES + 32];
    fprintf(stream, "time,run_id,host,version");
    for (size_t i = 0; i < dataset->cell_count; i++)
        for (enum metric metric = 0; metric < METRIC_COUNT; metric++)
            if (has_metric(&dataset->cells[i], metric)) {
                snprintf(name, sizeof name, "%s:%s", dataset->cells[i].name,
                         metric_kinds[metric].column);
                fputc(',', stream);
                put_csv(stream, name);
            }
    fprintf(stream, "\r\n");
    for (uint32_t run = 0; run < dataset->run_count; run++) {
        put_csv(stream, dataset->runs[run].timestamp_utc);
        fputc(',', stream);
        put_csv(stream, dataset->runs[run].run_id);
        fputc(',', stream);
        put_csv(stream, dataset->runs[run].host);
        fputc(',', stream);
        put_csv(stream, dataset->runs[run].machine.tool.version);
        for (size_t i = 0; i < dataset->cell_count; i++)
            for (enum metric metric = 0; metric < METRIC_COUNT; metric++) {
                if (!has_metric(&dataset->cells[i], metric))
                    continue;
                double median = data_cell_median(
                    &dataset->cells[i], (struct data_filter){.metric = metric, .run = run});
                fputc(',', stream);
                if (!isnan(median))
                    fprintf(stream, "%.15g", median);
            }
        fprintf(stream, "\r\n");
    }
    return written(stream, error);
}

const struct export_form export_forms[] = {
    {"gbench",   "Google Benchmark's JSON, for its compare.py",             export_gbench,   false},
    {"bmf",      "Bencher Metric Format",                                   export_bmf,      false},
    {"prom",     "Prometheus text, for a textfile collector",               export_prom,     true },
    {"nfd",      "labels for Kubernetes' Node Feature Discovery",           export_nfd,      true },
    {"hwloc",    "hwloc's XML, with the results as memory attributes",      export_hwloc,    false},
    {"mlc",      "the matrices as text that parsers of MLC read",           export_mlc,      false},
    {"wide",     "a line per run, a column per case: CSV for Apache Otava", export_wide,     false},
    {"markdown", "the matrices as Markdown tables",                         export_markdown, true },
};
const size_t export_form_count = COUNT_OF(export_forms);
