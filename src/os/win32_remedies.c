// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: what mends what.
#include "os/os.h"
#include "os/remedy.h"

// clang-format off
const struct remedy remedies_of_system[] = {
    // the checks of the doctor, by their names
    {"memory",
     "close programs that hold memory (Resource Monitor, resmon.exe, Memory), or leave the node "
     "out: --mem-nodes"},
    {"cpuset",
     "start numaprobe without an affinity (start /affinity, Task Manager) or CPU sets, and outside "
     "of a job or container that has one, so that it may use CPUs {}"},
    {"topology", "numaprobe topo shows which; another version of Windows may have the call"},
    // learn: powercfg command-line options: SCHEME_MIN is "High performance" by its alias.
    {"power_plan", "powercfg /setactive SCHEME_MIN"},
    {"lock_pages",
     "start an elevated prompt (Run as administrator); if the account lacks the right, use "
     "numaprobe doctor --grant-lock-pages there, and sign in again (or secpol.msc, Local "
     "Policies, User Rights Assignment)"},
    {"wine", "run numaprobe on Windows, or its build for this system"},
    // other troubles
    {"first_touch", "Windows may move or trim pages that are not locked: --pages 4K locks them"},
    // learn: BCDEdit /set: useplatformclock makes Windows count by a device.
    {"clocksources_unknown",
     "bcdedit /enum shows if useplatformclock is set; bcdedit /deletevalue useplatformclock in an "
     "elevated prompt removes it from the next start on"},
    {NULL, NULL},
};
// clang-format on

const char *const os_cpus_withheld_by = "affinity, CPU sets or job object";
const char *const os_memory_withheld_by = "job object";
