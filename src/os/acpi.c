// SPDX-License-Identifier: Apache-2.0
#include "os/acpi.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static uint64_t number_at(const uint8_t *bytes, size_t count) {
    uint64_t number = 0;
    for (size_t i = count; i > 0; i--)
        number = number << 8 | bytes[i - 1];
    return number;
}

// ---- what accesses take (HMAT) ------------------------------------------------------------------

enum {
    HEADER_BYTES = 40,      // of the table: structures follow
    STRUCTURE_BYTES = 32,   // of a structure: its lists follow
    TYPE_LOCALITY = 1,      // latency and bandwidth
    LEVEL_MASK = 15,        // of its flags; 0: memory
    QUANTITY_COUNT = 4,     // read and write latency, read and write bandwidth
    UNKNOWN_ENTRY = 0xFFFF, // unreachable or unknown, as 0 is
};

struct matrix {
    uint32_t initiators[HMAT_DOMAINS_MAX], targets[HMAT_DOMAINS_MAX];
    size_t initiator_count, target_count;
    double values[QUANTITY_COUNT][HMAT_DOMAINS_MAX][HMAT_DOMAINS_MAX];
};

// The place of a domain, which is added where it is new; HMAT_DOMAINS_MAX: there is no more room.
static size_t place_of(uint32_t *domains, size_t *count, uint32_t domain) {
    size_t place = 0;
    while (place < *count && domains[place] != domain)
        place++;
    if (place == *count && place < HMAT_DOMAINS_MAX)
        domains[(*count)++] = domain;
    return place;
}

// Nanoseconds or bytes per second; NaN: unknown. Types 0 to 2 are latencies of access, read and
// write, 3 to 5 bandwidths.
static double value_of(uint64_t entry, uint64_t base, unsigned type, unsigned revision) {
    double value = (double)entry * (double)base;
    if (entry == 0 || entry == UNKNOWN_ENTRY || base == 0)
        return NAN;
    if (type >= 3)
        return value * (double)MIB / (revision == 1 ? 10 : 1);
    return ceil(revision == 1 ? value / 10 : value / 1000); // tenths of ns, picoseconds
}

static void take_value(struct matrix *matrix, unsigned type, size_t initiator, size_t target,
                       double value) {
    for (unsigned way = 0; way < 2; way++) { // read, write; access is both
        double *known = &matrix->values[type / 3 * 2 + way][initiator][target];
        if ((type % 3 == 0 || type % 3 == way + 1) && isnan(*known))
            *known = value;
    }
}

static void read_structure(const uint8_t *structure, size_t bytes, unsigned revision,
                           struct matrix *matrix) {
    if (bytes < STRUCTURE_BYTES || number_at(structure, 2) != TYPE_LOCALITY ||
        structure[8] & LEVEL_MASK || structure[9] > 5)
        return;
    uint64_t rows = number_at(structure + 12, 4), columns = number_at(structure + 16, 4);
    uint64_t base = number_at(structure + 24, 8);
    if (rows > HMAT_DOMAINS_MAX || columns > HMAT_DOMAINS_MAX ||
        STRUCTURE_BYTES + 4 * (rows + columns) + 2 * rows * columns > bytes)
        return;
    const uint8_t *initiators = structure + STRUCTURE_BYTES, *targets = initiators + 4 * rows;
    const uint8_t *entries = targets + 4 * columns;
    for (size_t row = 0; row < rows; row++)
        for (size_t column = 0; column < columns; column++) {
            size_t initiator = place_of(matrix->initiators, &matrix->initiator_count,
                                        (uint32_t)number_at(initiators + 4 * row, 4));
            size_t target = place_of(matrix->targets, &matrix->target_count,
                                     (uint32_t)number_at(targets + 4 * column, 4));
            uint64_t entry = number_at(entries + 2 * (row * columns + column), 2);
            if (initiator < HMAT_DOMAINS_MAX && target < HMAT_DOMAINS_MAX)
                take_value(matrix, structure[9], initiator, target,
                           value_of(entry, base, structure[9], revision));
        }
}

static void list_paths(const struct matrix *matrix, struct os_firmware_memory *memory) {
    for (size_t i = 0; i < matrix->initiator_count; i++)
        for (size_t k = 0; k < matrix->target_count; k++) {
            const struct os_firmware_path path = {
                .cpu_node = matrix->initiators[i],
                .mem_node = matrix->targets[k],
                .read_latency_ns = matrix->values[0][i][k],
                .write_latency_ns = matrix->values[1][i][k],
                .read_bytes_per_s = matrix->values[2][i][k],
                .write_bytes_per_s = matrix->values[3][i][k],
            };
            if (isnan(path.read_latency_ns) && isnan(path.write_latency_ns) &&
                isnan(path.read_bytes_per_s) && isnan(path.write_bytes_per_s))
                continue;
            memory->at = base_grow_by_one(memory->at, memory->count, sizeof *memory->at);
            memory->at[memory->count++] = path;
        }
}

