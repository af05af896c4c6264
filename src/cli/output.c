// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include <string.h>

bool output_open(struct output *output, const char *path, struct error *error) {
    *output = (struct output){.stream = stdout};
    if (!path || strcmp(path, "-") == 0)
        return true;
    struct error cause;
    if (!os_file_output(&output->file, path, &cause))
        return error_set(error, cause.kind, cause.os_number, "--output: %s", cause.text);
    output->stream = output->file.stream;
    return true;
}

bool output_close(struct output *output, bool keep, struct error *error) {
    struct error cause; // of stdout, which is no file of ours, command_close_stdout tells
    return os_file_finish(&output->file, keep, &cause) ||
           error_set(error, cause.kind, cause.os_number, "--output: %s", cause.text);
}
