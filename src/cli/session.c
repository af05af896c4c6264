// SPDX-License-Identifier: Apache-2.0
#include "cli/session.h"

#include "base/random.h"
#include "cli/machine.h"
#include "measure/visit.h"
#include "plan/c2c.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *session_fact(const struct session *session, const char *name) {
    const char *value = os_fact_value(session->facts, session->fact_count, name);
    return value ? value : "unknown";
}

const struct cross_check *session_check(const struct session *session) {
    return session->checked ? &session->check : NULL;
}

// Two runs of one second on one host differ in where the loader put the program and in the clock.
static void name_run(struct session *session) {
    char utc[UTC_TEXT_BYTES];
    uint64_t entropy = random_hash((uint64_t)(uintptr_t)session ^ random_hash(os_clock_ns()));
    snprintf(session->run_id, sizeof session->run_id, "%s-%08x", utc_compact(utc),
             (unsigned)(entropy & 0xffffffff));
    utc_timestamp(session->started_utc);
}

bool session_open(struct session *session, bool look_only, struct error *error) {
    *session = (struct session){0};
    if (!topology_load(&session->topology, error))
        return false;
    session->fact_count = os_facts(session->facts, COUNT_OF(session->facts));
    snprintf(session->host, sizeof session->host, "%.63s", session_fact(session, "host"));
    name_run(session);
    session->checked = session->topology.is_this_system || !look_only;
    if (session->checked)
        cross_check_run(&session->topology, &session->check);
    return true;
}

void session_close(struct session *session) {
    struct error ignored;
    if (session->recording)
        run_directory_close(&session->run, &ignored);
    if (session->checked)
        cross_check_free(&session->check);
    topology_free(&session->topology);
}

// ---- what is taken when nothing is asked for ----------------------------------------------------

// Eight streams with prefetch came within 3 % of the best loop on both cores that were tried: the
// best on a Cascade Lake, and on a Zen 4, where one stream loses a quarter with 4 KiB pages. AVX2
// drew as much as AVX-512 or a little more (docs/method.md). The row names both.
static const struct kernel *default_kernel(void) {
    return kernel_find("read_8s_p512", isa_available(ISA_AVX2) ? ISA_AVX2 : isa_widest());
}

static const char default_pattern[] = "structural";

// thp where this system has it switched on and of an ordinary size (2 MiB; kernels with 64 KiB
// pages have 512 MiB), else 4K. A choice that is made before the plan and named in it, not a way
// out when pages are short.
static const struct page_kind *default_pages(const struct session *session) {
    bool enabled = !strstr(session_fact(session, "thp_enabled"), "[never]");
    bool ordinary = os_transparent_page_bytes() == 2 * MIB;
    return page_kind_find(enabled && ordinary ? "thp" : "4K");
}

// Both homes where they differ: which of them is faster is the machine's own affair.
static bool plan_pairs(const struct session *session, const struct options *options,
                       struct plan *plan, struct error *error) {
    const struct page_kind *pages = default_pages(session);
    const struct pair_protocol **protocols = base_allocate(pair_protocol_count, sizeof *protocols);
    for (size_t i = 0; i < pair_protocol_count; i++)
        protocols[i] = &pair_protocols[i];
    bool homes_given = false;
    for (size_t home = 0; home < PAIR_HOME_COUNT; home++)
        homes_given = homes_given || options->homes[home];
    struct c2c_request request = {
        .pairs = {.cpu_nodes = options->cpu_nodes,
                  .per_class = options->pairs,
                  .full = options->full,
                  .writer_cpu = options->writer_cpu,
                  .reader_cpu = options->reader_cpu,
                  .seed = options->seed},
        .protocols = options->protocol_count ? options->protocols : protocols,
        .protocol_count = options->protocol_count ? options->protocol_count : pair_protocol_count,
        .homes = {[HOME_WRITER] = !homes_given || options->homes[HOME_WRITER],
                  [HOME_READER] = !homes_given || options->homes[HOME_READER],
                  [HOME_THIRD] = options->homes[HOME_THIRD]},
        .pages = options->page_count ? options->pages : &pages,
        .page_count = options->page_count ? options->page_count : 1,
    };
    *plan = (struct plan){.seed = options->seed};
    plan->cells =
        c2c_cells(&session->topology, session_check(session), &request, &plan->cell_count, error);
    free(protocols);
    if (!plan->cells)
        return false;
    plan_schedule(plan, options->rounds, C2C_BUDGET_NS);
    return true;
}

