// SPDX-License-Identifier: Apache-2.0
#include "base/id_set.h"
#include "base/random.h"
#include "base/units.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static void an_array_grows_only_at_powers_of_two(void **state) {
    (void)state;
    uint32_t in_place; // is no memory that could be grown
    assert_ptr_equal(base_grow_by_one(&in_place, 3, sizeof in_place), &in_place);
    assert_ptr_equal(base_grow_by_one(&in_place, 1000001, sizeof in_place), &in_place);
    uint32_t *numbers = NULL;
    for (uint32_t count = 0; count < 1000; count++) {
        numbers = base_grow_by_one(numbers, count, sizeof *numbers);
        numbers[count] = count;
    }
    for (uint32_t i = 0; i < 1000; i++)
        assert_int_equal(numbers[i], i);
    free(numbers);
}

static void sizes_are_read_as_people_write_them(void **state) {
    (void)state;
    static const struct {
        const char *text;
        uint64_t bytes;
    } known[] = {
        {"1",        1                },
        {"4096B",    4096             },
        {"64K",      64 * KIB         },
        {"256M",     256 * MIB        },
        {"256MiB",   256 * MIB        },
        {"1G",       GIB              },
        {"8T",       8 * 1024 * GIB   },
        {"8388608T", UINT64_C(1) << 63},
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        uint64_t bytes = 0;
        struct error error;
        assert_true(units_parse_bytes(known[i].text, &bytes, &error));
        assert_int_equal(bytes, known[i].bytes);
    }
}

static void what_is_no_size_is_refused_and_quoted(void **state) {
    (void)state;
    static const char *const wrong[] = {"",
                                        "0",
                                        "-1",
                                        "+1",
                                        "1.5G",
                                        "10TB",
                                        "1GB",
                                        "1g",
                                        " 1",
                                        "1 ",
                                        "0x10",
                                        "K",
                                        "iB",
                                        "1KK",
                                        "1KiBs",
                                        "8388609T",
                                        "18446744073709551616",
                                        "1e9"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        uint64_t bytes = 7;
        struct error error;
        char quoted[64];
        assert_false(units_parse_bytes(wrong[i], &bytes, &error));
        assert_int_equal(bytes, 7);
        assert_int_equal(error.kind, ERROR_KIND_USAGE);
        snprintf(quoted, sizeof quoted, "'%s'", wrong[i]);
        assert_non_null(strstr(error.text, quoted));
    }
}

static void counts_have_their_limits(void **state) {
    (void)state;
    uint64_t count = 0;
    struct error error;
    assert_true(units_parse_count("1", 1, 8, &count, &error));
    assert_int_equal(count, 1);
    assert_true(units_parse_count("8", 1, 8, &count, &error));
    assert_int_equal(count, 8);
    static const char *const wrong[] = {"0", "9", "-1", "1x", "", "99999999999999999999"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++)
        assert_false(units_parse_count(wrong[i], 1, 8, &count, &error));
    assert_non_null(strstr(error.text, "from 1 to 8"));
}

static void sizes_and_times_are_written_for_people(void **state) {
    (void)state;
    char text[UNITS_TEXT_BYTES];
    assert_string_equal(units_format_bytes(GIB, text), "1GiB");
    assert_string_equal(units_format_bytes(1536 * MIB, text), "1536MiB");
    assert_string_equal(units_format_bytes(100, text), "100B");
    assert_string_equal(units_format_bytes(0, text), "0B");
    assert_string_equal(units_format_bytes_rounded(25 * GIB / 2, text), "12.5 GiB");
    assert_string_equal(units_format_bytes_rounded(500 * GIB, text), "500 GiB");
    assert_string_equal(units_format_bytes_rounded(12, text), "12 B");
    assert_string_equal(units_format_duration(59 * NS_PER_S, text), "59 s");
    assert_string_equal(units_format_duration(125 * NS_PER_S, text), "2 min 05 s");
    assert_string_equal(units_format_duration(4200 * NS_PER_S, text), "1 h 10 min");
}

