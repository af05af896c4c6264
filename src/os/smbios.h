// SPDX-License-Identifier: Apache-2.0
// Facts from the firmware's own table: sockets and memory modules. Pure: each system reads the
// table in its own way. Private to this room.
//
// "SMBIOS" is DMTF's DSP0134, System Management BIOS Reference Specification. Only the fields below
// are read: what identifies a single machine (serial numbers, asset tags, UUIDs) is not.
#ifndef NUMAPROBE_OS_SMBIOS_H
#define NUMAPROBE_OS_SMBIOS_H

#include "base/base.h"

enum smbios_fact {
    SMBIOS_SOCKETS,           // "1 of 2 populated"
    SMBIOS_MAX_MHZ,           // of the sockets: "4000 (1)", each value and how often
    SMBIOS_SLOTS,             // of memory modules: "2 of 3 populated"
    SMBIOS_SIZES,             // of modules, MiB: "65536 (1), 16384 (1)"
    SMBIOS_TYPES,             // "DDR5 (2)"
    SMBIOS_SPEEDS,            // what modules can do, MT/s
    SMBIOS_CONFIGURED_SPEEDS, // and what they do here
    SMBIOS_FACT_COUNT,
};

// Writes what the table of that many bytes (its structures, without an entry point) tells, and
// true; or why it tells nothing, and false. A table that is cut short or lies about lengths is read
// as far as it makes sense.
bool smbios_read(const uint8_t *table, size_t bytes, enum smbios_fact fact, char *text,
                 size_t text_bytes);

#endif
