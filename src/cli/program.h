// SPDX-License-Identifier: Apache-2.0
// The whole program: argv in, exit status out.
#ifndef NUMAPROBE_CLI_PROGRAM_H
#define NUMAPROBE_CLI_PROGRAM_H

int program_main(int argument_count, char **arguments);

#endif
