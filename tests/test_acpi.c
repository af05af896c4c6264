// SPDX-License-Identifier: Apache-2.0
// The firmware's tables of memory: made by hand after ACPI 6.5, 5.2.16, 5.2.17 and 5.2.28, whole
// and damaged.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "os/acpi.h"

enum { TABLE_BYTES = 4096, INITIATORS = 2, TARGETS = 3 };

static uint8_t table[TABLE_BYTES];
static size_t table_bytes;

static void put(uint64_t number, size_t bytes) {
    assert_true(table_bytes + bytes <= sizeof table);
    for (size_t i = 0; i < bytes; i++)
        table[table_bytes++] = (uint8_t)(i < 8 ? number >> 8 * i : 0);
}

static void begin_table(const char *name) {
    table_bytes = 0;
    for (size_t i = 0; i < 4; i++)
        put((uint8_t)name[i], 1);
    put(0, 4); // its length, which nobody needs
}

static void begin(unsigned revision) {
    begin_table("HMAT");
    put(revision, 1);
    put(0, 31);
}

// Two initiators, domains 0 and 1, and three targets, 0 to 2.
static void add_locality(unsigned flags, unsigned type, uint64_t base,
                         const uint16_t entries[INITIATORS][TARGETS]) {
    put(1, 2);
    put(0, 2);
    put(32 + 4 * (INITIATORS + TARGETS) + 2 * INITIATORS * TARGETS, 4);
    put(flags, 1);
    put(type, 1);
    put(0, 2);
    put(INITIATORS, 4);
    put(TARGETS, 4);
    put(0, 4);
    put(base, 8);
    for (uint32_t i = 0; i < INITIATORS; i++)
        put(i, 4);
    for (uint32_t i = 0; i < TARGETS; i++)
        put(i, 4);
    for (size_t i = 0; i < INITIATORS; i++)
        for (size_t k = 0; k < TARGETS; k++)
            put(entries[i][k], 2);
}

// The lab's machine: from node 1 to node 2 it takes 320 ns, which sysfs shows nowhere.
static const uint16_t latencies[INITIATORS][TARGETS] = {
    {80,  140, 250},
    {140, 80,  320}
};
static const uint16_t rates[INITIATORS][TARGETS] = {
    {200, 60,  30    },
    {60,  200, 0xFFFF}
};

static const struct os_firmware_path *find(const struct os_firmware_memory *memory, uint32_t from,
                                           uint32_t to) {
    for (size_t i = 0; i < memory->count; i++)
        if (memory->at[i].cpu_node == from && memory->at[i].mem_node == to)
            return &memory->at[i];
    fail_msg("nothing is told from %u to %u", from, to);
    return NULL;
}

static struct os_firmware_memory read_table(void) {
    struct os_firmware_memory memory;
    char reason[160] = "";
    if (!hmat_read(table, table_bytes, &memory, reason, sizeof reason))
        fail_msg("%s", reason);
    return memory;
}

static void every_pair_has_its_values(void **state) {
    (void)state;
    begin(2);
    add_locality(0, 0, 1000, latencies); // of any access, in picoseconds
    add_locality(0, 3, 1024, rates);     // in MiB/s
    struct os_firmware_memory memory = read_table();
    assert_int_equal(memory.count, INITIATORS * TARGETS);
    const struct os_firmware_path *far = find(&memory, 1, 2), *near = find(&memory, 0, 0);
    assert_true(far->read_latency_ns == 320 && far->write_latency_ns == 320);
    assert_true(isnan(far->read_bytes_per_s) && isnan(far->write_bytes_per_s)); // unknown
    assert_true(near->read_latency_ns == 80);
    assert_true(near->read_bytes_per_s == 200.0 * (double)GIB);
    os_firmware_memory_free(&memory);
}

