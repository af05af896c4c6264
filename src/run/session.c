// SPDX-License-Identifier: Apache-2.0
#include "run/session.h"

#include "base/random.h"
#include "measure/visit.h"
#include "run/machine.h"
#include "run/outcome.h"

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

bool session_open(struct session *session, bool inspect_only, struct error *error) {
    *session = (struct session){0};
    if (!topology_load(&session->topology, error))
        return false;
    session->fact_count = os_facts(session->facts, COUNT_OF(session->facts));
    snprintf(session->host, sizeof session->host, "%.63s", session_fact(session, "host"));
    name_run(session);
    session->checked = session->topology.is_this_system || !inspect_only;
    if (session->checked)
        cross_check_run(&session->topology, &session->check);
    return true;
}

void session_close(struct session *session) {
    struct error ignored; // of a run that has failed, and has said so
    os_keep_awake(false);
    bus_close(&session->bus);
    run_directory_close(&session->run, &ignored);
    if (session->checked)
        cross_check_free(&session->check);
    topology_free(&session->topology);
    free(session->sizing.rooms);
}

// ---- the run directory --------------------------------------------------------------------------

bool session_is_here(const struct session *session, struct error *error) {
    return session->topology.is_this_system ||
           error_set(
               error, ERROR_KIND_USAGE, 0,
               "the topology was read from a file (HWLOC_XMLFILE, HWLOC_SYNTHETIC or HWLOC_FSROOT "
               "is set): it can be shown (topo) and planned (--dry-run), but not measured");
}

static bool open_default_directory(struct session *session, struct error *error) {
    char name[RUN_PATH_BYTES], path[RUN_PATH_BYTES];
    bool opened = false, taken = true;
    for (unsigned number = 1; taken && number <= RUN_DEFAULT_NAMES; number++) {
        run_directory_default_name("numaprobe", session->host, number, name);
        if (!run_default_path(name, path, error))
            return false;
        opened = run_directory_open(&session->run, path, true, error);
        taken = !opened && error->kind == ERROR_KIND_USAGE;
    }
    return opened;
}

static void warn_of_place(const char *path) {
    const char *disturbance = os_path_disturbance(path);
    char sentence[2 * RUN_PATH_BYTES];
    if (!disturbance)
        return;
    snprintf(sentence, sizeof sentence,
             "the run directory '%.300s' %s; measure into a folder of a local disk (--output) and "
             "copy it afterwards",
             path, disturbance);
    outcome_warn(sentence);
}

bool session_record(struct session *session, const char *path, bool must_be_new,
                    const struct plan *plan, int argument_count, char **arguments,
                    struct error *error) {
    if (!session_is_here(session, error))
        return false;
    if (path && !run_directory_check_place(path, error))
        return false;
    if (!(path ? run_directory_open(&session->run, path, must_be_new, error)
               : open_default_directory(session, error)))
        return false;
    warn_of_place(session->run.path);
    session->recording =
        topology_export(&session->topology, session->run.topology.stream, error) &&
        machine_write(session, plan, argument_count, arguments, &session->run.machine, error) &&
        os_file_finish(&session->run.topology, true, error) &&
        (!session->keeps_samples ||
         samples_file_create(&session->run.samples, &session->run.directory, error));
    os_keep_awake(session->recording);
    if (session->recording)
        bus_open(&session->bus);
    else
        run_directory_abandon(&session->run); // on a full disk: half a file is worse than none
    return session->recording;
}

bool session_visit(struct session *session, const struct plan *plan, size_t cell, uint64_t round,
                   uint64_t visit, struct row *row, struct error *error) {
    CHECK(cell < plan->cell_count && round > 0 && visit > 0);
    struct samples samples = {0};
    const struct visit_request request = {
        .cell = &plan->cells[cell],
        .run_id = session->run_id,
        .host = session->host,
        .seed = plan_visit_seed(plan, (size_t)(visit - 1)),
        .round = round,
        .visit = visit,
        .samples = session->keeps_samples ? &samples : NULL,
        .bus = &session->bus,
    };
    visit_measure(&request, row);
    bool recorded =
        !session->recording || run_directory_append(&session->run, row, &samples, error);
    samples_clear(&samples);
    return recorded;
}
