// SPDX-License-Identifier: Apache-2.0
// limits.json: what a good machine of each kind measures, and how much worse is too much. People
// may edit it. The structs are the file; the table of its fields is in limits_file.c.
#ifndef NUMAPROBE_RECORD_LIMITS_FILE_H
#define NUMAPROBE_RECORD_LIMITS_FILE_H

#include "base/error.h"

#include <stdio.h>

#define LIMITS_VERSION 1

// Spreads are standard deviations as shares of the median; NaN: not known.
// Of a latency: this many times its median more. No machine is slower and still one.
enum { LIMITS_TOLERANCE_MAX = 10 };

struct limits_cell {
    char cell[256];
    char metric[32];  // a column of rows.csv
    double median;    // of the hosts' medians, in the unit of that column
    double tolerance; // a share: a latency above median * (1 + tolerance) is outside, and a
                      // bandwidth below median * (1 - tolerance)
    uint64_t hosts, runs;
    double spread_between_hosts, spread_between_runs, spread_between_visits;
};

struct limits_sku {
    char fingerprint[2048]; // as comparable_fingerprint
    char cpu_model[256];
    uint64_t hosts, runs;
    char *note;                // what weakens these limits; NULL: nothing
    struct limits_cell *cells; // in the order in which they are checked
    size_t cell_count;
};

struct limits_file {
    uint64_t limits_version;
    char version[32];    // of numaprobe
    double false_alarms; // the share of good nodes that fall outside in any cell
    struct limits_sku *skus;
    size_t sku_count;
};

// To a stream; false when the stream refused it.
bool limits_print(const struct limits_file *limits, FILE *stream);

// Errors: cannot be read, no JSON (with line and column), another limits_version, a cell without a
// name, a metric, a median or a tolerance that can be used. limits_free is due in either case.
bool limits_read(struct limits_file *limits, const char *path, struct error *error);
void limits_free(struct limits_file *limits);

#endif
