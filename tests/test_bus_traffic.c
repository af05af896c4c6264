// SPDX-License-Identifier: Apache-2.0
// What is shown of the memory bus where the rows have its counters, and nothing where they have
// none. Rows are made by hand.
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "analyse/bus_traffic.h"
#include "report/bus_report.h"
#include "report/page.h"
#include "report/terminal.h"

// A visit of a loop of which the counters said so.
struct counted_visit {
    const char *kernel, *mix, *source;
    double least, most;   // per byte counted
    double carried;       // likewise; NaN: not counted
    double reads, writes; // of that; 0, 0: counted together
    double others;        // share of what was counted
    enum sized_for sized_for;
    enum block block;
    double bandwidth_bytes_per_s;
};

static const struct counted_visit write_told = {.kernel = "write",
                                                .mix = "",
                                                .source = "resctrl",
                                                .least = 1,
                                                .most = 2,
                                                .carried = 1.98,
                                                .sized_for = SIZED_FOR_MEMORY,
                                                .block = BLOCK_MATRIX,
                                                .bandwidth_bytes_per_s = 10e9};

static void fill_bus(const struct counted_visit *told, struct row *row) {
    const double counted_bytes = 1e9;
    row_set_name(row->bus_source, told->source);
    if (isnan(told->carried))
        return;
    row->traffic_bus_bytes_per_s = told->carried * told->bandwidth_bytes_per_s;
    row->bus_ns = NS_PER_S;
    row->bus_bytes = (uint64_t)(told->carried * counted_bytes);
    row->bus_background_bytes_per_s = told->others * (double)row->bus_bytes;
    if (told->most > told->least)
        row->store_read_share = (told->carried - told->least) / (told->most - told->least);
    if (told->reads + told->writes > 0) {
        row->bus_read_bytes = (uint64_t)(told->reads * counted_bytes);
        row->bus_write_bytes = (uint64_t)(told->writes * counted_bytes);
    }
}

static void add(struct dataset *dataset, const struct counted_visit *told) {
    struct row *row = base_allocate(1, sizeof *row);
    row_clear(row);
    row->test = TEST_BANDWIDTH;
    row->block = told->block;
    row->status = STATUS_OK;
    row->placement = VERDICT_VERIFIED;
    row->cpu_node = 0;
    row->mem_node = node_set_of(0);
    row->sized_for = told->sized_for;
    row->check = CHECK_NONE;
    row_set_name(row->kernel, told->kernel);
    row_set_name(row->isa, "avx2");
    row_set_name(row->mix, told->mix);
    row_set_name(row->pages, "4K");
    snprintf(row->cell, sizeof row->cell, "bandwidth/%s.avx2/cpu:0/mem:0/mix:%s", told->kernel,
             told->mix);
    row->bandwidth_bytes_per_s = told->bandwidth_bytes_per_s;
    row->traffic_min_bytes_per_s = told->least * told->bandwidth_bytes_per_s;
    row->traffic_max_bytes_per_s = told->most * told->bandwidth_bytes_per_s;
    fill_bus(told, row);
    dataset_add(dataset, row);
    free(row);
}

static void assert_line(const struct dataset *dataset, const char *expected) {
    struct bus_traffic_list list;
    char text[BUS_TRAFFIC_TEXT_BYTES];
    bus_traffic_list_build(&list, dataset);
    assert_int_equal(list.count, 1);
    assert_string_equal(bus_traffic_format(&list.at[0], text), expected);
    bus_traffic_list_free(&list);
}

static void assert_line_of(const struct counted_visit *told, const char *expected) {
    struct dataset dataset = {0};
    add(&dataset, told);
    assert_line(&dataset, expected);
    dataset_free(&dataset);
}

static void assert_silent(const struct counted_visit *told) {
    struct dataset dataset = {0};
    struct bus_traffic_list list;
    add(&dataset, told);
    bus_traffic_list_build(&list, &dataset);
    assert_int_equal(list.count, 0);
    bus_traffic_list_free(&list);
    dataset_free(&dataset);
}

