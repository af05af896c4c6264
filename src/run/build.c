// SPDX-License-Identifier: Apache-2.0
#include "run/build.h"

#include "doctor/doctor.h"
#include "topology/topology.h"

#include <stdio.h>

#ifdef __clang__
#define COMPILER_NAME "clang "
#else
#define COMPILER_NAME "gcc "
#endif

// The build defines the latter two for this file only, so that a new commit compiles nothing else.
const char *const build_compiler = COMPILER_NAME __VERSION__;
const char *const build_date = NUMAPROBE_DATE;

void build_print(const char *program) {
    static const char commit[] = NUMAPROBE_COMMIT;
    char hwloc[TOPOLOGY_HWLOC_VERSION_BYTES];
    printf("%s %s\n%s, hwloc's interface %s, commit %s\n", program, NUMAPROBE_VERSION,
           build_compiler, topology_hwloc_version(hwloc),
           *commit ? commit : "unknown (not built in a git checkout)");
}
