// SPDX-License-Identifier: Apache-2.0
#include "cli/output.h"

#include "os/os.h"

#include <errno.h>
#include <string.h>

bool output_open(struct output *output, const char *path, struct error *error) {
    *output = (struct output){.stream = stdout};
    if (!path || strcmp(path, "-") == 0)
        return true;
    output->path = path;
    int length = snprintf(output->partial, sizeof output->partial, "%s.partial", path);
    if (length < 0 || (size_t)length >= OUTPUT_PATH_BYTES)
        return error_set(error, ERROR_KIND_USAGE, 0, "--output '%.200s' is too long for a path",
                         path);
    if (!os_file_replaceable(path))
        output->partial[0] = '\0';
    const char *opened = output->partial[0] ? output->partial : path;
    output->stream = os_file_open(opened, "wb");
    if (!output->stream)
        return error_set_errno(error, ERROR_KIND_FAILED, errno, "--output: cannot write '%.300s'",
                               opened);
    return true;
}

bool output_close(struct output *output, bool keep, struct error *error) {
    if (!output->path)
        return true; // command_close_stdout looks at it
    bool written = !ferror(output->stream) && fflush(output->stream) == 0;
    written = fclose(output->stream) == 0 && written;
    bool partial = output->partial[0] != '\0';
    if (written && keep && (!partial || os_file_replace(output->partial, output->path, error)))
        return true;
    if (partial)
        os_file_remove(output->partial);
    if (written)
        return !keep;
    return error_set(error, ERROR_KIND_FAILED, 0,
                     "--output: cannot write all of '%.300s' (is the disk full?)", output->path);
}
