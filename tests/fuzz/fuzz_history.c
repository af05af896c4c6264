// SPDX-License-Identifier: Apache-2.0
// A directory of runs, with the level that was accepted there and limits made of it: the first byte
// says which of its files has the text that follows, the others are sound.
#include "fuzz.h"

#include "analyse/history.h"
#include "record/accepted_file.h"
#include "record/limits_file.h"
#include "report/history_report.h"

#define HEADER                                                                                     \
    "schema_version,run_id,host,test,cell,block,visit,latency_ns,placement,status,timestamp_"      \
    "utc\r\n"
#define ROW(run, visit)                                                                            \
    "1,\"" run "\",\"h\",\"latency\",\"c\",\"idle\"," visit ",10" visit                            \
    ",\"verified\",\"ok\",2026-01-01T00:00:00Z\r\n"
#define ROWS(run)    HEADER ROW(run, "1") ROW(run, "2")
#define MACHINE(run) "{\"schema_version\": 1, \"run_id\": \"" run "\", \"host\": \"h\"}"

// clang-format off
static const struct fuzz_file files[] = {
    {"runs/accepted.json", "{\"accepted_version\": 1, \"levels\": [{\"host\": \"h\", "
                           "\"run_id\": \"r1\", \"accepted_utc\": \"2026-01-01T00:00:00Z\"}]}"},
    {"limits.json", "{\"limits_version\": 1, \"skus\": [{\"fingerprint\": \"f\", \"cells\": []}]}"},
    {"runs/a/rows.csv", ROWS("r1")},
    {"runs/b/rows.csv", ROWS("r2")},
    {"runs/a/machine.json", MACHINE("r1")},
    {"runs/b/machine.json", MACHINE("r2")},
    {"runs/a/summary.json", "{\"interrupted\": false}"},
    {"runs/b/summary.json", "{\"interrupted\": true}"},
};
// clang-format on

static void show(const struct dataset *dataset) {
    uint32_t *machines = base_allocate(dataset->run_count, sizeof *machines);
    size_t machine_count = history_machines(dataset, machines);
    for (size_t i = 0; i < machine_count; i++) {
        struct history history;
        const struct history_rules rules = {.compare = compare_rules_history,
                                            .pinned_run = NONE_U32};
        history_build(&history, dataset, machines[i], &rules);
        const struct history_report shown = {.history = &history, .other_count = machine_count - 1};
        for (enum text_form form = 0; form < FORM_COUNT; form++)
            history_print(&shown, form, fuzz_stream());
        history_free(&history);
    }
    free(machines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    struct run_list list = {0};
    struct dataset dataset = {0};
    struct accepted_file accepted = {0};
    struct limits_file limits = {0};
    struct error error = {0};
    if (!length)
        return 0;
    const struct fuzz_file *file = fuzz_choose(files, COUNT_OF(files), data, length);
    if (accepted_read(&accepted, "runs", &error))
        accepted_has(&accepted, "h", "r1");
    else
        fuzz_must(error.text[0]);
    fuzz_must(limits_read(&limits, "limits.json", &error) || error.text[0]);
    fuzz_must(run_list_add(&list, "runs", &error) && list.count == 2);
    if (dataset_read(&dataset, &list, DATA_NOT_REFUTED, &error))
        show(&dataset);
    else
        fuzz_must(error.text[0]);
    limits_free(&limits);
    accepted_free(&accepted);
    dataset_free(&dataset);
    run_list_free(&list);
    fuzz_put(file);
    return 0;
}
