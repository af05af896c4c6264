// SPDX-License-Identifier: Apache-2.0
// The streaming kernels against their definitions, and the pointer chases against theirs.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/random.h"
#include "guarded.h"
#include "kernels/chase.h"
#include "kernels/kernel.h"

// ---- what each operation is, told a second time and without the kernels' code -------------------

struct operation {
    const char *name;
    uint8_t loads, stores;
    unsigned arrays;
    uint32_t counted_bytes, least_bytes, most_bytes; // with ordinary stores
    double (*element)(double b, double c, size_t index);
};

static double element_write(double b, double c, size_t index) {
    (void)b, (void)c;
    return 1.0 + (double)(index / 32);
}

static double element_copy(double b, double c, size_t index) {
    (void)c, (void)index;
    return b;
}

static double element_scale(double b, double c, size_t index) {
    (void)c, (void)index;
    return 3.0 * b;
}

static double element_add(double b, double c, size_t index) {
    (void)index;
    return b + c;
}

static double element_triad(double b, double c, size_t index) {
    (void)index;
    return b + 3.0 * c;
}

static const struct operation operations[] = {
    {"nothing", 0, 0, 1, 0,  0,  0,  NULL         },
    {"read",    1, 0, 1, 8,  8,  8,  NULL         },
    {"write",   0, 1, 1, 8,  8,  16, element_write},
    {"copy",    1, 1, 2, 16, 16, 24, element_copy },
    {"scale",   1, 1, 2, 16, 16, 24, element_scale},
    {"add",     2, 1, 3, 24, 24, 32, element_add  },
    {"triad",   2, 1, 3, 24, 24, 32, element_triad},
};

// What a kernel's name says about it.
struct meaning {
    const struct operation *operation;
    unsigned long streams, prefetch_bytes;
    bool nontemporal;
};

static struct meaning meaning_of(const char *name) {
    struct meaning meaning = {.streams = 1};
    char text[64];
    assert_true(strlen(name) < sizeof text);
    snprintf(text, sizeof text, "%s", name);
    const char *word = strtok(text, "_");
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        if (strcmp(operations[i].name, word) == 0)
            meaning.operation = &operations[i];
    assert_non_null(meaning.operation);
    while ((word = strtok(NULL, "_")) != NULL) {
        char *rest = text;
        if (strcmp(word, "nt") == 0)
            meaning.nontemporal = true;
        else if (word[0] == 'p')
            meaning.prefetch_bytes = strtoul(word + 1, &rest, 10);
        else
            meaning.streams = strtoul(word, &rest, 10);
        assert_true(*rest == '\0' || strcmp(rest, "s") == 0 || rest == text);
    }
    return meaning;
}

// ---- one kernel on guarded arrays ---------------------------------------------------------------

enum { ARRAYS = 3, ARRAY_ELEMENTS_MAX = 32 * 1024 };

struct arrays {
    struct guarded memory[ARRAYS];
    double *before[ARRAYS]; // what stood in each array before the kernel ran
};

// A normal number, between 2^-8 and 2^8 and of either sign: a denormal would be a hundred times
// slower, and all 52 random bits of the fraction tell one rounding from two.
static double random_normal(struct random *random) {
    uint64_t bits = random_next(random);
    uint64_t exponent = 1023 - 8 + (bits >> 52) % 16;
    bits = (bits & UINT64_C(0x800fffffffffffff)) | exponent << 52;
    double number;
    memcpy(&number, &bits, sizeof number);
    return number;
}

static int arrays_set_up(void **state) {
    struct arrays *arrays = base_allocate(1, sizeof *arrays);
    for (int i = 0; i < ARRAYS; i++) {
        arrays->memory[i] = guarded_allocate(ARRAY_ELEMENTS_MAX * sizeof(double));
        arrays->before[i] = base_allocate(ARRAY_ELEMENTS_MAX, sizeof(double));
    }
    *state = arrays;
    return 0;
}

static int arrays_tear_down(void **state) {
    struct arrays *arrays = *state;
    for (int i = 0; i < ARRAYS; i++) {
        guarded_free(&arrays->memory[i]);
        free(arrays->before[i]);
    }
    free(arrays);
    return 0;
}

