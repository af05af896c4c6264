// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"
#include "cli/manual.h"

#include <stdio.h>

static void print_commands(void) {
    printf("numaprobe [COMMAND] [OPTIONS]\n\nCommands (numaprobe COMMAND --help):\n");
    printf("  %-20s %s (numaprobe --help)\n", "", commands[0].summary);
    for (size_t i = 1; i < command_count; i++)
        printf("  %-20s %s\n", commands[i].name, commands[i].summary);
}

enum exit_code cmd_help(const struct command *command, const struct options *options,
                        int argument_count, char **arguments) {
    (void)command, (void)argument_count, (void)arguments;
    struct error error;
    if (options->manual)
        return manual_write(options->manual, &error) ? EXIT_CODE_OK : outcome_fail(&error);
    if (!options->operand_count) {
        print_commands();
        return EXIT_CODE_OK;
    }
    const struct command *topic = command_find(options->operands[0], &error);
    if (!topic)
        return outcome_fail(&error);
    command_print_help(topic);
    return EXIT_CODE_OK;
}
