// SPDX-License-Identifier: Apache-2.0
// numaprobe-bench: the cells of a plan as Google Benchmarks. One repetition of a benchmark is one
// visit, by the same function as in numaprobe, and leaves the same row.
#include "ask/menu.h"
#include "base/units.h"
#include "gbench.h"
#include "help.h"
#include "measure/visit.h"
#include "run/build.h"
#include "run/machine.h"
#include "run/outcome.h"
#include "run/session.h"
#include "run/show.h"
#include "run/summary.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Columns that are shown as counters: with visit the row is found again. None of them is zero when
// all went well, because the library writes the variation of a counter that is always zero as NaN,
// which is no JSON (1.7.1, statistics.cc, StatisticsCV). And both tests have all of them: its CSV
// wants every counter in the first benchmark.
static const char *const counter_columns[] = {
    "visit",
    "samples",
    "page_found_bytes",
    "pages_total",
    "pages_checked_before",
    "pages_on_node_before",
    "pages_checked_after",
    "pages_on_node_after",
    "wall_ns",
    "cpu_ns",
    "clock_start_hz",
    "clock_end_hz",
};

struct bench {
    struct options options;
    struct session session;
    struct plan plan;
    uint64_t *rounds; // so far, of each cell
    bool interrupted;
    struct row row;
    const char *path; // of the run directory, which the first visit makes
    char default_path[RUN_PATH_BYTES];
    int argument_count; // without the program's name, with Google Benchmark's
    char **arguments;
    uint64_t visits;
    bool failed; // the run directory cannot be written, error says why: nothing more is measured
    struct error error;
};

// What a registered benchmark is given.
struct target {
    struct bench *bench;
    size_t cell;
};

// ---- one repetition -----------------------------------------------------------------------------

static void show_counters(struct gbench_state *state, const struct row *row) {
    for (size_t i = 0; i < COUNT_OF(counter_columns); i++) {
        const struct column *column = columns;
        while (strcmp(column->name, counter_columns[i]) != 0)
            CHECK(++column < columns + column_count);
        char text[ROW_TEXT_BYTES];
        row_format_field(row, column, text);
        if (text[0]) // what is absent is no counter
            gbench_set_counter(state, column->name, strtod(text, NULL));
    }
}

static void show_label(struct gbench_state *state, const struct row *row) {
    char label[2 * ROW_TEXT_BYTES];
    snprintf(label, sizeof label, "%s%s%s",
             row->placement != VERDICT_COUNT ? verdict_names[row->placement]
                                             : word_text(&words_status, row->status),
             row->flags[0] ? " " : "", row->flags);
    gbench_set_label(state, label);
}

// A kernel moves each of its arrays once in a pass. One that moves nothing has no time for a pass.
static bool show_value(struct gbench_state *state, const struct row *row) {
    if (!isnan(row->latency_ns)) {
        gbench_set_time(state, row->latency_ns / (double)NS_PER_S);
        return true;
    }
    if (!(row->bandwidth_bytes_per_s > 0))
        return false;
    gbench_set_time(state, (double)row->touched_bytes / row->bandwidth_bytes_per_s);
    gbench_set_bytes(state, row->touched_bytes);
    return true;
}

// A number whose memory was known to be elsewhere must not get into a comparison.
static void show_row(struct gbench_state *state, const struct row *row) {
    bool wrong = row->placement != VERDICT_VERIFIED && row->placement != VERDICT_UNVERIFIABLE;
    show_label(state, row);
    show_counters(state, row);
    char reason[3 * ROW_TEXT_BYTES];
    if (row->status != STATUS_OK) {
        snprintf(reason, sizeof reason, "%s: %s", status_names[row->status], row->reason);
        gbench_skip(state, reason);
    } else if (wrong) {
        snprintf(reason, sizeof reason, "placement %s: %s",
                 word_text(&words_placement, row->placement), row->reason);
        gbench_skip(state, reason);
    } else if (!show_value(state, row)) {
        gbench_skip(state, "this kernel moves nothing, so it has no bandwidth");
    }
}

// Not before the first visit: Google Benchmark may have been asked to list only.
static bool record(struct bench *bench) {
    if (bench->session.recording)
        return true;
    machine_print_warnings(&bench->session, stderr);
    return session_record(&bench->session, bench->path, !bench->options.output, &bench->plan,
                          bench->argument_count, bench->arguments, &bench->error);
}

static bool visit(struct bench *bench, size_t cell) {
    uint64_t round = ++bench->rounds[cell];
    if (!session_visit(&bench->session, &bench->plan, cell, round, ++bench->visits, &bench->row,
                       &bench->error))
        return false;
    bench->interrupted = bench->row.status == STATUS_INTERRUPTED;
    return true;
}

static void repeat(struct gbench_state *state, void *context) {
    const struct target *target = context;
    struct bench *bench = target->bench;
    if (bench->interrupted) {
        gbench_skip(state, "stopped by the user");
        return;
    }
    bench->failed = bench->failed || !record(bench) || !visit(bench, target->cell);
    if (bench->failed)
        gbench_skip(state, bench->error.text);
    else
        show_row(state, &bench->row);
}

// ---- the run ------------------------------------------------------------------------------------

