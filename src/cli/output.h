// SPDX-License-Identifier: Apache-2.0
// Where a command that reads runs writes to: stdout, or a file that is replaced as a whole.
#ifndef NUMAPROBE_CLI_OUTPUT_H
#define NUMAPROBE_CLI_OUTPUT_H

#include "os/os.h"

#include <stdio.h>

struct output {
    FILE *stream;
    struct os_file file; // not open: stdout
};

// path NULL or "-" is stdout. What a link of the user's own leads to is replaced, a device or a
// pipe
// (/dev/stdout) is written to as it is.
bool output_open(struct output *output, const char *path, struct error *error);

// Gives the file its name, so that a reader sees the old file or the whole new one, never a part.
// With `keep` false what was written is thrown away, and the error is not touched.
bool output_close(struct output *output, bool keep, struct error *error);

#endif
