// SPDX-License-Identifier: Apache-2.0
// What a machine's memory leaves for the buffers of a plan.
#ifndef NUMAPROBE_CLI_MEMORY_H
#define NUMAPROBE_CLI_MEMORY_H

#include "cli/session.h"
#include "plan/sizing.h"

#include <stdio.h>

// What sizes follow from on the session's machine now, for buffers in these kinds of page: of this
// system what is free and what limits leave, of another one (a topology from a file) its memory.
// memory_free is due. With leave_half a check cell of twice the size has room too.
void memory_read(const struct session *session, const struct page_kind *const *pages,
                 size_t page_count, bool leave_half, struct sizing *sizing);
void memory_free(struct sizing *sizing);

// Refuses the cells of the plan whose buffers could not be had now, with the reason that a visit
// would give.
void memory_check_plan(const struct session *session, struct plan *plan);

// What sizes follow from where it is not what the caches show: a line each, to a stream.
void memory_print_sizes(const struct session *session, const struct sizing *sizing,
                        const struct plan *plan, FILE *stream);

#endif
