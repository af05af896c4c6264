// SPDX-License-Identifier: Apache-2.0
// The exports that show matrices: Markdown and hwloc's XML.
#include "report/escape.h"
#include "report/export.h"
#include "report/matrix.h"
#include "report/text_notes.h"
#include "topology/topology.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool written(FILE *stream, struct error *error) {
    return !ferror(stream) ||
           error_set(error, ERROR_KIND_FAILED, 0, "the output cannot be written");
}

// ---- Markdown -----------------------------------------------------------------------------------

static void put_table(const struct matrix *matrix, FILE *stream) {
    const struct metric_kind *kind = &metric_kinds[matrix->metric];
    char title[MATRIX_TITLE_BYTES], nodes[NODE_SET_TEXT_BYTES];
    fprintf(stream, "**");
    put_markdown(stream, matrix_title(matrix, title));
    fprintf(stream, "**\n\n| CPU node |");
    for (size_t column = 0; column < matrix->column_count; column++)
        fprintf(stream, " mem %s |", node_set_format(&matrix->columns[column], nodes));
    fprintf(stream, "\n|---:|");
    for (size_t column = 0; column < matrix->column_count; column++)
        fprintf(stream, "---:|");
    for (size_t row = 0; row < matrix->row_count; row++) {
        fprintf(stream, "\n| %" PRIu64 " |", matrix->rows[row]);
        for (size_t column = 0; column < matrix->column_count; column++) {
            double value = matrix->values[row * matrix->column_count + column];
            if (isnan(value))
                fprintf(stream, " – |");
            else
                fprintf(stream, " %.*f |", kind->decimals, value / kind->unit_size);
        }
    }
    fprintf(stream, "\n\n");
}

bool export_markdown(const struct dataset *dataset, FILE *stream, struct error *error) {
    struct matrix_list list;
    matrix_list_build(&list, dataset);
    text_notes_print(dataset, "", &marks_markdown, stream);
    for (size_t i = 0; i < dataset->run_count; i++) {
        const char *cpu = machine_file_fact(&dataset->runs[i].machine, "cpu_model");
        put_markdown(stream, dataset->runs[i].host);
        fprintf(stream, ", ");
        put_markdown(stream, cpu ? cpu : "unknown CPU");
        fprintf(stream, ", run ");
        put_markdown(stream, dataset->runs[i].run_id);
        fprintf(stream, "\n\n");
    }
    for (size_t i = 0; i < list.count; i++)
        put_table(&list.at[i], stream);
    if (*matrix_peak_note(dataset))
        fprintf(stream, "%s\n\n", matrix_peak_note(dataset));
    fprintf(stream,
            "Placement: %zu of %zu rows verified; %zu flagged. Medians over repetitions; 1 GB/s is "
            "1e9 bytes/s.\n",
            dataset->verified, dataset->valued, dataset->flagged);
    matrix_list_free(&list);
    return written(stream, error);
}

// ---- hwloc --------------------------------------------------------------------------------------

static void add_values(struct topology_measured *measured, const struct matrix *matrix) {
    for (size_t row = 0; matrix && row < matrix->row_count; row++)
        for (size_t column = 0; column < matrix->column_count; column++) {
            double value = matrix->values[row * matrix->column_count + column];
            if (isnan(value) || matrix->columns[column].count > 1) // hwloc knows single nodes
                continue;
            measured->at = base_grow_by_one(measured->at, measured->count, sizeof *measured->at);
            measured->at[measured->count++] = (struct topology_measured_value){
                .cpu_node = (uint32_t)matrix->rows[row],
                .mem_node = node_set_only(&matrix->columns[column]),
                .latency_ns = matrix->metric == METRIC_LATENCY ? value : NAN,
                .bandwidth_bytes_per_s = matrix->metric == METRIC_BANDWIDTH ? value : NAN,
            };
        }
}

// Of bandwidths, that of a loop which only reads: hwloc's attribute is named ReadBandwidth.
static const struct matrix *read_bandwidth(const struct matrix_list *list) {
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].metric == METRIC_BANDWIDTH &&
            strncmp(list->at[i].first->kernel, "read", strlen("read")) == 0)
            return &list->at[i];
    return NULL;
}

bool export_hwloc(const struct dataset *dataset, FILE *stream, struct error *error) {
    if (dataset->run_count != 1)
        return error_set(
            error, ERROR_KIND_USAGE, 0,
            "--format hwloc takes one run, because it completes the topology.xml of that run");
    struct matrix_list list;
    struct topology_measured measured = {0};
    char path[1100];
    snprintf(path, sizeof path, "%s/topology.xml", dataset->runs[0].path);
    matrix_list_build(&list, dataset);
    add_values(&measured, matrix_main(&list, METRIC_LATENCY));
    add_values(&measured, read_bandwidth(&list));
    bool fine = topology_write_measured(path, &measured, stream, error);
    free(measured.at);
    matrix_list_free(&list);
    return fine && written(stream, error);
}