static uint64_t word_of(double number) {
    uint64_t word;
    memcpy(&word, &number, sizeof word);
    return word;
}

// Element i of the array is in one of the streams; *index then says which of its elements.
static bool in_a_stream(const struct kernel_span *span, size_t streams, size_t i, size_t *index) {
    *index = i % span->stride;
    return i / span->stride < streams && *index < span->count;
}

static void check_result(const struct kernel *kernel, const struct kernel_span *span,
                         const struct arrays *arrays, size_t elements, uint64_t checksum) {
    const struct operation *operation = meaning_of(kernel->name).operation;
    const double *const *before = (const double *const *)arrays->before;
    uint64_t expected_checksum = 0;
    for (size_t i = 0; i < elements; i++) {
        size_t index;
        double expected = before[0][i];
        if (in_a_stream(span, kernel->streams, i, &index)) {
            if (operation->element)
                expected = operation->element(before[1][i], before[2][i], index);
            else if (operation->loads)
                expected_checksum ^= word_of(before[0][i]);
        }
        if (word_of(span->a[i]) != word_of(expected))
            fail_msg("%s %s: element %u of %u x %u is %.17g, not %.17g", kernel->name,
                     isa_names[kernel->isa], (unsigned)i, kernel->streams, (unsigned)span->count,
                     span->a[i], expected);
    }
    if (checksum != expected_checksum)
        fail_msg("%s %s: wrong checksum", kernel->name, isa_names[kernel->isa]);
}

// Runs the kernel on random arrays that lie against their lower or their upper guard. Arrays that
// it does not need are NULL.
static void check_kernel(const struct kernel *kernel, struct arrays *arrays, size_t count,
                         size_t stride, bool at_end) {
    size_t elements = (kernel->streams - 1) * stride + count;
    size_t elements_bytes = elements * sizeof(double);
    assert_true(elements <= ARRAY_ELEMENTS_MAX);
    struct random random;
    random_seed(&random, count * 31 + stride);
    double *place[ARRAYS] = {NULL, NULL, NULL};
    for (unsigned i = 0; i < ARRAYS; i++) {
        for (size_t k = 0; k < elements; k++)
            arrays->before[i][k] = random_normal(&random);
        if (i >= kernel_array_count(kernel))
            continue;
        const struct guarded *memory = &arrays->memory[i];
        place[i] = at_end ? (double *)memory->end - elements : memory->start;
        memcpy(place[i], arrays->before[i], elements_bytes);
    }
    const struct kernel_span span = {place[0], place[1], place[2], count, stride};
    uint64_t checksum = kernel->run(&span);
    check_result(kernel, &span, arrays, elements, checksum);
    for (unsigned i = 1; i < kernel_array_count(kernel); i++)
        assert_memory_equal(place[i], arrays->before[i], elements_bytes);
}

static void each_kernel_does_what_its_name_says_and_nothing_beside_it(void **state) {
    static const size_t counts[] = {64, 128, 192, 1024, 64 * 47};
    static const size_t gaps[] = {0, 8, 64, 512 + 8};
    unsigned kernels_run = 0;
    for (size_t i = 0; i < kernel_count; i++) {
        if (!isa_available(kernels[i].isa))
            continue;
        for (size_t c = 0; c < COUNT_OF(counts); c++)
            for (size_t g = 0; g < COUNT_OF(gaps); g++)
                for (int at_end = 0; at_end <= 1; at_end++)
                    check_kernel(&kernels[i], *state, counts[c], counts[c] + gaps[g], at_end);
        kernels_run++;
    }
    print_message("%u of %u kernels run, up to %s\n", kernels_run, (unsigned)kernel_count,
                  isa_names[isa_widest()]);
    assert_true(kernels_run > 0);
}

static void a_kernel_leaves_an_empty_span_alone(void **state) {
    const struct arrays *arrays = *state;
    double *forbidden = guarded_forbidden(&arrays->memory[0]);
    const struct kernel_span span = {forbidden, forbidden, forbidden, 0, 0};
    for (size_t i = 0; i < kernel_count; i++)
        if (isa_available(kernels[i].isa))
            assert_int_equal(kernels[i].run(&span), 0);
}

