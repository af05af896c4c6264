// SPDX-License-Identifier: Apache-2.0
// Simulated Windows machines: what 2 groups, 128 CPUs and 4 nodes answer, told by a struct.
//
// Link sim_*.c into a test program, and both src/os and a statically linked hwloc
// ask the selected machine instead of the system: sim_import.c stands in for GetProcAddress. What
// is simulated are answers; pages, threads and time are real. A machine encodes a reading of the
// documents, so a wrong reading would pass: each fake names its source.
//
// For hwloc: set HWLOC_COMPONENTS=-x86 before, else its CPUID backend asks the real processor.
#ifndef NUMAPROBE_TESTS_SIM_H
#define NUMAPROBE_TESTS_SIM_H

#include "base/base.h"

enum { SIM_GROUPS = 16, SIM_PARTS = 16, SIM_LACKS = 4 };

// The CPUs and the memory that one node has in one group; a mask of 0 is a node without CPUs.
struct sim_part {
    uint32_t node;
    uint32_t group;
    uint64_t cpu_mask;
    uint64_t free_bytes;    // a node's free memory is the sum of its parts
    uint64_t standby_bytes; // that file cache has, and gives at once
};

struct sim_hardware {
    uint32_t group_cpus[SIM_GROUPS]; // CPUs in each group, from number 0 up; 0: no such group
    uint32_t highest_node;
    size_t part_count;
    struct sim_part parts[SIM_PARTS];
    uint64_t slow_cpus; // of group 0, whose EfficiencyClass is 0 and that of the others 1
};

// What goes wrong or is missing; all zero on a healthy machine of 2022.
struct sim_faults {
    bool primary_group_only; // node masks as before build 20348: first part, no GroupCount
    bool lies;               // GetNumaProcessorNodeEx names lie_node for lying_cpu
    uint32_t lying_cpu, lie_node;
    uint32_t stray_every; // each so many-th page lies on stray_node, whatever was asked
    uint32_t stray_node;
    uint32_t absent_every; // each so many-th page is not resident
    bool no_firmware_tables;
    bool no_distances;                // no SLIT, but an SRAT
    bool distances_cut;               // the SLIT lies about its length
    bool distances_senseless;         // a node is as near to another as to itself
    uint32_t nodes_without_distances; // this many of the highest
    bool hot_pluggable;               // all of the memory, by the SRAT
    bool network_drives;              // every drive is one
    bool no_counters;                 // no set "NUMA Node Memory"
    bool total_counted_only;          // its only instance is _Total
    bool counters_lag;                // they are of a moment at which nothing was available
    uint32_t cpu_taken_percent;       // by others, of every thread's time
    uint64_t job_masks[2];            // of groups 0 and 1, that a job has; {0}: no job
    uint64_t set_masks[2];     // of groups 0 and 1, that default CPU sets have; {0}: none chosen
    uint32_t page_query_error; // what K32QueryWorkingSetEx fails with
    bool lacks_gigabyte_pages; // the processor has none
    enum sim_partition { SIM_BARE, SIM_ROOT, SIM_GUEST } partition; // of Hyper-V
    bool lacks_lock_pages_right;
    bool token_filtered;          // an administrator's, before he runs something as one
    bool elevated;                // run as administrator
    bool policy_denied;           // the local security policy takes no change
    uint32_t memory_error;        // what VirtualAllocExNuma fails with
    uint32_t awe_pages_kept;      // that FreeUserPhysicalPages does not take back
    bool lacks_working_set_right; // the working set cannot be raised
    bool lock_fails;              // VirtualLock: ERROR_WORKING_SET_QUOTA
    bool lacks_large_pages;       // memory too scattered: ERROR_NO_SYSTEM_RESOURCES
    bool awe_map_fails;
    uint32_t awe_pages_max;       // AWE pages that the machine gives at most; 0: all
    const char *lacks[SIM_LACKS]; // calls that this Windows does not have
};

struct sim_machine {
    const char *name;
    const struct sim_hardware *hardware;
    struct sim_faults faults;
};

// All of them, ended by one whose name is NULL. node-seventy is the last, because hwloc 2.9 keeps
// the highest node it ever saw and tells no page's place from then on.
extern const struct sim_machine sim_machines[];

// From now on that machine answers; NULL: the real system. Calls os_start, so that os.h sees it.
// A hwloc topology must be loaded after this and destroyed before the next.
void sim_select(const char *name);

// The selected machine, NULL when there is none.
const struct sim_machine *sim_selected(void);

// The faults of the selected machine, to be changed while it runs: what happens between two checks.
struct sim_faults *sim_faults(void);

// AWE pages that are taken from the machine at this moment, and how much of the working set is
// locked: both must be 0 when all buffers are released.
uint64_t sim_awe_pages_held(void);
uint64_t sim_locked_bytes(void);

// The node that a CPU (group x 64 + number) truly has there; NONE_U32 when there is no such CPU.
uint32_t sim_node_of_cpu(const struct sim_machine *machine, uint32_t cpu);

// How many CPUs have one node by GetNumaProcessorNodeEx and another, or none, by
// GetLogicalProcessorInformationEx (hwloc's source): what a cross-check must find.
size_t sim_disagreeing_cpus(const struct sim_machine *machine);

// The next this many calls of MoveFileExW fail with that error, as when a scanner holds the file:
// Wine lets a file be replaced that is open. On any machine, and on none.
void sim_refuse_moves(uint32_t count, uint32_t error);

// For sim_import.c only. True when the selected machine decides about that call; a NULL address
// means that it has no such call.
typedef void (*sim_address)(void);
bool sim_answers(const char *call, sim_address *address);

#endif
