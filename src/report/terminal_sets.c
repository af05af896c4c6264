// SPDX-License-Identifier: Apache-2.0
// The best set of nodes for each mix on the terminal, beside what one node gives and what the
// system would take by itself, and what to type for it.
#include "report/best_sets_report.h"
#include "report/terminal.h"
#include "report/terminal_text.h"

#include <math.h>
#include <stdio.h>

static void print_cell(const char *what, const struct data_cell *cell) {
    char nodes[BEST_SET_TEXT_BYTES], interval[HALF_WIDTH_TEXT_BYTES] = "";
    if (!cell)
        return;
    double half = data_cell_half_width(cell, data_all(METRIC_BANDWIDTH));
    if (!isnan(half))
        terminal_half_width(half, interval);
    terminal_say("  %-28s %9.2f %-9s %s\n", what, best_set_bandwidth(cell) / 1e9, interval,
                 best_set_nodes(cell, nodes));
}

// The kernel's weights are those of all nodes, whatever a program interleaves over.
static void print_commands(const struct data_cell *cell) {
    const struct node_set *set = &cell->mem_node;
    char command[BEST_SET_TEXT_BYTES];
    terminal_say("    %s PROGRAM%s\n", best_set_command(set, command),
                 node_set_is_even(set) ? "" : ", after (Linux 6.9 and newer)");
    for (size_t i = 0; i < set->count && !node_set_is_even(set); i++)
        terminal_say("    echo %u | sudo tee "
                     "/sys/kernel/mm/mempolicy/weighted_interleave/node%u\n",
                     (unsigned)set->shares[i].weight, (unsigned)set->shares[i].node);
}

struct place {
    const struct terminal *terminal;
    size_t count; // of searches so far
};

static void print_search(const struct series *search, const struct best_set *best, void *context) {
    struct place *place = context;
    const struct data_run *run = &place->terminal->dataset->runs[0];
    const char *automatic = machine_file_fact(&run->machine, "interleave_auto");
    char text[BEST_SET_TEXT_BYTES];
    if (!place->count++)
        terminal_say("\nBest sets of memory nodes, GB/s; of a set the weights of its nodes\n");
    terminal_say("%s", best_set_place(search, text));
    if (!best->set) {
        terminal_say(": no set was measured\n");
        print_cell("best node", best->node);
        return;
    }
    if (best_set_gains(best))
        terminal_say(": %s gives %+.0f %%\n", "the best set",
                     100 * (best_set_bandwidth(best->set) / best_set_bandwidth(best->node) - 1));
    else
        terminal_say(": no set is clearly better than the best node\n");
    print_cell("best node", best->node);
    print_cell("best set", best->set);
    print_cell("equal parts (interleave)", best->even);
    print_cell(automatic && automatic[0] == 't' ? "the kernel's weights (auto)"
                                                : "the kernel's weights",
               best->kernel);
    print_cell("weights from the firmware", best->firmware);
    if (best_set_gains(best))
        print_commands(best->set);
}

void terminal_sets(const struct terminal *terminal) {
    struct place place = {.terminal = terminal};
    best_sets_each(terminal->dataset, terminal->topology, print_search, &place);
    if (place.count)
        terminal_say("The kernel's weights are system-wide: they apply to every program that "
                     "interleaves by weight.\n");
}
