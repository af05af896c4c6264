// SPDX-License-Identifier: Apache-2.0
// The commands that measure: they are one road with other plans.
#include "ask/menu.h"
#include "base/units.h"
#include "cli/command.h"
#include "cli/resume.h"
#include "plan/best_set.h"
#include "plan/curve.h"
#include "plan/probe.h"
#include "report/export.h"
#include "report/terminal.h"
#include "run/choices.h"
#include "run/machine.h"
#include "run/memory.h"
#include "run/outcome.h"
#include "run/progress.h"
#include "run/replay.h"
#include "run/session.h"
#include "run/show.h"
#include "run/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Quiet leaves out tables, and another form takes their place; neither hides the reason why
// something is missing.
static bool prints_tables(const struct options *options) {
    return !options->quiet && !options->mlc && !options->json;
}

static void print_effort(struct plan *plan) {
    struct schedule schedule;
    char time[UNITS_TEXT_BYTES], visits[48] = "as many repetitions as needed";
    schedule_begin(&schedule, plan);
    uint64_t predicted_ns = schedule_predict_ns(&schedule);
    if (plan->rounds)
        snprintf(visits, sizeof visits, "%s%u repetition%s of each",
                 predicted_ns >= plan->budget_ns ? "at most " : "", plan->rounds,
                 PLURAL(plan->rounds));
    printf("cases: %zu, %s, time: at most about %s\n", plan_count_cells(plan), visits,
           units_format_duration(predicted_ns, time));
    schedule_free(&schedule);
}

static const char *known(const char *value) {
    return value ? value : "unknown";
}

// Of another machine is said what its topology says, and nothing of this one.
static void print_other_machine(const struct session *session) {
    const struct topology *topology = &session->topology;
    const char *architecture = topology_info(topology, "Architecture");
    uint64_t memory_bytes = 0;
    for (size_t i = 0; i < topology->node_count; i++)
        memory_bytes += topology->nodes[i].memory_bytes;
    char memory[UNITS_TEXT_BYTES];
    printf("numaprobe %s, a plan for another machine, host: %s, processor: %s\n", NUMAPROBE_VERSION,
           known(topology_info(topology, "HostName")), known(topology_info(topology, "CPUModel")));
    printf("%zu node%s, %zu CPU%s, memory: %s\nsystem: %s; architecture: %s\n",
           topology->node_count, PLURAL(topology->node_count), topology->cpu_count,
           PLURAL(topology->cpu_count),
           memory_bytes ? units_format_bytes_rounded(memory_bytes, memory) : "unknown",
           known(topology_info(topology, "OSName")), known(architecture));
    printf("loops: shown without instruction set, because that of the processor is unknown\n");
}

static void print_this_machine(const struct session *session) {
    const struct topology *topology = &session->topology;
    struct error unknown;
    uint64_t memory_bytes = 0;
    bool told = units_parse_count(session_fact(session, "memory_total_bytes"), 1, INT64_MAX,
                                  &memory_bytes, &unknown);
    char memory[UNITS_TEXT_BYTES];
    printf("numaprobe %s on %s: %s\n", NUMAPROBE_VERSION, session->host,
           session_fact(session, "cpu_model"));
    printf("%zu node%s, %zu CPU%s, %s memory\n%s; hypervisor: %s\n", topology->node_count,
           PLURAL(topology->node_count), topology->cpu_count, PLURAL(topology->cpu_count),
           told ? units_format_bytes_rounded(memory_bytes, memory) : "unknown",
           session_fact(session, "os_version"), session_fact(session, "hypervisor"));
}

static void print_machine(const struct session *session, struct plan *plan) {
    if (session->topology.is_this_system)
        print_this_machine(session);
    else
        print_other_machine(session);
    print_effort(plan);
    for (size_t block = 0; block < BLOCK_COUNT; block++)
        if (plan->not_applicable[block][0])
            printf("not applicable here: %s\n", plan->not_applicable[block]);
    machine_print_warnings(session, stdout);
}

