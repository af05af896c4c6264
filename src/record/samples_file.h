// SPDX-License-Identifier: Apache-2.0
// samples.csv: the samples that the values of rows are medians of, beside rows.csv, for a run that
// was asked for them (--samples).
#ifndef NUMAPROBE_RECORD_SAMPLES_FILE_H
#define NUMAPROBE_RECORD_SAMPLES_FILE_H

#include "base/error.h"
#include "os/os.h"
#include "record/row.h"

// Of one visit.
struct samples {
    struct sample {
        const char *column; // of rows.csv, whose value is the median of such samples
        uint32_t number;    // in the window, from 1
        double value;       // in the column's unit
    } * at;
    size_t count;
};

// Adds one; does nothing where samples is NULL: nobody asked for them.
void samples_add(struct samples *samples, const char *column, uint32_t number, double value);
void samples_clear(struct samples *samples);

// Makes the file with its header. ERROR_KIND_USAGE where it is there already.
bool samples_file_create(struct os_file *file, const struct os_directory *directory,
                         struct error *error);

// Goes on with the file of a run that was stopped, behind the samples of its first `visits` visits:
// cuts off what is behind them, a line that was being written and samples whose row is not there,
// as their visit comes again. A file that is missing or has only a part of its header is begun.
// ERROR_KIND_USAGE where the file begins otherwise, or another process writes it.
bool samples_file_resume(struct os_file *file, const struct os_directory *directory,
                         uint64_t visits, struct error *error);

// Appends a line for each, with the visit and the cell of their row.
bool samples_file_append(struct os_file *file, const struct row *row, const struct samples *samples,
                         struct error *error);

#endif
