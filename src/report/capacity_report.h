// SPDX-License-Identifier: Apache-2.0
// The capacity of a machine as people read it and as programs do.
#ifndef NUMAPROBE_REPORT_CAPACITY_REPORT_H
#define NUMAPROBE_REPORT_CAPACITY_REPORT_H

#include "analyse/capacity.h"
#include "report/text_form.h"
#include "topology/topology.h"

#include <stdio.h>

struct capacity_report {
    const struct dataset *dataset;
    const struct topology *topology; // NULL: not known
    double stream_bytes_per_s;       // 0: not asked
    double latency_factor;           // of idle, that streams may have
};

bool capacity_print(const struct capacity_report *report, enum text_form form, FILE *stream);

#endif