static void what_is_formatted_is_read_back(void **state) {
    (void)state;
    for (unsigned shift = 0; shift < 63; shift++) {
        char text[UNITS_TEXT_BYTES];
        uint64_t bytes = 0;
        struct error error;
        uint64_t asked = (UINT64_C(1) << shift) + (shift > 12 ? 4096 : 0);
        assert_true(units_parse_bytes(units_format_bytes(asked, text), &bytes, &error));
        assert_int_equal(bytes, asked);
    }
}

static void sets_keep_order_without_repeats(void **state) {
    (void)state;
    struct id_set set = {0};
    for (uint32_t i = 0; i < 100; i++) {
        id_set_add(&set, i * 37 % 100);
        id_set_add(&set, i * 37 % 100);
    }
    assert_int_equal(set.count, 100);
    for (uint32_t i = 0; i < 100; i++)
        assert_int_equal(set.ids[i], i);
    assert_true(id_set_contains(&set, 99));
    assert_false(id_set_contains(&set, 100));
    struct id_set copy = id_set_copy(&set);
    id_set_add(&copy, 1000);
    assert_int_equal(copy.count, 101);
    assert_int_equal(set.count, 100);
    id_set_free(&copy);
    id_set_free(&set);
}

static void lists_are_read_and_written_in_the_kernels_form(void **state) {
    (void)state;
    static const struct {
        const char *text;
        const char *again;
    } known[] = {
        {"0-3,8",       "0-3,8"      },
        {"",            ""           },
        {"\n",          ""           },
        {"7\n",         "7"          },
        {"3,1,2,0",     "0-3"        },
        {"5-5",         "5"          },
        {"0,2-3,33-34", "0,2-3,33-34"}
    };
    for (size_t i = 0; i < COUNT_OF(known); i++) {
        struct id_set set;
        struct error error;
        char text[64];
        assert_true(id_set_parse(&set, known[i].text, &error));
        assert_string_equal(id_set_format(&set, text, sizeof text), known[i].again);
        id_set_free(&set);
    }
}

static void what_is_no_list_is_refused(void **state) {
    (void)state;
    static const char *const wrong[] = {"a",   "1,",  ",1",     "1-",   "-1",      "3-1",  "1,,2",
                                        "1 2", "1;2", "0-3,x8", "1--2", "1048577", "0\n\n"};
    for (size_t i = 0; i < COUNT_OF(wrong); i++) {
        struct id_set set;
        struct error error;
        assert_false(id_set_parse(&set, wrong[i], &error));
        assert_int_equal(set.count, 0);
        assert_int_equal(error.kind, ERROR_KIND_USAGE);
    }
}

static void a_list_without_room_ends_in_dots(void **state) {
    (void)state;
    struct id_set set = {0};
    for (uint32_t i = 0; i < 40; i += 2)
        id_set_add(&set, i);
    char text[16];
    id_set_format(&set, text, sizeof text);
    assert_true(strlen(text) < sizeof text);
    assert_string_equal(text + strlen(text) - 3, "...");
    id_set_free(&set);
}

static void random_numbers_follow_the_seed(void **state) {
    (void)state;
    struct random a, b, other;
    random_seed(&a, 1);
    random_seed(&b, 1);
    random_seed(&other, 2);
    unsigned same = 0;
    for (int i = 0; i < 100; i++) {
        uint64_t value = random_next(&a);
        assert_true(value == random_next(&b));
        same += value == random_next(&other);
    }
    assert_int_equal(same, 0);
}

// xoshiro256** from the state 1, 2, 3, 4: the values that its authors' code gives.
static void the_generator_is_the_published_one(void **state) {
    (void)state;
    struct random random = {
        {1, 2, 3, 4}
    };
    assert_true(random_next(&random) == UINT64_C(11520));
    assert_true(random_next(&random) == UINT64_C(0));
    assert_true(random_next(&random) == UINT64_C(1509978240));
    assert_true(random_next(&random) == UINT64_C(1215971899390074240));
}