static void the_kernel_that_does_nothing_touches_nothing(void **state) {
    const struct arrays *arrays = *state;
    const struct kernel *nothing = kernel_find("nothing", ISA_PORTABLE);
    assert_non_null(nothing);
    double *forbidden = guarded_forbidden(&arrays->memory[0]);
    const struct kernel_span span = {forbidden, forbidden, forbidden, 1 << 20, 1 << 20};
    assert_int_equal(nothing->run(&span), 0);
    assert_int_equal(kernel_traffic(nothing).most_bytes, 0);
}

// ---- the table ----------------------------------------------------------------------------------

static void a_kernel_declares_what_its_operation_needs(void **state) {
    (void)state;
    for (size_t i = 0; i < kernel_count; i++) {
        const struct kernel *kernel = &kernels[i];
        struct meaning meaning = meaning_of(kernel->name);
        assert_int_equal(kernel->loads, meaning.operation->loads);
        assert_int_equal(kernel->stores, meaning.operation->stores);
        assert_int_equal(kernel->streams, meaning.streams);
        assert_int_equal(kernel->prefetch_bytes, meaning.prefetch_bytes);
        assert_int_equal(kernel->store, kernel->stores == 0   ? STORE_NONE
                                        : meaning.nontemporal ? STORE_NONTEMPORAL
                                                              : STORE_ORDINARY);
        assert_int_equal(kernel_array_count(kernel), meaning.operation->arrays);
        assert_true(kernel->summary[0] != '\0');
    }
}

static void traffic_is_counted_as_stream_counts_and_bounded_by_what_stores_may_read(void **state) {
    (void)state;
    for (size_t i = 0; i < kernel_count; i++) {
        const struct operation *operation = meaning_of(kernels[i].name).operation;
        struct kernel_traffic traffic = kernel_traffic(&kernels[i]);
        assert_int_equal(traffic.counted_bytes, operation->counted_bytes);
        assert_int_equal(traffic.least_bytes, operation->least_bytes);
        bool never_reads_first =
            kernels[i].store == STORE_NONTEMPORAL && kernels[i].isa != ISA_NEON;
        assert_int_equal(traffic.most_bytes,
                         never_reads_first ? operation->least_bytes : operation->most_bytes);
    }
}

static void nontemporal_traffic_is_certain_on_x86_and_a_hope_on_arm(void **state) {
    (void)state;
    struct kernel triad_nt = {.store = STORE_NONTEMPORAL, .loads = 2, .stores = 1};
    triad_nt.isa = ISA_AVX2;
    assert_int_equal(kernel_traffic(&triad_nt).most_bytes, 24);
    triad_nt.isa = ISA_NEON;
    assert_int_equal(kernel_traffic(&triad_nt).most_bytes, 32);
}

static void a_name_and_an_instruction_set_find_one_kernel(void **state) {
    (void)state;
    for (size_t i = 0; i < kernel_count; i++) {
        assert_ptr_equal(kernel_find(kernels[i].name, kernels[i].isa), &kernels[i]);
        for (size_t k = 0; k < i; k++)
            assert_ptr_not_equal(kernels[k].run, kernels[i].run);
    }
    assert_null(kernel_find("triad_", ISA_PORTABLE));
    assert_null(kernel_find("", ISA_PORTABLE));
    assert_null(kernel_find("read_4s", ISA_PORTABLE));
}

// A family is what one processor may have: sse2, avx2 and avx512, or neon alone.
static void each_name_exists_for_the_whole_family(void **state) {
    (void)state;
    static const char *const necessary[] = {"read",    "write",    "write_nt", "copy",
                                            "copy_nt", "scale",    "add",      "add_nt",
                                            "triad",   "triad_nt", "scale_nt", "read_4s"};
    enum isa widest = kernels[kernel_count - 1].isa;
    enum isa lowest = widest == ISA_AVX512 ? ISA_SSE2 : widest;
    for (enum isa isa = lowest; isa <= widest; isa++) {
        for (size_t i = 0; i < kernel_count; i++)
            if (kernels[i].isa != ISA_PORTABLE)
                assert_non_null(kernel_find(kernels[i].name, isa));
        for (size_t i = 0; widest != ISA_PORTABLE && i < COUNT_OF(necessary); i++)
            assert_non_null(kernel_find(necessary[i], isa));
    }
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        assert_non_null(kernel_find(operations[i].name, ISA_PORTABLE));
}

