// SPDX-License-Identifier: Apache-2.0
// rows.csv of anybody: read, grouped into cells, compared with itself and printed.
#include "fuzz.h"

#include "analyse/compare.h"
#include "record/rows_file.h"
#include "report/capacity_report.h"
#include "report/export.h"
#include "report/history_report.h"
#include "report/page.h"

static void show(const struct compare_report *report) {
    const struct capacity_report capacity = {report->base, NULL, 3e9, 1.5};
    struct history history;
    uint32_t *machines = base_allocate(report->base->run_count, sizeof *machines);
    size_t machine_count = history_machines(report->base, machines);
    const struct history_rules rules = {.compare = compare_rules_history, .pinned_run = NONE_U32};
    history_build(&history, report->base, machines[0], &rules);
    const struct history_report shown = {.history = &history, .other_count = machine_count - 1};
    for (enum text_form form = 0; form < FORM_COUNT; form++) {
        compare_print(report, form, fuzz_stream());
        history_print(&shown, form, fuzz_stream());
        capacity_print(&capacity, form, fuzz_stream());
    }
    history_free(&history);
    free(machines);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    struct dataset dataset;
    struct error error;
    struct run_list list = {0};
    fuzz_write("rows.csv", data, length);
    if (run_list_add(&list, fuzz_directory(), &error) &&
        dataset_read(&dataset, &list, DATA_NOT_REFUTED, &error)) {
        struct compare_pairs pairs;
        struct comparison comparison;
        compare_pairs_build(&pairs, &dataset, &dataset);
        FILE *nowhere = fuzz_stream();
        if (pairs.count < 64) {
            struct difference_list none = {0};
            compare_run(&pairs, compare_rules_gate, &comparison);
            show(&(struct compare_report){.base = &dataset,
                                          .candidate = &dataset,
                                          .differences = &none,
                                          .comparison = &comparison,
                                          .rules = compare_rules_gate});
            comparison_free(&comparison);
        }
        compare_pairs_free(&pairs);
        page_write(&(struct page){.shown = &dataset}, nowhere);
        for (size_t i = 0; i < export_form_count; i++)
            export_forms[i].write(&dataset, nowhere, &error);
    } else if (!error.text[0]) {
        abort(); // an error without a sentence
    }
    if (list.count)
        dataset_free(&dataset);
    run_list_free(&list);
    return 0;
}
