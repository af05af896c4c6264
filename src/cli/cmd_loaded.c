// SPDX-License-Identifier: Apache-2.0
// numaprobe loaded: latency against bandwidth.
#include "base/units.h"
#include "cli/command.h"
#include "cli/loaded_run.h"
#include "cli/machine.h"
#include "cli/menu.h"
#include "plan/load_choice.h"

#include <stdio.h>

// The loop of a mix, in the instruction set of the other defaults (docs/method.md, Bandwidth).
static const struct kernel *kernel_of(const struct kernel_mix *mix) {
    const struct kernel *kernel =
        kernel_find(mix->loop, isa_available(ISA_AVX2) ? ISA_AVX2 : isa_widest());
    return kernel ? kernel : kernel_find(mix->loop, ISA_PORTABLE);
}

static bool add_curve(struct loaded_run *run, size_t victim, uint32_t node,
                      const struct kernel_mix *mix, struct error *error) {
    const struct load_request request = {
        .mix = mix,
        .kernel = kernel_of(mix),
        .node = node,
        .threads = run->options->thread_count ? run->options->threads[0] : THREADS_CORES,
        .size_bytes = run->options->size_bytes,
    };
    if (!request.kernel)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--mix %s: this processor has no loop for it (numaprobe list kernels)",
                         mix->name);
    run->curves = base_grow(run->curves, run->curve_count + 1, sizeof *run->curves);
    struct loaded_curve_run *curve = &run->curves[run->curve_count++];
    *curve = (struct loaded_curve_run){.idle_cell = victim};
    return load_choose(&run->session->topology, session_check(run->session), &request,
                       &run->plan.cells[victim], &curve->like, error);
}

// A curve is one load with one number of threads; what options call `all` has no second thread of a
// core here, because the victim's core is to do nothing else.
static bool check_threads(const struct options *options, struct error *error) {
    bool one = options->thread_count <= 1;
    return (one && (!options->thread_count || options->threads[0] != THREADS_ALL)) ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--threads: a load has one number of threads, or cores (one per core)");
}

// Each victim with each mix on each node of a load; without --load-nodes on the victim's memory.
static bool add_curves(struct loaded_run *run, struct error *error) {
    const struct options *options = run->options;
    const struct kernel_mix *reads = mix_find("reads");
    if (!check_threads(options, error))
        return false;
    for (size_t victim = 0; victim < run->plan.cell_count; victim++) {
        const struct id_set own = {&run->plan.cells[victim].mem_node, 1};
        const struct id_set *nodes = options->load_nodes.count ? &options->load_nodes : &own;
        for (size_t node = 0; node < nodes->count; node++)
            for (size_t i = 0; i < (options->mix_count ? options->mix_count : 1); i++)
                if (!add_curve(run, victim, nodes->ids[node],
                               options->mix_count ? options->mixes[i] : reads, error))
                    return false;
    }
    return true;
}

// Without --cpu-nodes and --mem-nodes one victim: the first node that has CPUs, with the memory
// that is nearest to it by the firmware's word, else its own.
static void keep_nearest(const struct session *session, struct plan *plan) {
    size_t nearest = 0;
    uint64_t least = NONE_U64;
    for (size_t i = 0; i < plan->cell_count; i++) {
        const struct cell *cell = &plan->cells[i];
        uint64_t distance = topology_distance(&session->topology, cell->cpu_node, cell->mem_node);
        if (cell->cpu_node == plan->cells[0].cpu_node && distance < least) {
            least = distance;
            nearest = i;
        }
    }
    for (size_t i = 0; i < plan->cell_count; i++)
        if (i != nearest)
            id_set_free(&plan->cells[i].cpus);
    if (plan->cell_count)
        plan->cells[0] = plan->cells[nearest];
    plan->cell_count = plan->cell_count ? 1 : 0;
}

static void print_plan(const struct loaded_run *run) {
    char name[CELL_NAME_BYTES], bytes[UNITS_TEXT_BYTES];
    for (size_t i = 0; i < run->curve_count; i++) {
        const struct cell *cell = &run->curves[i].like;
        printf("%-10s %6.1f s a visit, 9 to 40 points: %s\n",
               units_format_bytes(cell_buffer_bytes(cell), bytes),
               (double)cell_predict_ns(cell) / NS_PER_S, cell_name(cell, name));
        if (cell->refusal.kind != ERROR_KIND_NONE)
            printf("%-10s refused: %s\n", "", cell->refusal.text);
    }
}

static enum exit_code measure(struct loaded_run *run, int argument_count, char **arguments) {
    const struct options *options = run->options;
    struct error error;
    if (!session_record(run->session, options->output, &run->plan, argument_count, arguments,
                        &error))
        return command_fail(&error);
    os_interrupt_catch();
    results_create(&run->results, &run->plan);
    bool recorded = loaded_run_measure(run, &error);
    if (!options->quiet) {
        loaded_run_print(run);
        results_print_summary(&run->results);
    }
    results_print_reasons(&run->results, options->quiet ? stderr : stdout);
    if (!options->quiet && recorded)
        printf("Saved      %s/rows.csv, machine.json, topology.xml\n", run->session->run.path);
    enum exit_code code = recorded ? results_exit_code(&run->results, options->allow_unverified)
                                   : command_fail(&error);
    results_free(&run->results);
    return code;
}

static enum exit_code plan_and_measure(struct loaded_run *run, int argument_count,
                                       char **arguments) {
    const struct options *options = run->options;
    struct error error;
    if (!menu_plan(run->session, COMMAND_LATENCY, options, &run->plan, &error))
        return command_fail(&error);
    if (!options->cpu_nodes.count && !options->mem_nodes.count)
        keep_nearest(run->session, &run->plan);
    enum exit_code code = EXIT_CODE_OK;
    if (!add_curves(run, &error)) {
        code = command_fail(&error);
    } else {
        if (!options->quiet)
            machine_print_warnings(run->session, stdout);
        if (options->dry_run)
            print_plan(run);
        else
            code = measure(run, argument_count, arguments);
    }
    loaded_run_free(run);
    return code;
}

struct request {
    const struct options *options;
    int argument_count;
    char **arguments;
};

static enum exit_code run_in(struct session *session, const void *context) {
    const struct request *request = context;
    struct loaded_run run = {.session = session, .options = request->options};
    return plan_and_measure(&run, request->argument_count, request->arguments);
}

enum exit_code cmd_loaded(const struct command *command, const struct options *options,
                          int argument_count, char **arguments) {
    const struct request request = {options, argument_count, arguments};
    return command_in_session(command, options->dry_run, run_in, &request);
}
