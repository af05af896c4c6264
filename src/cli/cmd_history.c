// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/output.h"
#include "record/accepted_file.h"
#include "record/run_copy.h"
#include "record/run_directory.h"
#include "report/history_report.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool add_runs(const struct options *options, struct dataset *added, struct error *error) {
    const char *directory = options->operands[0];
    bool fine = command_read_runs(options, &options->add, 1, added, error) &&
                notes_require_values(added, error);
    for (size_t i = 0; fine && i < added->run_count; i++)
        fine = run_copy(added->runs[i].path, directory, added->runs[i].run_id, error);
    return fine;
}

// ---- the level that counts ----------------------------------------------------------------------

static const char *last_part(const char *path) {
    const char *last = path;
    for (const char *at = path; *at; at++)
        if ((*at == '/' || *at == '\\') && at[1])
            last = at + 1;
    return last;
}

// By its run_id, its path or the name of its directory.
static bool find_run(const struct dataset *dataset, const char *option, const char *name,
                     uint32_t *found, struct error *error) {
    for (uint32_t run = 0; run < dataset->run_count; run++) {
        const struct data_run *at = &dataset->runs[run];
        *found = run;
        if (strcmp(at->run_id, name) == 0 || strcmp(at->path, name) == 0 ||
            strcmp(last_part(at->path), name) == 0)
            return true;
    }
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "%s '%.200s': no run of this history has that run_id or directory; "
                     "numaprobe history DIR --json lists them (run_ids)",
                     option, name);
}

static bool take_baseline(const struct dataset *dataset, const char *asked,
                          struct history_rules *rules, struct error *error) {
    rules->pinned_run = NONE_U32;
    if (!asked)
        return true;
    if (asked[strspn(asked, "0123456789")] || strlen(asked) > 6)
        return find_run(dataset, "--baseline", asked, &rules->pinned_run, error);
    rules->pinned_first = strtoul(asked, NULL, 10);
    return rules->pinned_first ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--baseline 0: give the number of first runs that make the level, at least 1");
}

static bool accept_run(const struct dataset *dataset, const struct options *options,
                       struct accepted_file *accepted, struct error *error) {
    struct accepted_level level = {0};
    uint32_t run;
    if (!find_run(dataset, "--accept", options->accept, &run, error))
        return false;
    snprintf(level.host, sizeof level.host, "%s", dataset->runs[run].host);
    snprintf(level.run_id, sizeof level.run_id, "%s", dataset->runs[run].run_id);
    utc_timestamp(level.accepted_utc);
    return accepted_add(accepted, options->operands[0], &level, NUMAPROBE_VERSION, error);
}

// The flags by run are the caller's to free.
static bool take_accepted(const struct dataset *dataset, const struct options *options,
                          bool **flags, struct error *error) {
    struct accepted_file accepted;
    bool fine = accepted_read(&accepted, options->operands[0], error) &&
                (!options->accept || accept_run(dataset, options, &accepted, error));
    *flags = base_allocate(dataset->run_count, sizeof **flags);
    for (size_t run = 0; fine && run < dataset->run_count; run++)
        (*flags)[run] = accepted_has(&accepted, dataset->runs[run].host, dataset->runs[run].run_id);
    accepted_free(&accepted);
    return fine;
}

// ---- the machines -------------------------------------------------------------------------------

// Puts the machine that is asked for first.
static bool choose_machine(const struct dataset *dataset, const char *host, uint32_t *newest,
                           size_t machines, struct error *error) {
    for (size_t i = 0; host && i < machines; i++)
        if (strcmp(dataset->runs[newest[i]].host, host) == 0) {
            uint32_t first = newest[0];
            newest[0] = newest[i];
            newest[i] = first;
            return true;
        }
    return !host || error_set(error, ERROR_KIND_USAGE, 0,
                              "--host '%.60s': this history has no run of that host", host);
}

static struct history_other other_of(const struct dataset *dataset, uint32_t newest,
                                     const struct history_rules *rules) {
    struct history history;
    history_build(&history, dataset, newest, rules);
    const struct history_other other = {.host = dataset->runs[newest].host,
                                        .newest = dataset->runs[newest].run_id,
                                        .runs = history.same_count,
                                        .verdict = comparison_verdict(&history.comparison)};
    history_free(&history);
    return other;
}

// A gate that has no past is not green.
static struct gate judge(const struct history *history, const struct options *options) {
    struct gate gate = compare_gate(&history->comparison, history->lost, options->require);
    if (gate.state != GATE_UNDECIDED)
        return gate;
    if (!history->comparison.count)
        snprintf(gate.reason, sizeof gate.reason, "--check: %s",
                 history->same_count > 1 ? "no case has a verified value both in the newest run "
                                           "and in its past, so there is nothing to compare"
                                         : "the newest run is the first of this machine: there is "
                                           "nothing to compare it with yet");
    else if (history->comparison.is_tentative)
        snprintf(gate.reason, sizeof gate.reason, "--check: %s", history_tentative_sentence);
    return gate;
}

static bool print_history(const struct history_report *report, enum text_form form,
                          const struct options *options, struct error *error) {
    struct output output;
    if (!output_open(&output, options->output, error))
        return false;
    bool printed = history_print(report, form, output.stream);
    return output_close(&output, printed, error);
}

static bool show(const struct dataset *dataset, const uint32_t *newest, size_t machines,
                 const struct history_rules *rules, enum text_form form,
                 const struct options *options, enum exit_code *code, struct error *error) {
    struct history history;
    struct history_other *others = base_allocate(machines, sizeof *others);
    for (size_t i = 1; i < machines; i++)
        others[i - 1] = other_of(dataset, newest[i], rules);
    history_build(&history, dataset, newest[0], rules);
    const struct gate gate = judge(&history, options);
    *code = command_exit_of(&gate, options);
    const struct history_report report = {&history, others, machines - 1, (int)*code};
    bool fine = print_history(&report, form, options, error);
    if (fine && *code == EXIT_CODE_NOT_COMPARABLE)
        command_refuse(gate.reason);
    history_free(&history);
    free(others);
    return fine;
}

enum exit_code cmd_history(const struct command *command, const struct options *options,
                           int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    struct dataset dataset = {0}, added = {0};
    struct history_rules rules = {.compare =
                                      command_compare_rules(options, &compare_rules_history)};
    bool *accepted = NULL;
    uint32_t *newest = NULL;
    size_t machines = 0;
    enum text_form form;
    enum exit_code code = EXIT_CODE_OK;
    bool fine = command_operands(command, options, 1, &error) &&
                command_text_form(command, options, &form, &error) &&
                (!options->add || add_runs(options, &added, &error)) &&
                command_read_runs(options, options->operands, 1, &dataset, &error) &&
                notes_require_values(&dataset, &error) &&
                take_baseline(&dataset, options->baseline, &rules, &error) &&
                take_accepted(&dataset, options, &accepted, &error);
    if (fine) {
        rules.accepted = accepted;
        newest = base_allocate(dataset.run_count, sizeof *newest);
        machines = history_machines(&dataset, newest);
        fine = choose_machine(&dataset, options->host, newest, machines, &error);
    }
    if (fine && form == FORM_JSON)
        command_print_notes(&dataset);
    fine = fine && show(&dataset, newest, machines, &rules, form, options, &code, &error);
    if (!fine)
        code = command_fail_of(dataset.run_count ? &dataset : &added, &error);
    free(newest);
    free(accepted);
    dataset_free(&added);
    dataset_free(&dataset);
    return code;
}
