// SPDX-License-Identifier: Apache-2.0
// Many runs of many hosts as one table: for each kind of machine (SKU), each cell and each metric
// what every run measured. Runs are read one after the other and forgotten; what is kept of a run
// is 40 bytes for each of its figures, and some 200 for itself.
//
// Hosts are of one SKU when their machines are of the same kind (comparable_is_same_kind); one that
// does not tell its DIMMs is of the first SKU that it may be of.
#ifndef NUMAPROBE_ANALYSE_FLEET_H
#define NUMAPROBE_ANALYSE_FLEET_H

#include "analyse/dataset.h"

// One run's figure: the median of its visits. In the units of the rows.
struct fleet_value {
    uint32_t run;
    double median;
    double visit_spread; // of one visit, as a share of the median; NaN: fewer than two
};

struct fleet_figure {
    struct data_cell cell; // what it is of, without visits; its texts are the fleet's
    enum metric metric;
    struct fleet_value *values; // in the order of the runs
    size_t count;
};

struct fleet_run {
    const char *path, *run_id, *host, *timestamp_utc;
    uint32_t sku;
    uint32_t host_number; // in its SKU, from 0
};

struct fleet_sku {
    const char *fingerprint;
    const char *cpu_model; // "" when it is unknown
    struct fleet_figure *figures;
    size_t figure_count;
    struct text_set figure_names; // metric and cell; numbered as the figures
    const char **hosts;
    size_t host_count, run_count;
};

// A run that gives nothing: where it is, whose it is ("" when nothing tells), and why.
struct fleet_left_out {
    const char *path, *host, *reason;
    bool is_unreadable; // and not only of no use here
    bool is_copy;       // of a run that counts
};

struct fleet {
    struct fleet_run *runs; // by SKU, host and time once all are read
    size_t run_count;
    struct fleet_sku *skus; // in the order in which they were first met
    size_t sku_count;
    struct fleet_left_out *left_out;
    size_t left_out_count;
    struct text_set texts;
};

// Reads all runs of the list. A run that cannot be read, has no machine.json, no value with the
// proof that is asked for, or in which most values are disturbed is left out with the reason; so is
// a run that is there twice (run_id). fleet_free is due.
void fleet_read(struct fleet *fleet, const struct run_list *list, enum data_proof proof);
void fleet_free(struct fleet *fleet);

#endif
