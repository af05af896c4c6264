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

// Makes the file with its header, or goes on at its end. ERROR_KIND_USAGE where a new one is there
// already, or another process writes it.
bool samples_file_open(struct os_file *file, const struct os_directory *directory, bool goes_on,
                       struct error *error);

// Appends a line for each, with the visit and the cell of their row.
bool samples_file_append(struct os_file *file, const struct row *row, const struct samples *samples,
                         struct error *error);

#endif
