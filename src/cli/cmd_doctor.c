// SPDX-License-Identifier: Apache-2.0
// Says beforehand what will disturb or block a run. Takes one small buffer on each node, in the
// kind of page that the plain run takes.
#include "ask/menu.h"
#include "base/units.h"
#include "cli/command.h"
#include "doctor/doctor.h"
#include "doctor/self_test.h"
#include "measure/clock_source.h"
#include "placement/fill.h"
#include "record/document.h"
#include "run/machine.h"
#include "run/memory.h"
#include "run/session.h"

#include <stdio.h>
#include <stdlib.h>

// Two of the largest pages that the plain run takes; little enough for the fullest node.
#define TRIAL_BYTES (4 * MIB)

// From a CPU of the node itself where it has one that may be used, else from any.
static uint32_t pick_cpu(const struct topology *topology, const struct topology_node *node) {
    uint32_t any = NONE_U32;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        if (!cpu->allowed)
            continue;
        if (cpu->node == node->id)
            return cpu->id;
        any = any == NONE_U32 ? cpu->id : any;
    }
    return any;
}

static void try_node(const struct topology *topology, const struct topology_node *node,
                     const struct page_kind *pages, struct doctor_node *trial) {
    struct placement placement;
    struct id_set cpus = {0};
    struct error error;
    uint64_t total_bytes;
    trial->node = node->id;
    if (!os_node_memory(node->id, &total_bytes, &trial->free_bytes, &error))
        trial->free_bytes = NONE_U64;
    uint32_t cpu = pick_cpu(topology, node);
    if (cpu == NONE_U32) {
        trial->refused = true;
        snprintf(trial->reason, sizeof trial->reason,
                 "this process may not run on any CPU that hwloc shows");
        return;
    }
    id_set_add(&cpus, cpu);
    if (placement_create(&placement, TRIAL_BYTES, pages, node_set_of(node->id), 1, &error) &&
        fill_placement(&placement, &cpus, &error)) {
        struct evidence evidence;
        placement_prove(&placement, &evidence);
        trial->placed = placement_judge(&placement.memory, &evidence, NULL, trial->reason,
                                        sizeof trial->reason);
        trial->placed_by = placement.memory.placed_by;
        trial->located_by = evidence.located_by;
        evidence_free(&evidence);
    } else {
        trial->refused = true;
        snprintf(trial->reason, sizeof trial->reason, "%s", error.text);
    }
    placement_release(&placement);
    id_set_free(&cpus);
}

// What the largest cell of the plain run takes on this node.
static uint64_t needed_bytes(const struct plan *plan, uint32_t node) {
    uint64_t most = 0;
    for (size_t i = 0; i < plan->cell_count; i++) {
        size_t count;
        struct region *regions = cell_regions(&plan->cells[i], &count);
        uint64_t sum = 0;
        for (size_t region = 0; region < count; region++)
            sum += region_bytes_on(&regions[region], node);
        most = sum > most ? sum : most;
        free(regions);
    }
    return most;
}

static size_t try_nodes(const struct session *session, const struct plan *plan,
                        struct doctor_node *trials) {
    size_t count = 0;
    for (size_t i = 0; i < session->topology.node_count; i++) {
        const struct topology_node *node = &session->topology.nodes[i];
        if (!node->has_memory || !node->allowed || topology_node_is_device(node))
            continue;
        try_node(&session->topology, node, plan->cells[0].pages, &trials[count]);
        trials[count++].needed_bytes = needed_bytes(plan, node->id);
    }
    return count;
}

// ---- what is shown ------------------------------------------------------------------------------

static enum exit_code print_json(const struct doctor_finding *findings, size_t count) {
    struct document *document = document_create();
    bool blocks = false;
    document_open_array(document, "checks");
    for (size_t i = 0; i < count; i++) {
        const struct doctor_finding *finding = &findings[i];
        document_open_object(document, NULL);
        document_text(document, "name", finding->name);
        document_text(document, "verdict", doctor_verdict_names[finding->verdict]);
        document_text(document, "found", finding->found);
        document_text(document, "trouble", finding->trouble);
        document_text(document, "remedy", finding->trouble ? finding->remedy : NULL);
        document_close(document);
        blocks = blocks || finding->verdict == DOCTOR_BLOCK;
    }
    document_close(document);
    bool printed = document_print(document, stdout);
    document_free(document);
    return printed && !blocks ? EXIT_CODE_OK : EXIT_CODE_FAILURE;
}

