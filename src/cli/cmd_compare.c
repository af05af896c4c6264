// SPDX-License-Identifier: Apache-2.0
#include "cli/compare_sides.h"

static bool check_request(const struct options *options, struct error *error) {
    return !(options->check && options->explore) ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--check with --explore: a gate needs Holm's correction; leave one out");
}

// A shell that expands a pattern leaves nothing of where one side ended and the other began.
static bool check_operands(const struct command *command, const struct options *options,
                           struct error *error) {
    if (options->operand_count <= 2)
        return command_operands(command, options, 2, error);
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "compare takes two arguments, BASE and NEW, but got %zu: did the shell expand "
                     "a pattern? Quote it: numaprobe compare 'base-*' 'new-*'",
                     options->operand_count);
}

enum exit_code cmd_compare(const struct command *command, const struct options *options,
                           int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct error error;
    enum text_form form;
    if (!check_operands(command, options, &error) ||
        !command_text_form(command, options, &form, &error) || !check_request(options, &error))
        return outcome_fail(&error);
    const struct side_operands sides[2] = {
        {&options->operands[0], 1},
        {&options->operands[1], 1}
    };
    return compare_sides(sides, form, options);
}
