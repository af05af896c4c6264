// SPDX-License-Identifier: Apache-2.0
// The streaming kernels against their definitions.
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
#include "kernels/kernel.h"
#include "kernels/mix.h"

// ---- what each operation is, told a second time and without the kernels' code -------------------

struct operation {
    const char *name;
    uint8_t loads, stores;
    unsigned arrays;
    uint32_t counted_bytes, min_bytes, max_bytes; // with ordinary stores
    bool in_place;
    double (*element)(double a, double b, double c, size_t index);
};

static double element_write(double a, double b, double c, size_t index) {
    (void)a, (void)b, (void)c;
    return 1.0 + (double)(index / 32);
}

static double element_zero(double a, double b, double c, size_t index) {
    (void)a, (void)b, (void)c, (void)index;
    return 0.0;
}

static double element_copy(double a, double b, double c, size_t index) {
    (void)a, (void)c, (void)index;
    return b;
}

static double element_scale(double a, double b, double c, size_t index) {
    (void)a, (void)c, (void)index;
    return 3.0 * b;
}

static double element_add(double a, double b, double c, size_t index) {
    (void)a, (void)index;
    return b + c;
}

static double element_triad(double a, double b, double c, size_t index) {
    (void)a, (void)index;
    return b + 3.0 * c;
}

static double element_update(double a, double b, double c, size_t index) {
    (void)b, (void)c, (void)index;
    return -a;
}

static double element_daxpy(double a, double b, double c, size_t index) {
    (void)c, (void)index;
    return a + 3.0 * b;
}

static double element_accumulate(double a, double b, double c, size_t index) {
    (void)index;
    return a + (b + c);
}

static const struct operation operations[] = {
    {"nothing",    0, 0, 1, 0,  0,  0,  false, NULL              },
    {"read",       1, 0, 1, 8,  8,  8,  false, NULL              },
    {"write",      0, 1, 1, 8,  8,  16, false, element_write     },
    {"zero",       0, 1, 1, 8,  8,  16, false, element_zero      },
    {"copy",       1, 1, 2, 16, 16, 24, false, element_copy      },
    {"scale",      1, 1, 2, 16, 16, 24, false, element_scale     },
    {"add",        2, 1, 3, 24, 24, 32, false, element_add       },
    {"triad",      2, 1, 3, 24, 24, 32, false, element_triad     },
    {"update",     1, 1, 1, 16, 16, 16, true,  element_update    },
    {"daxpy",      2, 1, 2, 24, 24, 24, true,  element_daxpy     },
    {"accumulate", 3, 1, 3, 32, 32, 32, true,  element_accumulate},
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
                expected = operation->element(before[0][i], before[1][i], before[2][i],
                                              span->first + index);
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
    const size_t first = at_end ? 3 * KERNEL_GRANULE : 0; // a piece in the middle of its stream
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
    const struct kernel_span span = {place[0], place[1], place[2], count, stride, first};
    uint64_t checksum = kernel->run(&span);
    check_result(kernel, &span, arrays, elements, checksum);
    for (unsigned i = 1; i < kernel_array_count(kernel); i++)
        assert_memory_equal(place[i], arrays->before[i], elements_bytes);
}

static void each_kernel_does_exactly_what_its_name_says(void **state) {
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
    const struct kernel_span span = {forbidden, forbidden, forbidden, 0, 0, 0};
    for (size_t i = 0; i < kernel_count; i++)
        if (isa_available(kernels[i].isa))
            assert_int_equal(kernels[i].run(&span), 0);
}

static void the_kernel_that_does_nothing_touches_nothing(void **state) {
    const struct arrays *arrays = *state;
    const struct kernel *nothing = kernel_find("nothing", ISA_PORTABLE);
    assert_non_null(nothing);
    double *forbidden = guarded_forbidden(&arrays->memory[0]);
    const struct kernel_span span = {forbidden, forbidden, forbidden, 1 << 20, 1 << 20, 0};
    assert_int_equal(nothing->run(&span), 0);
    assert_int_equal(kernel_traffic(nothing).max_bytes, 0);
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
        bool nontemporal = meaning.nontemporal || kernel->isa == ISA_CLZERO;
        assert_int_equal(kernel->store, kernel->stores == 0           ? STORE_NONE
                                        : meaning.operation->in_place ? STORE_IN_PLACE
                                        : nontemporal                 ? STORE_NONTEMPORAL
                                                                      : STORE_ORDINARY);
        assert_int_equal(kernel_array_count(kernel), meaning.operation->arrays);
        assert_int_equal(kernel_traffic(kernel).touched_bytes,
                         kernel->loads + kernel->stores == 0 ? 0 : 8 * meaning.operation->arrays);
        assert_true(kernel->summary[0] != '\0');
    }
}

