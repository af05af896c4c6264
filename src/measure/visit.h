// SPDX-License-Identifier: Apache-2.0
// One visit of one cell: make the buffer, prove it, measure, prove it again, fill the row.
//
// A visit always gives a row. What was unavailable is in its status and reason; nothing is left
// out. Both drivers, the program and Google Benchmark, call this and nothing else.
#ifndef NUMAPROBE_MEASURE_VISIT_H
#define NUMAPROBE_MEASURE_VISIT_H

#include "measure/bus.h"
#include "plan/plan.h"
#include "record/row.h"
#include "record/samples_file.h"

struct visit_request {
    const struct cell *cell;
    const char *run_id;
    const char *host;
    uint64_t seed;           // of this visit's data, chain and page samples
    uint64_t round;          // from 1
    uint64_t visit;          // from 1
    struct samples *samples; // gets those of the window; NULL: nobody asks for them
    const struct bus *bus;   // its counters are read around the window; NULL: none
};

void visit_measure(const struct visit_request *request, struct row *row);

#endif
