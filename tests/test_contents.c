// SPDX-License-Identifier: Apache-2.0
// What the arrays hold: every loop is found right, and every planted fault is found.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "fake_os.h"
#include "measure/contents.h"
#include "measure/visit.h"

enum { LINE = 8, SEED = 11 }; // elements
#define EVERYTHING UINT64_MAX

// Three arrays of eight streams of the largest size.
static _Alignas(4096) char room[4 * MIB];

// ---- a filled buffer, cut for one thread --------------------------------------------------------

struct bench {
    struct placement placement;
    struct slice slice;
};

// So that each stream of each array has at least this many elements.
static void bench_create(struct bench *bench, const struct kernel *kernel, size_t elements) {
    const uint64_t page_bytes = 4 * KIB;
    unsigned arrays = kernel_array_count(kernel);
    uint64_t array_bytes = elements * kernel->streams * sizeof(double) + page_bytes;
    uint64_t size_bytes = (arrays * array_bytes + page_bytes - 1) / page_bytes * page_bytes;
    *bench = (struct bench){
        .placement = {
                      .seed = SEED,
                      .memory = {.base = room, .size_bytes = size_bytes, .page_bytes = page_bytes}}
    };
    assert_true(size_bytes <= sizeof room);
    fake_os_reset(1, 1); // asked for Ctrl-C and the clock while the buffer is filled
    placement_fill_part(&bench->placement, 0, 1);
    // Whole lines apart, as arrays of a visit are.
    array_bytes = array_bytes / 64 * 64;
    slices_cut(&bench->slice, 1, kernel, bench->placement.memory.base, array_bytes);
    assert_true(bench->slice.span.count >= KERNEL_GRANULE);
}

static struct contents look(const struct bench *bench) {
    return contents_of_slice(&bench->placement, &bench->slice, EVERYTHING, SEED);
}

static uint64_t elements_of(const struct bench *bench) {
    const struct kernel *kernel = bench->slice.kernel;
    return (uint64_t)bench->slice.span.count * kernel->streams * kernel_array_count(kernel);
}

static void assert_right(const struct bench *bench) {
    struct contents found = look(bench);
    if (found.checked != elements_of(bench) || found.wrong != 0)
        fail_msg("%s %s: %llu of %llu elements wrong, %u a stream, %u passes and %u",
                 bench->slice.kernel->name, isa_names[bench->slice.kernel->isa],
                 (unsigned long long)found.wrong, (unsigned long long)found.checked,
                 (unsigned)bench->slice.span.count, (unsigned)bench->slice.passes,
                 (unsigned)bench->slice.position);
}

// ---- every loop ---------------------------------------------------------------------------------

// After no pass, a part of one, whole ones, and a part more, odd and even.
static void every_loop_of_every_set_is_found_right_at_every_size(void **state) {
    (void)state;
    static const size_t sizes[] = {64, 128, 192, 1024, 47 * 64};
    static const uint64_t quarters[] = {0, 1, 4, 5, 8, 9, 29}; // of a pass
    for (size_t i = 0; i < kernel_count; i++) {
        if (!isa_available(kernels[i].isa))
            continue;
        for (size_t s = 0; s < COUNT_OF(sizes); s++) {
            for (size_t q = 0; q < COUNT_OF(quarters); q++) {
                struct bench bench;
                bench_create(&bench, &kernels[i], sizes[s]);
                uint64_t pass = bench.slice.span.count * kernels[i].streams;
                for (uint64_t done = 0; done < quarters[q] * pass / 4;)
                    done += slice_step(&bench.slice, pass / 4);
                uint64_t checked = quarters[q] == 0 ? 0 : elements_of(&bench);
                if (bench.slice.passes)
                    assert_right(&bench);
                else
                    assert_true(look(&bench).checked <= checked && look(&bench).wrong == 0);
            }
        }
    }
}

static void an_accumulating_loop_stays_within_rounding_error(void **state) {
    (void)state;
    static const char *const names[] = {"daxpy", "accumulate"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        struct bench bench;
        bench_create(&bench, kernel_find(names[i], ISA_PORTABLE), 64);
        slice_step(&bench.slice, 100003 * bench.slice.span.count);
        assert_int_equal(bench.slice.passes, 100003);
        assert_right(&bench);
    }
}

