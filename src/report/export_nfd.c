// SPDX-License-Identifier: Apache-2.0
// A feature file for Kubernetes' Node Feature Discovery ("Customization guide", local feature
// source): a line `name=value` becomes a label of the node. Values are whole numbers, because a
// scheduler's Gt and Lt compare nothing else.
#include "report/export.h"

#include "analyse/comparable.h"
#include "report/escape.h"
#include "report/text_notes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

// The worst value of the metric among cells of a part of a run, near or far; NaN: none.
static double worst(const struct dataset *dataset, enum block block, enum metric metric,
                    bool is_near) {
    double found = NAN;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (cell->block != block || cell->mem_node.count > 1 || data_cell_is_cached(cell) ||
            (cell->cpu_node == data_cell_mem_node(cell)) != is_near)
            continue;
        double median = data_cell_median(cell, data_all(metric));
        if (isnan(found) || metric_kinds[metric].worse * (median - found) > 0)
            found = median;
    }
    return found;
}

static void put_number(FILE *stream, const char *name, double value) {
    if (!isnan(value))
        fprintf(stream, "numaprobe/%s=%.0f\n", name, value);
}

// The best loop of each mix. Labels have no colon: 2:1 is 2-1.
static void put_peaks(const struct dataset *dataset, FILE *stream) {
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const char *mix = dataset->cells[i].mix;
        double best = NAN;
        bool is_first = dataset->cells[i].block == BLOCK_PEAK;
        for (size_t j = 0; j < dataset->cell_count && is_first; j++) {
            const struct data_cell *cell = &dataset->cells[j];
            if (cell->block != BLOCK_PEAK || strcmp(cell->mix, mix) != 0)
                continue;
            is_first = j >= i;
            best = fmax(best, data_cell_median(cell, data_all(METRIC_BANDWIDTH)));
        }
        if (!is_first || isnan(best))
            continue;
        char name[64] = "peak-";
        size_t used = strlen(name);
        for (; *mix && used < 40; mix++)
            name[used++] = strchr("_:./", *mix) ? '-' : *mix;
        snprintf(name + used, sizeof name - used, "-gb-per-s");
        put_number(stream, name, best / metric_kinds[METRIC_BANDWIDTH].unit_size);
    }
}

// Of one host, and of one machine: two may have the same name.
static bool require_one_machine(const struct dataset *dataset, struct error *error) {
    char(*texts)[FINGERPRINT_BYTES] = base_allocate(2, sizeof *texts);
    bool one = true;
    for (size_t i = 1; one && i < dataset->run_count; i++) {
        const struct data_run *first = &dataset->runs[0], *run = &dataset->runs[i];
        if (strcmp(run->host, first->host) != 0)
            one = error_set(error, ERROR_KIND_REFUSED, 0,
                            "--format nfd: labels describe one host, but the runs are of '%.60s' "
                            "and '%.60s'; name the runs of one host",
                            first->host, run->host);
        else if (!comparable_is_same_kind(comparable_fingerprint(first, texts[0]),
                                          comparable_fingerprint(run, texts[1])))
            one = error_set(
                error, ERROR_KIND_REFUSED, 0,
                "--format nfd: labels describe one host, but the runs are of two machines named "
                "'%.60s': '%.200s' and '%.200s'; name the runs of one of them",
                first->host, texts[0], texts[1]);
    }
    free(texts);
    return one;
}

bool export_nfd(const struct dataset *dataset, FILE *stream, struct error *error) {
    static const struct marks marks_nfd = {put_plain, "", "# ", false};
    if (!require_one_machine(dataset, error))
        return false;
    const double gb = metric_kinds[METRIC_BANDWIDTH].unit_size;
    text_notes_print(dataset, "", &marks_nfd, stream);
    fprintf(stream, "# numaprobe: medians (of several nodes the worst); run ");
    put_plain(stream, dataset->run_count ? dataset->runs[dataset->run_count - 1].run_id : "");
    fprintf(stream, "\n");
    put_number(stream, "local-latency-ns", worst(dataset, BLOCK_IDLE, METRIC_LATENCY, true));
    put_number(stream, "remote-latency-ns", worst(dataset, BLOCK_IDLE, METRIC_LATENCY, false));
    put_number(stream, "local-bandwidth-gb-per-s",
               worst(dataset, BLOCK_MATRIX, METRIC_BANDWIDTH, true) / gb);
    put_number(stream, "remote-bandwidth-gb-per-s",
               worst(dataset, BLOCK_MATRIX, METRIC_BANDWIDTH, false) / gb);
    put_peaks(dataset, stream);
    fprintf(stream, "numaprobe/verified=%s\n",
            dataset->verified == dataset->valued ? "true" : "false");
    return !ferror(stream) ||
           error_set(error, ERROR_KIND_FAILED, 0, "the output cannot be written");
}
