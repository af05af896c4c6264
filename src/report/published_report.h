// SPDX-License-Identifier: Apache-2.0
// The figures of a run beside those that others published for its processor. Private to this room.
#ifndef NUMAPROBE_REPORT_PUBLISHED_REPORT_H
#define NUMAPROBE_REPORT_PUBLISHED_REPORT_H

#include "report/matrix.h"
#include "topology/topology.h"

// Calls `say` with a sentence for each figure that somebody published; none for most processors.
void published_each(const struct data_run *run, const struct topology *topology,
                    const struct matrix_list *list,
                    void (*say)(const char *sentence, void *context), void *context);

#endif