bool hmat_read(const uint8_t *table, size_t bytes, struct os_firmware_memory *memory, char *reason,
               size_t reason_bytes) {
    *memory = (struct os_firmware_memory){0};
    if (bytes < HEADER_BYTES || memcmp(table, "HMAT", 4) != 0) {
        snprintf(reason, reason_bytes, "the firmware's HMAT is not a valid table (%zu bytes)",
                 bytes);
        return false;
    }
    struct matrix *matrix = base_allocate(1, sizeof *matrix);
    memset(matrix->values, 0xff, sizeof matrix->values); // all bits set are a NaN (IEEE 754)
    for (size_t at = HEADER_BYTES; bytes - at >= 8;) {
        uint64_t length = number_at(table + at + 4, 4);
        if (length < 8 || length > bytes - at)
            break;
        read_structure(table + at, (size_t)length, table[8], matrix);
        at += (size_t)length;
    }
    list_paths(matrix, memory);
    free(matrix);
    if (!memory->count)
        snprintf(reason, reason_bytes, "the firmware's HMAT has neither latency nor bandwidth");
    return memory->count > 0;
}

// ---- where memory is (SRAT) ---------------------------------------------------------------------

enum {
    SRAT_HEADER_BYTES = 48, // 36 of every table and 12 reserved ones: structures follow
    SRAT_MEMORY = 1,        // the type of those that tell of memory
    SRAT_MEMORY_BYTES = 40,
    SRAT_ENABLED = 1, // flags of such a one
    SRAT_HOT_PLUGGABLE = 2,
    ADDRESS_BITS = 52, // of any x86-64 (AMD64 manual, volume 2, 5.1) and AArch64 (FEAT_LPA)
};

// Each structure begins with its type and its length.
bool srat_next(const uint8_t *table, size_t bytes, size_t *at, struct srat_range *range) {
    if (*at == 0)
        *at =
            bytes < SRAT_HEADER_BYTES || memcmp(table, "SRAT", 4) != 0 ? bytes : SRAT_HEADER_BYTES;
    while (bytes - *at >= 2) {
        const uint8_t *entry = table + *at;
        size_t length = entry[1];
        if (length < 2 || length > bytes - *at)
            break;
        *at += length;
        if (entry[0] != SRAT_MEMORY || length < SRAT_MEMORY_BYTES)
            continue;
        uint64_t flags = number_at(entry + 28, 4);
        *range = (struct srat_range){.domain = (uint32_t)number_at(entry + 2, 4),
                                     .bytes = number_at(entry + 16, 8),
                                     .hot_pluggable = (flags & SRAT_HOT_PLUGGABLE) != 0};
        if (flags & SRAT_ENABLED && range->bytes <= UINT64_C(1) << ADDRESS_BITS)
            return true;
    }
    *at = bytes;
    return false;
}

// ---- how far it is (SLIT) -----------------------------------------------------------------------

// 36 of every table and the number of localities: the matrix follows, a byte for each distance.
enum { SLIT_HEADER_BYTES = 44, SLIT_LOCAL = 10 };

uint8_t slit_distance(const uint8_t *table, uint32_t domains, uint32_t from, uint32_t to) {
    return table[SLIT_HEADER_BYTES + (size_t)from * domains + to];
}

static bool makes_sense(const uint8_t *table, uint32_t domains) {
    for (uint32_t from = 0; from < domains; from++)
        for (uint32_t to = 0; to < domains; to++) {
            uint8_t distance = slit_distance(table, domains, from, to);
            if (from == to ? distance != SLIT_LOCAL : distance <= SLIT_LOCAL)
                return false;
        }
    return true;
}

uint32_t slit_domains(const uint8_t *table, size_t bytes, char *reason, size_t reason_bytes) {
    uint64_t domains = 0;
    if (bytes >= SLIT_HEADER_BYTES && memcmp(table, "SLIT", 4) == 0)
        domains = number_at(table + SLIT_HEADER_BYTES - 8, 8);
    // The first comparison keeps the product of the second from overflowing.
    if (domains == 0 || domains >= UINT32_MAX || domains * domains > bytes - SLIT_HEADER_BYTES) {
        snprintf(reason, reason_bytes, "the firmware's SLIT is not a valid table (%zu bytes)",
                 bytes);
        return 0;
    }
    if (makes_sense(table, (uint32_t)domains))
        return (uint32_t)domains;
    snprintf(reason, reason_bytes,
             "the firmware's SLIT makes no sense: the distance of a node to itself must be 10, and "
             "of others more");
    return 0;
}
