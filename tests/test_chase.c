// SPDX-License-Identifier: Apache-2.0
// The pointer chases against their definition, and the walks along them.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "guarded.h"
#include "kernels/chase.h"
#include "kernels/kernel.h"

enum { SLOT_WORDS = CHASE_SLOT_BYTES / sizeof(void *) };

// Windows of eight slots, so that small buffers too have many, and a short one at their end.
static const struct chase_shape small_windows = {8 * CHASE_SLOT_BYTES, CHASE_SLOT_BYTES, 64};

static struct chase_shape shape_of(const char *pattern_name) {
    const struct chase_pattern *pattern = chase_pattern_find(pattern_name);
    assert_non_null(pattern);
    return chase_shape_of(pattern, CHASE_LINE_BYTES);
}

// Walks slot_count loads from the start without the room's help and notes the slots in their order.
// False when an address is outside, a slot comes twice or the end is not the start.
static bool visits(const struct chase *chase, const void *base, uint64_t slots, uint64_t *order) {
    unsigned char *seen = base_allocate(slots, 1);
    void *const *at = chase->start;
    bool good = chase->slot_count == slots;
    for (uint64_t i = 0; good && i < slots; i++) {
        uint64_t offset_bytes = (uint64_t)((const char *)at - (const char *)base);
        uint64_t slot = offset_bytes / chase->slot_bytes;
        good = offset_bytes < slots * chase->slot_bytes && offset_bytes % sizeof(void *) == 0 &&
               !seen[slot];
        if (good) {
            seen[slot] = 1;
            order[i] = slot;
            at = *at;
        }
    }
    free(seen);
    return good && at == chase->start;
}

static void check_one_cycle(const struct guarded *memory, uint64_t slots,
                            const struct chase_shape *shape, uint64_t seed, uint64_t *order) {
    uint64_t size_bytes = slots * shape->slot_bytes;
    char *base = (char *)memory->end - size_bytes;
    struct chase chase = chase_build(base, size_bytes, shape, seed);
    if (!visits(&chase, base, slots, order))
        fail_msg("windows of %u, slots of %u bytes: %u slots, seed %u: not one cycle",
                 (unsigned)shape->window_bytes, (unsigned)shape->slot_bytes, (unsigned)slots,
                 (unsigned)seed);
    assert_true(chase_prove(&chase, base, size_bytes));
    assert_int_equal(chase.slot_bytes, shape->slot_bytes);
    assert_int_equal(chase.touched_bytes, slots * shape->line_bytes);
}

static void a_chain_of_any_length_is_one_cycle_through_all_slots(void **state) {
    (void)state;
    enum { SLOTS_MAX = 4096 };
    struct guarded memory = guarded_allocate(SLOTS_MAX * CHASE_SLOT_BYTES);
    uint64_t *order = base_allocate(SLOTS_MAX, sizeof *order);
    for (uint64_t slots = 1; slots <= SLOTS_MAX; slots++) {
        for (size_t i = 0; i < chase_pattern_count; i++) {
            struct chase_shape shape = chase_shape_of(&chase_patterns[i], CHASE_LINE_BYTES);
            check_one_cycle(&memory, slots, &shape, slots * 7 + i, order);
        }
        if (slots <= 256)
            for (uint64_t seed = 0; seed < 8; seed++)
                check_one_cycle(&memory, slots, &small_windows, seed, order);
    }
    free(order);
    guarded_free(&memory);
}

static void a_long_chain_is_one_cycle_through_all_slots(void **state) {
    (void)state;
    uint64_t slots = UINT64_C(1) << 20;
    struct guarded memory = guarded_allocate(slots * CHASE_SLOT_BYTES);
    uint64_t *order = base_allocate(slots, sizeof *order);
    for (size_t i = 0; i < chase_pattern_count; i++) {
        struct chase_shape shape = chase_shape_of(&chase_patterns[i], CHASE_LINE_BYTES);
        check_one_cycle(&memory, slots, &shape, 1, order);
    }
    free(order);
    guarded_free(&memory);
}

static void slots_and_lines_may_be_larger(void **state) {
    (void)state;
    static const struct chase_shape shapes[] = {
        {0,         256,      64 },
        {0,         512,      256},
        {64 * KIB,  512,      256},
        {256 * KIB, 1024,     64 },
        {8 * KIB,   4096,     128},
        {0,         64 * KIB, 64 },
    };
    enum { SIZE_BYTES = 4 << 20 };
    struct guarded memory = guarded_allocate(SIZE_BYTES);
    uint64_t *order = base_allocate(SIZE_BYTES / 256, sizeof *order);
    for (size_t i = 0; i < COUNT_OF(shapes); i++)
        for (uint64_t slots = 1; slots <= SIZE_BYTES / shapes[i].slot_bytes; slots = 2 * slots + 1)
            check_one_cycle(&memory, slots, &shapes[i], i, order);
    free(order);
    guarded_free(&memory);
}

