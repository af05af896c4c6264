// SPDX-License-Identifier: Apache-2.0
// The firmware's tables of memory (ACPI): what accesses take (HMAT), where memory is (SRAT), and
// how far it is (SLIT). Pure: each system reads the tables in its own way, and says which nodes the
// proximity domains are, as the firmware numbers them. Private to this room.
#ifndef NUMAPROBE_OS_ACPI_H
#define NUMAPROBE_OS_ACPI_H

#include "os/os.h"

// More proximity domains than that on either side are left out.
enum { HMAT_DOMAINS_MAX = 256 };

// Fills memory with each initiator and target of which the table tells anything, in the order in
// which it names them; its nodes are proximity domains. Caches beside memory are left out, and so
// is a structure that is cut short or lies about its length. False with a reason when nothing is
// left. os_firmware_memory_free is due in either case.
//
// ACPI 6.5, 5.2.28, tables 5.143 to 5.146 (structure of type 1, System Locality Latency and
// Bandwidth Information). Units of revision 1 as Linux takes them (drivers/acpi/numa/hmat.c).
bool hmat_read(const uint8_t *table, size_t bytes, struct os_firmware_memory *memory, char *reason,
               size_t reason_bytes);

// A range of addresses. In one that is hot-pluggable there need be no memory yet.
struct srat_range {
    uint32_t domain;
    uint64_t bytes;
    bool hot_pluggable;
};

// Finds the next range that is in use; *at is 0 before the first one. False behind the last one,
// and where the table is none, or is damaged from there on. A range that is larger than what any
// processor can address is left out.
//
// ACPI 6.5, 5.2.16 (structure of type 1, Memory Affinity).
bool srat_next(const uint8_t *table, size_t bytes, size_t *at, struct srat_range *range);

// How many domains, from 0 on, the table tells the distances of. 0 with a reason: it is damaged, or
// its numbers make no sense, by the same rule as on Linux (slit_valid of drivers/acpi/numa/srat.c):
// 10 from each domain to itself, more to others.
//
// ACPI 6.5, 5.2.17.
uint32_t slit_domains(const uint8_t *table, size_t bytes, char *reason, size_t reason_bytes);

// From one of that many domains to another; 10 is local, 255 cannot be reached.
uint8_t slit_distance(const uint8_t *table, uint32_t domains, uint32_t from, uint32_t to);

#endif
