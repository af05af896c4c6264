// SPDX-License-Identifier: Apache-2.0
// The text of a file in hwloc's XML, and which version of it that is; what it says is hwloc's.
// Private to this room.
#ifndef NUMAPROBE_TOPOLOGY_XML_FILE_H
#define NUMAPROBE_TOPOLOGY_XML_FILE_H

#include "base/error.h"

struct xml_text {
    char *text; // ended by a zero that `bytes` does not count; free is due
    size_t bytes;
    const char *path; // whose text it is, for sentences
};

// The whole file. False when it cannot be read, or not fast enough (os/limited_file.h), has more
// than 64 MiB, or elements within more than 100 others; nothing is to be freed then.
bool xml_file_read(struct xml_text *xml, const char *path, struct error *error);

// Whether `read`, which is handed the text, comes back from it within 1 GiB, 10 s of CPU time and
// 60 s, in a child process (os_try), and its answer: hwloc crashes by some files, and has no end by
// others. Where the system has no such child, whether each object has its sets, each CPU and node
// its number, and each element its end: that is what hwloc was seen to crash by. The answer is then
// 0.
bool xml_file_try(const struct xml_text *xml, int (*read)(void *xml), int *answer,
                  struct error *error);

// hwloc says no more than "Invalid argument" of a file that a newer hwloc has written. False where
// the file names a version above this one; true where it names none, or there is no such file.
bool xml_file_check_version(const char *path, unsigned version_max, struct error *error);

#endif