static void a_processor_names_a_line(void **state) {
    (void)state;
    uint64_t line_bytes = chase_processor_line_bytes();
    print_message("lines of %u bytes\n", (unsigned)line_bytes);
    assert_int_equal(line_bytes & (line_bytes - 1), 0);
    assert_in_range(line_bytes, 16, 2048); // what an architecture of today allows
}

static void a_slot_is_two_lines_and_at_least_128_bytes(void **state) {
    (void)state;
    assert_int_equal(chase_min_slot_bytes(32), 128);
    assert_int_equal(chase_min_slot_bytes(64), 128);
    assert_int_equal(chase_min_slot_bytes(128), 256);
    assert_int_equal(chase_min_slot_bytes(256), 512);
    struct chase_shape shape = chase_shape_of(chase_pattern_find("structural"), 256);
    assert_int_equal(shape.window_bytes, 256 * KIB);
    assert_int_equal(shape.slot_bytes, 512);
    assert_int_equal(shape.line_bytes, 256);
}

struct chain {
    struct guarded memory;
    struct chase chase;
    uint64_t slots;
    uint64_t *order;
};

enum { CHAIN_SLOTS = 16 * 2048 }; // sixteen structural windows

static struct chain chain_of(const char *pattern_name, uint64_t seed) {
    struct chain chain = {.slots = CHAIN_SLOTS};
    chain.memory = guarded_allocate(CHAIN_SLOTS * CHASE_SLOT_BYTES);
    chain.order = base_allocate(CHAIN_SLOTS, sizeof *chain.order);
    struct chase_shape shape = shape_of(pattern_name);
    chain.chase = chase_build(chain.memory.start, CHAIN_SLOTS * CHASE_SLOT_BYTES, &shape, seed);
    assert_true(visits(&chain.chase, chain.memory.start, chain.slots, chain.order));
    return chain;
}

static void chain_free(struct chain *chain) {
    guarded_free(&chain->memory);
    free(chain->order);
}

static bool proves(const struct chain *chain) {
    return chase_prove(&chain->chase, chain->memory.start, chain->slots * CHASE_SLOT_BYTES);
}

static void **nth_place(const struct chain *chain, uint64_t n) {
    void **at = chain->chase.start;
    for (uint64_t i = 0; i < n; i++)
        at = *at;
    return at;
}

// Replaces the link of the n-th slot of the round, and puts it back after the proof.
static bool proves_with_link(const struct chain *chain, uint64_t n, void *link) {
    void **place = nth_place(chain, n);
    void *kept = *place;
    *place = link;
    bool proved = proves(chain);
    *place = kept;
    return proved;
}

static void the_proof_refuses_a_broken_chain(void **state) {
    (void)state;
    struct chain chain = chain_of("full_random", 1);
    char *start = chain.memory.start, *end = chain.memory.end;
    assert_true(proves(&chain));
    assert_false(proves_with_link(&chain, 100, chain.chase.start));       // back too early
    assert_false(proves_with_link(&chain, 100, *nth_place(&chain, 50)));  // never back
    assert_false(proves_with_link(&chain, 100, *nth_place(&chain, 200))); // slots left out
    assert_false(proves_with_link(&chain, 100, nth_place(&chain, 100)));  // to itself
    assert_false(proves_with_link(&chain, 100, end));                     // outside
    assert_false(proves_with_link(&chain, 100, start - 8));               // outside
    assert_false(proves_with_link(&chain, 100, NULL));                    // nowhere
    assert_false(proves_with_link(&chain, 100, (char *)nth_place(&chain, 101) + 1));
    for (uint64_t n = 0; n < 8;
         n++) // one slot left out, also one where no walk of the proof begins
        assert_false(proves_with_link(&chain, n, nth_place(&chain, n + 2)));
    void **other_word = nth_place(&chain, 101); // the right slot, but not its word
    other_word += (uintptr_t)other_word % CHASE_SLOT_BYTES == 0 ? 1 : -1;
    *other_word = *nth_place(&chain, 101);
    assert_false(proves_with_link(&chain, 100, other_word));
    assert_true(proves(&chain));
    chain_free(&chain);
}

