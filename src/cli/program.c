// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

#include "cli/command.h"
#include "cli/completion.h"
#include "cli/mlc.h"
#include "os/os.h"
#include "run/build.h"

#include <stdio.h>
#include <string.h>

static enum exit_code answer_shell(int word_count, char **words) {
    const char *lists[LIST_NAMES_MAX];
    completion_answer((size_t)word_count, words, lists, list_names(lists));
    return EXIT_CODE_OK;
}

static enum exit_code run(int argument_count, char **arguments) {
    const char *first = argument_count > 1 ? arguments[1] : "";
    if (argument_count > 0 && mlc_is_called(arguments[0]))
        return mlc_run(argument_count - 1, arguments + 1);
    if (strcmp(first, "--complete") == 0)
        return answer_shell(argument_count - 2, arguments + 2);
    if (strcmp(first, "--version") == 0 || strcmp(first, "-V") == 0) {
        build_print("numaprobe");
        return EXIT_CODE_OK;
    }
    bool named = *first && *first != '-';
    struct error error;
    const struct command *command = command_find(named ? first : "", &error);
    if (!command)
        return outcome_fail(&error);
    int skipped = 1 + named;
    if (argument_count < skipped)
        skipped = argument_count;
    return command_run(command, argument_count - skipped, arguments + skipped);
}

int program_main(int argument_count, char **arguments) {
    os_start();
    os_stdout_binary();
    return outcome_close_stdout(run(argument_count, arguments));
}
