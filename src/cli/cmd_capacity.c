// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/output.h"
#include "report/capacity_report.h"
#include "run/run_topology.h"

static bool print_report(const struct capacity_report *report, enum text_form form,
                         const struct options *options, struct error *error) {
    struct output output;
    if (!output_open(&output, options->output, error))
        return false;
    bool printed = capacity_print(report, form, output.stream);
    return output_close(&output, printed, error);
}

static bool at_has_streams(const struct options *options, struct error *error) {
    return options->latency_factor == 0 || options->stream_bytes_per_s > 0 ||
           error_set(
               error, ERROR_KIND_USAGE, 0,
               "--at %g limits the latency of streams: add --stream RATE, such as --stream 5GB/s",
               options->latency_factor);
}

enum exit_code cmd_capacity(const struct command *command, const struct options *options,
                            int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    struct dataset dataset = {0};
    struct topology topology = {0};
    enum text_form form;
    bool fine = command_operands(command, options, 1, &error) && at_has_streams(options, &error) &&
                command_text_form(command, options, &form, &error) &&
                command_read_runs(options, options->operands, 1, &dataset, &error) &&
                notes_require_values(&dataset, &error);
    if (fine && form == FORM_JSON)
        command_print_notes(&dataset);
    if (fine) {
        const struct capacity_report report = {
            .dataset = &dataset,
            .topology = run_topology_load(&dataset, &topology) ? &topology : NULL,
            .stream_bytes_per_s = options->stream_bytes_per_s,
            .latency_factor = options->latency_factor > 0 ? options->latency_factor : 1.5};
        fine = print_report(&report, form, options, &error);
    }
    enum exit_code code = fine ? EXIT_CODE_OK : command_fail_of(&dataset, &error);
    topology_free(&topology);
    dataset_free(&dataset);
    return code;
}
