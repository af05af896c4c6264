// SPDX-License-Identifier: Apache-2.0
// The command line of Intel's Memory Latency Checker, for scripts that call that program: under the
// name mlc-numaprobe, or mlc, this program takes it.
#ifndef NUMAPROBE_CLI_MLC_H
#define NUMAPROBE_CLI_MLC_H

// The whole program under either name: argv in, exit status out. Called as mlc, what is asked is
// translated into a command of numaprobe's, which measures it; what has no counterpart is refused
// by its name. Called otherwise it is command_main.
int mlc_main(int argument_count, char **arguments);

#endif
