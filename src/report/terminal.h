// SPDX-License-Identifier: Apache-2.0
// A run on the terminal: tables part by part, then how far they can be trusted. What a command
// prints when it has measured, and what `show` prints of the same run later, is this.
#ifndef NUMAPROBE_REPORT_TERMINAL_H
#define NUMAPROBE_REPORT_TERMINAL_H

#include "analyse/dataset.h"
#include "topology/topology.h"

struct terminal {
    const struct dataset *dataset;   // of one run, DATA_ALL
    const struct topology *topology; // of its machine; NULL: its topology.xml is not there
    uint32_t columns;                // matrices that are wider are cut into several; 0: never
};

// The first lines of a run: program, host, processor, nodes, system, and what was left out.
void terminal_print_machine(const struct data_run *run);

// The kinds of page that --pages all left out, a line each.
void terminal_print_left_out(const struct machine_chosen *chosen, FILE *stream);

// Tables, placement, spread, flags, sizes, loops, checks: all to stdout.
void terminal_print(const struct terminal *terminal);

// Why cells are refused, failed or not verified, a line each.
void terminal_print_reasons(const struct dataset *dataset, FILE *stream);

// ---- the parts, in their order ------------------------------------------------------------------

void terminal_sweeps(const struct terminal *terminal);
struct matrix_list; // of the dataset; false: it has none of that part
bool terminal_matrices(const struct terminal *terminal, const struct matrix_list *list,
                       enum block block);
// What other memory takes, by its distance and in terms of a node's own; nothing where there is
// none.
void terminal_tiers(const struct terminal *terminal, const struct matrix_list *list);
void terminal_peaks(const struct terminal *terminal);
void terminal_sets(const struct terminal *terminal);
// What translating addresses costs in pages of each size; nothing where one kind was measured.
void terminal_pages(const struct terminal *terminal);
void terminal_chains(const struct terminal *terminal);
void terminal_curves(const struct terminal *terminal);
void terminal_pair_classes(const struct terminal *terminal);
// From which size on chains and arrays were seen to be in no cache: nothing where neither was
// measured (0 or NONE_U64). topology may be NULL.
void terminal_measured_sizes(uint64_t chain_bytes, uint64_t array_bytes,
                             const struct topology *topology);
// Below the peaks of the whole machine: what its memory modules carry at most, and the share of it
// that each peak reaches; or that the system does not report it.
void terminal_peak_shares(const struct terminal *terminal);
// What the memory bus carried for each loop; nothing where no counters told it.
void terminal_bus(const struct terminal *terminal);
// All pairs of a run that was asked for them. Of more than TERMINAL_PAIRS_CPUS_MAX CPUs only where
// they are.
enum { TERMINAL_PAIRS_CPUS_MAX = 32 };
void terminal_pair_matrices(const struct terminal *terminal);
// How far the run can be trusted, and what it chose.
void terminal_totals(const struct terminal *terminal);

#endif