// Which points a curve gets besides its first ones follows from what these give.
static void print_outlook(const struct plan *plan) {
    char time[UNITS_TEXT_BYTES];
    struct curve_outlook outlook = curve_look_ahead(plan);
    size_t sets = best_set_max(plan);
    if (sets)
        printf("\nUp to %zu sets of these nodes follow, chosen by the results, within half of the "
               "budget\n",
               sets);
    size_t points = outlook.min_points + outlook.more_points;
    if (points)
        printf("\nCurves get up to %zu more point%s where the results need them, if time allows: "
               "at most about %s\n",
               points, PLURAL(points),
               units_format_duration(outlook.min_ns + outlook.more_ns, time));
}

// The loops of a plan are those of this processor; which of them another machine takes is not
// known.
static char *leave_out_isa(char name[CELL_NAME_BYTES]) {
    for (enum isa isa = 0; isa < ISA_COUNT; isa++) {
        char word[32];
        snprintf(word, sizeof word, ".%s", isa_names[isa]);
        for (char *at = name; (at = strstr(at, word)) != NULL;)
            if (strchr("/@", at[strlen(word)])) // as well where the name ends
                memmove(at, at + strlen(word), strlen(at + strlen(word)) + 1);
            else
                at++;
    }
    return name;
}

static void print_plan(const struct session *session, const struct plan *plan) {
    printf("\n%-10s %9s  %s\n", "memory", "time each", "case");
    for (struct plan_walk walk = plan_walk(plan); plan_next(&walk);) {
        const struct cell *cell = walk.cell;
        char name[CELL_NAME_BYTES], bytes[UNITS_TEXT_BYTES];
        bool has_loop = cell->kernel || cell->load.kernel;
        cell_name(cell, name);
        printf("%-10s %7.1f s  %s\n", units_format_bytes(cell_buffer_bytes(cell), bytes),
               (double)cell_predict_ns(cell) / NS_PER_S,
               session->topology.is_this_system || !has_loop ? name : leave_out_isa(name));
        if (cell->refusal)
            printf("%-21s refused: %s\n", "", cell->refusal->text);
    }
    print_outlook(plan);
}

static bool run_visits(struct session *session, struct schedule *schedule,
                       const struct options *options, struct error *error) {
    struct progress progress;
    progress_begin(&progress, schedule, !options->quiet && !options->no_progress, options->verbose);
    struct row *row = base_allocate(1, sizeof *row);
    bool recorded = true, interrupted = false;
    size_t cell;
    uint64_t round;
    while (recorded && !interrupted && schedule_next(schedule, &cell, &round)) {
        progress_visit(&progress, cell);
        recorded =
            session_visit(session, schedule->plan, cell, round, schedule->visits + 1, row, error);
        if (!recorded)
            break;
        progress_row(&progress, row);
        schedule_add(schedule, cell, row);
        interrupted = row->status == STATUS_INTERRUPTED;
    }
    free(row);
    progress_end(&progress);
    return recorded;
}

// What is to be measured: a command's options, or those of a run that is resumed.
struct request {
    const struct command *command;
    const struct options *options;
    int argument_count; // of a new run
    char **arguments;
    const struct resume *resume; // NULL: a new run
};

static bool open_run(const struct request *request, struct session *session,
                     struct schedule *schedule, struct error *error) {
    session->keeps_samples = request->options->samples;
    if (!request->resume)
        return session_record(session, request->options->output, false, schedule->plan,
                              request->argument_count, request->arguments, error);
    if (!replay_open(request->resume->path, &request->resume->machine, session, schedule, error))
        return false;
    if (prints_tables(request->options))
        printf("resumed: %llu repetition%s already measured\n",
               (unsigned long long)schedule->visits, schedule->visits == 1 ? " is" : "s are");
    fflush(stdout);
    return true;
}

// Whether the plan could be finished after its probe.
static bool is_complete(const struct menu_order *order, struct error *error) {
    if (order->error.kind == ERROR_KIND_NONE)
        return true;
    *error = order->error;
    return false;
}

