// SPDX-License-Identifier: Apache-2.0
// What is taken where the options name nothing. A choice of these is made before the plan and named
// in it and in the rows.
#ifndef NUMAPROBE_ASK_DEFAULTS_H
#define NUMAPROBE_ASK_DEFAULTS_H

#include "ask/options.h"
#include "plan/race.h"
#include "run/session.h"

// The loop that stands for a mix: as it was chosen for the session, else one that is good on most
// processors. That of a bandwidth is the one for reads. NULL: plain C, all that a processor
// without vectors of ours has, has no loop for this mix; for reads it has.
const struct kernel *default_kernel(const struct session *session);
const struct kernel *default_kernel_of_mix(const struct session *session,
                                           const struct kernel_mix *mix);

// The short list of a race for a mix, in the instruction sets that this processor has.
struct race_contest default_contest(const struct kernel_mix *mix);

const struct chase_pattern *default_pattern(void);
// The kind of page that a command takes.
const struct page_kind *default_pages(void);

// The time for more than one visit of each cell, NONE_U64 where a number of visits takes what it
// takes.
uint64_t default_budget_ns(const struct options *options, const struct topology *topology,
                           enum command_bit command);

// Gives a set that the kernel spreads by its weights, and for which none are asked for, its weights
// of this moment. Refused where the kernel has none.
bool default_weights(const struct session *session, struct node_set *set, struct error *error);

// The sets of nodes that were asked for, with default_weights. The caller frees them.
bool default_mem_sets(const struct session *session, const struct options *options,
                      struct node_set **sets, struct error *error);

#endif
