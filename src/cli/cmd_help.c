// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

#include <stdio.h>

void help_print(const struct command *command) {
    printf("numaprobe%s%s%s%s: %s\n\n", *command->name ? " " : "", command->name,
           *command->operands ? " " : "", command->operands, command->summary);
    printf("usage: numaprobe%s%s%s%s [OPTIONS]\n\n", *command->name ? " " : "", command->name,
           *command->operands ? " " : "", command->operands);
    for (const char *const *example = command->examples; *example; example++)
        printf("  %s\n", *example);
    printf("\nOptions:\n");
    options_print(command->bit);
    if (command->bit != COMMAND_QUICK)
        return;
    printf("\nCommands (numaprobe COMMAND --help):\n");
    for (size_t i = 1; i < command_count; i++)
        printf("  %-20s %s\n", commands[i].name, commands[i].summary);
    printf("\nnumaprobe --version tells the version, numaprobe list exits the exit statuses.\n");
}

enum exit_code cmd_help(const struct command *command, const struct options *options,
                        int argument_count, char **arguments) {
    (void)command, (void)argument_count, (void)arguments;
    const struct command *topic = command_find(options->operand_count ? options->operands[0] : "");
    if (topic) {
        help_print(topic);
        return EXIT_CODE_OK;
    }
    struct error error;
    error_set(&error, ERROR_KIND_USAGE, 0,
              "there is no command '%.80s' (numaprobe help lists the commands)",
              options->operands[0]);
    return command_fail(&error);
}
