// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Linux: what mends what.
#include "os/os.h"
#include "os/remedy.h"

#define CPU_FILES   "/sys/devices/system/cpu/"
#define NODE_FILES  "/sys/devices/system/node/"
#define CLOCK_FILES "/sys/devices/system/clocksource/clocksource0/"

// clang-format off
const struct remedy remedies_of_system[] = {
    // the checks of the doctor, by their names
    {"placement",
     "numaprobe verify shows where the pages are; if mbind is denied, a memory policy set by "
     "numactl stays in force: docker run --cap-add SYS_NICE"},
    {"memory", "end programs that hold memory there (numastat -m), or leave the node out: "
     "--mem-nodes"},
    {"cpuset",
     "taskset -c {} numaprobe, or give the container or service all of cpuset.cpus and "
     "cpuset.mems"},
    {"topology",
     "numaprobe topo shows which; a container must see /sys and /proc: docker run -v /sys:/sys:ro"},
    {"cpu_limit",
     "echo max | sudo tee /sys/fs/cgroup/GROUP/cpu.max (a container's --cpus; now {} CPUs)"},
    {"load", "end them or wait: ps -eo pcpu,pid,comm --sort=-pcpu | head"},
    {"smt", "echo off | sudo tee " CPU_FILES "smt/control"},
    {"isolated_cpus", "taskset -c {} numaprobe"},
    {"offline_cpus", "echo 1 | sudo tee " CPU_FILES "cpuN/online"},
    {"governor", "sudo cpupower frequency-set -g performance"},
    {"energy_preference",
     "echo performance | sudo tee " CPU_FILES "cpu*/cpufreq/energy_performance_preference"},
    {"turbo",
     "echo 1 | sudo tee " CPU_FILES "intel_pstate/no_turbo (other drivers: echo 0 | sudo tee "
     CPU_FILES "cpufreq/boost)"},
    {"throttling", "check cooling and power limits: sudo turbostat --quiet sleep 5"},
    {"huge_pages_2m",
     "echo N | sudo tee " NODE_FILES "nodeN/hugepages/hugepages-2048kB/nr_hugepages"},
    {"huge_pages_1g", "kernel parameters hugepagesz=1G hugepages=NODE:N,NODE:N"},
    {"numa_balancing", "sudo sysctl kernel.numa_balancing=0"},
    {"damon",
     "echo off | sudo tee /sys/kernel/mm/damon/admin/kdamonds/*/state, and N to "
     "/sys/module/damon_*/parameters/enabled"},
    {"offline_memory",
     "echo online | sudo tee /sys/devices/system/memory/memoryN/state (CXL: daxctl "
     "online-memory)"},
    {"ksm", "echo 0 | sudo tee /sys/kernel/mm/ksm/run"},
    {"demotion", "echo false | sudo tee /sys/kernel/mm/numa/demotion_enabled"},
    {"swap", "sudo swapoff -a"},
    {"clocksource", "echo {} | sudo tee " CLOCK_FILES "current_clocksource"},
    // other troubles
    {"memory_limit", "raise memory.max of the control group (a container's --memory)"},
    {"clocksources_unknown",
     "cat " CLOCK_FILES "available_clocksource lists them; write a better one to "
     "current_clocksource"},
    {"clocksource_best",
     "there is no better one here (available: {}): look for clocksource= and notsc in "
     "/proc/cmdline, and at dmesg | grep -i -e clocksource -e tsc"},
    {"first_touch",
     "nothing holds them there (mbind(2) is denied, or --pages pageable), and NUMA balancing may "
     "move them: sudo sysctl kernel.numa_balancing=0, or start the container with --cap-add "
     "SYS_NICE"},
    {"hidden_cpus",
     "this container renumbers its CPUs (lxcfs of LXD, Incus, Proxmox); unmount its "
     CPU_FILES "online, or run numaprobe on the host"},
    {NULL, NULL},
};
// clang-format on

const char *const os_cpus_withheld_by = "affinity or cgroup";
const char *const os_memory_withheld_by = "cgroup cpuset.mems";

bool os_large_page_right(struct os_right *right, struct error *error) {
    (void)right;
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "--grant-lock-pages: Linux knows no such right; huge pages come from a pool "
                     "that root reserves (numaprobe doctor says how many are free)");
}

bool os_large_page_right_grant(struct error *error) {
    struct os_right right;
    return os_large_page_right(&right, error);
}
