// SPDX-License-Identifier: Apache-2.0
// What is taken out of texts before strangers read them: names of hosts and users, paths, and
// numbers that one machine alone has. All that was taken out is kept, to be shown.
#ifndef NUMAPROBE_CLI_ANONYMOUS_H
#define NUMAPROBE_CLI_ANONYMOUS_H

#include "base/text_set.h"

struct anonymous_finding {
    const char *what;
    char *was, *is; // "": it was left out
};

struct anonymous {
    struct text_set hosts;              // the first is called host-1
    struct text_set noted;              // what and was of each finding, by its place
    struct anonymous_finding *findings; // each once
    size_t finding_count;
};
void anonymous_free(struct anonymous *anonymous);

// Keeps that `was` has become `is`. what: a text that stays.
void anonymous_note(struct anonymous *anonymous, const char *what, const char *was, const char *is);

// The name that stands for a host, the same whenever it comes. From then on it is taken out of
// texts too.
enum { ANONYMOUS_HOST_BYTES = 32 };
char *anonymous_host(struct anonymous *anonymous, const char *host,
                     char name[ANONYMOUS_HOST_BYTES]);

// A copy of the text without hosts that are known, names of users in paths, MAC addresses and
// UUIDs. The caller frees it.
char *anonymous_text(struct anonymous *anonymous, const char *text);

// A copy of a kernel's command line with only those words of it that can change a measurement.
char *anonymous_command_line(struct anonymous *anonymous, const char *text);

// A copy of a topology in hwloc's XML with only those pieces of information that say what kind of
// hardware it is: no HostName, no serial number, no control group, and none that is unknown here.
char *anonymous_topology(struct anonymous *anonymous, const char *xml);

#endif