static enum exit_code print_findings(const struct doctor_finding *findings, size_t count) {
    size_t verdicts[DOCTOR_VERDICT_COUNT] = {0};
    for (size_t i = 0; i < count; i++) {
        const struct doctor_finding *finding = &findings[i];
        char label[DOCTOR_SHOWN_BYTES], shown[DOCTOR_SHOWN_BYTES];
        printf("%-9s %-18s %s\n", doctor_verdict_names[finding->verdict],
               doctor_label(finding->name, label), doctor_shown(finding, shown));
        if (finding->trouble)
            printf("%-28s %s\n%-28s -> %s\n", "", finding->trouble, "", finding->remedy);
        verdicts[finding->verdict]++;
    }
    printf("\n%zu checks: %zu ok, %zu warnings, %zu blocking, %zu unknown\n", count,
           verdicts[DOCTOR_OK], verdicts[DOCTOR_WARN], verdicts[DOCTOR_BLOCK],
           verdicts[DOCTOR_UNKNOWN]);
    return verdicts[DOCTOR_BLOCK] ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

// One witness suffices: before build 20348 Windows has no second one.
static void take_cross_check(const struct cross_check *check, struct doctor_subject *subject,
                             char *hidden, size_t hidden_bytes) {
    char nodes[96], cpus[96];
    bool both = check->hidden_nodes.count && check->hidden_cpus.count;
    snprintf(hidden, hidden_bytes, "%s%s%s%s%s", check->hidden_nodes.count ? "nodes " : "",
             id_set_format(&check->hidden_nodes, nodes, sizeof nodes), both ? " and " : "",
             check->hidden_cpus.count ? "CPUs " : "",
             id_set_format(&check->hidden_cpus, cpus, sizeof cpus));
    subject->hidden = hidden;
    const char *reason = "";
    size_t compared = 0;
    for (size_t witness = 0; witness < CROSS_WITNESS_COUNT; witness++) {
        const struct cross_summary *summary = &check->witnesses[witness];
        if (summary->agree || summary->mismatch)
            compared++;
        else
            reason = summary->reason;
        if (summary->mismatch > subject->cpus_contradicted)
            subject->cpus_contradicted = summary->mismatch;
    }
    subject->check_reason = compared ? check->nodes_reason : reason;
}

static void take_plan(const struct plan *plan, struct doctor_subject *subject) {
    subject->refusal = "";
    subject->cells_planned = plan->cell_count;
    for (size_t i = 0; i < plan->cell_count; i++)
        if (plan->cells[i].refusal && !subject->cells_refused++)
            subject->refusal = plan->cells[i].refusal->text;
}

static uint64_t shortest_sample_ns(const struct plan *plan) {
    uint64_t shortest_ns = NONE_U64;
    for (size_t i = 0; i < plan->cell_count; i++) {
        uint64_t sample_ns = test_times[plan->cells[i].visit_length][plan->cells[i].test].sample_ns;
        shortest_ns = sample_ns < shortest_ns ? sample_ns : shortest_ns;
    }
    return shortest_ns;
}

static enum exit_code examine(struct session *session, const struct options *options) {
    struct error error;
    struct plan plan;
    if (!session_is_here(session, &error))
        return outcome_fail(&error);
    struct menu_order order = {.session = session, .command = COMMAND_OVERVIEW, .options = options};
    menu_read_memory(&order);
    bool planned = menu_plan(&order, &plan, &error);
    if (!planned)
        return outcome_fail(&error);
    memory_check_plan(session, &plan);
    char restriction[400], averaging[96], hidden[240];
    struct id_set online = {0}, allowed = {0};
    const struct topology *topology = &session->topology;
    for (size_t i = 0; i < topology->cpu_count; i++) {
        id_set_add(&online, topology->cpus[i].id);
        if (topology->cpus[i].allowed)
            id_set_add(&allowed, topology->cpus[i].id);
    }
    struct doctor_node *trials = base_allocate(topology->node_count, sizeof *trials);
    struct doctor_subject subject = {
        .facts = session->facts,
        .fact_count = session->fact_count,
        .nodes = trials,
        .node_count = try_nodes(session, &plan, trials),
        .cpus_allowed = &allowed,
        .cpus_online = &online,
        .package_count = topology_package_count(topology),
        .restriction = machine_restriction(session, restriction, sizeof restriction),
        .averaging = machine_averaging(session, averaging, sizeof averaging),
        .clock_step_ns = os_clock_step_ns(),
        .clock_step_max_ns = shortest_sample_ns(&plan) / CLOCK_STEPS_MIN,
        .base_page_bytes = os_base_page_bytes(),
        .transparent_page_bytes = os_transparent_page_bytes(),
    };
    take_plan(&plan, &subject);
    take_cross_check(&session->check, &subject, hidden, sizeof hidden);
    struct doctor_finding *findings = base_allocate(DOCTOR_CHECKS_MAX, sizeof *findings);
    size_t count = doctor_look(&subject, findings);
    enum exit_code code = (options->json ? print_json : print_findings)(findings, count);
    free(findings);
    free(trials);
    id_set_free(&online);
    id_set_free(&allowed);
    plan_free(&plan);
    return code;
}

// ---- a right ------------------------------------------------------------------------------------

static bool agrees(void) {
    char answer[16];
    printf("Grant it? [y/N] ");
    fflush(stdout);
    return fgets(answer, sizeof answer, stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static enum exit_code grant_right(const struct options *options) {
    struct os_right right;
    struct error error;
    if (!os_large_page_right(&right, &error))
        return outcome_fail(&error);
    const char *account = right.account[0] ? right.account : "this account";
    if (right.held) {
        printf("%s has the right \"Lock pages in memory\" already\n", account);
        return EXIT_CODE_OK;
    }
    printf("This gives %s the right \"Lock pages in memory\" in the security policy of this\n"
           "machine, for good: it is taken away in secpol.msc, or by a policy of the domain.\n",
           account);
    if (!options->yes && !agrees()) {
        printf("Nothing was changed (--yes grants it without a question)\n");
        return EXIT_CODE_FAILURE;
    }
    if (!os_large_page_right_grant(&error))
        return outcome_fail(&error);
    printf("Granted: sign out and in again, for it counts from the next sign-in\n");
    return EXIT_CODE_OK;
}

// ---- the self-test ------------------------------------------------------------------------------

static enum exit_code test_system(const struct session *session, bool no_host) {
    const struct self_test_subject subject = {session->facts, session->fact_count, session->run_id,
                                              session->started_utc, no_host};
    struct error error;
    size_t differences;
    if (!self_test_run(&subject, &differences, &error))
        return outcome_fail(&error);
    return differences ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

static enum exit_code run(struct session *session, const void *context) {
    const struct options *options = context;
    return options->self_test ? test_system(session, options->no_host) : examine(session, options);
}

enum exit_code cmd_doctor(const struct command *command, const struct options *options,
                          int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    return options->grant_lock_pages ? grant_right(options)
                                     : command_in_session(command, false, run, options);
}
