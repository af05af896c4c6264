// SPDX-License-Identifier: Apache-2.0
#include "analyse/limits.h"
#include "analyse/outliers.h"
#include "cli/command.h"
#include "cli/fleet_runs.h"
#include "cli/output.h"
#include "report/escape.h"

// What weakens the limits is said where people see it, too; the file has it as well.
static void print_notes(const struct limits_file *limits) {
    for (size_t i = 0; i < limits->sku_count; i++) {
        const struct limits_sku *sku = &limits->skus[i];
        fprintf(stderr,
                "numaprobe: limits of %zu cases from %llu run%s of %llu host%s: ", sku->cell_count,
                (unsigned long long)sku->runs, PLURAL(sku->runs), (unsigned long long)sku->hosts,
                PLURAL(sku->hosts));
        put_plain(stderr, sku->cpu_model[0] ? sku->cpu_model : "unknown CPU");
        fprintf(stderr, "\n");
        if (sku->note)
            fprintf(stderr, "numaprobe: WARNING: %s\n", sku->note);
    }
}

// A slow host among the good ones makes the limits wide, and says nothing.
static void print_outliers(const struct fleet *fleet) {
    for (uint32_t i = 0; i < fleet->sku_count; i++) {
        struct outliers outliers;
        outliers_find(&outliers, fleet, i);
        for (size_t j = 0; j < outliers.host_count; j++) {
            const struct outlier_host *host = &outliers.hosts[j];
            fprintf(stderr, "numaprobe: WARNING: host '");
            put_plain(stderr, outliers.sku->hosts[host->host]);
            fprintf(stderr,
                    "' is slower than its kind, by up to %.1f %% (numaprobe fleet shows where), "
                    "and widens the limits: leave its runs out\n",
                    100 * host->evidence[0].change);
        }
        outliers_free(&outliers);
    }
}

static bool write_limits(const struct limits_file *limits, const struct options *options,
                         struct error *error) {
    struct output output;
    if (!output_open(&output, options->output, error))
        return false;
    bool printed = limits_print(limits, output.stream) ||
                   error_set(error, ERROR_KIND_FAILED, 0, "the output cannot be written");
    struct error ignored;
    return output_close(&output, printed, printed ? error : &ignored) && printed;
}

enum exit_code cmd_limits(const struct command *command, const struct options *options,
                          int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    struct fleet fleet = {0};
    struct limits_file limits = {0};
    bool fine =
        command_operands(command, options, 1, &error) && fleet_runs_read(options, &fleet, &error);
    if (fine)
        fleet_runs_print_left_out(&fleet);
    fine = fine && limits_make(&limits, &fleet, NUMAPROBE_VERSION, &error);
    if (fine) {
        print_notes(&limits);
        print_outliers(&fleet);
    }
    fine = fine && write_limits(&limits, options, &error);
    limits_free(&limits);
    fleet_free(&fleet);
    return fine ? EXIT_CODE_OK : outcome_fail(&error);
}
