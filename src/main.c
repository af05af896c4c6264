// SPDX-License-Identifier: Apache-2.0
#include "cli/command.h"

int main(int argument_count, char **arguments) {
    return command_main(argument_count, arguments);
}