// Read with proof as export reads it, so that a run prints what an export of it does.
static bool print_mlc(const struct options *options, const char *path, struct error *error) {
    struct dataset dataset = {0};
    struct error nothing;
    bool fine = command_read_runs(options, &path, 1, &dataset, error);
    if (fine && notes_require_values(&dataset, &nothing)) {
        command_print_notes(&dataset);
        fine = export_mlc(&dataset, stdout, error);
    } else if (fine) {
        outcome_fail(&nothing); // the exit status is that of the rows
    }
    dataset_free(&dataset);
    return fine;
}

static void print_where(const struct session *session, const struct dataset *dataset) {
    const char *path = session->run.path, *quote = command_quote(path);
    printf("Saved      %s/rows.csv, summary.json, machine.json, topology.xml\n", path);
    if (dataset->interrupted)
        printf("Go on      numaprobe --resume %s%s%s\n", quote, path, quote);
}

// Reasons why something is missing are said even where no table is.
static void print_quietly(const struct dataset *dataset) {
    char warning[NOTE_BYTES];
    if (notes_disturbance(dataset, warning))
        fprintf(stderr, "WARNING: %s\n", warning);
    terminal_print_reasons(dataset, stderr);
}

// saved: all that a run writes is there.
static bool print_run(const struct request *request, const struct session *session,
                      const struct dataset *dataset, bool saved, struct error *error) {
    const struct options *options = request->options;
    if (options->mlc) {
        terminal_print_reasons(dataset, stderr);
        return print_mlc(options, session->run.path, error);
    }
    if (options->quiet || options->json) {
        print_quietly(dataset);
        return !options->json || show_json(session->run.path, error);
    }
    show_tables(dataset);
    if (saved)
        print_where(session, dataset);
    return true;
}

// A number of repetitions that was asked for, and that the budget cut short.
static void warn_of_budget(const struct schedule *schedule) {
    char sentence[160];
    size_t fewer = 0;
    for (size_t i = 0; i < schedule->cell_count; i++)
        fewer += schedule->cells[i].stopped == STOP_BUDGET;
    if (!schedule->plan->rounds || !fewer)
        return;
    snprintf(sentence, sizeof sentence,
             "--budget ended the run: %zu case%s fewer than %u repetitions (--rounds); give it "
             "more time, or ask for fewer",
             fewer, fewer == 1 ? " has" : "s have", schedule->plan->rounds);
    outcome_warn(sentence);
}

// What is shown is read back from the run's files, so that it is what any reader finds there. On a
// full disk there is still something to show.
static enum exit_code conclude(const struct request *request, struct session *session,
                               const struct schedule *schedule, bool measured,
                               struct error *error) {
    struct dataset dataset = {0};
    struct error ignored;
    enum exit_code code = EXIT_CODE_FAILURE;
    bool fine = show_read(&dataset, session->run.path, measured ? error : &ignored);
    if (fine && measured)
        measured = summary_write(session, schedule->plan, &dataset, schedule, error);
    if (fine) {
        dataset_read_end(&dataset.runs[0]);
        code = outcome_of(&dataset, request->options->allow_unverified);
        fine = print_run(request, session, &dataset, measured, measured ? error : &ignored);
    }
    dataset_free(&dataset);
    return fine && measured ? code : outcome_fail(error);
}

static enum exit_code measure_plan(const struct request *request, struct session *session,
                                   struct menu_order *order, struct plan *plan) {
    struct error error;
    struct schedule schedule;
    enum exit_code code;
    schedule_begin(&schedule, plan);
    if (open_run(request, session, &schedule, &error)) {
        os_interrupt_catch();
        bool measured =
            run_visits(session, &schedule, request->options, &error) && is_complete(order, &error);
        warn_of_budget(&schedule);
        code = conclude(request, session, &schedule, measured, &error);
    } else {
        code = outcome_fail(&error);
    }
    schedule_free(&schedule);
    return code;
}

