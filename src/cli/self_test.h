// SPDX-License-Identifier: Apache-2.0
// `numaprobe doctor --self-test`: what src/os believes of the system, held against this one.
#ifndef NUMAPROBE_CLI_SELF_TEST_H
#define NUMAPROBE_CLI_SELF_TEST_H

#include "cli/exit_code.h"
#include "cli/session.h"

// Prints what agreed, what did not and what could not be looked at, and writes the same with the
// facts about the machine to a file to send, numaprobe-self-test-UTC-ID.json in the current
// directory. OK when nothing differs.
enum exit_code self_test_run(const struct session *session);

#endif
