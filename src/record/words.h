// SPDX-License-Identifier: Apache-2.0
// The words of rows.csv: each column that holds one of a few words is an enumeration here, and its
// texts stand beside the enumerators, so that none can lack its text.
//
// Rows, plan, measurement and readers share them; texts are made of them in files and on the screen
// only. Words that belong to a lower room (kinds of stores, classes of pairs) are in the same table
// of vocabularies. A text that is none of its column's words, as a later version or a damaged file
// may have, is taken for an absent one; of a status for a failure.
#ifndef NUMAPROBE_RECORD_WORDS_H
#define NUMAPROBE_RECORD_WORDS_H

#include "base/base.h"
#include "kernels/kernel.h"
#include "topology/topology.h"

// clang-format off
#define TEST_WORDS(WORD)                                                                           \
    WORD(TEST_LATENCY, "latency")                                                                  \
    WORD(TEST_BANDWIDTH, "bandwidth")                                                              \
    WORD(TEST_LOADED, "loaded")                                                                    \
    WORD(TEST_C2C, "c2c")

// The parts of a run: what a cell is measured for, and the table that it is shown in.
#define BLOCK_WORDS(WORD)                                                                          \
    WORD(BLOCK_IDLE, "idle")     /* latency, CPU nodes x memory nodes, nobody else at work */      \
    WORD(BLOCK_PEAK, "peak")     /* the most bandwidth of each mix */                              \
    WORD(BLOCK_MATRIX, "matrix") /* bandwidth, CPU nodes x memory nodes */                         \
    WORD(BLOCK_LOADED, "loaded") /* latency against bandwidth */                                   \
    WORD(BLOCK_C2C, "c2c")       /* from core to core */                                           \
    WORD(BLOCK_SWEEP, "sweep")   /* latency and bandwidth against size */                          \
    WORD(BLOCK_MLP, "mlp")       /* latency against chains walked at once */                       \
    WORD(BLOCK_CHECK, "check")   /* cells that only test the method on this machine */             \
    WORD(BLOCK_PROBE, "probe")   /* where latency stops rising with the size: sizes rest on it */  \
    WORD(BLOCK_SET, "set")       /* bandwidth from sets of nodes: the best is searched */

// What a check cell has otherwise than the cell that it checks: plan/checks.h.
#define CHECK_WORDS(WORD)                                                                          \
    WORD(CHECK_NONE, "")                                                                           \
    WORD(CHECK_SIZE_DOUBLED, "size_doubled")                                                       \
    WORD(CHECK_SLOT_DOUBLED, "slot_doubled")                                                       \
    WORD(CHECK_FIRST_WALK, "first_walk") /* each line is met for the first time */                 \
    WORD(CHECK_ZERO_FILL, "zero_fill")   /* its data are all zero */                               \
    WORD(CHECK_FLUSHED, "flushed")       /* its lines are put out of the caches before the walk */

// What a buffer is known to be larger than.
#define SIZED_FOR_WORDS(WORD)                                                                      \
    WORD(SIZED_FOR_MEMORY, "memory")     /* all that the caches hold */                            \
    WORD(SIZED_FOR_CACHES, "caches")     /* nothing: small on purpose */                           \
    WORD(SIZED_FOR_UNPROVEN, "unproven")

// What decided how large a buffer is: plan/sizing.h.
#define SIZE_RULE_WORDS(WORD)                                                                      \
    WORD(SIZE_ASKED, "asked")                                                                      \
    WORD(SIZE_BY_CACHES, "caches")                                                                 \
    WORD(SIZE_BY_MEMORY, "memory")                                                                 \
    WORD(SIZE_MEASURED, "measured")

// Closed: a burst begins a pause after the last one has ended, so what is asked for falls when the
// memory slows down. Paced: bursts begin by the clock, whether the memory keeps up or not.
#define LOAD_MODE_WORDS(WORD)                                                                      \
    WORD(LOAD_CLOSED, "closed")                                                                    \
    WORD(LOAD_PACED, "paced")

// Whose node a line of a pair lives on.
#define PAIR_HOME_WORDS(WORD)                                                                      \
    WORD(HOME_WRITER, "writer")                                                                    \
    WORD(HOME_READER, "reader")                                                                    \
    WORD(HOME_THIRD, "third")

