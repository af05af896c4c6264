// SPDX-License-Identifier: Apache-2.0
#include "os/smbios.h"

#include <inttypes.h>
#include <stdio.h>

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

// ---- different values and how often each -----------------------------------------------------

enum { DIFFERENT_MAX = 8 };
struct counted {
    uint32_t values[DIFFERENT_MAX];
    unsigned times[DIFFERENT_MAX];
    size_t different;
};

static void count(struct counted *counted, uint32_t value) {
    size_t i = 0;
    while (i < counted->different && counted->values[i] != value)
        i++;
    if (i == DIFFERENT_MAX)
        return;
    counted->values[i] = value;
    counted->times[i]++;
    counted->different += i == counted->different;
}

// ---- what is asked of each structure ---------------------------------------------------------

// What one kind of structure tells: whether it is there at all, and its value; 0 is "not told".
struct question {
    uint8_t type;
    bool (*is_there)(const struct structure *structure);
    uint32_t (*value)(const struct structure *structure); // NULL: only how many are there
    const char *(*name)(uint32_t value);                  // NULL: as a number
};

enum { TYPE_PROCESSOR = 4, TYPE_MEMORY_DEVICE = 17 };

static bool socket_is_populated(const struct structure *structure) {
    return field(structure, 0x18, 1) >> 6 & 1; // SMBIOS 7.5, Status
}

static uint32_t processor_max_mhz(const struct structure *structure) {
    return field(structure, 0x14, 2);
}

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

static bool slot_is_populated(const struct structure *structure) {
    return field(structure, 0x0C, 2) != 0;
}

// SMBIOS 7.18: 0 is not known, 0xFFFF points to the extended field.
static uint32_t speed(const struct structure *structure, uint8_t offset, uint8_t extended) {
    uint32_t value = field(structure, offset, 2);
    return value == 0xFFFF ? field(structure, extended, 4) & 0x7FFFFFFF : value;
}

static uint32_t module_speed(const struct structure *structure) {
    return speed(structure, 0x15, 0x54);
}

static uint32_t module_configured_speed(const struct structure *structure) {
    return speed(structure, 0x20, 0x58);
}

static uint32_t module_type(const struct structure *structure) {
    return field(structure, 0x12, 1);
}

// SMBIOS 7.18.2, Memory Device - Type.
static const char *type_name(uint32_t type) {
    static const struct {
        uint32_t type;
        const char *name;
    } names[] = {
        {0x07, "RAM"                 },
        {0x18, "DDR3"                },
        {0x1A, "DDR4"                },
        {0x1D, "LPDDR3"              },
        {0x1E, "LPDDR4"              },
        {0x1F, "logical non-volatile"},
        {0x20, "HBM"                 },
        {0x21, "HBM2"                },
        {0x22, "DDR5"                },
        {0x23, "LPDDR5"              },
        {0x24, "HBM3"                },
    };
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (names[i].type == type)
            return names[i].name;
    return NULL;
}

// clang-format off
static const struct question questions[SMBIOS_FACT_COUNT] = {
    [SMBIOS_SOCKETS] = {TYPE_PROCESSOR, socket_is_populated, NULL, NULL},
    [SMBIOS_MAX_MHZ] = {TYPE_PROCESSOR, socket_is_populated, processor_max_mhz, NULL},
    [SMBIOS_SLOTS] = {TYPE_MEMORY_DEVICE, slot_is_populated, NULL, NULL},
    [SMBIOS_SIZES] = {TYPE_MEMORY_DEVICE, slot_is_populated, module_mib, NULL},
    [SMBIOS_TYPES] = {TYPE_MEMORY_DEVICE, slot_is_populated, module_type, type_name},
    [SMBIOS_SPEEDS] = {TYPE_MEMORY_DEVICE, slot_is_populated, module_speed, NULL},
    [SMBIOS_CONFIGURED_SPEEDS] =
        {TYPE_MEMORY_DEVICE, slot_is_populated, module_configured_speed, NULL},
};
// clang-format on

static void write_counted(const struct question *question, const struct counted *counted,
                          char *text, size_t text_bytes) {
    size_t used = 0;
    for (size_t i = 0; i < counted->different && used < text_bytes; i++) {
        const char *name = question->name ? question->name(counted->values[i]) : NULL;
        char number[16];
        snprintf(number, sizeof number, question->name ? "type %" PRIu32 : "%" PRIu32,
                 counted->values[i]);
        used += (size_t)snprintf(text + used, text_bytes - used, "%s%s (%u)", i ? ", " : "",
                                 counted->values[i] == 0 ? "not told"
                                 : name                  ? name
                                                         : number,
                                 counted->times[i]);
    }
}

bool smbios_read(const uint8_t *table, size_t bytes, enum smbios_fact fact, char *text,
                 size_t text_bytes) {
    const struct question *question = &questions[fact];
    struct structure structure;
    struct counted counted = {0};
    unsigned all = 0, there = 0;
    size_t offset = 0;
    while (next_structure(table, bytes, &offset, &structure)) {
        if (structure.type != question->type)
            continue;
        all++;
        if (!question->is_there(&structure))
            continue;
        there++;
        if (question->value)
            count(&counted, question->value(&structure));
    }
    if (all == 0)
        snprintf(text, text_bytes, "the firmware's tables have no structure of type %u",
                 question->type);
    else if (!question->value)
        snprintf(text, text_bytes, "%u of %u populated", there, all);
    else if (there == 0)
        snprintf(text, text_bytes, "the firmware's tables name none that is populated");
    else
        write_counted(question, &counted, text, text_bytes);
    return all > 0 && (there > 0 || !question->value);
}
