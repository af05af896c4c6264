// SPDX-License-Identifier: Apache-2.0
// A health check: one line and an exit status of its own, which schedulers and monitors read.
#include "cli/check_exit.h"
#include "cli/command.h"

#include "analyse/comparable.h"
#include "analyse/node_check.h"
#include "doctor/doctor.h"
#include "plan/named.h"
#include "record/rows_file.h"
#include "record/run_find.h"
#include "run/machine.h"
#include "run/memory.h"
#include "run/session.h"
#include "run/show.h"
#include "run/summary.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const uint64_t default_budget_ns = 45 * NS_PER_S; // Slurm ends a health check after 60 s

struct check_order {
    const struct options *options;
    const struct limits_file *limits;
    int argument_count;
    char **arguments;
    uint64_t deadline_ns; // by os_clock_ns
};

// ---- which limits -------------------------------------------------------------------------------

static void tell_fingerprint(const struct session *session, char text[FINGERPRINT_BYTES]) {
    const struct plan nothing = {0};
    struct data_run run = {.has_machine = true};
    machine_describe(session, &nothing, 0, NULL, &run.machine);
    comparable_fingerprint(&run, text);
    machine_file_free(&run.machine);
}

// NULL with a sentence where the file has none, or several.
static const struct limits_sku *find_sku(const char own[FINGERPRINT_BYTES],
                                         const struct limits_file *limits,
                                         char sentence[NODE_SENTENCE_BYTES]) {
    const struct limits_sku *found = NULL;
    size_t kinds = 0;
    for (size_t i = 0; i < limits->sku_count; i++)
        if (comparable_is_same_kind(limits->skus[i].fingerprint, own)) {
            found = &limits->skus[i];
            kinds++;
        }
    for (size_t i = 0; kinds > 1 && i < limits->sku_count; i++)
        if (strcmp(limits->skus[i].fingerprint, own) == 0) {
            found = &limits->skus[i];
            kinds = 1;
        }
    if (kinds > 1) {
        found = NULL;
        snprintf(sentence, NODE_SENTENCE_BYTES,
                 "UNKNOWN: the file has %zu kinds that fit this machine: they differ in DIMMs, "
                 "which this user cannot read; run check as an administrator, or give it the "
                 "limits of one kind",
                 kinds);
    } else if (!found)
        snprintf(
            sentence, NODE_SENTENCE_BYTES,
            "UNKNOWN: no limits for this kind of machine: it is '%.200s', the file has '%.200s'"
            "%s; numaprobe limits makes limits from runs of such machines",
            own, limits->skus[0].fingerprint, limits->sku_count > 1 ? " and others" : "");
    return found;
}

// ---- measuring ----------------------------------------------------------------------------------

// Plans cells in the order of the file as far as the time goes, by what visits are predicted to
// take: a cell that cannot fit takes none. At least one cell is tried. False when a cell cannot be
// planned here.
static bool plan_cells(const struct session *session, const struct limits_sku *sku,
                       const struct check_order *order, struct plan *plan, struct error *error) {
    *plan = (struct plan){.visit_length = VISIT_SHORT, .seed = order->options->seed};
    for (size_t i = 0; i < sku->cell_count; i++)
        if (!plan_add_named(plan, &session->topology, session_check(session), sku->cells[i].cell,
                            error))
            return false;
    memory_check_plan(session, plan);
    uint64_t now_ns = os_clock_ns(), predicted_ns = 0;
    size_t fitting = 0;
    while (fitting < plan->cell_count) {
        predicted_ns += LIMITS_CHECK_VISITS * cell_predict_ns(&plan->cells[fitting]);
        if (fitting && now_ns + predicted_ns > order->deadline_ns)
            break;
        fitting++;
    }
    while (plan->cell_count > fitting)
        cell_free(&plan->cells[--plan->cell_count]);
    return plan->cell_count || error_set(error, ERROR_KIND_REFUSED, 0, "the limits have no case");
}

// Visits cells until all are settled. `ended` says why it stopped before; "" when it did not.
static bool visit_cells(struct session *session, const struct plan *plan,
                        const struct check_order *order, struct node_check *check, char ended[160],
                        struct error *error) {
    struct row *row = base_allocate(1, sizeof *row);
    uint64_t visit = 0;
    size_t cell;
    bool fine = true;
    ended[0] = '\0';
    while (fine && !ended[0] && node_check_next(check, &cell)) {
        if (os_clock_ns() + cell_predict_ns(&plan->cells[cell]) > order->deadline_ns) {
            snprintf(ended, 160, "out of time (--budget %llu s)",
                     (unsigned long long)(order->options->budget_ns ? order->options->budget_ns
                                                                    : default_budget_ns) /
                         NS_PER_S);
            break;
        }
        visit++;
        fine = session_visit(session, plan, cell, visit, visit, row, error);
        if (fine && row->status == STATUS_INTERRUPTED)
            snprintf(ended, 160, "stopped");
        else if (fine)
            node_check_add(check, cell, row);
    }
    free(row);
    return fine;
}

// What takes bandwidth without taking the CPUs of a visit shows in no flag.
static bool is_busy(const struct session *session, char *sentence, size_t sentence_bytes) {
    size_t cpus = 0;
    for (size_t i = 0; i < session->topology.cpu_count; i++)
        cpus += session->topology.cpus[i].allowed;
    return doctor_is_busy(session->facts, session->fact_count, cpus, sentence, sentence_bytes);
}

