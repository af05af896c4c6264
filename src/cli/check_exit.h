// SPDX-License-Identifier: Apache-2.0
// What the exit status of `numaprobe check` says. It is not that of the other commands: schedulers
// and monitors read it (docs/files.md).
#ifndef NUMAPROBE_CLI_CHECK_EXIT_H
#define NUMAPROBE_CLI_CHECK_EXIT_H

enum check_exit {
    CHECK_EXIT_GOOD = 0,
    CHECK_EXIT_OUTSIDE = 1,
    CHECK_EXIT_UNKNOWN = 2,
    CHECK_EXIT_ERROR = 3,
};

#endif