// ---- instruction sets ---------------------------------------------------------------------------

struct environment {
    char kept[256];
    bool was_set;
};

static int environment_keep(void **state) {
    struct environment *environment = base_allocate(1, sizeof *environment);
    const char *value = getenv(KERNEL_DISABLE_ISA_VARIABLE);
    environment->was_set = value != NULL;
    snprintf(environment->kept, sizeof environment->kept, "%s", value ? value : "");
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, NULL);
    *state = environment;
    return 0;
}

static int environment_give_back(void **state) {
    struct environment *environment = *state;
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, environment->was_set ? environment->kept : NULL);
    free(environment);
    return 0;
}

static void an_instruction_set_can_be_disabled_and_no_other_with_it(void **state) {
    (void)state;
    bool there[ISA_COUNT];
    for (enum isa isa = 0; isa < ISA_COUNT; isa++)
        there[isa] = isa_available(isa);
    assert_true(there[ISA_PORTABLE]);
    for (enum isa disabled = 0; disabled < ISA_COUNT; disabled++) {
        environment_set(KERNEL_DISABLE_ISA_VARIABLE, isa_names[disabled]);
        for (enum isa isa = 0; isa < ISA_COUNT; isa++)
            assert_int_equal(isa_available(isa),
                             there[isa] && (isa != disabled || isa == ISA_PORTABLE));
    }
}

static void a_list_disables_each_name_in_it_and_parts_of_names_disable_nothing(void **state) {
    (void)state;
    bool avx2 = isa_available(ISA_AVX2);
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, "sse2,avx512,neon");
    assert_int_equal(isa_available(ISA_AVX2), avx2);
    assert_int_equal(isa_widest(), avx2 ? ISA_AVX2 : ISA_PORTABLE);
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, "avx512,avx2,sse2,neon");
    assert_int_equal(isa_widest(), ISA_PORTABLE);
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, "avx,avx22,,avx5122, avx2");
    assert_int_equal(isa_available(ISA_AVX2), avx2);
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, "");
    assert_int_equal(isa_available(ISA_AVX2), avx2);
}

static void the_widest_instruction_set_is_available_and_none_above_it(void **state) {
    (void)state;
    enum isa widest = isa_widest();
    assert_true(isa_available(widest));
    for (enum isa isa = widest + 1; isa < ISA_COUNT; isa++)
        assert_false(isa_available(isa));
    assert_non_null(kernel_find("read", widest));
}

// ---- pointer chases -----------------------------------------------------------------------------

enum { SLOT_WORDS = CHASE_SLOT_BYTES / sizeof(void *) };

// Windows of eight slots, so that small buffers too have many, and a short one at their end.
static const struct chase_pattern small_windows = {"small", 8 * CHASE_SLOT_BYTES, ""};

