// SPDX-License-Identifier: Apache-2.0
// A disk that gets full, for tests: from now on no file of this process grows beyond this many
// bytes.
#ifndef NUMAPROBE_TESTS_FILE_LIMIT_H
#define NUMAPROBE_TESTS_FILE_LIMIT_H

#include "base/base.h"

// False where the system has no such limit: the test is skipped there. CMake picks the file.
bool file_limit_set(uint64_t size_bytes);
void file_limit_clear(void);

#endif