static void traffic_is_counted_as_stream_does_and_bounded_by_line_fills(void **state) {
    (void)state;
    for (size_t i = 0; i < kernel_count; i++) {
        const struct operation *operation = meaning_of(kernels[i].name).operation;
        struct kernel_traffic traffic = kernel_traffic(&kernels[i]);
        assert_int_equal(traffic.counted_bytes, operation->counted_bytes);
        assert_int_equal(traffic.min_bytes, operation->min_bytes);
        bool never_reads_first = kernels[i].store == STORE_NONTEMPORAL && kernels[i].isa < ISA_NEON;
        assert_int_equal(traffic.max_bytes,
                         never_reads_first ? operation->min_bytes : operation->max_bytes);
    }
}

static void nontemporal_traffic_is_certain_on_x86_and_a_hope_on_arm(void **state) {
    (void)state;
    struct kernel triad_nt = {.store = STORE_NONTEMPORAL, .loads = 2, .stores = 1};
    triad_nt.isa = ISA_AVX2;
    assert_int_equal(kernel_traffic(&triad_nt).max_bytes, 24);
    triad_nt.isa = ISA_NEON;
    assert_int_equal(kernel_traffic(&triad_nt).max_bytes, 32);
    triad_nt.isa = ISA_SVE;
    assert_int_equal(kernel_traffic(&triad_nt).max_bytes, 32);
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
    assert_null(kernel_find("read_4s_nt", ISA_SSE2)); // which has no such load
}

// A family is what one processor may have: sse2, avx2 and avx512, or neon and sve; besides plain C,
// and a set that zeroes lines and does nothing else.
static void each_name_exists_for_the_whole_family(void **state) {
    (void)state;
    static const char *const necessary[] = {"read",     "write",   "write_nt", "copy",  "copy_nt",
                                            "scale",    "add",     "add_nt",   "triad", "triad_nt",
                                            "scale_nt", "read_4s", "update",   "daxpy"};
    enum isa widest = kernels[kernel_count - 1].isa;
    enum isa lowest = widest == ISA_AVX512 ? ISA_SSE2 : widest == ISA_SVE ? ISA_NEON : widest;
    for (enum isa isa = lowest; isa <= widest; isa++) {
        for (size_t i = 0; i < kernel_count; i++)
            if (kernels[i].isa > ISA_PORTABLE &&
                !(isa == ISA_SSE2 && strcmp(kernels[i].name, "read_4s_nt") == 0))
                assert_non_null(kernel_find(kernels[i].name, isa));
        for (size_t i = 0; widest != ISA_PORTABLE && i < COUNT_OF(necessary); i++)
            assert_non_null(kernel_find(necessary[i], isa));
    }
    for (size_t i = 0; i < COUNT_OF(operations); i++)
        assert_int_equal(kernel_find(operations[i].name, ISA_PORTABLE) == NULL,
                         operations[i].element == element_zero);
    for (size_t i = 0; i < kernel_count; i++)
        assert_int_equal(kernels[i].isa < ISA_PORTABLE,
                         meaning_of(kernels[i].name).operation->element == element_zero);
}

// ---- mixes --------------------------------------------------------------------------------------

static void check_mix(const struct kernel_mix *mix, const struct kernel *kernel) {
    struct kernel_traffic traffic = kernel_traffic(kernel);
    bool reads_first = kernel->store == STORE_ORDINARY;
    assert_int_equal(mix->reads, kernel->loads + (reads_first ? kernel->stores : 0));
    assert_int_equal(mix->writes, kernel->stores);
    assert_int_equal(8 * (mix->reads + mix->writes),
                     reads_first ? traffic.max_bytes : traffic.min_bytes);
}