static void reads_and_writes_are_kept_apart_and_the_first_entry_counts(void **state) {
    (void)state;
    begin(2);
    add_locality(0, 1, 1000, latencies);
    add_locality(0, 2, 2000, latencies);
    add_locality(0, 0, 7000, latencies); // says all of it again, otherwise
    add_locality(0, 5, 1024, rates);
    add_locality(1, 4, 1024, rates); // of a cache beside memory
    add_locality(0, 9, 1024, rates); // of no kind that there is
    struct os_firmware_memory memory = read_table();
    const struct os_firmware_path *path = find(&memory, 0, 1);
    assert_true(path->read_latency_ns == 140 && path->write_latency_ns == 280);
    assert_true(path->write_bytes_per_s == 60.0 * (double)GIB && isnan(path->read_bytes_per_s));
    os_firmware_memory_free(&memory);
}

static void the_first_revision_has_tenths(void **state) {
    (void)state;
    begin(1);
    add_locality(0, 0, 10, latencies);
    add_locality(0, 3, 10240, rates);
    struct os_firmware_memory memory = read_table();
    assert_true(find(&memory, 0, 2)->read_latency_ns == 250);
    assert_true(find(&memory, 0, 2)->read_bytes_per_s == 30.0 * (double)GIB);
    os_firmware_memory_free(&memory);
}

static void an_empty_table_says_so(void **state) {
    (void)state;
    struct os_firmware_memory memory;
    char reason[160];
    begin(2);
    assert_false(hmat_read(table, table_bytes, &memory, reason, sizeof reason));
    assert_non_null(strstr(reason, "has neither latency"));
    assert_false(hmat_read(table, 39, &memory, reason, sizeof reason));
    assert_non_null(strstr(reason, "is not a valid table"));
    table[0] = 'X';
    assert_false(hmat_read(table, table_bytes, &memory, reason, sizeof reason));
    assert_non_null(strstr(reason, "is not a valid table"));
}

// Each length in a block of just that size, so that a sanitizer sees a byte too many.
static void a_table_that_is_cut_or_damaged_is_read_as_far_as_it_makes_sense(void **state) {
    (void)state;
    struct random random;
    random_seed(&random, 1);
    begin(2);
    add_locality(0, 0, 1000, latencies);
    add_locality(0, 3, 1024, rates);
    for (size_t round = 0; round < 1000; round++) {
        struct os_firmware_memory memory;
        char reason[160];
        size_t bytes = round < table_bytes ? round : table_bytes;
        uint8_t *copy = base_allocate(bytes + 1, 1);
        memcpy(copy, table, bytes);
        for (size_t i = 0; round >= table_bytes && i < 1 + round % 4; i++)
            copy[4 + random_below(&random, bytes - 4)] = (uint8_t)random_below(&random, 256);
        hmat_read(copy, bytes, &memory, reason, sizeof reason);
        assert_true(memory.count <= 64);
        os_firmware_memory_free(&memory);
        free(copy);
    }
}

// ---- where memory is ----------------------------------------------------------------------------

static void begin_srat(void) {
    begin_table("SRAT");
    put(0, 40);
}

static void add_range(uint32_t domain, uint64_t bytes, uint32_t flags) {
    put(1, 1);
    put(40, 1);
    put(domain, 4);
    put(0, 10);
    put(bytes, 8);
    put(0, 4);
    put(flags, 4);
    put(0, 8);
}

static void assert_range(size_t *at, uint32_t domain, uint64_t bytes, bool hot_pluggable) {
    struct srat_range range;
    assert_true(srat_next(table, table_bytes, at, &range));
    assert_int_equal(range.domain, domain);
    assert_true(range.bytes == bytes && range.hot_pluggable == hot_pluggable);
}

static void assert_no_range(size_t *at) {
    struct srat_range range;
    assert_false(srat_next(table, table_bytes, at, &range));
    assert_false(srat_next(table, table_bytes, at, &range)); // and it stays so
}

static void ranges_in_use_are_found_one_after_the_other(void **state) {
    (void)state;
    size_t at = 0;
    begin_srat();
    add_range(7, 2 * GIB, 1);
    add_range(7, 1 * GIB, 0); // not enabled
    put(0, 1);                // a processor's structure
    put(16, 1);
    put(0, 14);
    add_range(300, 4 * GIB, 3);
    add_range(1, UINT64_C(1) << 60, 1); // larger than what can be addressed
    add_range(8, 3 * GIB, 1);
    assert_range(&at, 7, 2 * GIB, false);
    assert_range(&at, 300, 4 * GIB, true);
    assert_range(&at, 8, 3 * GIB, false);
    assert_no_range(&at);
}

