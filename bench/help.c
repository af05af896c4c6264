// SPDX-License-Identifier: Apache-2.0
#include "help.h"

#include "ask/manual_page.h"
#include "gbench.h"
#include "os/os.h"

static const char summary[] = "the cases of numaprobe as Google Benchmarks";

static const char *const examples[] = {
    "numaprobe-bench --benchmark_list_tests           the names, which a filter selects from",
    "numaprobe-bench --benchmark_filter=latency --benchmark_repetitions=12",
    "numaprobe-bench --kernel copy,triad --pages thp,4K --benchmark_filter=cpu:0/mem:1/",
    "numaprobe-bench --benchmark_out=new.json         for compare.py of Google Benchmark", NULL};

static const char *const description[] = {
    "A repetition leaves one row in the run directory. Time is that of one load",
    "(latency) or of one pass over all arrays (bandwidth); CPU is the time of a thread that only",
    "waits, and says nothing. The label is the placement, then the flags; the counters are columns",
    "of the row (numaprobe list columns).", NULL};

void help_print(void) {
    printf("numaprobe-bench: %s\n\n", summary);
    for (const char *const *example = examples; *example; example++)
        printf("  %s\n", *example);
    printf("\n");
    for (const char *const *line = description; *line; line++)
        printf("%s\n", *line);
    printf("\nOptions, which choose the cases:\n");
    options_print(COMMAND_BENCH);
    printf("\nOptions of Google Benchmark, which select from the cases and repeat them:\n");
    fflush(stdout);
    gbench_print_options();
}

static void write_page(struct manual_page *page, const void *subject) {
    (void)subject;
    manual_name(page, "numaprobe-bench", summary);
    manual_section(page, "SYNOPSIS");
    manual_bold(page, "numaprobe-bench");
    manual_text(page, "[OPTIONS]");
    manual_section(page, "DESCRIPTION");
    for (const char *const *line = description; *line; line++)
        manual_text(page, *line);
    manual_paragraph(page, "The options below choose the cases. Those of Google Benchmark select "
                           "from the cases and repeat them; numaprobe-bench --help lists them.");
    manual_options(page, COMMAND_BENCH);
    manual_examples(page, examples);
    manual_section(page, "SEE ALSO");
    manual_reference(page, "numaprobe", 1, " ,");
    manual_reference(page, "numaprobe-rows", 5, "");
}

bool help_write_manual(const char *directory, struct error *error) {
    struct os_directory place;
    bool exists;
    if (!os_directory_open(&place, directory, OS_DIRECTORY_ANY, &exists, error))
        return false;
    bool fine = manual_write_page(&place, "numaprobe-bench", 1, write_page, NULL, error);
    os_directory_close(&place);
    return fine;
}
