// SPDX-License-Identifier: Apache-2.0
#include "base/nearest.h"

#include <stdio.h>
#include <string.h>

enum {
    LETTERS_MAX = 31,  // a longer word or name is near nothing
    PREFIX_LETTERS = 3 // from which on the beginning of a name counts as one change
};

struct nearest nearest_to(const char *word) {
    return (struct nearest){.word = word, .changes = SIZE_MAX};
}

static char lower(char letter) {
    return (char)(letter >= 'A' && letter <= 'Z' ? letter - 'A' + 'a' : letter);
}

static bool same(char a, char b) {
    return lower(a) == lower(b);
}

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

// How many letters must be inserted, deleted, replaced or swapped with their neighbour, regardless
// of case: the optimal string alignment distance (Damerau 1964), by dynamic programming over the
// beginnings of both.
static size_t count_changes(const char *word, size_t word_length, const char *name,
                            size_t name_length) {
    size_t changes[LETTERS_MAX + 1][LETTERS_MAX + 1];
    for (size_t i = 0; i <= word_length; i++)
        for (size_t k = 0; k <= name_length; k++) {
            if (i == 0 || k == 0) {
                changes[i][k] = i + k;
                continue;
            }
            size_t best = changes[i - 1][k - 1] + !same(word[i - 1], name[k - 1]);
            best = least(best, least(changes[i - 1][k], changes[i][k - 1]) + 1);
            if (i > 1 && k > 1 && same(word[i - 1], name[k - 2]) && same(word[i - 2], name[k - 1]))
                best = least(best, changes[i - 2][k - 2] + 1);
            changes[i][k] = best;
        }
    return changes[word_length][name_length];
}

// At most a third of the letters may differ: "3:1" suggests "2:1", but "hard" does not suggest
// "latency".
void nearest_offer(struct nearest *nearest, const char *name) {
    const size_t word_length = strlen(nearest->word), name_length = strlen(name);
    if (!word_length || word_length > LETTERS_MAX || name_length > LETTERS_MAX)
        return;
    bool begins = word_length >= PREFIX_LETTERS && strncmp(nearest->word, name, word_length) == 0;
    size_t changes = begins ? 1 : count_changes(nearest->word, word_length, name, name_length);
    if (changes > word_length / 3 && changes > 0)
        return;
    if (changes < nearest->changes) {
        nearest->changes = changes;
        nearest->name = name;
    }
}

char *nearest_hint(const struct nearest *nearest, char hint[NEAREST_HINT_BYTES]) {
    hint[0] = '\0';
    if (nearest->name)
        snprintf(hint, NEAREST_HINT_BYTES, "; did you mean '%s'?", nearest->name);
    return hint;
}