// ---- what follows for stores --------------------------------------------------------------------

#define WRITE "resctrl: %s bytes carried per byte counted of write.avx2 (1.00 to 2.00 possible): %s"

static void what_a_store_does_to_its_line_follows_from_the_bytes(void **state) {
    (void)state;
    const struct {
        double carried;
        const char *number, *conclusion;
    } cases[] = {
        {1.98, "1.98", "the lines were read first"                                         },
        {1.02, "1.02", "the lines were not read first"                                     },
        {1.5,  "1.50", "a part of the lines was read first"                                },
        {0.5,  "0.50", "less than the loop moves, so the counters are wrong"               },
        {4,    "4.00",
         "more than the loop can move, so others moved data too, or the counters are wrong"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char expected[BUS_TRAFFIC_TEXT_BYTES];
        struct counted_visit told = write_told;
        told.carried = cases[i].carried;
        snprintf(expected, sizeof expected, WRITE, cases[i].number, cases[i].conclusion);
        assert_line_of(&told, expected);
    }
}

static void a_loop_without_such_stores_has_no_conclusion(void **state) {
    (void)state;
    struct counted_visit told = write_told;
    told.kernel = "read";
    told.most = told.least;
    told.carried = 1.003;
    assert_line_of(&told, "resctrl: 1.00 bytes carried per byte counted of read.avx2");
}

static void visits_of_a_loop_make_one_line_of_their_median(void **state) {
    (void)state;
    struct dataset dataset = {0};
    struct counted_visit told = write_told;
    const double carried[] = {1.9, 1.98, 3.2};
    for (size_t i = 0; i < COUNT_OF(carried); i++) {
        told.carried = carried[i];
        add(&dataset, &told);
    }
    assert_line(&dataset, "resctrl: 1.98 bytes carried per byte counted of write.avx2 (1.00 to "
                          "2.00 possible): the lines were read first");
    dataset_free(&dataset);
}

// ---- mixes --------------------------------------------------------------------------------------

static struct counted_visit mix_told(void) {
    struct counted_visit told = write_told;
    told.kernel = "daxpy";
    told.mix = "2:1";
    told.source = "uncore_imc";
    told.most = told.least;
    told.carried = 1;
    told.reads = 0.66;
    told.writes = 0.34;
    return told;
}

static void a_mix_has_its_counted_ratio_beside_the_nominal_one(void **state) {
    (void)state;
    struct counted_visit told = mix_told();
    assert_line_of(&told, "uncore_imc: 1.00 bytes carried per byte counted of daxpy.avx2; reads to "
                          "writes 1.94, by the mix 2:1 2.00");
}

static void a_ratio_that_is_not_of_the_loop_alone_is_not_told(void **state) {
    (void)state;
    const char *without = "uncore_imc: 1.00 bytes carried per byte counted of daxpy.avx2";
    struct counted_visit told = mix_told();
    told.reads = told.writes = 0;
    assert_line_of(&told, without);
    told = mix_told();
    told.others = 0.03;
    assert_line_of(&told, without);
    told = mix_told();
    told.mix = "";
    assert_line_of(&told, without);
}

static void of_a_race_only_the_winner_is_told(void **state) {
    (void)state;
    struct dataset dataset = {0};
    struct counted_visit told = mix_told();
    told.block = BLOCK_PEAK;
    add(&dataset, &told);
    told.kernel = "daxpy_4s";
    told.bandwidth_bytes_per_s *= 2;
    add(&dataset, &told);
    assert_line(&dataset, "uncore_imc: 1.00 bytes carried per byte counted of daxpy_4s.avx2; reads "
                          "to writes 1.94, by the mix 2:1 2.00");
    dataset_free(&dataset);
}

// ---- silence ------------------------------------------------------------------------------------

static void what_was_not_counted_or_not_in_memory_says_nothing(void **state) {
    (void)state;
    struct counted_visit told = write_told;
    told.source = "";
    told.carried = NAN;
    assert_silent(&told);
    told.source = "resctrl"; // counters without a number
    assert_silent(&told);
    told = write_told;
    told.sized_for = SIZED_FOR_CACHES;
    assert_silent(&told);
    told.sized_for = SIZED_FOR_UNPROVEN;
    assert_silent(&told);
}

// ---- where it is shown --------------------------------------------------------------------------

static char *read_back(FILE *stream) {
    enum { TEXT_BYTES = 1 << 18 };
    char *text = base_allocate(TEXT_BYTES, 1);
    rewind(stream);
    size_t length = fread(text, 1, TEXT_BYTES - 1, stream);
    text[length] = '\0';
    return text;
}

static char *print_page(const struct dataset *dataset) {
    FILE *stream = tmpfile();
    assert_non_null(stream);
    page_write(&(struct page){.shown = dataset}, stream);
    char *text = read_back(stream);
    fclose(stream);
    return text;
}

static char *print_json(const struct dataset *dataset) {
    FILE *stream = tmpfile();
    assert_non_null(stream);
    struct document *document = document_create();
    bus_report_add(document, dataset);
    assert_true(document_print(document, stream));
    document_free(document);
    char *text = read_back(stream);
    fclose(stream);
    return text;
}

static void assert_has(const char *text, const char *part, bool has) {
    if ((strstr(text, part) != NULL) != has)
        fail_msg("'%s' is %sin:\n%s", part, has ? "not " : "", text);
}

static void page_and_json_say_it_where_it_was_counted_and_nothing_else(void **state) {
    (void)state;
    for (int counted = 0; counted < 2; counted++) {
        struct dataset dataset = {0};
        struct counted_visit told = write_told;
        if (!counted) {
            told.source = "";
            told.carried = NAN;
        }
        add(&dataset, &told);
        char *page = print_page(&dataset), *json = print_json(&dataset);
        assert_has(page, "What the memory bus carried", counted);
        assert_has(page, "<li>resctrl: 1.98 bytes carried per byte counted of write.avx2", counted);
        assert_has(json, "\"bus\"", counted);
        assert_has(json, "\"carried_per_byte\": 1.98", counted);
        assert_has(json, "\"conclusion\": \"the lines were read first\"", counted);
        free(page);
        free(json);
        dataset_free(&dataset);
    }
}

static void the_terminal_says_it_where_it_was_counted_and_nothing_else(void **state) {
    (void)state;
    for (int counted = 0; counted < 2; counted++) {
        struct dataset dataset = {0};
        struct counted_visit told = write_told;
        told.carried = counted ? told.carried : NAN;
        add(&dataset, &told);
        const char *folder = getenv("NUMAPROBE_TEST_DIRECTORY");
        char path[512];
        snprintf(path, sizeof path, "%s/bus_traffic.out", folder ? folder : ".");
        assert_non_null(freopen(path, "w+b", stdout));
        terminal_print(&(struct terminal){.dataset = &dataset});
        fflush(stdout);
        char *text = read_back(stdout);
        assert_has(text, "\nBus        resctrl: 1.98 bytes carried per byte counted of write.avx2",
                   counted);
        assert_has(text, "Bus", counted);
        free(text);
        dataset_free(&dataset);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_a_store_does_to_its_line_follows_from_the_bytes),
        cmocka_unit_test(a_loop_without_such_stores_has_no_conclusion),
        cmocka_unit_test(visits_of_a_loop_make_one_line_of_their_median),
        cmocka_unit_test(a_mix_has_its_counted_ratio_beside_the_nominal_one),
        cmocka_unit_test(a_ratio_that_is_not_of_the_loop_alone_is_not_told),
        cmocka_unit_test(of_a_race_only_the_winner_is_told),
        cmocka_unit_test(what_was_not_counted_or_not_in_memory_says_nothing),
        cmocka_unit_test(page_and_json_say_it_where_it_was_counted_and_nothing_else),
        cmocka_unit_test(the_terminal_says_it_where_it_was_counted_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
