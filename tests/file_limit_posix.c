// SPDX-License-Identifier: Apache-2.0
#define _POSIX_C_SOURCE 200809L

#include "file_limit.h"

#include <signal.h>
#include <sys/resource.h>

static bool set_soft_limit(rlim_t size_bytes) {
    struct rlimit limit;
    if (getrlimit(RLIMIT_FSIZE, &limit) != 0)
        return false;
    limit.rlim_cur = size_bytes < limit.rlim_max ? size_bytes : limit.rlim_max;
    return setrlimit(RLIMIT_FSIZE, &limit) == 0;
}

bool file_limit_set(uint64_t size_bytes) {
    // Without this the write that hits the limit would end the process: setrlimit(2).
    signal(SIGXFSZ, SIG_IGN);
    return set_soft_limit((rlim_t)size_bytes);
}

void file_limit_clear(void) {
    set_soft_limit(RLIM_INFINITY);
    signal(SIGXFSZ, SIG_DFL);
}
