// SPDX-License-Identifier: Apache-2.0
#include "analyse/outliers.h"
#include "cli/command.h"
#include "cli/fleet_runs.h"
#include "cli/output.h"
#include "report/fleet_report.h"

#include <stdlib.h>

static bool write_report(const struct fleet_report *report, enum text_form form,
                         const struct options *options, struct error *error) {
    struct output output;
    if (!output_open(&output, options->output, error))
        return false;
    bool printed = fleet_print(report, form, output.stream);
    return output_close(&output, printed, error);
}

static bool write_page(const struct fleet_report *report, const struct options *options,
                       struct error *error) {
    struct output output;
    if (!options->html)
        return true;
    if (!output_open(&output, options->html, error))
        return false;
    fleet_page_write(report, output.stream);
    return output_close(&output, true, error);
}

static bool require_hosts(const struct fleet *fleet, struct error *error) {
    if (fleet->run_count)
        return true;
    return error_set(error, ERROR_KIND_REFUSED, 0,
                     "none of %zu run%s can be used; the first, '%.200s': %.200s",
                     fleet->left_out_count, PLURAL(fleet->left_out_count), fleet->left_out[0].path,
                     fleet->left_out[0].reason);
}

static bool report_fleet(const struct fleet *fleet, enum text_form form,
                         const struct options *options, struct error *error) {
    struct outliers *skus = base_allocate(fleet->sku_count, sizeof *skus);
    for (uint32_t i = 0; i < fleet->sku_count; i++)
        outliers_find(&skus[i], fleet, i);
    const struct fleet_report report = {fleet, skus};
    bool written =
        write_report(&report, form, options, error) && write_page(&report, options, error);
    for (size_t i = 0; i < fleet->sku_count; i++)
        outliers_free(&skus[i]);
    free(skus);
    return written;
}

enum exit_code cmd_fleet(const struct command *command, const struct options *options,
                         int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    struct fleet fleet = {0};
    enum text_form form;
    bool fine = command_operands(command, options, 1, &error) &&
                command_text_form(command, options, &form, &error) &&
                fleet_runs_read(options, &fleet, &error) && require_hosts(&fleet, &error) &&
                report_fleet(&fleet, form, options, &error);
    fleet_free(&fleet);
    return fine ? EXIT_CODE_OK : outcome_fail(&error);
}
