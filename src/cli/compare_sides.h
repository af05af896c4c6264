// SPDX-License-Identifier: Apache-2.0
// Reads two sides, compares them and prints what came of it: what `compare` does, and `ab` at its
// end.
#ifndef NUMAPROBE_CLI_COMPARE_SIDES_H
#define NUMAPROBE_CLI_COMPARE_SIDES_H

#include "cli/command.h"

// The runs of a side, as operands of compare name them.
struct side_operands {
    const char *const *operands;
    size_t count;
};

// Base first. By --output, --check, --require, --margin, --single, --explore, --force and
// --allow-unverified of the options. Says on stderr what went wrong.
enum exit_code compare_sides(const struct side_operands sides[2], enum text_form form,
                             const struct options *options);

#endif
