// SPDX-License-Identifier: Apache-2.0
// The firmware's table of latencies and bandwidths: made by hand after ACPI 6.5, 5.2.28, whole and
// damaged.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/random.h"
#include "os/hmat.h"

enum { TABLE_BYTES = 4096, INITIATORS = 2, TARGETS = 3 };

static uint8_t table[TABLE_BYTES];
static size_t table_bytes;

static void put(uint64_t number, size_t bytes) {
    assert_true(table_bytes + bytes <= sizeof table);
    for (size_t i = 0; i < bytes; i++)
        table[table_bytes++] = (uint8_t)(i < 8 ? number >> 8 * i : 0);
}

static void begin(unsigned revision) {
    table_bytes = 0;
    put(0x54414D48, 4); // "HMAT"
    put(0, 4);          // its length, which nobody needs
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
    assert_true(isnan(far->read_bytes_per_s) && isnan(far->write_bytes_per_s)); // not told
    assert_true(near->read_latency_ns == 80);
    assert_true(near->read_bytes_per_s == 200.0 * (double)GIB);
    os_firmware_memory_free(&memory);
}

static void reads_and_writes_are_told_apart_and_the_first_word_counts(void **state) {
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

static void a_table_that_tells_nothing_says_so(void **state) {
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
    for (size_t round = 0; round < 3000; round++) {
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

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_pair_has_its_values),
        cmocka_unit_test(reads_and_writes_are_told_apart_and_the_first_word_counts),
        cmocka_unit_test(the_first_revision_has_tenths),
        cmocka_unit_test(a_table_that_tells_nothing_says_so),
        cmocka_unit_test(a_table_that_is_cut_or_damaged_is_read_as_far_as_it_makes_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
