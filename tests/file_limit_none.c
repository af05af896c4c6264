// SPDX-License-Identifier: Apache-2.0
#include "file_limit.h"

bool file_limit_set(uint64_t size_bytes) {
    (void)size_bytes;
    return false;
}

void file_limit_clear(void) {}
