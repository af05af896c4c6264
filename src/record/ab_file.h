// SPDX-License-Identifier: Apache-2.0
// ab.json: what `numaprobe ab` was asked for, so that it can go on after a stop. It is written
// once; how far it has come is told by the runs beside it. The struct is the file.
#ifndef NUMAPROBE_RECORD_AB_FILE_H
#define NUMAPROBE_RECORD_AB_FILE_H

#include "base/error.h"
#include "os/os.h"

#define AB_VERSION 1
enum { AB_RUNS_MAX = 1000 };

enum ab_side { AB_BASE, AB_NEW, AB_SIDE_COUNT };
extern const char *const ab_side_names[AB_SIDE_COUNT];

// A program with its arguments.
struct ab_command {
    char **words; // not ended by NULL; at least one
    size_t word_count;
};

struct ab_file {
    uint64_t ab_version;
    char version[32]; // of numaprobe
    char created_utc[32];
    char *working_directory; // in which the commands were given
    uint64_t runs;           // of each side, 1 to AB_RUNS_MAX
    bool pause;              // stop after each run
    bool allow_unverified;   // as compare takes it, and the next three
    bool single;
    double margin, require; // NaN: not given
    struct ab_command commands[AB_SIDE_COUNT];
};

// Writes it to a held file, and has it on the disk.
bool ab_file_write(const struct ab_file *ab, struct os_file *file, struct error *error);

// Reads it from a held file. Errors: no JSON, another ab_version, no commands, a number that cannot
// be. ab_file_free is due in either case.
bool ab_file_read(struct ab_file *ab, struct os_file *file, struct error *error);
void ab_file_free(struct ab_file *ab);

#endif
