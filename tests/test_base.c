// SPDX-License-Identifier: Apache-2.0
#include "base/id_set.h"
#include "base/nearest.h"
#include "base/node_set.h"
#include "base/random.h"
#include "base/text_set.h"
#include "base/units.h"
#include "base/utf8.h"

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
        {"4k",       4 * KIB          },
        {"2m",       2 * MIB          },
        {"1g",       GIB              },
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

// As Microsoft's sample reads its size, with the prefix that makes it plain.
static void sizes_in_hex_are_bytes(void **state) {
    (void)state;
    uint64_t bytes;
    struct error error;
    assert_true(units_parse_bytes("0x1000000", &bytes, &error) && bytes == 16 * MIB);
    assert_true(units_parse_bytes("0XfF", &bytes, &error) && bytes == 255);
    assert_true(units_parse_bytes("0x8000000000000000", &bytes, &error) && bytes == UINT64_C(1)
                                                                                        << 63);
}

static void malformed_sizes_are_refused_and_quoted(void **state) {
    (void)state;
    static const char *const wrong[] = {"",         "0",
                                        "-1",       "+1",
                                        "1.5G",     "10TB",
                                        "1GB",      "1mB",
                                        " 1",       "1 ",
                                        "0x",       "0x10K",
                                        "0xg",      "0x8000000000000001",
                                        "K",        "iB",
                                        "1KK",      "1KiBs",
                                        "8388609T", "18446744073709551616",
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

static void malformed_lists_are_refused(void **state) {
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

static void only_valid_characters_have_a_length(void **state) {
    (void)state;
    static const struct {
        const char *text;
        size_t length;
        bool control;
    } cases[] = {
        {"",                 0, false},
        {"a",                1, false},
        {"\n",               1, true },
        {"\x7F",             1, true },
        {"\xC3\xBC",         2, false},
        {"\xC2\x9B",         2, true },
        {"\xC2\xA0",         2, false},
        {"\xD8\x9C",         2, true },
        {"\xE2\x80\x8D",     3, false}, // joins letters and pictures
        {"\xE2\x80\x8F",     3, true },
        {"\xE2\x80\xAE",     3, true }, // U+202E: from right to left
        {"\xE2\x80\xAF",     3, false},
        {"\xE2\x81\xA6",     3, true },
        {"\xE2\x81\xAA",     3, false},
        {"\xE2\x82\xAC",     3, false},
        {"\xF0\x9F\x98\x80", 4, false},
        {"\xFC",             0, false}, // a letter of Latin-1
        {"\xC3",             0, false}, // cut off
        {"\xE2\x82",         0, false},
        {"\xC0\xAF",         0, false}, // overlong
        {"\xED\xA0\x80",     0, false}, // half of a pair of UTF-16
        {"\xF4\x90\x80\x80", 0, false}, // beyond U+10FFFF
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        assert_int_equal(utf8_length(cases[i].text), cases[i].length);
        assert_int_equal(utf8_is_control(cases[i].text), cases[i].control);
    }
}

static void a_list_that_has_a_number_often_has_it_once(void **state) {
    (void)state;
    struct id_set set;
    struct error error;
    char text[4096], back[64];
    size_t used = 0;
    assert_true(id_set_parse(&set, "7,5-9,0-3,2,8-10", &error));
    assert_string_equal(id_set_format(&set, back, sizeof back), "0-3,5-10");
    id_set_add(&set, 4); // it grows on as any other does
    assert_string_equal(id_set_format(&set, back, sizeof back), "0-10");
    id_set_free(&set);
    for (int i = 0; i < 300; i++) // added one by one this would be a matter of minutes
        used += (size_t)snprintf(text + used, sizeof text - used, "%s0-1048576", i ? "," : "");
    assert_true(id_set_parse(&set, text, &error));
    assert_int_equal(set.count, ID_SET_MAX + 1);
    id_set_free(&set);
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

static void node_sets_are_written_as_they_are_read(void **state) {
    (void)state;
    static const struct {
        const char *text, *form;
        uint32_t only;
    } cases[] = {
        {"0",                  "0",                  0       },
        {"1048576",            "1048576",            1048576 },
        {"2+0",                "0+2",                NONE_U32},
        {"2:1+0:3",            "0:3+2:1",            NONE_U32},
        {"0:2+2:2",            "0+2",                NONE_U32},
        {"0:4+2:2",            "0:4+2:2",            NONE_U32},
        {"0+2@chunks",         "0+2",                NONE_U32},
        {"0+2@interleave",     "0+2@interleave",     NONE_U32},
        {"0:255+9:1@weighted", "0:255+9:1@weighted", NONE_U32},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct node_set set, again;
        struct error error;
        char text[NODE_SET_TEXT_BYTES];
        assert_true(node_set_parse(&set, cases[i].text, &error));
        assert_string_equal(node_set_format(&set, text), cases[i].form);
        assert_int_equal(node_set_only(&set), cases[i].only);
        assert_true(node_set_parse(&again, text, &error));
        assert_true(node_set_same(&set, &again));
    }
    struct node_set none = node_set_of(NONE_U32);
    char text[NODE_SET_TEXT_BYTES];
    assert_string_equal(node_set_format(&none, text), "");
}

static void malformed_node_sets_are_refused(void **state) {
    (void)state;
    static const char *const cases[][2] = {
        {"",                                         "is not a set of nodes"},
        {"0+",                                       "is not a set of nodes"},
        {"0-2",                                      "is not a set of nodes"},
        {"+1",                                       "is not a set of nodes"},
        {"1048577",                                  "is not a set of nodes"},
        {"0 ",                                       "is not a set of nodes"},
        {"0+2+0",                                    "names node 0 twice"   },
        {"0:7",                                      "is a single node"     },
        {"7@interleave",                             "is a single node"     },
        {"0+2@preferred-many",                       "after @ comes"        },
        {"0:0+2:1",                                  "the weight of node 0" },
        {"0:1+2:256",                                "the weight of node 2" },
        {"0:+2",                                     "the weight of node 0" },
        {"0+2@",                                     "after @ comes"        },
        {"0+2@weighted1",                            "after @ comes"        },
        {"0+1+2+3+4+5+6+7+8+9+10+11+12+13+14+15+16", "more than 16 nodes"   },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct node_set set;
        struct error error;
        assert_false(node_set_parse(&set, cases[i][0], &error));
        assert_int_equal(error.kind, ERROR_KIND_USAGE);
        assert_non_null(strstr(error.text, cases[i][1]));
        assert_int_equal(set.count, 0);
    }
}

static void weights_follow_parts_as_small_numbers(void **state) {
    (void)state;
    static const struct {
        double parts[3];
        const char *form;
    } cases[] = {
        {{100, 100, 0},     "0+2"        }, // which leaves the third node out
        {{100, 50, 0},      "0:2+2:1"    },
        {{100, 30, 0},      "0:7+2:2"    },
        {{200e9, 101e9, 0}, "0:2+2:1"    }, // within 3 %
        {{3, 1, 2},         "0:3+2:1+7:2"},
        {{1, 1000, 0},      "0:1+2:16"   }, // the nearest that there is
        {{0, 5, 0},         "2"          },
    };
    static const uint32_t nodes[] = {0, 2, 7};
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        char text[NODE_SET_TEXT_BYTES];
        struct node_set set = node_set_weigh(nodes, cases[i].parts, 3);
        assert_string_equal(node_set_format(&set, text), cases[i].form);
    }
    static const uint32_t turned[] = {7, 0, 2}; // nodes ascend in a set
    struct node_set set = node_set_weigh(turned, (const double[]){1, 2, 3}, 3);
    char text[NODE_SET_TEXT_BYTES];
    assert_string_equal(node_set_format(&set, text), "0:2+2:3+7:1");
}

static void the_parts_of_a_set_follow_its_weights(void **state) {
    (void)state;
    struct node_set set;
    struct error error;
    assert_true(node_set_parse(&set, "0:3+1:2+2:1", &error));
    assert_int_equal(node_set_part(&set, 0, 48 * MIB), 24 * MIB);
    assert_int_equal(node_set_part(&set, 1, 48 * MIB), 16 * MIB);
    assert_int_equal(node_set_part(&set, 2, 48 * MIB), 8 * MIB);
    assert_int_equal(node_set_part(&set, 2, 7), 2); // rounded up
    assert_int_equal(node_set_part(&set, 0, UINT64_MAX - 3), (UINT64_MAX - 3) / 2);
    assert_int_equal(node_set_whole(&set, 0, 24 * MIB), 48 * MIB);
    assert_int_equal(node_set_whole(&set, 2, 8 * MIB), 48 * MIB);
}

static void single_nodes_stand_before_sets(void **state) {
    (void)state;
    static const char *const order[] = {"2",   "10",           "0+2",  "0:2+2:1",
                                        "1+2", "1+2@weighted", "0+1+2"};
    for (size_t i = 0; i < COUNT_OF(order); i++)
        for (size_t k = 0; k < COUNT_OF(order); k++) {
            struct node_set a, b;
            struct error error;
            assert_true(node_set_parse(&a, order[i], &error));
            assert_true(node_set_parse(&b, order[k], &error));
            int compared = node_set_compare(&a, &b);
            assert_int_equal((compared > 0) - (compared < 0), (i > k) - (i < k));
        }
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

static void a_percentage_is_a_share(void **state) {
    (void)state;
    struct error error;
    double share;
    assert_true(units_parse_percent("3%", &share, &error) && share == 0.03);
    assert_true(units_parse_percent("0.5", &share, &error) && share == 0.005);
    const char *const none[] = {"", "%", "0", "0.05%", "101%", "3 %", "-3%", "nan", "3%%"};
    for (size_t i = 0; i < COUNT_OF(none); i++)
        assert_false(units_parse_percent(none[i], &share, &error));
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

static const char *nearest_of_three(const char *word) {
    struct nearest nearest = nearest_to(word);
    nearest_offer(&nearest, "latency");
    nearest_offer(&nearest, "bandwidth");
    nearest_offer(&nearest, "--mem-nodes");
    return nearest.name ? nearest.name : "none";
}

static void a_word_with_a_slip_suggests_the_name_that_was_meant(void **state) {
    (void)state;
    assert_string_equal(nearest_of_three("latncy"), "latency");
    assert_string_equal(nearest_of_three("latecny"), "latency"); // neighbours swapped
    assert_string_equal(nearest_of_three("Latency"), "latency");
    assert_string_equal(nearest_of_three("band"), "bandwidth"); // its beginning
    assert_string_equal(nearest_of_three("--mem-node"), "--mem-nodes");
    assert_string_equal(nearest_of_three("-mem-nodes"), "--mem-nodes");
    char hint[NEAREST_HINT_BYTES];
    struct nearest nearest = nearest_to("lat");
    nearest_offer(&nearest, "latency");
    assert_string_equal(nearest_hint(&nearest, hint), "; did you mean 'latency'?");
}

static void a_word_that_is_like_no_name_suggests_none(void **state) {
    (void)state;
    char endless[4096];
    memset(endless, 'a', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    const char *const words[] = {"", "x", "-v", "hard", "width", "latlatlat", endless};
    for (size_t i = 0; i < COUNT_OF(words); i++)
        assert_string_equal(nearest_of_three(words[i]), "none");
    char hint[NEAREST_HINT_BYTES];
    struct nearest nearest = nearest_to("hard");
    assert_string_equal(nearest_hint(&nearest, hint), "");
}

// FNV-1a as everybody knows it.
static uint64_t known_hash(const char *text) {
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * UINT64_C(0x100000001b3);
    return hash ^ hash >> 32;
}

// Of texts that were chosen to fall into one of 4096 places, some 1 in 4096 falls into any other.
static void texts_that_were_chosen_to_collide_do_not(void **state) {
    (void)state;
    enum { PLACES = 4096, CHOSEN = 200 };
    size_t used[PLACES] = {0}, most = 0, chosen = 0;
    for (unsigned i = 0; chosen < CHOSEN; i++) {
        char text[16];
        snprintf(text, sizeof text, "cell%u", i);
        if (known_hash(text) % PLACES != 0)
            continue;
        chosen++;
        size_t place = text_hash(text) % PLACES;
        used[place]++;
        most = used[place] > most ? used[place] : most;
        assert_int_equal(text_hash(text) % PLACES, place);
    }
    assert_in_range(most, 1, 20);
}

static void a_text_is_kept_once(void **state) {
    (void)state;
    enum { TEXTS = 1000 };
    const char *kept[TEXTS];
    struct text_set set = {0};
    char text[16];
    for (unsigned i = 0; i < 2 * TEXTS; i++) {
        snprintf(text, sizeof text, "cell%u", i % TEXTS);
        const char *own = text_set_add(&set, text);
        assert_string_equal(own, text);
        assert_true(i < TEXTS || own == kept[i % TEXTS]);
        kept[i % TEXTS] = own;
    }
    assert_int_equal(set.used, TEXTS);
    text_set_free(&set);
}

static void texts_are_numbered_in_the_order_in_which_they_came(void **state) {
    (void)state;
    enum { TEXTS = 1000 };
    struct text_set set = {0};
    char text[16];
    assert_int_equal(text_set_find(&set, "cell0"), 0); // none, and none is found
    for (unsigned i = 0; i < TEXTS; i++) {
        snprintf(text, sizeof text, "cell%u", i);
        assert_int_equal(text_set_find(&set, text), set.used);
        assert_int_equal(text_set_number(&set, text), i);
    }
    for (unsigned i = 0; i < TEXTS; i++) {
        snprintf(text, sizeof text, "cell%u", i);
        assert_int_equal(text_set_number(&set, text), i);
        assert_int_equal(text_set_find(&set, text), i);
        assert_string_equal(set.texts[i], text);
    }
    assert_int_equal(text_set_find(&set, "other"), TEXTS);
    text_set_free(&set);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_that_were_chosen_to_collide_do_not),
        cmocka_unit_test(a_text_is_kept_once),
        cmocka_unit_test(texts_are_numbered_in_the_order_in_which_they_came),
        cmocka_unit_test(a_word_with_a_slip_suggests_the_name_that_was_meant),
        cmocka_unit_test(a_word_that_is_like_no_name_suggests_none),
        cmocka_unit_test(only_valid_characters_have_a_length),
        cmocka_unit_test(a_list_that_has_a_number_often_has_it_once),
        cmocka_unit_test(rates_and_factors_are_decimal),
        cmocka_unit_test(a_percentage_is_a_share),
        cmocka_unit_test(an_array_grows_only_at_powers_of_two),
        cmocka_unit_test(sizes_are_read_as_people_write_them),
        cmocka_unit_test(sizes_in_hex_are_bytes),
        cmocka_unit_test(malformed_sizes_are_refused_and_quoted),
        cmocka_unit_test(counts_have_their_limits),
        cmocka_unit_test(sizes_and_times_are_written_for_people),
        cmocka_unit_test(what_is_formatted_is_read_back),
        cmocka_unit_test(sets_keep_order_without_repeats),
        cmocka_unit_test(lists_are_read_and_written_in_the_kernels_form),
        cmocka_unit_test(malformed_lists_are_refused),
        cmocka_unit_test(a_list_without_room_ends_in_dots),
        cmocka_unit_test(node_sets_are_written_as_they_are_read),
        cmocka_unit_test(malformed_node_sets_are_refused),
        cmocka_unit_test(weights_follow_parts_as_small_numbers),
        cmocka_unit_test(the_parts_of_a_set_follow_its_weights),
        cmocka_unit_test(single_nodes_stand_before_sets),
        cmocka_unit_test(random_numbers_follow_the_seed),
        cmocka_unit_test(the_generator_is_the_published_one),
        cmocka_unit_test(bounded_numbers_are_even),
        cmocka_unit_test(an_error_may_quote_the_one_it_replaces),
        cmocka_unit_test(an_error_of_the_c_library_ends_in_its_reason),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