static void a_long_slice_is_checked_in_one_stretch(void **state) {
    (void)state;
    static const char *const names[] = {"read", "write", "copy", "update", "accumulate"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        for (uint64_t seed = 0; seed < 20; seed++) {
            struct bench bench;
            const struct kernel *kernel = kernel_find(names[i], ISA_PORTABLE);
            bench_create(&bench, kernel, 1024);
            slice_step(&bench.slice, 5 * bench.slice.span.count / 2 / KERNEL_GRANULE * 64);
            uint64_t most = 3 * KERNEL_GRANULE * kernel_array_count(kernel);
            struct contents found =
                contents_of_slice(&bench.placement, &bench.slice, most + 1, seed);
            assert_int_equal(found.checked, most);
            assert_int_equal(found.wrong, 0);
        }
    }
}

// ---- planted faults -----------------------------------------------------------------------------

static void a_flipped_bit_is_found_in_every_array_of_every_loop(void **state) {
    (void)state;
    for (size_t i = 0; i < kernel_count; i++) {
        if (!isa_available(kernels[i].isa))
            continue;
        for (unsigned array = 0; array < kernel_array_count(&kernels[i]); array++) {
            struct bench bench;
            bench_create(&bench, &kernels[i], 256);
            slice_step(&bench.slice, 3 * bench.slice.span.count * kernels[i].streams);
            const struct kernel_span *span = &bench.slice.span;
            double *arrays[] = {span->a, (double *)(uintptr_t)span->b,
                                (double *)(uintptr_t)span->c};
            uint64_t word;
            memcpy(&word, &arrays[array][100], sizeof word);
            word ^= UINT64_C(1) << 30;
            memcpy(&arrays[array][100], &word, sizeof word);
            // What reads it again carries it on, where a few granules are passed once more.
            assert_in_range(look(&bench).wrong, 1, array == 0 ? 1 : 2);
        }
    }
}

// The loop that a faulty one calls: it does wrong on the second line of its second granule only.
static const struct kernel *honest;

static struct kernel_span part_of(const struct kernel_span *span, size_t from, size_t count) {
    return (struct kernel_span){.a = span->a + from,
                                .b = span->b ? span->b + from : NULL,
                                .c = span->c ? span->c + from : NULL,
                                .count = count,
                                .stride = span->stride,
                                .first = span->first + from};
}

// Runs the honest loop around the bad granule, and there this many times. With 0 it runs once, but
// the bad line stays as it was; its result goes to the line that is this many behind, if any.
static uint64_t run_with_fault(const struct kernel_span *span, size_t times, size_t lines_off) {
    const size_t granule = KERNEL_GRANULE;
    bool inside = span->first <= granule && span->first + span->count >= 2 * granule;
    if (!inside || honest->streams > 1)
        return honest->run(span);
    uint64_t checksum = 0;
    size_t at = granule - span->first;
    const struct kernel_span before = part_of(span, 0, at),
                             after = part_of(span, at + granule, span->count - at - granule);
    checksum ^= honest->run(&before) ^ honest->run(&after);
    const struct kernel_span bad = part_of(span, at, granule);
    double kept[KERNEL_GRANULE], done[KERNEL_GRANULE];
    memcpy(kept, bad.a, sizeof kept);
    uint64_t read = 0;
    for (size_t time = 0; time < (times ? times : 1); time++)
        read ^= honest->run(&bad);
    if (honest->store == STORE_NONE) { // the line is not read, or a second time
        for (size_t i = 0; times != 1 && i < LINE; i++) {
            uint64_t word;
            memcpy(&word, &bad.a[LINE + i], sizeof word);
            read ^= word;
        }
        return checksum ^ read;
    }
    memcpy(done, bad.a, sizeof done);
    if (times < 2) { // the line is skipped, or its result goes to a neighbour
        memcpy(bad.a + LINE, kept + LINE, LINE * sizeof(double));
        if (lines_off)
            memcpy(bad.a + (1 + lines_off) * LINE, done + LINE, LINE * sizeof(double));
    }
    return checksum;
}

