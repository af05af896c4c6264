// SPDX-License-Identifier: Apache-2.0
// What the files of the simulation share. "learn: X" in them is the page X of Microsoft's
// documentation, the source of the rule that the fake beside it follows.
#ifndef NUMAPROBE_TESTS_SIM_CALLS_H
#define NUMAPROBE_TESTS_SIM_CALLS_H

#ifndef WIN32_LEAN_AND_MEAN
#define WIN32_LEAN_AND_MEAN
#endif
#include "windows_sim/sim.h"

#include <windows.h>

// The selected machine and what it is made of; only fakes read them, which run while there is one.
extern const struct sim_machine *sim_machine;
extern const struct sim_hardware *sim_hardware;

// One call and the fake that answers it; NULL: the call is hidden, because the real answer would
// shine through. A list ends with a call of NULL.
struct sim_answer {
    const char *call;
    sim_address address;
};
extern const struct sim_answer sim_processor_answers[];
extern const struct sim_answer sim_memory_answers[];
extern const struct sim_answer sim_counter_answers[];

#define SIM_ANSWER(call, fake)                                                                     \
    { call, (sim_address)(fake) }

// The node that gives pages to a request for node: another one where that has no memory at all.
uint32_t sim_giving_node(uint32_t node);

// The node of the CPU that a thread was pinned to last: who writes pages first is not seen, but
// nobody else is pinned between that and the question where they are.
uint32_t sim_node_of_last_pinned(void);

// Forget what another machine was asked for.
void sim_forget_threads(void);
void sim_forget_memory(void);

// Whether the part is left out of masks: before build 20348 those of a node name its first part.
bool sim_part_is_hidden(const struct sim_machine *of, size_t part);

// Three calls that hwloc imports directly, and uses when there is one group.
BOOL WINAPI sim_process_mask(HANDLE process, DWORD_PTR *mask, DWORD_PTR *system_mask);
BOOL WINAPI sim_set_affinity(HANDLE thread, const GROUP_AFFINITY *wanted, GROUP_AFFINITY *before);
void WINAPI sim_current_cpu(PROCESSOR_NUMBER *cpu);

#endif
