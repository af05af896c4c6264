// SPDX-License-Identifier: Apache-2.0
// The last run that is named is shown; it is compared with those before it.
#include "cli/command.h"
#include "cli/output.h"
#include "report/page.h"
#include "run/run_topology.h"

static bool write_page(const struct page *page, const struct options *options,
                       struct error *error) {
    struct output output;
    if (!output_open(&output, options->output, error))
        return false;
    page_write(page, output.stream);
    return output_close(&output, true, error);
}

static bool report_compared(struct page *page, const struct dataset *base,
                            const struct options *options, struct error *error) {
    struct difference_list differences;
    struct compare_pairs pairs = {0};
    struct comparison comparison = {0};
    comparable_differences(base, page->shown, &differences);
    struct compare_report report = {.base = base,
                                    .candidate = page->shown,
                                    .differences = &differences,
                                    .rules = compare_rules_gate};
    if (!difference_refusals(&differences)) {
        compare_pairs_build(&pairs, base, page->shown);
        compare_run(&pairs, compare_rules_gate, &comparison);
        report.comparison = &comparison;
    }
    page->compared = &report;
    bool written = write_page(page, options, error);
    page->compared = NULL;
    comparison_free(&comparison);
    compare_pairs_free(&pairs);
    difference_list_free(&differences);
    return written;
}

enum exit_code cmd_report(const struct command *command, const struct options *options,
                          int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    struct dataset base = {0}, shown = {0};
    struct topology topology = {0};
    size_t before = options->operand_count ? options->operand_count - 1 : 0;
    bool fine = command_operands(command, options, 1, &error) &&
                command_read_runs(options, options->operands + before, 1, &shown, &error) &&
                (!before || command_read_runs(options, options->operands, before, &base, &error));
    if (fine) {
        struct page page = {.shown = &shown};
        page.topology = run_topology_load(&shown, &topology) ? &topology : NULL;
        fine = before ? report_compared(&page, &base, options, &error)
                      : write_page(&page, options, &error);
    }
    topology_free(&topology);
    dataset_free(&base);
    dataset_free(&shown);
    return fine ? EXIT_CODE_OK : outcome_fail(&error);
}
