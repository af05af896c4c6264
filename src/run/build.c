// SPDX-License-Identifier: Apache-2.0
#include "run/build.h"

#include "doctor/doctor.h"
#include "topology/topology.h"

#include <stdio.h>

// clang's __VERSION__ begins with who packed it.
#define TEXT_(number) #number
#define TEXT(number)  TEXT_(number)
#ifdef __clang__
#define COMPILER                                                                                   \
    "clang " TEXT(__clang_major__) "." TEXT(__clang_minor__) "." TEXT(__clang_patchlevel__)
#else
#define COMPILER "gcc " __VERSION__
#endif

// The build defines what comes from it for this file only, so that a new commit compiles nothing
// else.
const char *const build_compiler = COMPILER;
const char *const build_date = NUMAPROBE_DATE;

void build_print(const char *program) {
    static const char commit[] = NUMAPROBE_COMMIT, package[] = NUMAPROBE_PACKAGE;
    char hwloc[TOPOLOGY_HWLOC_VERSION_BYTES];
    printf("%s %s\n%s, hwloc's interface %s, commit %s%s%s\n", program, NUMAPROBE_VERSION,
           build_compiler, topology_hwloc_version(hwloc),
           *commit ? commit : "unknown (not built in a git checkout)", *package ? ", package " : "",
           package);
}