static void a_mix_is_what_its_kernel_puts_on_the_bus(void **state) {
    (void)state;
    for (size_t i = 0; i < kernel_mix_count; i++) {
        const struct kernel_mix *mix = &kernel_mixes[i];
        assert_ptr_equal(mix_find(mix->name), mix);
        for (size_t k = 0; k < kernel_count; k++)
            if (strcmp(kernels[k].name, mix->loop) == 0)
                check_mix(mix, &kernels[k]);
        if (isa_widest() != ISA_PORTABLE)
            assert_non_null(kernel_find(mix->loop, isa_widest()));
        unsigned reads, writes;
        if (sscanf(mix->name, "%u:%u", &reads, &writes) != 2)
            continue;
        assert_int_equal(mix->reads, reads);
        assert_int_equal(mix->writes, writes);
    }
    assert_int_equal(mix_find("reads")->writes, 0);
    assert_null(mix_find("4:1"));
    assert_null(mix_find(""));
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
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, "sse2,avx512,neon,sve");
    assert_int_equal(isa_available(ISA_AVX2), avx2);
    assert_int_equal(isa_widest(), avx2 ? ISA_AVX2 : ISA_PORTABLE);
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, "avx512,avx2,sse2,neon,sve");
    assert_int_equal(isa_widest(), ISA_PORTABLE);
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, "avx,avx22,,avx5122, avx2");
    assert_int_equal(isa_available(ISA_AVX2), avx2);
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, "");
    assert_int_equal(isa_available(ISA_AVX2), avx2);
}

static void a_loop_without_a_set_is_that_of_the_widest_one_that_has_it(void **state) {
    (void)state;
    assert_ptr_equal(kernel_find_widest("read"), kernel_find("read", isa_widest()));
    assert_ptr_equal(kernel_find_widest("nothing"), kernel_find("nothing", ISA_PORTABLE));
    assert_null(kernel_find_widest("frobnicate"));
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, "sse2,avx2,avx512,neon,sve");
    assert_ptr_equal(kernel_find_widest("read"), kernel_find("read", ISA_PORTABLE));
    if (isa_available(ISA_CLZERO) || isa_available(ISA_ZVA))
        assert_true(isa_available(kernel_find_widest("zero")->isa));
    // Where there is none, one that this CPU lacks, so that the refusal can name its set.
    bool on_x86 = kernel_find("read", ISA_SSE2) != NULL, on_arm = kernel_find("read", ISA_NEON);
    environment_set(KERNEL_DISABLE_ISA_VARIABLE, "clzero,zva");
    assert_ptr_equal(kernel_find_widest("zero"), on_x86   ? kernel_find("zero", ISA_CLZERO)
                                                 : on_arm ? kernel_find("zero", ISA_ZVA)
                                                          : NULL);
}

static void the_widest_instruction_set_is_available_and_none_above_it(void **state) {
    (void)state;
    enum isa widest = isa_widest();
    assert_true(isa_available(widest));
    for (enum isa isa = widest + 1; isa < ISA_COUNT; isa++)
        assert_false(isa_available(isa));
    assert_non_null(kernel_find("read", widest));
}

int main(void) {
    const struct CMUnitTest streaming[] = {
        cmocka_unit_test(each_kernel_does_exactly_what_its_name_says),
        cmocka_unit_test(a_kernel_leaves_an_empty_span_alone),
        cmocka_unit_test(the_kernel_that_does_nothing_touches_nothing),
        cmocka_unit_test(a_kernel_declares_what_its_operation_needs),
        cmocka_unit_test(traffic_is_counted_as_stream_does_and_bounded_by_line_fills),
        cmocka_unit_test(nontemporal_traffic_is_certain_on_x86_and_a_hope_on_arm),
        cmocka_unit_test(a_name_and_an_instruction_set_find_one_kernel),
        cmocka_unit_test(each_name_exists_for_the_whole_family),
        cmocka_unit_test(a_mix_is_what_its_kernel_puts_on_the_bus),
    };
    const struct CMUnitTest instruction_sets[] = {
        cmocka_unit_test(an_instruction_set_can_be_disabled_and_no_other_with_it),
        cmocka_unit_test(a_list_disables_each_name_in_it_and_parts_of_names_disable_nothing),
        cmocka_unit_test(a_loop_without_a_set_is_that_of_the_widest_one_that_has_it),
        cmocka_unit_test(the_widest_instruction_set_is_available_and_none_above_it),
    };
    int failed = cmocka_run_group_tests(streaming, arrays_set_up, arrays_tear_down);
    return failed +
           cmocka_run_group_tests(instruction_sets, environment_keep, environment_give_back);
}
