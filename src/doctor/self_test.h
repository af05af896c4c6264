// SPDX-License-Identifier: Apache-2.0
// `numaprobe doctor --self-test`: what src/os believes of the system, compared with this one, and
// whether what watches over a measurement finds faults here that were planted for it.
#ifndef NUMAPROBE_DOCTOR_SELF_TEST_H
#define NUMAPROBE_DOCTOR_SELF_TEST_H

#include "base/error.h"
#include "os/os.h"

// Of which machine and by which run of the program.
struct self_test_subject {
    const struct os_fact *facts;
    size_t fact_count;
    const char *run_id, *started_utc;
    bool no_host; // leave the host name out of the file
};

// Prints what agreed, what did not and what could not be looked at, and writes the same with the
// facts about the machine to a file to send, numaprobe-self-test-UTC-ID.json in the current
// directory, of which it then says what is in it. *differences says how many differ. False with
// the error when the file cannot be written.
bool self_test_run(const struct self_test_subject *subject, size_t *differences,
                   struct error *error);

#endif
