// SPDX-License-Identifier: Apache-2.0
// A run directory: rows.csv, machine.json and topology.xml of one run, and at its end summary.json.
#ifndef NUMAPROBE_RECORD_RUN_DIRECTORY_H
#define NUMAPROBE_RECORD_RUN_DIRECTORY_H

#include "base/error.h"
#include "os/os.h"
#include "record/rows_file.h"
#include "record/samples_file.h"

enum { RUN_PATH_BYTES = 1024, RUN_ID_BYTES = 64 };

// How often a run waited until what it had appended was on the disk, and how long that took
// altogether: what it pays for that.
struct run_syncs {
    uint64_t count;
    uint64_t duration_ns;
};

struct run_directory {
    char path[RUN_PATH_BYTES];
    struct os_directory directory;
    struct os_file machine; // machine.json and topology.xml of a run that begins, to be written and
    struct os_file topology; // finished by the caller that opened it
    struct rows_writer *rows;
    struct os_file samples; // of a run that keeps them, opened by the one who opened the run
    uint64_t synced_ns;     // when all that was appended was last known to be on the disk
    struct run_syncs syncs; // of this session
};

// "2026-11-22T01:20:00Z" of this moment, and the same without punctuation for names. Return text.
enum { UTC_TEXT_BYTES = 32 };
char *utc_timestamp(char text[UTC_TEXT_BYTES]);
char *utc_compact(char text[UTC_TEXT_BYTES]);

// "KIND-HOST-UTC", where HOST keeps letters, digits, '-', '_' and '.' only, and from number 2 on
// "-2": names have whole seconds, so what begins in the same second takes the next one. Anybody can
// foresee them: a directory that is there already is another's, no matter who made it. Returns
// text.
enum { RUN_DEFAULT_NAMES = 99 };
char *run_directory_default_name(const char *kind, const char *host, unsigned number,
                                 char text[RUN_PATH_BYTES]);

// The path of that name for which the user named no place; errors of os_default_directory.
bool run_default_path(const char *name, char path[RUN_PATH_BYTES], struct error *error);

// ERROR_KIND_USAGE where the directory that --output names is the system's own.
bool run_directory_check_place(const char *path, struct error *error);

// Whether a text can be the name of a run's directory and stand in its rows: letters, digits, '-'
// and '_', and no '-' first.
bool run_id_is_usable(const char *run_id);

// Makes the directory, creates machine.json and topology.xml in it (still empty) and opens
// rows.csv. ERROR_KIND_USAGE, naming --output, when a file of a run is there already, were it of
// one that began this moment: nothing is ever overwritten. The same when the directory is to be a
// new one and is not. ERROR_KIND_FAILED when it cannot be written, ERROR_KIND_REFUSED when others
// have a say in it (os_directory_open).
bool run_directory_open(struct run_directory *run, const char *path, bool must_be_new,
                        struct error *error);

// Opens the directory of a run that was stopped, behind its last complete row; errors and visit as
// of rows_writer_resume.
bool run_directory_resume(struct run_directory *run, const char *path,
                          bool (*visit)(const struct row *row, void *context), void *context,
                          struct error *error);

// Closes it and takes its files away again: for a run that could not begin.
void run_directory_abandon(struct run_directory *run);

// Appends a visit's samples, where they are kept, and its row. Every five seconds, between two
// visits, it waits until what was appended is on the disk. On error (disk full) the finished rows
// stay readable.
bool run_directory_append(struct run_directory *run, const struct row *row,
                          const struct samples *samples, struct error *error);

// Has the rows, and samples, on the disk, or says why not; no more can be appended.
bool run_directory_settle(struct run_directory *run, struct error *error);

// The same, and closes the directory. Of one that is not open it does nothing.
bool run_directory_close(struct run_directory *run, struct error *error);

// ---- for tests ----------------------------------------------------------------------------------

// "PATH/name". Returns text.
char *run_directory_file(const struct run_directory *run, const char *name,
                         char text[RUN_PATH_BYTES]);

#endif
