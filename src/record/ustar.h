// SPDX-License-Identifier: Apache-2.0
// An archive in the form ustar of POSIX (IEEE Std 1003.1, pax, "ustar Interchange Format"), which
// every tar reads: files alone, without an owner and without a time.
#ifndef NUMAPROBE_RECORD_USTAR_H
#define NUMAPROBE_RECORD_USTAR_H

#include "base/error.h"

#include <stdio.h>

enum { USTAR_NAME_BYTES = 100 };

// Adds what is left of `from` as a file of that name, which has fewer than USTAR_NAME_BYTES and
// slashes between folders. ERROR_KIND_FAILED where `from` cannot be read or has 8 GiB or more; what
// the archive's own stream refuses, that stream keeps.
bool ustar_add(FILE *archive, const char *name, FILE *from, struct error *error);

// Behind the last file.
void ustar_end(FILE *archive);

#endif
