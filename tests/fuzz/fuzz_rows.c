// SPDX-License-Identifier: Apache-2.0
// rows.csv of anybody: read, grouped into cells, held against itself and printed.
#include "fuzz.h"

#include "analyse/compare.h"
#include "record/rows_file.h"
#include "report/export.h"
#include "report/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    struct dataset dataset;
    struct error error;
    struct run_list list = {0};
    fuzz_write("rows.csv", data, length);
    if (run_list_add(&list, fuzz_directory(), &error) && dataset_read(&dataset, &list, &error)) {
        struct compare_pairs pairs;
        struct comparison comparison;
        compare_pairs_build(&pairs, &dataset, &dataset);
        if (pairs.count < 64) {
            compare_run(&pairs, compare_rules_gate, &comparison);
            comparison_free(&comparison);
        }
        compare_pairs_free(&pairs);
        FILE *nowhere = fuzz_stream();
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
