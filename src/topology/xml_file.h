// SPDX-License-Identifier: Apache-2.0
// The text of a file in hwloc's XML, and which version of it that is; what it says is hwloc's.
// Private to this room.
#ifndef NUMAPROBE_TOPOLOGY_XML_FILE_H
#define NUMAPROBE_TOPOLOGY_XML_FILE_H

#include "base/error.h"

// The whole file, ended by a zero that `bytes` does not count; free is due. NULL when it cannot be
// read, or not fast enough (os/limited_file.h), has more than 64 MiB, or elements within more than
// 100 others.
char *xml_file_read(const char *path, size_t *bytes, struct error *error);

// The version that the file names as text ("3.0"), and the first part of it as a number. 0 and ""
// where there is no such file or it names none, as in hwloc 1.
enum { XML_VERSION_BYTES = 16 };
unsigned xml_file_version(const char *path, char version[XML_VERSION_BYTES]);

#endif
