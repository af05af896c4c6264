// SPDX-License-Identifier: Apache-2.0
// How win32_facts.c, win32_firmware.c and win32_processor.c tell a fact. Private to this room.
#ifndef NUMAPROBE_OS_WIN32_FACTS_H
#define NUMAPROBE_OS_WIN32_FACTS_H

#include "os/win32.h"

void win32_tell(struct os_fact *fact, bool available, const char *format, ...) PRINTF_LIKE(3, 4);

// Not available: a call that failed, or that this Windows does not have.
void win32_tell_failure(struct os_fact *fact, const char *call, DWORD number);
void win32_tell_absence(struct os_fact *fact, const char *call);

// Different values with how often each stands: "DDR5 (16)", "4800 (16), 4400 (8)".
void win32_read_cpu_sockets(struct os_fact *fact);
void win32_read_cpu_max_mhz(struct os_fact *fact);
// The fact of that name of dimm.h.
void win32_read_dimms(struct os_fact *fact);
void win32_read_hypervisor(struct os_fact *fact);
// Whether Windows runs as the root partition of Hyper-V, as a guest, or without a hypervisor.
void win32_read_partition(struct os_fact *fact);

// That there are no counters of the memory bus, and why (win32_bus.c).
void win32_read_bus(struct os_fact *fact);

#endif
