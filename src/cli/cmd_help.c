// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/manual.h"

#include <stdio.h>

enum exit_code cmd_help(const struct command *command, const struct options *options,
                        int argument_count, char **arguments) {
    (void)command, (void)argument_count, (void)arguments;
    struct error error;
    if (options->manual)
        return manual_write(options->manual, &error) ? EXIT_CODE_OK : outcome_fail(&error);
    if (!options->operand_count) {
        printf("usage: numaprobe [COMMAND] [OPTIONS]\n\n"
               "Without a command, numaprobe measures the whole machine (numaprobe --help).\n\n");
        command_print_list();
        return EXIT_CODE_OK;
    }
    const struct command *topic = command_find(options->operands[0], &error);
    if (!topic)
        return outcome_fail(&error);
    command_print_help(topic);
    return EXIT_CODE_OK;
}