static bool keep_run(struct session *session, const struct plan *plan, struct error *error) {
    struct dataset dataset = {0};
    bool kept = !session->recording || (show_read(&dataset, session->run.path, error) &&
                                        summary_write(session, plan, &dataset, NULL, error));
    dataset_free(&dataset);
    return kept;
}

static const enum check_exit exits[] = {[NODE_GOOD] = CHECK_EXIT_GOOD,
                                        [NODE_OUTSIDE] = CHECK_EXIT_OUTSIDE,
                                        [NODE_UNKNOWN] = CHECK_EXIT_UNKNOWN};

static enum exit_code measure(struct session *session, const struct check_order *order,
                              const struct limits_sku *sku, struct plan *plan) {
    struct node_check check;
    struct error error;
    char busy[400], ended[160], sentence[NODE_SENTENCE_BYTES];
    node_check_begin(&check, sku, plan->cell_count);
    check.accepts_unverifiable = order->options->allow_unverified;
    bool was_busy = is_busy(session, busy, sizeof busy);
    os_interrupt_catch();
    enum exit_code code;
    if (visit_cells(session, plan, order, &check, ended, &error) &&
        keep_run(session, plan, &error)) {
        enum node_verdict verdict =
            node_check_judge(&check, was_busy ? busy : NULL, ended[0] ? ended : NULL, sentence);
        code = check_end(exits[verdict], sentence);
    } else {
        code = check_fail(&error);
    }
    node_check_free(&check);
    return code;
}

static enum exit_code check_here(struct session *session, const struct check_order *order) {
    char sentence[NODE_SENTENCE_BYTES], own[FINGERPRINT_BYTES];
    struct error error;
    if (!session_is_here(session, &error))
        return check_fail(&error);
    tell_fingerprint(session, own);
    const struct limits_sku *sku = find_sku(own, order->limits, sentence);
    if (!sku)
        return check_end(CHECK_EXIT_UNKNOWN, sentence);
    struct plan plan;
    enum exit_code code;
    if (!plan_cells(session, sku, order, &plan, &error)) {
        snprintf(sentence, sizeof sentence, "UNKNOWN: %s", error.text);
        code = check_end(CHECK_EXIT_UNKNOWN, sentence);
    } else if (order->options->output &&
               !session_record(session, order->options->output, false, &plan, order->argument_count,
                               order->arguments, &error)) {
        code = check_fail(&error);
    } else {
        code = measure(session, order, sku, &plan);
    }
    plan_free(&plan);
    return code;
}

// ---- a run that was measured before -------------------------------------------------------------

// In the place of a visit. What a cell has beyond its first pass confirms it.
static bool play_row(const struct row *row, void *context) {
    node_check_add_by_name(context, row);
    return true;
}

static enum exit_code judge_run(const char *path, const struct check_order *order) {
    char file[1000], own[FINGERPRINT_BYTES], sentence[NODE_SENTENCE_BYTES];
    struct data_run run = {.has_machine = true};
    struct error error;
    snprintf(file, sizeof file, "%.900s/machine.json", path);
    if (!machine_file_read(&run.machine, file, &error))
        return check_fail(&error);
    const struct limits_sku *sku =
        find_sku(comparable_fingerprint(&run, own), order->limits, sentence);
    machine_file_free(&run.machine);
    if (!sku)
        return check_end(CHECK_EXIT_UNKNOWN, sentence);
    struct node_check check;
    node_check_begin(&check, sku, sku->cell_count);
    check.accepts_unverifiable = order->options->allow_unverified;
    snprintf(file, sizeof file, "%.900s/rows.csv", path);
    enum exit_code code =
        rows_read(file, play_row, &check, NULL, &error)
            ? check_end(exits[node_check_judge(&check, NULL, NULL, sentence)], sentence)
            : check_fail(&error);
    node_check_free(&check);
    return code;
}

static enum exit_code check_run(const char *operand, const struct check_order *order) {
    struct run_list list = {0};
    struct error error;
    const char *unused = order->options->budget_ns ? "--budget"
                         : order->options->output  ? "--output"
                                                   : NULL;
    bool fine = !unused || error_set(&error, ERROR_KIND_USAGE, 0,
                                     "%s is for what check measures, and the run '%.300s' was "
                                     "measured before; leave out one of them",
                                     unused, operand);
    fine = fine && run_list_add(&list, operand, &error);
    fine =
        fine && (list.count == 1 || error_set(&error, ERROR_KIND_USAGE, 0,
                                              "'%.300s' has %zu runs: check judges one at a time",
                                              operand, list.count));
    enum exit_code code = fine ? judge_run(list.paths[0], order) : check_fail(&error);
    run_list_free(&list);
    return code;
}

enum exit_code cmd_check(const struct command *command, const struct options *options,
                         int argument_count, char **arguments) {
    struct limits_file limits = {0};
    struct error error;
    struct check_order order = {.options = options,
                                .limits = &limits,
                                .argument_count = argument_count,
                                .arguments = arguments,
                                .deadline_ns =
                                    os_clock_ns() +
                                    (options->budget_ns ? options->budget_ns : default_budget_ns)};
    struct session *session = base_allocate(1, sizeof *session);
    enum exit_code code;
    if (!command_operands(command, options, 1, &error) ||
        !limits_read(&limits, options->operands[0], &error)) {
        code = check_fail(&error);
    } else if (options->operand_count > 1) {
        code = check_run(options->operands[1], &order);
    } else if (session_open(session, false, &error)) {
        session->command = command->name;
        code = check_here(session, &order);
        session_close(session);
    } else {
        code = check_fail(&error);
    }
    free(session);
    limits_free(&limits);
    return code;
}
