// SPDX-License-Identifier: Apache-2.0
// What os_self_test looks at: assumptions that both systems share, and those of each. Private to
// this room.
#ifndef NUMAPROBE_OS_SELF_TEST_H
#define NUMAPROBE_OS_SELF_TEST_H

#include "os/os.h"

// look writes what it found and says what that means. It leaves the system as it was.
struct assumption {
    const char *name;     // lower case with underscores, a sentence without spaces
    const char *document; // whose word it is
    const char *expected; // what that document promises
    enum os_outcome (*look)(char found[OS_FOUND_BYTES]);
};

// The system's own, ended by one whose name is NULL; linux_self_test.c or win32_self_test.c.
extern const struct assumption self_test_of_system[];

// Writes the text and returns the outcome, so that a look can end with it.
enum os_outcome self_test_tell(char found[OS_FOUND_BYTES], enum os_outcome outcome,
                               const char *format, ...) PRINTF_LIKE(3, 4);

// The outcome for an error: unavailable when the system has no such thing or cannot give it, else
// differs; found gets the sentence.
enum os_outcome self_test_error(char found[OS_FOUND_BYTES], const struct error *error);

#endif
