// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/output.h"
#include "cli/run_topology.h"
#include "report/capacity_report.h"

#include <string.h>

static bool print_report(const struct capacity_report *report, const struct options *options,
                         struct error *error) {
    struct output output;
    if (!output_open(&output, options->output, error))
        return false;
    if (options->format && strcmp(options->format, "json") == 0)
        capacity_print_json(report, output.stream);
    else
        capacity_print_table(report, output.stream);
    return output_close(&output, true, error);
}

static bool check_format(const struct options *options, struct error *error) {
    const char *format = options->format ? options->format : "table";
    return strcmp(format, "table") == 0 || strcmp(format, "json") == 0 ||
           error_set(error, ERROR_KIND_USAGE, 0, "--format '%.40s': capacity has table and json",
                     format);
}

enum exit_code cmd_capacity(const struct command *command, const struct options *options,
                            int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    struct dataset dataset = {0};
    struct topology topology = {0};
    bool fine = command_operands(command, options, 1, &error) && check_format(options, &error) &&
                command_read_runs(options->operands, 1, &dataset, &error);
    if (fine) {
        const struct capacity_report report = {
            .dataset = &dataset,
            .topology = run_topology_load(&dataset, &topology) ? &topology : NULL,
            .stream_bytes_per_s = (double)options->demand_bytes_per_s};
        fine = print_report(&report, options, &error);
    }
    topology_free(&topology);
    dataset_free(&dataset);
    return fine ? EXIT_CODE_OK : command_fail(&error);
}