static void the_proof_refuses_the_first_address_behind_the_buffer(void **state) {
    (void)state;
    enum { SIZE_BYTES = 8 * CHASE_SLOT_BYTES };
    struct guarded memory = guarded_allocate(SIZE_BYTES);
    char *base = (char *)memory.end - SIZE_BYTES;
    for (uint64_t seed = 0; seed < 64; seed++) { // for some, it would be the place of a slot there
        struct chase chase = chase_build(base, SIZE_BYTES, &small_windows, seed);
        *(void **)chase.start = memory.end;
        assert_false(chase_prove(&chase, base, SIZE_BYTES));
    }
    guarded_free(&memory);
}

static void the_proof_refuses_two_cycles_and_a_wrong_description(void **state) {
    (void)state;
    struct chain chain = chain_of("structural", 1);
    void **x = nth_place(&chain, 10), **y = nth_place(&chain, 20000);
    void *link = *x;
    *x = *y;
    *y = link; // two exchanged links cut a cycle in two
    assert_false(proves(&chain));
    *y = *x;
    *x = link;
    assert_true(proves(&chain));
    struct chase *chase = &chain.chase;
    chase->slot_count--;
    assert_false(proves(&chain));
    chase->slot_count += 2;
    assert_false(proves(&chain));
    chase->slot_count--;
    assert_true(proves(&chain));
    chase->start = (char *)chain.memory.end;
    assert_false(proves(&chain));
    uint64_t half_bytes = CHAIN_SLOTS / 2 * CHASE_SLOT_BYTES;
    struct chase_shape shape = shape_of("structural");
    *chase = chase_build(chain.memory.start, half_bytes, &shape, 1);
    assert_true(chase_prove(chase, chain.memory.start, half_bytes));
    assert_false(proves(&chain)); // it covers only half of the buffer
    chain_free(&chain);
}

static void the_seed_decides_the_order(void **state) {
    (void)state;
    for (size_t i = 0; i < chase_pattern_count; i++) {
        struct chain one = chain_of(chase_patterns[i].name, 1);
        struct chain same = chain_of(chase_patterns[i].name, 1);
        struct chain two = chain_of(chase_patterns[i].name, 2);
        assert_memory_equal(one.order, same.order, CHAIN_SLOTS * sizeof *one.order);
        uint64_t equal = 0;
        for (uint64_t k = 0; k < CHAIN_SLOTS; k++)
            equal += one.order[k] == two.order[k];
        assert_true(equal < CHAIN_SLOTS / 4);
        chain_free(&one);
        chain_free(&same);
        chain_free(&two);
    }
}

static void a_structural_round_finishes_each_window_before_the_next(void **state) {
    (void)state;
    uint64_t window_slots = chase_pattern_find("structural")->window_bytes / CHASE_SLOT_BYTES;
    struct chain chain = chain_of("structural", 3);
    uint64_t changes = 0, ascending_windows = 0, next_slots = 0;
    for (uint64_t i = 1; i < chain.slots; i++) {
        uint64_t before = chain.order[i - 1] / window_slots;
        uint64_t here = chain.order[i] / window_slots;
        changes += before != here;
        ascending_windows += here == before + 1;
        next_slots += chain.order[i] == chain.order[i - 1] + 1;
    }
    assert_int_equal(changes, chain.slots / window_slots - 1); // as each slot came once
    assert_true(ascending_windows < 8);
    assert_true(next_slots < 100); // about one a window is chance
    chain_free(&chain);
}

static void a_last_window_may_be_shorter(void **state) {
    (void)state;
    enum { SLOTS = 8 * 5 + 3 };
    struct guarded memory = guarded_allocate(SLOTS * CHASE_SLOT_BYTES);
    uint64_t order[SLOTS], changes = 0;
    struct chase chase = chase_build(memory.start, SLOTS * CHASE_SLOT_BYTES, &small_windows, 5);
    assert_true(visits(&chase, memory.start, SLOTS, order));
    for (uint64_t i = 1; i < SLOTS; i++)
        changes += order[i] / 8 != order[i - 1] / 8;
    assert_int_equal(changes, 5);
    guarded_free(&memory);
}

static void a_full_random_round_knows_no_windows(void **state) {
    (void)state;
    struct chain chain = chain_of("full_random", 3);
    uint64_t same_window = 0;
    for (uint64_t i = 1; i < chain.slots; i++)
        same_window += chain.order[i] / 2048 == chain.order[i - 1] / 2048;
    assert_in_range(same_window, chain.slots / 32, chain.slots / 8); // one in sixteen is chance
    chain_free(&chain);
}

