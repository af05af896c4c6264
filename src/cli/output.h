// SPDX-License-Identifier: Apache-2.0
// Where a command that reads runs writes to: stdout, or a file that is replaced as a whole.
#ifndef NUMAPROBE_CLI_OUTPUT_H
#define NUMAPROBE_CLI_OUTPUT_H

#include "base/error.h"

#include <stdio.h>

enum { OUTPUT_PATH_BYTES = 1024 };

struct output {
    FILE *stream;
    const char *path;                     // NULL: stdout
    char partial[OUTPUT_PATH_BYTES + 16]; // written first, in the same directory; "": nothing is
};

// path NULL or "-" is stdout. A link, a device or a pipe (/dev/stdout) is written to as it is,
// since to replace it would take it away.
bool output_open(struct output *output, const char *path, struct error *error);

// Gives the file its name, so that a reader sees the old file or the whole new one, never a part.
// With `keep` false what was written is thrown away.
bool output_close(struct output *output, bool keep, struct error *error);

#endif