static uint64_t skip_a_line(const struct kernel_span *span) {
    return run_with_fault(span, 0, 0);
}

static uint64_t misplace_a_line(const struct kernel_span *span) {
    return run_with_fault(span, 0, 3);
}

// The last lines of every call, wherever it ends.
static uint64_t skip_at_the_end(const struct kernel_span *span) {
    const struct kernel_span shorter = part_of(span, 0, span->count - KERNEL_GRANULE);
    return honest->run(&shorter);
}

static uint64_t repeat_a_granule(const struct kernel_span *span) {
    return run_with_fault(span, 2, 0);
}

static struct contents look_at_faulty(const char *name,
                                      uint64_t (*fault)(const struct kernel_span *),
                                      uint64_t passes, struct bench *bench) {
    honest = kernel_find(name, ISA_PORTABLE);
    assert_non_null(honest);
    static struct kernel faulty;
    faulty = *honest;
    faulty.run = fault;
    bench_create(bench, &faulty, 256);
    // In pieces that begin and end elsewhere in each pass, and to the end of one.
    for (uint64_t done = 0; done < passes * bench->slice.span.count;)
        done += slice_run(&bench->slice, done % 3 ? 192 : 128);
    struct contents found = look(bench);
    return found;
}

static const char *const loops[] = {"read",  "write",  "copy",  "scale",     "add",
                                    "triad", "update", "daxpy", "accumulate"};

static void a_loop_that_skips_or_misplaces_a_line_is_found(void **state) {
    (void)state;
    struct bench bench;
    for (size_t i = 0; i < COUNT_OF(loops); i++) {
        for (uint64_t passes = 1; passes <= 4; passes++) {
            assert_true(look_at_faulty(loops[i], skip_a_line, passes, &bench).wrong >= LINE);
            assert_true(look_at_faulty(loops[i], misplace_a_line, passes, &bench).wrong >= LINE);
            assert_true(look_at_faulty(loops[i], skip_at_the_end, passes, &bench).wrong >= LINE);
        }
    }
}

// What a loop that stores the same each time leaves is right, however often it does it; the others
// show it.
static void a_loop_that_repeats_a_line_is_found_where_that_changes_anything(void **state) {
    (void)state;
    struct bench bench;
    for (size_t i = 0; i < COUNT_OF(loops); i++) {
        bool shows = strcmp(loops[i], "read") == 0 || strcmp(loops[i], "update") == 0 ||
                     strcmp(loops[i], "daxpy") == 0 || strcmp(loops[i], "accumulate") == 0;
        for (uint64_t passes = 1; passes <= 4; passes++) {
            uint64_t wrong = look_at_faulty(loops[i], repeat_a_granule, passes, &bench).wrong;
            assert_int_equal(wrong > 0, shows);
        }
    }
}

static uint64_t run_and_misread_once(const struct kernel_span *span) {
    static unsigned calls;
    return honest->run(span) ^ (++calls == 3 ? UINT64_C(1) << 40 : 0);
}

static void a_pass_that_read_something_else_than_the_others_is_found(void **state) {
    (void)state;
    struct bench bench;
    struct contents found = look_at_faulty("read", run_and_misread_once, 5, &bench);
    assert_true(found.wrong == found.checked && found.checked > 0);
}

// ---- chains -------------------------------------------------------------------------------------

enum { SLOTS = 512 };

static struct chase build_chain(struct placement *placement) {
    const uint64_t size_bytes = SLOTS * CHASE_SLOT_BYTES;
    const struct chase_shape shape = {.slot_bytes = CHASE_SLOT_BYTES,
                                      .line_bytes = CHASE_LINE_BYTES};
    *placement = (struct placement){
        .seed = SEED, .memory = {.base = room, .size_bytes = size_bytes}
    };
    return chase_build(room, size_bytes, &shape, SEED);
}

