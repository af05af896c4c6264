// SPDX-License-Identifier: Apache-2.0
#include "analyse/notes.h"
#include "base/id_set.h"
#include "base/units.h"
#include "report/escape.h"
#include "report/matrix.h"
#include "report/terminal.h"
#include "report/terminal_text.h"

#include <stdio.h>

static const char *fact(const struct data_run *run, const char *name) {
    const char *value = machine_file_fact(&run->machine, name);
    return value ? value : "unknown";
}

void terminal_print_machine(const struct data_run *run) {
    const struct machine_file *machine = &run->machine;
    struct error unknown;
    uint64_t memory_bytes = 0;
    size_t cpus = 0;
    char memory[UNITS_TEXT_BYTES];
    for (size_t i = 0; i < machine->node_count; i++) {
        struct id_set set;
        if (id_set_parse(&set, machine->nodes[i].cpus, &unknown))
            cpus += set.count;
        id_set_free(&set);
    }
    bool told =
        units_parse_count(fact(run, "memory_total_bytes"), 1, INT64_MAX, &memory_bytes, &unknown);
    terminal_say("numaprobe %s on %s: %s\n", machine->tool.version, run->host,
                 fact(run, "cpu_model"));
    terminal_say("%zu node%s, %zu CPU%s, %s memory\n%s; hypervisor: %s\n", machine->node_count,
                 PLURAL(machine->node_count), cpus, PLURAL(cpus),
                 told ? units_format_bytes_rounded(memory_bytes, memory) : "unknown",
                 fact(run, "os_version"), fact(run, "hypervisor"));
    terminal_print_left_out(&machine->settings.chosen, stdout);
}

void terminal_print_left_out(const struct machine_chosen *chosen, FILE *stream) {
    for (size_t i = 0; i < chosen->pages_left_out_count; i++) {
        fprintf(stream, "left out   --pages ");
        put_plain(stream, chosen->pages_left_out[i].name);
        fprintf(stream, ": ");
        put_plain(stream, chosen->pages_left_out[i].value);
        fprintf(stream, "\n");
    }
}

static void put_reason(const struct data_cell *cell, FILE *stream) {
    fprintf(stream, "  ");
    put_plain(stream, cell->name);
    fprintf(stream, ": ");
    put_plain(stream, cell->reason);
    fprintf(stream, "\n");
}

static bool has_reasons(const struct dataset *dataset) {
    for (size_t i = 0; i < dataset->cell_count; i++)
        if (dataset->cells[i].reason[0])
            return true;
    return false;
}

void terminal_print_reasons(const struct dataset *dataset, FILE *stream) {
    for (size_t i = 0; i < dataset->cell_count; i++)
        if (dataset->cells[i].reason[0])
            put_reason(&dataset->cells[i], stream);
}

void terminal_print(const struct terminal *terminal) {
    const struct dataset *dataset = terminal->dataset;
    char warning[NOTE_BYTES];
    if (notes_disturbance(dataset, warning))
        terminal_say("\nWARNING: %s\n", warning);
    terminal_sweeps(terminal);
    struct matrix_list list;
    matrix_list_build(&list, dataset);
    bool matrices = terminal_matrices(terminal, &list, BLOCK_IDLE);
    terminal_peaks(terminal);
    terminal_sets(terminal);
    matrices |= terminal_matrices(terminal, &list, BLOCK_MATRIX);
    matrices |= terminal_matrices(terminal, &list, BLOCK_COUNT);
    terminal_tiers(terminal, &list);
    matrix_list_free(&list);
    terminal_pages(terminal);
    terminal_chains(terminal);
    terminal_curves(terminal);
    terminal_pair_classes(terminal);
    terminal_say("\n");
    if (matrices)
        terminal_say("In a matrix, rows are CPU nodes and columns are memory nodes.\n");
    if (*matrix_peak_note(dataset))
        terminal_say("%s\n", matrix_peak_note(dataset));
    terminal_say("Values are medians of all repetitions; 1 GB/s is 1e9 bytes/s.\n");
    terminal_peak_shares(terminal);
    terminal_pair_matrices(terminal);
    terminal_totals(terminal);
    if (has_reasons(dataset))
        terminal_say(
            "Reasons    of cases with a repetition that was refused, failed or stopped:\n");
    terminal_print_reasons(dataset, stdout);
}
