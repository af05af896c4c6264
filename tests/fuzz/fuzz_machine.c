// SPDX-License-Identifier: Apache-2.0
// machine.json of anybody: read, fingerprinted, compared and shown.
#include "fuzz.h"

#include "analyse/comparable.h"
#include "report/page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    static const char rows[] = "schema_version,test,latency_ns,placement,status\r\n"
                               "1,\"latency\",100,\"verified\",\"ok\"\r\n";
    struct dataset dataset = {0};
    struct error error = {0};
    struct run_list list = {0};
    fuzz_write("rows.csv", (const uint8_t *)rows, sizeof rows - 1);
    fuzz_write("machine.json", data, length);
    if (run_list_add(&list, fuzz_directory(), &error) &&
        dataset_read(&dataset, &list, DATA_NOT_REFUTED, &error)) {
        struct difference_list differences;
        char fingerprint[FINGERPRINT_BYTES];
        comparable_differences(&dataset, &dataset, &differences);
        comparable_fingerprint(&dataset.runs[0], fingerprint);
        difference_list_free(&differences);
        page_write(&(struct page){.shown = &dataset}, fuzz_stream());
    } else if (!error.text[0]) {
        abort();
    }
    dataset_free(&dataset);
    run_list_free(&list);
    return 0;
}