bool session_plan(const struct session *session, enum command_bit command,
                  const struct options *options, struct plan *plan, struct error *error) {
    if (command == COMMAND_C2C)
        return plan_pairs(session, options, plan, error);
    const struct kernel *kernel = default_kernel();
    const struct chase_pattern *pattern = chase_pattern_find(default_pattern);
    const struct page_kind *pages = default_pages(session);
    CHECK(kernel && pattern && pages);
    const struct plan_request request = {
        .tests = {[TEST_LATENCY] = command != COMMAND_BANDWIDTH,
                  [TEST_BANDWIDTH] = command != COMMAND_LATENCY},
        .cpu_nodes = options->cpu_nodes,
        .mem_nodes = options->mem_nodes,
        .kernels = options->kernel_count ? options->kernels : &kernel,
        .kernel_count = options->kernel_count ? options->kernel_count : 1,
        .patterns = options->pattern_count ? options->patterns : &pattern,
        .pattern_count = options->pattern_count ? options->pattern_count : 1,
        .pages = options->page_count ? options->pages : &pages,
        .page_count = options->page_count ? options->page_count : 1,
        .size_bytes = options->size_bytes,
        .cached = options->cached,
        .threads = options->threads,
        .rounds = options->rounds,
        .seed = options->seed,
    };
    return plan_build(plan, &session->topology, session_check(session), &request, error);
}

// ---- the run directory --------------------------------------------------------------------------

bool session_is_here(const struct session *session, struct error *error) {
    return session->topology.is_this_system ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "the topology was read from a file (HWLOC_XMLFILE, HWLOC_SYNTHETIC or "
                     "HWLOC_FSROOT is set): it can be shown (topo) and planned (--dry-run), not "
                     "measured");
}

// Names have whole seconds, so a run that begins in the same second takes the next free one.
static bool open_default_directory(struct session *session, struct error *error) {
    char name[RUN_PATH_BYTES], numbered[RUN_PATH_BYTES + 8];
    run_directory_default_name(session->host, name);
    bool opened = run_directory_open(&session->run, name, error);
    for (int number = 2; !opened && error->kind == ERROR_KIND_USAGE && number < 100; number++) {
        snprintf(numbered, sizeof numbered, "%s-%d", name, number);
        opened = run_directory_open(&session->run, numbered, error);
    }
    return opened;
}

bool session_record(struct session *session, const char *path, const struct plan *plan,
                    int argument_count, char **arguments, struct error *error) {
    if (!session_is_here(session, error))
        return false;
    if (!(path ? run_directory_open(&session->run, path, error)
               : open_default_directory(session, error)))
        return false;
    char topology[RUN_PATH_BYTES], machine[RUN_PATH_BYTES];
    run_directory_file(&session->run, "topology.xml", topology);
    run_directory_file(&session->run, "machine.json", machine);
    session->recording = topology_export(&session->topology, topology, error) &&
                         machine_write(session, plan, argument_count, arguments, machine, error);
    if (!session->recording)
        run_directory_abandon(&session->run); // on a full disk: half a file is worse than none
    return session->recording;
}

bool session_visit(struct session *session, const struct plan *plan, size_t cell, uint64_t round,
                   uint64_t visit, struct row *row, struct error *error) {
    CHECK(session->recording && cell < plan->cell_count && round > 0 && visit > 0);
    const struct visit_request request = {
        .cell = &plan->cells[cell],
        .run_id = session->run_id,
        .host = session->host,
        .seed = plan_visit_seed(plan, (size_t)(visit - 1)),
        .round = round,
        .visit = visit,
    };
    visit_measure(&request, row);
    return rows_writer_append(session->run.rows, row, error);
}
