// SPDX-License-Identifier: Apache-2.0
#include "cli/program.h"

int main(int argument_count, char **arguments) {
    return program_main(argument_count, arguments);
}