static void the_pointers_use_each_word_of_a_slot_and_nothing_else_is_written(void **state) {
    (void)state;
    uint64_t size_bytes = CHAIN_SLOTS * CHASE_SLOT_BYTES, used[SLOT_WORDS] = {0}, touched = 0;
    struct guarded memory = guarded_allocate(size_bytes);
    const uint64_t *words = memory.start;
    memset(memory.start, 0x5a, size_bytes);
    struct chase_shape shape = shape_of("structural");
    chase_build(memory.start, size_bytes, &shape, 9);
    for (uint64_t i = 0; i < CHAIN_SLOTS * SLOT_WORDS; i++) {
        bool changed = words[i] != UINT64_C(0x5a5a5a5a5a5a5a5a);
        used[i % SLOT_WORDS] += changed;
        touched += changed;
    }
    assert_int_equal(touched, CHAIN_SLOTS);
    for (size_t i = 0; i < SLOT_WORDS; i++)
        assert_in_range(used[i], CHAIN_SLOTS / SLOT_WORDS / 2, CHAIN_SLOTS / SLOT_WORDS * 2);
    guarded_free(&memory);
}

static void a_walk_of_n_loads_ends_n_links_further(void **state) {
    (void)state;
    struct chain chain = chain_of("full_random", 4);
    for (uint64_t loads = 0; loads < 200; loads++)
        assert_ptr_equal(chase_walk(chain.chase.start, loads), nth_place(&chain, loads));
    void *middle = nth_place(&chain, 12345);
    assert_ptr_equal(chase_walk(middle, chain.slots), middle);
    assert_ptr_equal(chase_walk(middle, 3 * chain.slots - 12345), chain.chase.start);
    assert_ptr_equal(chase_walk(middle, chain.slots + 21), nth_place(&chain, 12345 + 21));
    chain_free(&chain);
}

static void a_delayed_walk_goes_the_same_way(void **state) {
    (void)state;
    static const uint32_t adds[] = {0, 1, 15, 16, 17, 100};
    struct chain chain = chain_of("full_random", 4);
    for (size_t i = 0; i < COUNT_OF(adds); i++)
        for (uint64_t loads = 0; loads < 40; loads++)
            assert_ptr_equal(chase_walk_delayed(chain.chase.start, loads, adds[i]),
                             nth_place(&chain, loads));
    chain_free(&chain);
}

// ---- several chains at a time -------------------------------------------------------------------

static void walkers_start_equally_far_apart(void **state) {
    (void)state;
    struct chain chain = chain_of("structural", 5);
    uint64_t size_bytes = chain.slots * CHASE_SLOT_BYTES;
    for (uint32_t chains = 1; chains <= CHASE_CHAINS_MAX; chains++) {
        void *at[CHASE_CHAINS_MAX];
        chase_starts(&chain.chase, chain.memory.start, size_bytes, at, chains);
        for (uint32_t i = 0; i < chains; i++)
            assert_ptr_equal(at[i], nth_place(&chain, chain.slots * i / chains));
    }
    chain_free(&chain);
}

static void walkers_of_a_chain_as_short_as_they_are_many_have_a_slot_each(void **state) {
    (void)state;
    struct guarded memory = guarded_allocate(CHASE_CHAINS_MAX * CHASE_SLOT_BYTES);
    for (uint32_t chains = 1; chains <= CHASE_CHAINS_MAX; chains++) {
        uint64_t size_bytes = chains * CHASE_SLOT_BYTES;
        struct chase chase = chase_build(memory.start, size_bytes, &small_windows, chains);
        void *at[CHASE_CHAINS_MAX], *expected = chase.start;
        chase_starts(&chase, memory.start, size_bytes, at, chains);
        for (uint32_t i = 0; i < chains; i++, expected = *(void **)expected)
            assert_ptr_equal(at[i], expected);
    }
    guarded_free(&memory);
}

static void each_walker_follows_the_chain_by_itself(void **state) {
    (void)state;
    static const uint64_t loads[] = {0, 1, 2, 17, 1000};
    struct chain chain = chain_of("full_random", 6);
    for (size_t c = 0; c < chase_chain_counts_count; c++) {
        uint32_t chains = chase_chain_counts[c];
        for (size_t l = 0; l < COUNT_OF(loads); l++) {
            void *at[CHASE_CHAINS_MAX + 1], *guard = &chain;
            for (uint32_t i = 0; i < COUNT_OF(at); i++)
                at[i] = i < chains ? nth_place(&chain, 31 * i) : guard;
            chase_walk_chains(at, chains, loads[l]);
            for (uint32_t i = 0; i < COUNT_OF(at); i++)
                assert_ptr_equal(at[i],
                                 i < chains ? (void *)nth_place(&chain, 31 * i + loads[l]) : guard);
        }
    }
    chain_free(&chain);
}

