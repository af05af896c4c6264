// SPDX-License-Identifier: Apache-2.0
// The whole command line on a simulated Windows machine.
//
// usage: windows_machine NAME [ARGUMENTS of numaprobe...]   NAME: one of windows_sim/sim_machines.c
//        windows_machine                                    their names
#include "cli/program.h"
#include "windows_sim/sim.h"

#include <stdio.h>
#include <stdlib.h>

int main(int argument_count, char **arguments) {
    static char no_cpuid[] = "HWLOC_COMPONENTS=-x86"; // it would ask the real processor
    putenv(no_cpuid);
    if (argument_count < 2) {
        for (const struct sim_machine *machine = sim_machines; machine->name; machine++)
            printf("%s\n", machine->name);
        return 0;
    }
    sim_select(arguments[1]);
    return program_main(argument_count - 1, arguments + 1);
}
