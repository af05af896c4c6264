// SPDX-License-Identifier: Apache-2.0
// The firmware's table of what accesses to memory take (HMAT). Pure: each system reads the table in
// its own way. Private to this room.
#ifndef NUMAPROBE_OS_HMAT_H
#define NUMAPROBE_OS_HMAT_H

#include "os/os.h"

// More proximity domains than that on either side are left out.
enum { HMAT_DOMAINS_MOST = 256 };

// Fills memory with each initiator and target of which the table tells anything, in the order in
// which it names them; nodes are proximity domains, as the firmware numbers them. Caches beside
// memory are left out, and so is a structure that is cut short or lies about its length. False with
// a reason when nothing is left. os_firmware_memory_free is due in either case.
//
// ACPI 6.5, 5.2.28, tables 5.143 to 5.146 (structure of type 1, System Locality Latency and
// Bandwidth Information). Units of revision 1 as Linux takes them (drivers/acpi/numa/hmat.c).
bool hmat_read(const uint8_t *table, size_t bytes, struct os_firmware_memory *memory, char *reason,
               size_t reason_bytes);

#endif
