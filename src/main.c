// SPDX-License-Identifier: Apache-2.0
#include "cli/mlc.h"

int main(int argument_count, char **arguments) {
    return mlc_main(argument_count, arguments);
}
