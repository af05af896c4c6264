// SPDX-License-Identifier: Apache-2.0
#include "analyse/outliers.h"
#include "cli/command.h"
#include "cli/fleet_runs.h"
#include "cli/output.h"
#include "report/fleet_report.h"

#include <stdlib.h>
#include <string.h>

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

// Both files would have one name, and the later one would be all that is left.
static bool require_two_files(const struct options *options, struct error *error) {
    if (!options->html || !options->output || strcmp(options->html, options->output) != 0)
        return true;
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "--html and --output both name '%.200s': give them two names", options->html);
}

// A run that cannot be read may be that of the host that is looked for.
static bool all_were_read(const struct fleet *fleet, struct error *error) {
    for (size_t i = 0; i < fleet->left_out_count; i++)
        if (fleet->left_out[i].is_unreadable)
            return error_set(
                error, ERROR_KIND_FAILED, 0,
                "this is not the whole fleet, because a run could not be read: '%.200s': %.300s",
                fleet->left_out[i].path, fleet->left_out[i].reason);
    return true;
}

static bool require_hosts(const struct fleet *fleet, struct error *error) {
    if (fleet->run_count)
        return true;
    return error_set(error, ERROR_KIND_REFUSED, 0,
                     "none of %zu run%s is usable; the first, '%.200s': %.200s",
                     fleet->left_out_count, PLURAL(fleet->left_out_count), fleet->left_out[0].path,
                     fleet->left_out[0].reason);
}

static bool report_fleet(const struct fleet *fleet, enum text_form form,
                         const struct options *options, struct gate *gate, struct error *error) {
    struct outliers *skus = base_allocate(fleet->sku_count, sizeof *skus);
    for (uint32_t i = 0; i < fleet->sku_count; i++)
        outliers_find(&skus[i], fleet, i);
    const struct fleet_report report = {fleet, skus};
    *gate = outliers_gate(fleet, skus);
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
    struct gate gate;
    enum text_form form;
    bool fine = command_operands(command, options, 1, &error) &&
                command_text_form(command, options, &form, &error) &&
                require_two_files(options, &error) && fleet_runs_read(options, &fleet, &error) &&
                require_hosts(&fleet, &error) &&
                report_fleet(&fleet, form, options, &gate, &error) && all_were_read(&fleet, &error);
    enum exit_code code = fine ? command_exit_of(&gate, options) : outcome_fail(&error);
    if (code == EXIT_CODE_NOT_COMPARABLE)
        command_refuse(gate.reason);
    fleet_free(&fleet);
    return code;
}