static void a_chain_is_checked_whole_or_by_a_sample(void **state) {
    (void)state;
    struct placement placement;
    struct chase chase = build_chain(&placement);
    struct contents whole = contents_of_chase(&placement, &chase, EVERYTHING, 1);
    struct contents part = contents_of_chase(&placement, &chase, 100, 1);
    assert_int_equal(whole.checked, SLOTS);
    assert_int_equal(whole.wrong, 0);
    assert_int_equal(part.checked, 100);
    assert_int_equal(part.wrong, 0);
}

static void a_link_that_leads_astray_is_found(void **state) {
    (void)state;
    struct placement placement;
    struct chase chase = build_chain(&placement);
    void **first = chase.start, *link = *first;
    *first = (void *)((uintptr_t)link ^ 8);
    assert_int_equal(contents_of_chase(&placement, &chase, EVERYTHING, 1).wrong, 1);
    unsigned found = 0;
    for (uint64_t seed = 0; seed < 64; seed++)
        found += contents_of_chase(&placement, &chase, SLOTS / 2, seed).wrong == 1;
    assert_in_range(found, 1, 63); // in some stretches and not in others
    *first = *(void **)link;       // a place of a pointer, but one slot is left out
    assert_int_equal(contents_of_chase(&placement, &chase, EVERYTHING, 1).wrong, SLOTS);
}

// ---- visits -------------------------------------------------------------------------------------

static void visit(const struct kernel *kernel, bool loaded, struct row *row) {
    struct cell cell = {.test = loaded ? TEST_LOADED : TEST_BANDWIDTH,
                        .kernel = loaded ? NULL : kernel,
                        .cpu_node = 0,
                        .mem_node = node_set_of(1),
                        .proven = true,
                        .pages = page_kind_find("4K"),
                        .page_bytes = 4 * KIB,
                        .size_bytes = 64 * KIB};
    id_set_add(&cell.cpus, 0);
    if (loaded) {
        cell.pattern = chase_pattern_find("structural");
        cell.shape = chase_shape_of(cell.pattern, CHASE_LINE_BYTES);
        cell.chains = 1;
        cell.load = (struct cell_load){
            .kernel = kernel, .node = 1, .size_bytes = 64 * KIB, .mode = LOAD_CLOSED};
        id_set_add(&cell.load.cpus, 1);
    } else {
        id_set_add(&cell.cpus, 1);
    }
    const struct visit_request request = {
        .cell = &cell, .run_id = "run", .host = "host", .seed = SEED, .round = 1, .visit = 1};
    fake_os_reset(2, 2);
    visit_measure(&request, row);
    assert_int_equal(row->status, STATUS_OK);
    id_set_free(&cell.cpus);
    id_set_free(&cell.load.cpus);
}

static void a_visit_that_skips_a_line_is_flagged_and_keeps_its_value(void **state) {
    (void)state;
    struct row row;
    for (int loaded = 0; loaded <= 1; loaded++) {
        honest = kernel_find("copy", ISA_PORTABLE);
        visit(honest, loaded, &row);
        assert_true(row.elements_checked > 0);
        assert_int_equal(row.elements_wrong, 0);
        assert_string_equal(row.flags, "");
        struct kernel faulty = *honest;
        faulty.run = skip_a_line;
        visit(&faulty, loaded, &row);
        assert_int_equal(row.elements_wrong, loaded ? LINE : 2 * LINE); // of each thread
        assert_string_equal(row.flags, "DATA");
        assert_true(row.bandwidth_bytes_per_s > 0);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_loop_of_every_set_is_found_right_at_every_size),
        cmocka_unit_test(an_accumulating_loop_stays_within_rounding_error),
        cmocka_unit_test(a_long_slice_is_checked_in_one_stretch),
        cmocka_unit_test(a_flipped_bit_is_found_in_every_array_of_every_loop),
        cmocka_unit_test(a_loop_that_skips_or_misplaces_a_line_is_found),
        cmocka_unit_test(a_loop_that_repeats_a_line_is_found_where_that_changes_anything),
        cmocka_unit_test(a_pass_that_read_something_else_than_the_others_is_found),
        cmocka_unit_test(a_chain_is_checked_whole_or_by_a_sample),
        cmocka_unit_test(a_link_that_leads_astray_is_found),
        cmocka_unit_test(a_visit_that_skips_a_line_is_flagged_and_keeps_its_value),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