// In a k-th of a round, k walkers see every slot once.
static void walkers_share_a_round(void **state) {
    (void)state;
    struct chain chain = chain_of("full_random", 7);
    for (size_t c = 0; c < chase_chain_counts_count; c++) {
        uint32_t chains = chase_chain_counts[c];
        void *at[CHASE_CHAINS_MAX], *starts[CHASE_CHAINS_MAX];
        if (chain.slots % chains != 0)
            continue;
        chase_starts(&chain.chase, chain.memory.start, chain.slots * CHASE_SLOT_BYTES, starts,
                     chains);
        memcpy(at, starts, sizeof at);
        chase_walk_chains(at, chains, chain.slots / chains);
        for (uint32_t i = 0; i < chains; i++)
            assert_ptr_equal(at[i], starts[(i + 1) % chains]);
    }
    chain_free(&chain);
}

static void only_counts_of_the_table_can_be_walked(void **state) {
    (void)state;
    assert_int_equal(chase_chain_counts[0], 1);
    assert_int_equal(chase_chain_counts[chase_chain_counts_count - 1], CHASE_CHAINS_MAX);
    for (uint32_t chains = 0, found = 0; chains <= CHASE_CHAINS_MAX + 1; chains++) {
        bool listed = found < chase_chain_counts_count && chase_chain_counts[found] == chains;
        found += listed;
        assert_int_equal(chase_chains_possible(chains), listed);
    }
}

static void patterns_are_found_by_name(void **state) {
    (void)state;
    assert_int_equal(chase_pattern_find("structural")->window_bytes, 256 * KIB);
    assert_int_equal(chase_pattern_find("full_random")->window_bytes, 0);
    const struct chase_pattern *small_pages = chase_pattern_find("full_random_4k");
    assert_int_equal(small_pages->window_bytes, 0);
    assert_string_equal(small_pages->pages, "4K");
    assert_null(chase_pattern_find("full_random")->pages);
    assert_null(chase_pattern_find("random"));
    assert_null(chase_pattern_find(""));
}

static void the_chain_of_additions_counts_them(void **state) {
    (void)state;
    static const uint64_t counts[] = {0, 1, 15, 16, 17, 31, 32, 1000003};
    for (size_t i = 0; i < COUNT_OF(counts); i++)
        assert_int_equal(kernel_add_chain(counts[i]), counts[i]);
}

int main(void) {
    const struct CMUnitTest chases[] = {
        cmocka_unit_test(a_chain_of_any_length_is_one_cycle_through_all_slots),
        cmocka_unit_test(a_long_chain_is_one_cycle_through_all_slots),
        cmocka_unit_test(slots_and_lines_may_be_larger),
        cmocka_unit_test(a_processor_names_a_line),
        cmocka_unit_test(a_slot_is_two_lines_and_at_least_128_bytes),
        cmocka_unit_test(the_proof_refuses_a_broken_chain),
        cmocka_unit_test(the_proof_refuses_the_first_address_behind_the_buffer),
        cmocka_unit_test(the_proof_refuses_two_cycles_and_a_wrong_description),
        cmocka_unit_test(the_seed_decides_the_order),
        cmocka_unit_test(a_structural_round_finishes_each_window_before_the_next),
        cmocka_unit_test(a_last_window_may_be_shorter),
        cmocka_unit_test(a_full_random_round_knows_no_windows),
        cmocka_unit_test(the_pointers_use_each_word_of_a_slot_and_nothing_else_is_written),
        cmocka_unit_test(a_walk_of_n_loads_ends_n_links_further),
        cmocka_unit_test(a_delayed_walk_goes_the_same_way),
        cmocka_unit_test(walkers_start_equally_far_apart),
        cmocka_unit_test(walkers_of_a_chain_as_short_as_they_are_many_have_a_slot_each),
        cmocka_unit_test(each_walker_follows_the_chain_by_itself),
        cmocka_unit_test(walkers_share_a_round),
        cmocka_unit_test(only_counts_of_the_table_can_be_walked),
        cmocka_unit_test(patterns_are_found_by_name),
        cmocka_unit_test(the_chain_of_additions_counts_them),
    };
    return cmocka_run_group_tests(chases, NULL, NULL);
}