static void add_cross_check(const struct cross_check *check) {
    char text[1024] = "";
    for (size_t witness = 0; witness < CROSS_WITNESS_COUNT; witness++) {
        const struct cross_summary *summary = &check->witnesses[witness];
        size_t length = strlen(text);
        snprintf(text + length, sizeof text - length,
                 "%s%s: %zu CPU%s agree, %zu differ, %zu not comparable", length ? "; " : "",
                 summary->source, summary->agree, PLURAL(summary->agree), summary->mismatch,
                 summary->not_comparable);
    }
    gbench_add_context("cross_check", text);
}

static void add_context(const struct bench *bench) {
    gbench_add_context("numaprobe_version", NUMAPROBE_VERSION);
    gbench_add_context("run_id", bench->session.run_id);
    gbench_add_context("run_directory", bench->path);
    gbench_add_context("hwloc_api", bench->session.topology.hwloc_version);
    add_cross_check(&bench->session.check);
}

static enum exit_code conclude(struct bench *bench) {
    struct dataset dataset = {0};
    enum exit_code code = EXIT_CODE_FAILURE;
    bool fine = show_read(&dataset, bench->session.run.path, &bench->error) &&
                summary_write(&bench->session, &bench->plan, &dataset, NULL, &bench->error);
    if (fine) {
        fprintf(stderr, "Saved %s/rows.csv, summary.json, machine.json, topology.xml\n",
                bench->path);
        code = outcome_of(&dataset, bench->options.allow_unverified);
    }
    dataset_free(&dataset);
    return fine ? code : outcome_fail(&bench->error);
}

static enum exit_code finish(struct bench *bench, size_t selected) {
    if (!selected) {
        error_set(&bench->error, ERROR_KIND_USAGE, 0,
                  "the filter selects none of %zu case%s (numaprobe-bench --benchmark_list_tests)",
                  bench->plan.cell_count, PLURAL(bench->plan.cell_count));
        return outcome_fail(&bench->error);
    }
    if (bench->failed)
        return outcome_fail(&bench->error);
    if (!bench->session.recording)
        return bench->interrupted ? EXIT_CODE_INTERRUPTED : EXIT_CODE_OK; // they were listed
    return conclude(bench);
}

static enum exit_code run_plan(struct bench *bench) {
    bench->rounds = base_allocate(bench->plan.cell_count, sizeof *bench->rounds);
    struct target *targets = base_allocate(bench->plan.cell_count, sizeof *targets);
    for (size_t i = 0; i < bench->plan.cell_count; i++) {
        const struct cell *cell = &bench->plan.cells[i];
        char name[CELL_NAME_BYTES];
        targets[i] = (struct target){bench, i};
        gbench_register(cell_name(cell, name),
                        cell->test == TEST_LATENCY ? GBENCH_NANOSECONDS : GBENCH_MILLISECONDS,
                        repeat, &targets[i]);
    }
    add_context(bench);
    os_interrupt_catch();
    enum exit_code code = finish(bench, gbench_run());
    free(targets);
    free(bench->rounds);
    return code;
}

static enum exit_code run_session(struct bench *bench) {
    struct session *session = &bench->session;
    if (!session_open(session, false, &bench->error))
        return outcome_fail(&bench->error);
    run_directory_default_name("numaprobe", session->host, 1, bench->default_path);
    bench->path = bench->options.output ? bench->options.output : bench->default_path;
    bench->options.rounds = 1; // Google Benchmark repeats
    enum exit_code code;
    struct menu_order order = {
        .session = session, .command = COMMAND_BENCH, .options = &bench->options};
    menu_read_memory(&order);
    if (menu_plan(&order, &bench->plan, &bench->error)) {
        code = run_plan(bench);
        plan_free(&bench->plan);
    } else {
        code = outcome_fail(&bench->error);
    }
    session_close(session);
    return code;
}

// ---- the command line ---------------------------------------------------------------------------

static void end_for_bad_value(void) {
    fprintf(stderr, "numaprobe: a --benchmark_ option has a value that it does not take "
                    "(numaprobe-bench --help lists them)\n");
    exit(EXIT_CODE_USAGE);
}

// Google Benchmark takes its options out of the array, and machine.json keeps all.
static enum exit_code run_arguments(struct bench *bench, int argument_count, char **arguments) {
    bench->argument_count = argument_count - 1;
    bench->arguments = base_allocate((size_t)argument_count, sizeof *bench->arguments);
    memcpy(bench->arguments, arguments + 1, (size_t)bench->argument_count * sizeof *arguments);
    gbench_initialize(&argument_count, arguments, end_for_bad_value);
    enum exit_code code;
    bool fine = options_parse(&bench->options, COMMAND_BENCH, "", 0, argument_count - 1,
                              arguments + 1, &bench->error);
    if (fine && bench->options.manual)
        code = help_write_manual(bench->options.manual, &bench->error)
                   ? EXIT_CODE_OK
                   : outcome_fail(&bench->error);
    else
        code = fine ? run_session(bench) : outcome_fail(&bench->error);
    options_free(&bench->options);
    free(bench->arguments);
    return code;
}

int main(int argument_count, char **arguments) {
    os_start();
    os_stdout_binary();
    for (int i = 1; i < argument_count; i++) {
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) {
            help_print();
            return outcome_close_stdout(EXIT_CODE_OK);
        }
        if (strcmp(arguments[i], "--version") == 0) {
            build_print("numaprobe-bench");
            return outcome_close_stdout(EXIT_CODE_OK);
        }
    }
    struct bench *bench = base_allocate(1, sizeof *bench);
    enum exit_code code = run_arguments(bench, argument_count, arguments);
    free(bench);
    return outcome_close_stdout(code);
}