// What is chosen on the way, before anything that is asked for is measured.
static void print_choices(const struct session *session, const struct menu_order *order) {
    if (order->probes)
        printf("sizes: the caches are %s, so a probe of at most %s s measures them first\n",
               session->sizing.caches_doubted ? "shown by a hypervisor" : "not all shown",
               order->probes_arrays ? "3" : "1.5");
    if (order->races)
        printf("loops: a race of at most 4 s chooses them (--like RUN uses those of an earlier "
               "run)\n");
}

// Before sizes are probed a plan says nothing of its time.
static bool fits_budget(const struct request *request, const struct menu_order *order,
                        struct plan *plan, struct error *error) {
    struct schedule schedule;
    if (!request->options->budget_ns || order->probes)
        return true;
    schedule_begin(&schedule, plan);
    bool fits = schedule_check(&schedule, error);
    schedule_free(&schedule);
    return fits;
}

static void say_left_out(const struct session *session, const struct options *options) {
    struct machine_chosen chosen;
    choices_tell(session, &chosen);
    if (!options->quiet)
        terminal_print_left_out(&chosen, prints_tables(options) ? stdout : stderr);
    fields_free(&machine_chosen_shape, &chosen);
}

// Whether the machine has nothing to measure for a part, of which the tables have a line.
static bool say_not_applicable(const struct options *options, const struct plan *plan) {
    bool said = false;
    for (size_t block = 0; block < BLOCK_COUNT; block++) {
        const char *sentence = plan->not_applicable[block];
        said = said || sentence[0];
        if (sentence[0] && !prints_tables(options))
            fprintf(stderr, "numaprobe: not applicable here: %s\n", sentence);
    }
    return said;
}

static enum exit_code perform(const struct request *request, struct session *session,
                              struct menu_order *order, struct plan *plan) {
    if (request->options->dry_run)
        memory_check_plan(session, plan);
    if (prints_tables(request->options))
        print_machine(session, plan);
    say_left_out(session, request->options);
    if (prints_tables(request->options))
        print_choices(session, order);
    if (prints_tables(request->options) && request->options->dry_run)
        memory_print_sizes(session, plan, stdout);
    fflush(stdout);
    if (request->options->dry_run) {
        print_plan(session, plan);
        return EXIT_CODE_OK;
    }
    if (!plan_count_cells(plan) && say_not_applicable(request->options, plan))
        return EXIT_CODE_NOTHING;
    menu_begin(order, plan);
    return measure_plan(request, session, order, plan);
}

// What sizes and loops follow from: the run that is resumed, an earlier one, or the machine now.
static bool choose(const struct request *request, struct menu_order *order, struct error *error) {
    order->chosen = request->options->like != NULL;
    if (request->resume)
        return choices_restore(order->session, &request->resume->machine.settings, error);
    if (request->options->like)
        return choices_take(order->session, request->options->like, error);
    menu_read_memory(order);
    return true;
}

static enum exit_code plan_and_measure(struct session *session, const void *context) {
    const struct request *request = context;
    struct plan plan;
    struct error error;
    struct menu_order order = {
        .session = session, .command = request->command->bit, .options = request->options};
    enum exit_code code;
    if (!choose(request, &order, &error) || !menu_plan(&order, &plan, &error)) {
        code = outcome_fail(&error);
    } else {
        menu_prepare(&order, &plan);
        code = fits_budget(request, &order, &plan, &error)
                   ? perform(request, session, &order, &plan)
                   : outcome_fail(&error);
        plan_free(&plan);
    }
    return code;
}

static enum exit_code measure(const struct request *request) {
    return command_in_session(request->command, request->options->dry_run, plan_and_measure,
                              request);
}

enum exit_code cmd_measure(const struct command *command, const struct options *options,
                           int argument_count, char **arguments) {
    struct request request = {.command = command,
                              .options = options,
                              .argument_count = argument_count,
                              .arguments = arguments};
    if (!options->resume)
        return measure(&request);
    struct resume resume;
    struct error error;
    enum exit_code code;
    if (resume_read(&resume, options, &error)) {
        request = (struct request){
            .command = resume.command, .options = &resume.options, .resume = &resume};
        code = measure(&request);
    } else {
        code = outcome_fail(&error);
    }
    resume_free(&resume);
    return code;
}
