// SPDX-License-Identifier: Apache-2.0
#include "analyse/published.h"

#include "base/text_set.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double worth_a_word = 0.15;

static const struct {
    const char *name; // in the table
    const char *what;
    const char *unit;
    double unit_size;
    bool of_machine; // depends on how many packages there are
} quantities[PUBLISHED_COUNT] = {
    [PUBLISHED_LOCAL_NS] = {"local_latency_ns",      "local latency",      "ns",   1,   false},
    [PUBLISHED_REMOTE_NS] = {"remote_latency_ns",     "remote latency",     "ns",   1,   false},
    [PUBLISHED_MACHINE_READ] = {"machine_read_gb_per_s", "all reads together", "GB/s", 1e9, true },
};

// ---- the table ----------------------------------------------------------------------------------

// No field of it has a comma or a quotation mark (tests/test_analyse.c looks).
enum field {
    FIELD_WORDS,
    FIELD_PACKAGES,
    FIELD_SETTING,
    FIELD_QUANTITY,
    FIELD_VALUE,
    FIELD_METHOD,
    FIELD_SOURCE,
    FIELD_YEAR,
    FIELD_COUNT
};
enum { FIELD_BYTES = 128 };

static void read_line(const char *line, char fields[FIELD_COUNT][FIELD_BYTES]) {
    for (size_t i = 0; i < FIELD_COUNT; i++) {
        size_t bytes = strcspn(line, ",");
        snprintf(fields[i], FIELD_BYTES, "%.*s", (int)bytes, line);
        line += bytes + (line[bytes] == ',');
    }
}

static bool has_word(const char *text, const char *word, size_t length) {
    for (const char *at = text; *at; at += strcspn(at, " "), at += strspn(at, " "))
        if (strncmp(at, word, length) == 0 && (at[length] == ' ' || !at[length]))
            return true;
    return false;
}

static bool matches(const char *cpu_model, const char *words) {
    for (const char *at = words; *at; at += strspn(at, " ")) {
        size_t length = strcspn(at, " ");
        if (!has_word(cpu_model, at, length))
            return false;
        at += length;
    }
    return *words != '\0';
}

// ---- the sentence -------------------------------------------------------------------------------

static void write_sentence(enum published_quantity quantity, double low, double high,
                           size_t sources, double ours, char sentence[PUBLISHED_SENTENCE_BYTES]) {
    double off = ours > high ? ours / high - 1 : ours < low ? 1 - ours / low : 0;
    char range[48], word[48] = "";
    if (low < high)
        snprintf(range, sizeof range, "%.4g to %.4g", low, high);
    else
        snprintf(range, sizeof range, "%.4g", low);
    if (off > worth_a_word)
        snprintf(word, sizeof word, ", %.0f %% %s these", 100 * off,
                 ours > high ? "above" : "below");
    snprintf(sentence, PUBLISHED_SENTENCE_BYTES,
             "Published for this CPU: %s %s %s (%zu source%s; other tools, other sizes); here %.4g "
             "%s%s",
             quantities[quantity].what, range, quantities[quantity].unit, sources, PLURAL(sources),
             ours, quantities[quantity].unit, word);
}

bool published_tell_by(const char *const *table, const struct published_machine *machine,
                       enum published_quantity quantity, double ours,
                       char sentence[PUBLISHED_SENTENCE_BYTES]) {
    char fields[FIELD_COUNT][FIELD_BYTES];
    struct text_set sources = {0};
    double low = INFINITY, high = -INFINITY;
    sentence[0] = '\0';
    if (!machine->cpu_model || isnan(ours))
        return false;
    for (; *table; table++) {
        read_line(*table, fields);
        size_t packages = strtoul(fields[FIELD_PACKAGES], NULL, 10);
        if (strcmp(fields[FIELD_QUANTITY], quantities[quantity].name) != 0 ||
            !matches(machine->cpu_model, fields[FIELD_WORDS]) ||
            (quantities[quantity].of_machine && packages != machine->packages))
            continue;
        double value = strtod(fields[FIELD_VALUE], NULL);
        low = fmin(low, value);
        high = fmax(high, value);
        text_set_add(&sources, fields[FIELD_SOURCE]);
    }
    if (sources.used)
        write_sentence(quantity, low, high, sources.used, ours / quantities[quantity].unit_size,
                       sentence);
    text_set_free(&sources);
    return sentence[0] != '\0';
}

bool published_tell(const struct published_machine *machine, enum published_quantity quantity,
                    double ours, char sentence[PUBLISHED_SENTENCE_BYTES]) {
    return published_tell_by(published_table, machine, quantity, ours, sentence);
}
