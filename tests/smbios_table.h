// SPDX-License-Identifier: Apache-2.0
// A firmware's table, built by hand, for the tests of both systems.
#ifndef NUMAPROBE_TESTS_SMBIOS_TABLE_H
#define NUMAPROBE_TESTS_SMBIOS_TABLE_H

#include "base/base.h"

#include <string.h>

// Two sockets, one empty, and three slots: DDR5 of 64 GiB (by the extended size) at 4400 of 4800,
// DDR4 of 16 GiB whose speed is unknown, and an empty one. Handwritten after SMBIOS 6.1.2, 7.5 and
// 7.18; the strings between the structures are what a reader must step over.
static uint8_t smbios[512];
static size_t smbios_bytes;

static void add_structure(uint8_t type, uint8_t length, const char *strings, size_t string_bytes) {
    uint8_t *at = smbios + smbios_bytes;
    at[0] = type;
    at[1] = length;
    memcpy(at + length, strings, string_bytes);
    smbios_bytes += length + string_bytes;
}

static void put(uint8_t *at, uint32_t value, size_t bytes) {
    for (size_t i = 0; i < bytes; i++)
        at[i] = (uint8_t)(value >> 8 * i);
}

static void add_processor(bool populated) {
    uint8_t *at = smbios + smbios_bytes;
    add_structure(4, 0x30, "Socket\0Maker\0", 14);
    put(at + 0x14, 4000, 2);
    put(at + 0x18, populated ? 0x41 : 0x01, 1);
}

static void add_module(uint32_t size, uint32_t extended_mib, uint32_t type, uint32_t speed,
                       uint32_t configured) {
    uint8_t *at = smbios + smbios_bytes;
    add_structure(17, 0x5C, "\0", 2);
    put(at + 0x0C, size, 2);
    put(at + 0x12, type, 1);
    put(at + 0x15, speed, 2);
    put(at + 0x1C, extended_mib, 4);
    put(at + 0x20, configured, 2);
}

// DDR4 of 8 GiB at 3200 MT/s. strings: its locator and its bank locator, each with its zero.
#define add_located_module(strings) add_structure_of_module(strings, sizeof strings)

static inline void add_structure_of_module(const char *strings, size_t string_bytes) {
    uint8_t *at = smbios + smbios_bytes;
    add_structure(17, 0x5C, strings, string_bytes);
    put(at + 0x0C, 8192, 2);
    put(at + 0x10, 0x0201, 2);
    put(at + 0x12, 0x1A, 1);
    put(at + 0x15, 3200, 2);
    put(at + 0x20, 3200, 2);
}

// Leaves header_bytes before the structures.
static void smbios_table_build(size_t header_bytes) {
    memset(smbios, 0, sizeof smbios);
    smbios_bytes = header_bytes;
    add_processor(true);
    add_processor(false);
    add_module(0x7FFF, 65536, 0x22, 4800, 4400);
    add_module(16384, 0, 0x1A, 0, 0);
    add_module(0, 0, 0x02, 0, 0);
}

#endif
