// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share: a directory of their own, and a stream that leads nowhere.
#ifndef NUMAPROBE_TESTS_FUZZ_H
#define NUMAPROBE_TESTS_FUZZ_H

#include "base/error.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

// The working directory of the process: scripts/test gives each target its own.
static inline const char *fuzz_directory(void) {
    return ".";
}

static inline void fuzz_write(const char *name, const uint8_t *data, size_t length) {
    FILE *file = fopen(name, "wb");
    if (!file || fwrite(data, 1, length, file) != length || fclose(file) != 0)
        exit(2);
}

static inline FILE *fuzz_stream(void) {
    static FILE *stream;
    if (!stream)
        stream = fopen("/dev/null", "wb");
    return stream;
}

#endif
