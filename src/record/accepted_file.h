// SPDX-License-Identifier: Apache-2.0
// accepted.json in a history: the runs whose level was accepted, so that what came before them no
// longer counts. The struct is the file.
#ifndef NUMAPROBE_RECORD_ACCEPTED_FILE_H
#define NUMAPROBE_RECORD_ACCEPTED_FILE_H

#include "base/error.h"

#define ACCEPTED_VERSION 1

struct accepted_level {
    char host[64];
    char run_id[64];
    char accepted_utc[32];
};

struct accepted_file {
    uint64_t accepted_version;
    char version[32]; // of numaprobe
    struct accepted_level *levels;
    size_t level_count;
};

// Reads that of a directory; a directory without one, and what is no directory, has no levels.
// Errors: no JSON, another version, a link. accepted_free is due in either case.
bool accepted_read(struct accepted_file *accepted, const char *directory, struct error *error);
void accepted_free(struct accepted_file *accepted);

bool accepted_has(const struct accepted_file *accepted, const char *host, const char *run_id);

// Adds one and writes the file anew, for readers who find the old or the new one whole. One that is
// there already is not added again. ERROR_KIND_USAGE where there is no such directory.
bool accepted_add(struct accepted_file *accepted, const char *directory,
                  const struct accepted_level *level, const char *version, struct error *error);

#endif
