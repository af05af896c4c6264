// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/check_exit.h"

#include "base/nearest.h"
#include "run/session.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const quick_examples[] = {
    "numaprobe                                the whole machine",
    "numaprobe --dry-run                      what that measures, and how long", NULL};
static const char *const topo_examples[] = {
    "numaprobe topo                           nodes, CPUs, caches, cross-check", NULL};
static const char *const latency_examples[] = {
    "numaprobe latency --rounds 12            twelve repetitions of each case",
    "numaprobe latency --pattern structural,full_random --pages 2M,4K",
    "numaprobe latency --size 16K --cached    the first-level cache", NULL};
static const char *const bandwidth_examples[] = {
    "numaprobe bandwidth --kernel read,copy_nt,triad",
    "numaprobe bandwidth --kernel read.avx2,read.sse2 --threads 1", NULL};
static const char *const loaded_examples[] = {
    "numaprobe loaded                         reads on the first node, local memory",
    "numaprobe loaded --mix reads,2:1 --mem-nodes 0,1 --load-nodes 0,1",
    "numaprobe loaded --delay 0,500,20000 --paced 25%,50%,90%", NULL};
static const char *const c2c_examples[] = {
    "numaprobe c2c                            30 pairs of each class (SMT, L3, ...)",
    "numaprobe c2c --protocol hitm_read --home writer,reader,third",
    "numaprobe c2c --writer-cpu 0 --reader-cpu 1 --rounds 12", NULL};
static const char *const sweep_examples[] = {
    "numaprobe sweep                          first node, local memory, one thread",
    "numaprobe sweep --mem-nodes 0,1 --pages 2M,4K",
    "numaprobe sweep --kernel read,copy --threads cores --budget 10m", NULL};
static const char *const verify_examples[] = {
    "numaprobe verify                         16 MiB from every CPU, page by page",
    "numaprobe verify --pages 2M --size 64M", NULL};
static const char *const doctor_examples[] = {
    "numaprobe doctor                         exit 1 if something blocks a run",
    "numaprobe doctor --size 64G              or a run with arrays of that size", NULL};
static const char *const list_examples[] = {
    "numaprobe list kernels                   also: mixes, patterns, pages, ...", NULL};
static const char *const help_examples[] = {
    "numaprobe help latency                   as numaprobe latency --help",
    "numaprobe help --man man                 manual pages, into the folder man", NULL};

static const char *const compare_examples[] = {
    "numaprobe compare old new                two run directories",
    "numaprobe compare 'base/*' 'new/*' --check   many runs; exit 3 on a regression", NULL};
static const char *const ab_examples[] = {
    "numaprobe ab -- latency -- env GLIBC_TUNABLES=... numaprobe latency",
    "numaprobe ab --runs 6 -- old/numaprobe bandwidth -- new/numaprobe bandwidth",
    "numaprobe ab --pause -o fw -- latency -- latency    stop after each run",
    "numaprobe ab --resume fw                 the next run; at last, compare",
    "",
    "A COMMAND is a program with arguments, or a measuring command or options of",
    "numaprobe. The runs are written to DIR/base-1, new-1, new-2, base-2, ... in",
    "this order; numaprobe show DIR/base-1 prints one. Exit status: as that of",
    "compare --check; 1 a run failed, 130 it was interrupted, 6 it is paused.",
    NULL};
static const char *const export_examples[] = {
    "numaprobe export run -f prom -o numaprobe.prom   for the node exporter",
    "numaprobe export run -f hwloc -o measured.xml    for lstopo and hwloc-info", NULL};
static const char *const report_examples[] = {
    "numaprobe report run -o report.html      one page; it needs no network",
    "numaprobe report old new -o report.html  the page of new, compared with old", NULL};
static const char *const history_examples[] = {
    "numaprobe history runs --add run         keep a run, then show the changes",
    "numaprobe history runs --check           the newest run: exit 3 if it is worse",
    "numaprobe history runs --accept RUN      that change is the new normal",
    "numaprobe history runs --baseline 5      compare with the first five runs", NULL};
static const char *const show_examples[] = {
    "numaprobe show run                       its tables, and what to trust", NULL};
static const char *const capacity_examples[] = {
    "numaprobe capacity run                   local and remote memory, knee",
    "numaprobe capacity run --stream 5GB/s    how many streams of 5 GB/s fit",
    "numaprobe capacity run --stream 5GB/s --at 2x    at twice the idle latency", NULL};

static const char *const limits_examples[] = {
    "numaprobe limits good -o limits.json     from a directory of good runs", NULL};
static const char *const check_examples[] = {
    "numaprobe check limits.json              0 good, 1 bad, 2 unknown, 3 error",
    "numaprobe check limits.json --budget 25s   for a time limit of 30 s",
    "numaprobe check limits.json run          judge a run, measure nothing", NULL};
static const char *const fleet_examples[] = {
    "numaprobe fleet runs --html fleet.html   a directory of runs of many hosts",
    "numaprobe fleet runs --check             exit 3 if a host is slow", NULL};