// The verdict on the memory, the worst last but one.
#define VERDICT_WORDS(WORD)                                                                        \
    WORD(VERDICT_VERIFIED, "verified")                                                             \
    WORD(VERDICT_MISPLACED, "misplaced") /* a page was elsewhere or nowhere at the beginning */    \
    WORD(VERDICT_WRONG_PAGE_SIZE, "wrong_page_size") /* a page is not of the kind asked for */     \
    WORD(VERDICT_MIGRATED, "migrated")   /* in order before the timing and not after it */         \
    WORD(VERDICT_UNVERIFIABLE, "unverifiable") /* nothing speaks against it, not all is told */

#define STATUS_WORDS(WORD)                                                                         \
    WORD(STATUS_OK, "ok")                                                                          \
    WORD(STATUS_REFUSED, "refused")                                                                \
    WORD(STATUS_FAILED, "failed")                                                                  \
    WORD(STATUS_INTERRUPTED, "interrupted")

#define CONVERGED_WORDS(WORD)                                                                      \
    WORD(CONVERGED_NO, "no")                                                                       \
    WORD(CONVERGED_YES, "yes")
// clang-format on

#define WORD_ENUMERATOR(enumerator, text) enumerator,

// X_COUNT is also the value of a field that is absent.
enum test { TEST_WORDS(WORD_ENUMERATOR) TEST_COUNT };
enum block { BLOCK_WORDS(WORD_ENUMERATOR) BLOCK_COUNT };
enum check { CHECK_WORDS(WORD_ENUMERATOR) CHECK_COUNT };
enum sized_for { SIZED_FOR_WORDS(WORD_ENUMERATOR) SIZED_FOR_COUNT };
enum size_rule { SIZE_RULE_WORDS(WORD_ENUMERATOR) SIZE_RULE_COUNT };
enum load_mode { LOAD_MODE_WORDS(WORD_ENUMERATOR) LOAD_MODE_COUNT };
enum pair_home { PAIR_HOME_WORDS(WORD_ENUMERATOR) PAIR_HOME_COUNT };
enum verdict { VERDICT_WORDS(WORD_ENUMERATOR) VERDICT_COUNT };
enum status { STATUS_WORDS(WORD_ENUMERATOR) STATUS_COUNT };
enum converged { CONVERGED_WORDS(WORD_ENUMERATOR) CONVERGED_COUNT };

extern const char *const test_names[TEST_COUNT];
extern const char *const block_names[BLOCK_COUNT];
extern const char *const check_names[CHECK_COUNT];
extern const char *const load_mode_names[LOAD_MODE_COUNT];
extern const char *const pair_home_names[PAIR_HOME_COUNT];
extern const char *const verdict_names[VERDICT_COUNT];
extern const char *const status_names[STATUS_COUNT];

// The words of one column.
struct vocabulary {
    const char *const *names;
    unsigned count;   // the value of an absent field, where no word is ""
    unsigned unknown; // what a text that is none of them is taken for
};

// One for each column of type `word`, by the column's name: the type of its field in struct row,
// and its words.
typedef enum test word_test;
typedef enum block word_block;
typedef enum check word_check;
typedef enum sized_for word_sized_for;
typedef enum size_rule word_size_rule;
typedef enum load_mode word_load_mode;
typedef enum pair_home word_home;
typedef enum verdict word_placement;
typedef enum status word_status;
typedef enum converged word_warm_converged;
typedef enum store_kind word_store;
typedef enum pair_class word_pair_class;

extern const struct vocabulary words_test, words_block, words_check, words_sized_for,
    words_size_rule, words_load_mode, words_home, words_placement, words_status,
    words_warm_converged, words_store, words_pair_class;

// The text of a word; "" for the value of an absent field.
const char *word_text(const struct vocabulary *words, unsigned word);

// The word of a text; words->unknown when it is none of them.
unsigned word_find(const struct vocabulary *words, const char *text);

// What an absent field holds: the word whose text is empty, or words->count.
unsigned word_absent(const struct vocabulary *words);

#endif
