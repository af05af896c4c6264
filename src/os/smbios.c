// SPDX-License-Identifier: Apache-2.0
#include "os/smbios.h"

#include "os/counted.h"

#include <stdio.h>
#include <string.h>

// ---- the table ----------------------------------------------------------------------------------

// SMBIOS 6.1.2: type, length of the formatted part, handle; then strings, ended by two zeros.
struct structure {
    const uint8_t *data;
    uint8_t type, length;
};

static uint32_t field(const struct structure *structure, uint8_t offset, uint8_t bytes) {
    uint32_t value = 0;
    for (uint8_t i = 0; i < bytes && offset + i < structure->length; i++)
        value |= (uint32_t)structure->data[offset + i] << 8 * i;
    return value;
}

// The structure at *offset, and *offset moves behind its strings. False at the end, and where a
// length is impossible.
static bool next_structure(const uint8_t *table, size_t bytes, size_t *offset,
                           struct structure *structure) {
    size_t left = bytes - *offset;
    if (left < 4 || table[*offset + 1] < 4 || table[*offset + 1] > left)
        return false;
    *structure = (struct structure){table + *offset, table[*offset], table[*offset + 1]};
    size_t at = *offset + structure->length;
    while (at + 1 < bytes && (table[at] || table[at + 1]))
        at++;
    *offset = at + 2 < bytes ? at + 2 : bytes;
    return true;
}

// ---- processors ---------------------------------------------------------------------------------

enum { TYPE_PROCESSOR = 4, TYPE_MEMORY_DEVICE = 17 };

static bool socket_is_populated(const struct structure *structure) {
    return field(structure, 0x18, 1) >> 6 & 1; // SMBIOS 7.5, Status
}

bool smbios_read_processors(const uint8_t *table, size_t bytes, enum smbios_fact fact, char *text,
                            size_t text_bytes) {
    struct structure structure;
    struct counted mhz = {0};
    unsigned all = 0, there = 0;
    size_t offset = 0;
    while (next_structure(table, bytes, &offset, &structure)) {
        bool populated = structure.type == TYPE_PROCESSOR && socket_is_populated(&structure);
        all += structure.type == TYPE_PROCESSOR;
        there += populated;
        if (populated)
            counted_add(&mhz, field(&structure, 0x14, 2));
    }
    if (all == 0)
        snprintf(text, text_bytes, "the firmware's tables have no structure of type %d",
                 TYPE_PROCESSOR);
    else if (fact == SMBIOS_SOCKETS)
        snprintf(text, text_bytes, "%u of %u populated", there, all);
    else if (there == 0)
        snprintf(text, text_bytes, "the firmware's tables name no socket that is populated");
    else
        counted_format(&mhz, NULL, text, text_bytes);
    return all > 0 && (there > 0 || fact == SMBIOS_SOCKETS);
}

// ---- memory modules -----------------------------------------------------------------------------

// SMBIOS 7.18, Size: 0 is an empty slot, 0xFFFF is not known, 0x7FFF points to Extended Size; bit
// 15 is the unit, KiB or MiB.
static uint32_t module_mib(const struct structure *structure) {
    uint32_t size = field(structure, 0x0C, 2);
    if (size == 0xFFFF)
        return 0;
    if (size == 0x7FFF)
        return field(structure, 0x1C, 4) & 0x7FFFFFFF;
    return size >> 15 ? (size & 0x7FFF) / 1024 : size;
}

// SMBIOS 7.18: 0 is not known, 0xFFFF points to the extended field.
static uint32_t speed(const struct structure *structure, uint8_t offset, uint8_t extended) {
    uint32_t value = field(structure, offset, 2);
    return value == 0xFFFF ? field(structure, extended, 4) & 0x7FFFFFFF : value;
}

// The structure's string of the number in a field, which stands behind its formatted part; "" where
// there is none. end: of the structure, so that a table that is cut short is read no further.
static void read_string(const struct structure *structure, uint8_t offset, const uint8_t *end,
                        char *text, size_t text_bytes) {
    uint32_t number = field(structure, offset, 1);
    const uint8_t *at = structure->data + structure->length;
    for (uint32_t i = 1; i < number && at < end && *at; i++) {
        while (at < end && *at)
            at++;
        at += at < end;
    }
    size_t length = 0;
    while (number && at + length < end && at[length] && length + 1 < text_bytes)
        length++;
    if (length)
        memcpy(text, at, length);
    text[length] = '\0';
}

bool smbios_read_modules(const uint8_t *table, size_t bytes, struct dimm_list *list, char *reason,
                         size_t reason_bytes) {
    struct structure structure;
    char bank[DIMM_CHANNEL_BYTES], locator[DIMM_CHANNEL_BYTES];
    size_t offset = 0;
    snprintf(list->source, sizeof list->source, "SMBIOS");
    while (next_structure(table, bytes, &offset, &structure)) {
        if (structure.type != TYPE_MEMORY_DEVICE)
            continue;
        struct dimm *dimm = dimm_add(list);
        dimm->populated = field(&structure, 0x0C, 2) != 0;
        dimm->mib = module_mib(&structure);
        dimm->type = (uint8_t)field(&structure, 0x12, 1);
        dimm->width_bits = field(&structure, 0x0A, 2);
        dimm->rated_mts = speed(&structure, 0x15, 0x54);
        dimm->configured_mts = speed(&structure, 0x20, 0x58);
        read_string(&structure, 0x10, table + offset, locator, sizeof locator);
        read_string(&structure, 0x11, table + offset, bank, sizeof bank);
        dimm_set_channel(dimm, bank, locator);
    }
    if (!list->count)
        snprintf(reason, reason_bytes, "the firmware's tables have no structure of type %d",
                 TYPE_MEMORY_DEVICE);
    return list->count > 0;
}
