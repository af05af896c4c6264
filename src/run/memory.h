// SPDX-License-Identifier: Apache-2.0
// What a machine's memory leaves for the buffers of a plan.
#ifndef NUMAPROBE_RUN_MEMORY_H
#define NUMAPROBE_RUN_MEMORY_H

#include "plan/sizing.h"
#include "record/machine_file.h"
#include "run/session.h"

#include <stdio.h>

// Fills session->sizing for buffers in these kinds of page: of this system what is free and what
// limits leave, of another one (a topology from a file) its memory. With leave_half a check cell of
// twice the size has room too.
void memory_read(struct session *session, const struct page_kind *const *pages, size_t page_count,
                 bool leave_half);

// What was read as machine.json has it, and session->sizing by what an earlier run has there: the
// sizes of its plan come out again, whatever is free now.
void memory_tell(const struct sizing *sizing, struct machine_memory *memory);
void memory_restore(struct session *session, const struct machine_memory *memory);

// Refuses the cells of the plan whose buffers are unavailable now, with the reason that a visit
// would give.
void memory_check_plan(const struct session *session, struct plan *plan);

// What sizes follow from where it is not what the caches show: a line each, to a stream.
void memory_print_sizes(const struct session *session, const struct plan *plan, FILE *stream);

#endif
