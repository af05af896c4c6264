// SPDX-License-Identifier: Apache-2.0
#include "record/words.h"

#include <string.h>

#define WORD_TEXT(enumerator, text) text,

const char *const test_names[TEST_COUNT] = {TEST_WORDS(WORD_TEXT)};
const char *const block_names[BLOCK_COUNT] = {BLOCK_WORDS(WORD_TEXT)};
const char *const check_names[CHECK_COUNT] = {CHECK_WORDS(WORD_TEXT)};
static const char *const sized_for_names[SIZED_FOR_COUNT] = {SIZED_FOR_WORDS(WORD_TEXT)};
static const char *const size_rule_names[SIZE_RULE_COUNT] = {SIZE_RULE_WORDS(WORD_TEXT)};
const char *const load_mode_names[LOAD_MODE_COUNT] = {LOAD_MODE_WORDS(WORD_TEXT)};
const char *const pair_home_names[PAIR_HOME_COUNT] = {PAIR_HOME_WORDS(WORD_TEXT)};
const char *const verdict_names[VERDICT_COUNT] = {VERDICT_WORDS(WORD_TEXT)};
const char *const status_names[STATUS_COUNT] = {STATUS_WORDS(WORD_TEXT)};
static const char *const converged_names[CONVERGED_COUNT] = {CONVERGED_WORDS(WORD_TEXT)};

const struct vocabulary words_test = {test_names, TEST_COUNT, TEST_COUNT};
const struct vocabulary words_block = {block_names, BLOCK_COUNT, BLOCK_COUNT};
const struct vocabulary words_check = {check_names, CHECK_COUNT, CHECK_COUNT};
const struct vocabulary words_sized_for = {sized_for_names, SIZED_FOR_COUNT, SIZED_FOR_COUNT};
const struct vocabulary words_size_rule = {size_rule_names, SIZE_RULE_COUNT, SIZE_RULE_COUNT};
const struct vocabulary words_load_mode = {load_mode_names, LOAD_MODE_COUNT, LOAD_MODE_COUNT};
const struct vocabulary words_home = {pair_home_names, PAIR_HOME_COUNT, PAIR_HOME_COUNT};
const struct vocabulary words_placement = {verdict_names, VERDICT_COUNT, VERDICT_COUNT};
const struct vocabulary words_status = {status_names, STATUS_COUNT, STATUS_FAILED};
const struct vocabulary words_warm_converged = {converged_names, CONVERGED_COUNT, CONVERGED_COUNT};
const struct vocabulary words_store = {store_names, STORE_KIND_COUNT, STORE_KIND_COUNT};
const struct vocabulary words_pair_class = {pair_class_names, PAIR_CLASS_COUNT, PAIR_CLASS_COUNT};

const char *word_text(const struct vocabulary *words, unsigned word) {
    return word < words->count ? words->names[word] : "";
}

unsigned word_find(const struct vocabulary *words, const char *text) {
    unsigned word = 0;
    while (word < words->count && strcmp(words->names[word], text) != 0)
        word++;
    return word < words->count ? word : words->unknown;
}

// A word whose text is empty is the first of its list.
unsigned word_absent(const struct vocabulary *words) {
    return words->names[0][0] ? words->count : 0;
}