static void a_damaged_srat_is_read_up_to_the_damage(void **state) {
    (void)state;
    static const uint8_t lengths[] = {0, 1, 41}; // none, one that goes round in circles, too long
    for (size_t i = 0; i < COUNT_OF(lengths); i++) {
        size_t at = 0;
        begin_srat();
        add_range(0, 1 * GIB, 1);
        add_range(1, 1 * GIB, 1);
        table[48 + 40 + 1] = lengths[i];
        assert_range(&at, 0, 1 * GIB, false);
        assert_no_range(&at);
    }
    size_t at = 0;
    table[0] = 'X';
    assert_no_range(&at);
    at = 0;
    assert_false(srat_next(NULL, 0, &at, &(struct srat_range){0}));
}

// ---- how far it is ------------------------------------------------------------------------------

enum { DOMAINS = 3 };

static void put_slit(const uint8_t distances[DOMAINS * DOMAINS]) {
    begin_table("SLIT");
    put(0, 28);
    put(DOMAINS, 8);
    for (size_t i = 0; i < DOMAINS * DOMAINS; i++)
        put(distances[i], 1);
}

static void assert_no_distances(size_t bytes, const char *why) {
    char reason[160] = "";
    assert_int_equal(slit_domains(table, bytes, reason, sizeof reason), 0);
    if (!strstr(reason, why))
        fail_msg("%s", reason);
}

static void distances_go_from_row_to_column(void **state) {
    (void)state;
    static const uint8_t distances[DOMAINS * DOMAINS] = {10, 21, 31, 20, 10, 255, 30, 40, 10};
    char reason[160];
    put_slit(distances);
    assert_int_equal(slit_domains(table, table_bytes, reason, sizeof reason), DOMAINS);
    assert_int_equal(slit_distance(table, DOMAINS, 0, 2), 31);
    assert_int_equal(slit_distance(table, DOMAINS, 2, 0), 30);
    assert_int_equal(slit_distance(table, DOMAINS, 1, 2), 255);
}

static void a_slit_that_is_damaged_or_makes_no_sense_says_so(void **state) {
    (void)state;
    static const uint8_t distances[DOMAINS * DOMAINS] = {10, 20, 20, 20, 10, 20, 20, 20, 10};
    put_slit(distances);
    assert_no_distances(table_bytes - 1, "is not a valid table");
    assert_no_distances(43, "is not a valid table");
    assert_no_distances(0, "is not a valid table");
    table[44 + 1] = 10; // another node as near as the own one
    assert_no_distances(table_bytes, "makes no sense");
    put_slit(distances);
    table[44 + 4] = 11; // the own one farther than that
    assert_no_distances(table_bytes, "makes no sense");
    put_slit(distances);
    memset(table + 36, 0xff, 8); // domains whose square overflows
    assert_no_distances(table_bytes, "is not a valid table");
    memset(table + 36, 0, 8);
    assert_no_distances(table_bytes, "is not a valid table");
    put_slit(distances);
    table[0] = 'X';
    assert_no_distances(table_bytes, "is not a valid table");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_has_its_values),
        cmocka_unit_test(reads_and_writes_are_kept_apart_and_the_first_entry_counts),
        cmocka_unit_test(the_first_revision_has_tenths),
        cmocka_unit_test(an_empty_table_says_so),
        cmocka_unit_test(a_table_that_is_cut_or_damaged_is_read_as_far_as_it_makes_sense),
        cmocka_unit_test(ranges_in_use_are_found_one_after_the_other),
        cmocka_unit_test(a_damaged_srat_is_read_up_to_the_damage),
        cmocka_unit_test(distances_go_from_row_to_column),
        cmocka_unit_test(a_slit_that_is_damaged_or_makes_no_sense_says_so),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
