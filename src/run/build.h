// SPDX-License-Identifier: Apache-2.0
// What this program was built from and with.
#ifndef NUMAPROBE_RUN_BUILD_H
#define NUMAPROBE_RUN_BUILD_H

extern const char *const build_compiler; // "gcc 12.2.0"
extern const char *const build_date;     // the commit's day, else that of the build: 2026-01-31

// What --version says, two lines to stdout.
void build_print(const char *program);

#endif