static const char *const submit_examples[] = {
    "numaprobe submit run                     what is left out, then numaprobe-submit-UTC.tar",
    "numaprobe submit run --dry-run           what would be left out", NULL};

// clang-format off
const struct command commands[] = {
    {"", "", "measure the whole machine",
     quick_examples, COMMAND_OVERVIEW, 0, cmd_measure},
    {"topo", "", "show nodes, CPUs and caches; cross-check hwloc",
     topo_examples, COMMAND_TOPO, 0, cmd_topo},
    {"latency", "", "idle latency, CPU nodes x memory nodes",
     latency_examples, COMMAND_LATENCY, 0, cmd_measure},
    {"bandwidth", "", "bandwidth, CPU nodes x memory nodes",
     bandwidth_examples, COMMAND_BANDWIDTH, 0, cmd_measure},
    {"loaded", "", "latency of one thread while others load the memory",
     loaded_examples, COMMAND_LOADED, 0, cmd_measure},
    {"c2c", "", "core-to-core latency, by what the two CPUs share",
     c2c_examples, COMMAND_C2C, 0, cmd_measure},
    {"sweep", "", "latency and bandwidth by size; what the caches hold",
     sweep_examples, COMMAND_SWEEP, 0, cmd_measure},
    {"verify", "", "allocate from every CPU and show where each page is",
     verify_examples, COMMAND_VERIFY, 0, cmd_verify},
    {"compare", "BASE NEW", "compare runs: what changed, and what was detectable",
     compare_examples, COMMAND_COMPARE, SIZE_MAX, cmd_compare},
    {"ab", "-- BASE-COMMAND -- NEW-COMMAND",
     "measure two programs interleaved, then compare them",
     ab_examples, COMMAND_AB, 0, cmd_ab},
    {"doctor", "", "what will disturb or block a run here, and how to fix it",
     doctor_examples, COMMAND_DOCTOR, 0, cmd_doctor},
    {"history", "DIR", "many runs of a machine: what changed when",
     history_examples, COMMAND_HISTORY, 1, cmd_history},
    {"capacity", "RUN", "what a machine can carry: tiers, knee, usable bandwidth",
     capacity_examples, COMMAND_CAPACITY, 1, cmd_capacity},
    {"limits", "RUN...", "make limits for check from runs of good machines",
     limits_examples, COMMAND_LIMITS, SIZE_MAX, cmd_limits},
    {"check", "LIMITS [RUN]", "is this machine good? One line, for schedulers",
     check_examples, COMMAND_CHECK, 2, cmd_check},
    {"fleet", "DIR...", "runs of many hosts: which are slower than their kind",
     fleet_examples, COMMAND_FLEET, SIZE_MAX, cmd_fleet},
    {"report", "[BASE...] RUN", "write an HTML page of a run, compared with others",
     report_examples, COMMAND_REPORT, SIZE_MAX, cmd_report},
    {"export", "RUN...", "convert runs to the format of another tool",
     export_examples, COMMAND_EXPORT, SIZE_MAX, cmd_export},
    {"show", "RUN", "print the tables of a run again",
     show_examples, COMMAND_SHOW, 1, cmd_show},
    {"submit", "RUN...", "pack runs for others, anonymised; nothing is sent",
     submit_examples, COMMAND_SUBMIT, SIZE_MAX, cmd_submit},
    {"list", "WHAT", "print a built-in table: kernels, flags, columns, ...",
     list_examples, COMMAND_LIST, 1, cmd_list},
    {"help", "[COMMAND]", "show this list, or the help of a command",
     help_examples, COMMAND_HELP, 1, cmd_help},
};
// clang-format on
const size_t command_count = COUNT_OF(commands);

enum exit_code command_in_session(const struct command *command, bool inspect_only,
                                  session_command *run, const void *context) {
    struct session *session = base_allocate(1, sizeof *session);
    struct error error;
    enum exit_code code;
    if (session_open(session, inspect_only, &error)) {
        session->command = command->name;
        code = run(session, context);
        session_close(session);
    } else {
        code = outcome_fail(&error);
        if (error.kind == ERROR_KIND_REFUSED)
            code = EXIT_CODE_NOTHING;
    }
    free(session);
    return code;
}

bool command_operands(const struct command *command, const struct options *options, size_t least,
                      struct error *error) {
    return options->operand_count >= least ||
           error_set(error, ERROR_KIND_USAGE, 0, "usage: numaprobe %s %s (numaprobe %s --help)",
                     command->name, command->operands, command->name);
}

// A file's name says its form where nobody else does.
static const char *form_of_name(const char *path) {
    const char *dot = path ? strrchr(path, '.') : NULL;
    if (dot && strcmp(dot, ".json") == 0)
        return text_form_names[FORM_JSON];
    if (dot && strcmp(dot, ".md") == 0)
        return text_form_names[FORM_MARKDOWN];
    return text_form_names[FORM_TABLE];
}