static void bounded_numbers_are_even(void **state) {
    (void)state;
    enum { BOUND = 6, DRAWS = 60000 };
    struct random random;
    random_seed(&random, 42);
    unsigned counts[BOUND] = {0};
    for (int i = 0; i < DRAWS; i++)
        counts[random_below(&random, BOUND)]++;
    for (int i = 0; i < BOUND; i++) // five standard deviations of a fair die
        assert_in_range(counts[i], DRAWS / BOUND - 460, DRAWS / BOUND + 460);
    for (int i = 0; i < 100; i++)
        assert_int_equal(random_below(&random, 1), 0);
    // Just above 2^63 nearly every second draw is unfair and must be drawn again.
    for (int i = 0; i < 1000; i++)
        assert_true(random_below(&random, (UINT64_C(1) << 63) + 1) <= UINT64_C(1) << 63);
}

static void an_error_may_quote_the_one_it_replaces(void **state) {
    (void)state;
    struct error error;
    assert_false(error_set(&error, ERROR_KIND_FAILED, 5, "inner"));
    assert_false(error_set(&error, ERROR_KIND_USAGE, 7, "outer: %s", error.text));
    assert_string_equal(error.text, "outer: inner");
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_int_equal(error.os_number, 7);
}

static void an_error_of_the_c_library_ends_in_its_reason(void **state) {
    (void)state;
    struct error error;
    char expected[128];
    snprintf(expected, sizeof expected, "cannot open 'a': %s", strerror(ENOENT));
    assert_false(error_set_errno(&error, ERROR_KIND_FAILED, ENOENT, "cannot open '%s'", "a"));
    assert_string_equal(error.text, expected);
    assert_int_equal(error.os_number, ENOENT);
    assert_false(error_set_errno(&error, ERROR_KIND_FAILED, 0, "cannot open '%s'", "a"));
    assert_string_equal(error.text, "cannot open 'a': the C library gives no reason");
}

static void rates_and_factors_are_decimal(void **state) {
    (void)state;
    struct error error;
    double value;
    assert_true(units_parse_rate("5GB/s", &value, &error) && value == 5e9);
    assert_true(units_parse_rate("1500MB/s", &value, &error) && value == 1.5e9);
    assert_true(units_parse_rate("1500", &value, &error) && value == 1.5e9);
    assert_true(units_parse_rate("0.5GB/s", &value, &error) && value == 5e8);
    const char *const no_rates[] = {"",     "0",       "0GB/s",  "-5GB/s", "5GiB/s",
                                    "GB/s", "5.GB/s ", "5 GB/s", "1e9",    "1.2345GB/s"};
    for (size_t i = 0; i < COUNT_OF(no_rates); i++)
        assert_false(units_parse_rate(no_rates[i], &value, &error));
    assert_true(units_parse_factor("1.5x", &value, &error) && value == 1.5);
    assert_true(units_parse_factor("2", &value, &error) && value == 2);
    const char *const no_factors[] = {"", "x", "0.9x", "101", "1.5y", "-1", "nan"};
    for (size_t i = 0; i < COUNT_OF(no_factors); i++)
        assert_false(units_parse_factor(no_factors[i], &value, &error));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rates_and_factors_are_decimal),
        cmocka_unit_test(an_array_grows_only_at_powers_of_two),
        cmocka_unit_test(sizes_are_read_as_people_write_them),
        cmocka_unit_test(what_is_no_size_is_refused_and_quoted),
        cmocka_unit_test(counts_have_their_limits),
        cmocka_unit_test(sizes_and_times_are_written_for_people),
        cmocka_unit_test(what_is_formatted_is_read_back),
        cmocka_unit_test(sets_keep_order_without_repeats),
        cmocka_unit_test(lists_are_read_and_written_in_the_kernels_form),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(a_list_without_room_ends_in_dots),
        cmocka_unit_test(random_numbers_follow_the_seed),
        cmocka_unit_test(the_generator_is_the_published_one),
        cmocka_unit_test(bounded_numbers_are_even),
        cmocka_unit_test(an_error_may_quote_the_one_it_replaces),
        cmocka_unit_test(an_error_of_the_c_library_ends_in_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