// Walks slot_count loads from the start without the room's help and notes the slots in their order.
// False when an address is outside, a slot comes twice or the end is not the start.
static bool visits(const struct chase *chase, const void *base, uint64_t slots, uint64_t *order) {
    unsigned char *seen = base_allocate(slots, 1);
    void *const *at = chase->start;
    bool good = chase->slot_count == slots;
    for (uint64_t i = 0; good && i < slots; i++) {
        uint64_t offset_bytes = (uint64_t)((const char *)at - (const char *)base);
        uint64_t slot = offset_bytes / CHASE_SLOT_BYTES;
        good = offset_bytes < slots * CHASE_SLOT_BYTES && offset_bytes % sizeof(void *) == 0 &&
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
                            const struct chase_pattern *pattern, uint64_t seed, uint64_t *order) {
    uint64_t size_bytes = slots * CHASE_SLOT_BYTES;
    char *base = (char *)memory->end - size_bytes;
    struct chase chase = chase_build(base, size_bytes, pattern, seed);
    if (!visits(&chase, base, slots, order))
        fail_msg("%s: %u slots, seed %u: not one cycle", pattern->name, (unsigned)slots,
                 (unsigned)seed);
    assert_true(chase_prove(&chase, base, size_bytes));
    assert_int_equal(chase.touched_bytes, slots * 64);
}

static void a_chain_of_any_length_is_one_cycle_through_all_slots(void **state) {
    (void)state;
    enum { SLOTS_MAX = 4096 };
    struct guarded memory = guarded_allocate(SLOTS_MAX * CHASE_SLOT_BYTES);
    uint64_t *order = base_allocate(SLOTS_MAX, sizeof *order);
    for (uint64_t slots = 1; slots <= SLOTS_MAX; slots++) {
        for (size_t i = 0; i < chase_pattern_count; i++)
            check_one_cycle(&memory, slots, &chase_patterns[i], slots * 7 + i, order);
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
    for (size_t i = 0; i < chase_pattern_count; i++)
        check_one_cycle(&memory, slots, &chase_patterns[i], 1, order);
    free(order);
    guarded_free(&memory);
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
    const struct chase_pattern *pattern = chase_pattern_find(pattern_name);
    assert_non_null(pattern);
    chain.chase = chase_build(chain.memory.start, CHAIN_SLOTS * CHASE_SLOT_BYTES, pattern, seed);
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
    *chase = chase_build(chain.memory.start, half_bytes, &chase_patterns[0], 1);
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
    chase_build(memory.start, size_bytes, chase_pattern_find("structural"), 9);
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

static void patterns_are_found_by_name(void **state) {
    (void)state;
    assert_int_equal(chase_pattern_find("structural")->window_bytes, 256 * KIB);
    assert_int_equal(chase_pattern_find("full_random")->window_bytes, 0);
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
    const struct CMUnitTest streaming[] = {
        cmocka_unit_test(each_kernel_does_what_its_name_says_and_nothing_beside_it),
        cmocka_unit_test(a_kernel_leaves_an_empty_span_alone),
        cmocka_unit_test(the_kernel_that_does_nothing_touches_nothing),
        cmocka_unit_test(a_kernel_declares_what_its_operation_needs),
        cmocka_unit_test(traffic_is_counted_as_stream_counts_and_bounded_by_what_stores_may_read),
        cmocka_unit_test(nontemporal_traffic_is_certain_on_x86_and_a_hope_on_arm),
        cmocka_unit_test(a_name_and_an_instruction_set_find_one_kernel),
        cmocka_unit_test(each_name_exists_for_the_whole_family),
    };
    const struct CMUnitTest instruction_sets[] = {
        cmocka_unit_test(an_instruction_set_can_be_disabled_and_no_other_with_it),
        cmocka_unit_test(a_list_disables_each_name_in_it_and_parts_of_names_disable_nothing),
        cmocka_unit_test(the_widest_instruction_set_is_available_and_none_above_it),
    };
    const struct CMUnitTest chases[] = {
        cmocka_unit_test(a_chain_of_any_length_is_one_cycle_through_all_slots),
        cmocka_unit_test(a_long_chain_is_one_cycle_through_all_slots),
        cmocka_unit_test(the_proof_refuses_a_broken_chain),
        cmocka_unit_test(the_proof_refuses_the_first_address_behind_the_buffer),
        cmocka_unit_test(the_proof_refuses_two_cycles_and_a_wrong_description),
        cmocka_unit_test(the_seed_decides_the_order),
        cmocka_unit_test(a_structural_round_finishes_each_window_before_the_next),
        cmocka_unit_test(a_last_window_may_be_shorter),
        cmocka_unit_test(a_full_random_round_knows_no_windows),
        cmocka_unit_test(the_pointers_use_each_word_of_a_slot_and_nothing_else_is_written),
        cmocka_unit_test(a_walk_of_n_loads_ends_n_links_further),
        cmocka_unit_test(patterns_are_found_by_name),
        cmocka_unit_test(the_chain_of_additions_counts_them),
    };
    int failed = cmocka_run_group_tests(streaming, arrays_set_up, arrays_tear_down);
    failed += cmocka_run_group_tests(instruction_sets, environment_keep, environment_give_back);
    return failed + cmocka_run_group_tests(chases, NULL, NULL);
}
