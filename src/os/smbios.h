// SPDX-License-Identifier: Apache-2.0
// The firmware's own table: sockets and memory modules. Pure: each system reads the table in its
// own way. Private to this room.
//
// "SMBIOS" is DMTF's DSP0134, System Management BIOS Reference Specification. Only the fields below
// are read: what identifies a single machine (serial numbers, asset tags, UUIDs) is not.
#ifndef NUMAPROBE_OS_SMBIOS_H
#define NUMAPROBE_OS_SMBIOS_H

#include "os/dimm.h"

enum smbios_fact {
    SMBIOS_SOCKETS, // "1 of 2 populated"
    SMBIOS_MAX_MHZ, // of the sockets: "4000 (1)", each value and how often
};

// Writes what the table of that many bytes (its structures, without an entry point) tells of the
// sockets, and true; or why it tells nothing, and false. A table that is cut short or lies about
// lengths is read as far as it makes sense; so below.
bool smbios_read_processors(const uint8_t *table, size_t bytes, enum smbios_fact fact, char *text,
                            size_t text_bytes);

// Appends each memory module and empty slot to the list; false with a reason when there is none.
bool smbios_read_modules(const uint8_t *table, size_t bytes, struct dimm_list *list, char *reason,
                         size_t reason_bytes);

#endif
