// SPDX-License-Identifier: Apache-2.0
// The CPUs near a buffer: they write it first, and ask where its pages are. Private to this room.
#ifndef NUMAPROBE_PLACEMENT_WRITERS_H
#define NUMAPROBE_PLACEMENT_WRITERS_H

#include "base/id_set.h"
#include "os/os.h"

// Adds CPUs of the buffer's nodes until the set has `most`; of nodes without CPUs those of the node
// of the first CPU in the set. Adds fewer where the system does not report them.
void writers_add_helpers(const struct os_memory *memory, struct id_set *cpus, size_t most);

#endif
