// SPDX-License-Identifier: Apache-2.0
// A file of others, read part by part within limits of bytes and time: one that is too long, or
// that a disk or a network hands out a byte now and then, keeps no reader for ever. Every reader of
// files that people can name or send takes its bytes from here.
#ifndef NUMAPROBE_OS_LIMITED_FILE_H
#define NUMAPROBE_OS_LIMITED_FILE_H

#include "os/os.h"

struct limited_file {
    FILE *stream;       // of os_file_read or os_file_hold, at its beginning; it stays open
    const char *path;   // for sentences
    uint64_t bytes_max; // of the whole file; NONE_U64: any number
    uint64_t bytes;     // read so far
    uint64_t begin_ns;
};

// The time for a file is LIMITED_FILE_S seconds, and one more for each MiB of it that has come. It
// is that of reading and of what the reader does between two parts.
enum { LIMITED_FILE_S = 60 };

struct limited_file limited_file_begin(FILE *stream, const char *path, uint64_t bytes_max);

// Reads up to `room` bytes; *length is 0 at the end of the file, and only there.
// ERROR_KIND_FAILED: it cannot be read, has too many bytes, or takes too long. A call of the
// system that does not come back is waited for.
bool limited_file_read(struct limited_file *file, void *data, size_t room, size_t *length,
                       struct error *error);

// All of it, ended by a zero that *length does not count; free is due. NULL where it cannot be
// read.
char *limited_file_text(FILE *stream, const char *path, uint64_t bytes_max, size_t *length,
                        struct error *error);

#endif
