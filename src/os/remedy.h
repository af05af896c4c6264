// SPDX-License-Identifier: Apache-2.0
// What os_remedy looks up: a table of each system. Private to this room.
#ifndef NUMAPROBE_OS_REMEDY_H
#define NUMAPROBE_OS_REMEDY_H

struct remedy {
    const char *topic;
    const char *text; // {}: the value that the caller gives
};

// The system's own, ended by one whose topic is NULL; linux_remedies.c or win32_remedies.c.
extern const struct remedy remedies_of_system[];

#endif
