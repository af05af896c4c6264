// SPDX-License-Identifier: Apache-2.0
#include "record/limits_file.h"

#include "record/field_table.h"

#include <math.h>
#include <string.h>

enum { DIGITS = 6 }; // more than any machine repeats

static const struct field cell_fields[] = {
    VALUE(limits_cell, cell, FIELD_TEXT, "as in `rows.csv`", FREE),
    VALUE(limits_cell, metric, FIELD_TEXT, "`latency_ns` or `bandwidth_bytes_per_s`", FREE),
    VALUE(limits_cell, median, FIELD_F64, "of good hosts", FREE),
    VALUE(limits_cell, tolerance, FIELD_F64, "the share by which a good node may be worse", FREE),
    VALUE(limits_cell, hosts, FIELD_U64, "hosts that measured it", FREE),
    VALUE(limits_cell, runs, FIELD_U64, "runs that measured it", FREE),
    VALUE(limits_cell, spread_between_hosts, FIELD_F64, "`null` with one host", FREE),
    VALUE(limits_cell, spread_between_runs, FIELD_F64, "of one host; `null` with one run each",
          FREE),
    VALUE(limits_cell, spread_between_visits, FIELD_F64, "of one run", FREE),
};
static const struct shape cell_shape = SHAPE(cell_fields, limits_cell);

static const struct field sku_fields[] = {
    VALUE(limits_sku, fingerprint, FIELD_TEXT, "what hosts of one kind have in common", FREE),
    VALUE(limits_sku, cpu_model, FIELD_TEXT, "for people", FREE),
    VALUE(limits_sku, hosts, FIELD_U64, "good hosts", FREE),
    VALUE(limits_sku, runs, FIELD_U64, "good runs", FREE),
    VALUE(limits_sku, note, FIELD_STRING, "what weakens these limits", FREE),
    LIST(limits_sku, "cells", cells, cell_count, FIELD_OBJECTS, "checked in this order", FREE,
         OF(cell_shape)),
};
static const struct shape sku_shape = SHAPE(sku_fields, limits_sku);

static const struct field file_fields[] = {
    VALUE(limits_file, limits_version, FIELD_U64, "of this form", FREE),
    VALUE(limits_file, version, FIELD_TEXT, "of numaprobe", FREE),
    VALUE(limits_file, false_alarms, FIELD_F64, "share of good nodes that are called bad", FREE),
    LIST(limits_file, "skus", skus, sku_count, FIELD_OBJECTS, "kinds of machine", FREE,
         OF(sku_shape)),
};
static const struct shape file_shape = SHAPE(file_fields, limits_file);

bool limits_print(const struct limits_file *limits, FILE *stream) {
    struct document *document = document_create();
    document_round(document, DIGITS);
    fields_write(document, &file_shape, limits);
    bool printed = document_print(document, stream);
    document_free(document);
    return printed;
}

// What is wrong with a cell; NULL: nothing.
static const char *fault_of(const struct limits_cell *cell) {
    if (!cell->cell[0])
        return "has no name";
    if (strcmp(cell->metric, "latency_ns") != 0 &&
        strcmp(cell->metric, "bandwidth_bytes_per_s") != 0)
        return "has a metric that is neither latency_ns nor bandwidth_bytes_per_s";
    if (!(cell->median > 0) || !isfinite(cell->median))
        return "has a median that is not a number above 0";
    bool rises = strcmp(cell->metric, "latency_ns") == 0;
    if (!(cell->tolerance >= 0) || !isfinite(cell->tolerance))
        return "has a tolerance that is not a share such as 0.05";
    if (cell->tolerance > LIMITS_TOLERANCE_MAX)
        return "has a tolerance above 10: it is a share, so 20 % is 0.2";
    return !rises && cell->tolerance >= 1 ? "has a tolerance of a bandwidth that is not below 1"
                                          : NULL;
}

static bool check_cells(const struct limits_file *limits, const char *path, struct error *error) {
    for (size_t i = 0; i < limits->sku_count; i++) {
        if (!limits->skus[i].cell_count)
            return error_set(error, ERROR_KIND_FAILED, 0,
                             "'%.200s': skus[%zu] has no cells; numaprobe limits writes such files",
                             path, i);
        for (size_t j = 0; j < limits->skus[i].cell_count; j++) {
            const char *fault = fault_of(&limits->skus[i].cells[j]);
            if (fault)
                return error_set(error, ERROR_KIND_FAILED, 0,
                                 "'%.200s': skus[%zu].cells[%zu] %s; numaprobe limits writes such "
                                 "files",
                                 path, i, j, fault);
        }
    }
    return limits->sku_count || error_set(error, ERROR_KIND_FAILED, 0,
                                          "'%.200s' has no limits (\"skus\"): numaprobe limits "
                                          "RUN... -o FILE makes them",
                                          path);
}

bool limits_read(struct limits_file *limits, const char *path, struct error *error) {
    *limits = (struct limits_file){0};
    struct document *document = document_read(path, error);
    if (!document)
        return false;
    fields_read(document, "", &file_shape, limits);
    document_free(document);
    if (limits->limits_version != LIMITS_VERSION)
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "'%.200s' has no limits_version %d: it is not a file of limits that this "
                         "version can read",
                         path, LIMITS_VERSION);
    return check_cells(limits, path, error);
}

void limits_free(struct limits_file *limits) {
    fields_free(&file_shape, limits);
    *limits = (struct limits_file){0};
}