bool command_text_form(const struct command *command, const struct options *options,
                       enum text_form *form, struct error *error) {
    const char *asked = options->format ? options->format : form_of_name(options->output);
    for (*form = 0; *form < FORM_COUNT; (*form)++)
        if (strcmp(text_form_names[*form], asked) == 0)
            return true;
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "--format '%.40s': %s has table, json and markdown", asked, command->name);
}

static enum data_proof proof_asked(const struct options *options) {
    if (options->force)
        return DATA_ALL;
    return options->allow_unverified ? DATA_NOT_REFUTED : DATA_VERIFIED;
}

bool command_read_runs(const struct options *options, const char *const *operands, size_t count,
                       struct dataset *dataset, struct error *error) {
    struct run_list list = {0};
    bool found = true;
    for (size_t i = 0; found && i < count; i++)
        found = run_list_add(&list, operands[i], error);
    found = found && dataset_read(dataset, &list, proof_asked(options), error);
    run_list_free(&list);
    return found;
}

struct compare_rules command_compare_rules(const struct options *options,
                                           const struct compare_rules *usual) {
    struct compare_rules rules = options->explore ? compare_rules_explore : *usual;
    rules.single = options->single;
    rules.margin = options->margin;
    return rules;
}

enum exit_code command_exit_of(const struct gate *gate, const struct options *options) {
    if (gate->state == GATE_PASSED || (!options->check && options->require <= 0))
        return EXIT_CODE_OK;
    return gate->state == GATE_REGRESSED ? EXIT_CODE_REGRESSION : EXIT_CODE_NOT_COMPARABLE;
}

void command_refuse(const char *sentence) {
    struct error error;
    error_set(&error, ERROR_KIND_REFUSED, 0, "%s", sentence);
    outcome_fail(&error);
}

static void print_note(const char *sentence, void *context) {
    (void)context;
    outcome_warn(sentence);
}

const char *command_quote(const char *path) {
    return strpbrk(path, " \t&();'") ? "\"" : "";
}

void command_print_notes(const struct dataset *dataset) {
    notes_each(dataset, print_note, NULL);
}

void command_print_notes_of_rows(const struct dataset *dataset) {
    notes_each_of_rows(dataset, print_note, NULL);
}

enum exit_code command_fail_of(const struct dataset *dataset, const struct error *error) {
    enum exit_code code = outcome_fail(error);
    bool unproven = error->kind == ERROR_KIND_REFUSED && dataset->valued && !dataset->taken;
    return unproven ? EXIT_CODE_NOT_VERIFIED : code;
}

const struct command *command_find(const char *name, struct error *error) {
    char hint[NEAREST_HINT_BYTES];
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < COUNT_OF(commands); i++) {
        if (strcmp(commands[i].name, name) == 0)
            return &commands[i];
        nearest_offer(&nearest, commands[i].name);
    }
    error_set(error, ERROR_KIND_USAGE, 0,
              "there is no command '%.80s'%s (numaprobe help lists the commands)", name,
              nearest_hint(&nearest, hint));
    return NULL;
}

void command_print_list(void) {
    printf("Commands (numaprobe COMMAND --help):\n");
    for (size_t i = 1; i < COUNT_OF(commands); i++)
        options_print_entry(commands[i].name, commands[i].summary);
}

static void print_examples(const struct command *command) {
    for (const char *const *example = command->examples; *example; example++)
        printf("%s%s\n", **example ? "  " : "", *example);
}

void command_print_help(const struct command *command) {
    const bool plain = command->bit == COMMAND_OVERVIEW; // which lists the commands instead
    const char *gap = plain ? "" : " ", *second_gap = *command->operands ? " " : "";
    printf("numaprobe%s%s: %s\n", gap, command->name, command->summary);
    printf("usage: numaprobe%s%s [OPTIONS]%s%s\n\n", plain ? " [COMMAND]" : " ", command->name,
           second_gap, command->operands);
    if (plain)
        command_print_list();
    else
        print_examples(command);
    printf("\n");
    options_print(command->bit);
    if (plain)
        printf("\nShort: -h --help -o --output -f --format -q --quiet -n --dry-run -v --verbose\n"
               "Also: numaprobe --version (-V), numaprobe list exits\n");
}

// A health check prints one line on stdout, whatever happens, and has exit statuses of its own.
static enum exit_code fail_to_parse(const struct command *command, const struct error *error) {
    return command->bit == COMMAND_CHECK ? check_fail(error) : outcome_fail(error);
}

enum exit_code command_run(const struct command *command, int argument_count, char **arguments) {
    struct options options;
    struct error error;
    enum exit_code code = EXIT_CODE_OK;
    if (!options_parse(&options, command->bit, command->name, command->operands_max, argument_count,
                       arguments, &error))
        code = fail_to_parse(command, &error);
    else if (options.help)
        command_print_help(command);
    else
        code = command->run(command, &options, argument_count, arguments);
    options_free(&options);
    return code;
}
