// SPDX-License-Identifier: Apache-2.0
#include "analyse/chosen.h"

#include "analyse/series.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- sides --------------------------------------------------------------------------------------

static bool takes_run(const struct chosen_side *side, size_t run) {
    return !side->runs || side->runs[run];
}

static bool has(const struct chosen_side *side, const struct data_cell *cell) {
    bool any = !side->runs;
    for (size_t i = 0; !any && i < cell->visit_count; i++)
        any = side->runs[cell->visits[i].run];
    return any;
}

static bool has_named(const struct chosen_side *side, const char *name) {
    const struct data_cell *cell = dataset_cell(side->dataset, name);
    return cell && has(side, cell);
}

// Whether a run of the side was told this option.
static bool was_given(const struct chosen_side *side, const char *option) {
    for (size_t i = 0; i < side->dataset->run_count; i++)
        if (takes_run(side, i) && machine_file_was_asked(&side->dataset->runs[i].machine, option))
            return true;
    return false;
}

// ---- cells --------------------------------------------------------------------------------------

// What a side has at each place, for a cell that only the other side has.
struct rivals {
    struct series_list places;
    const struct data_cell **first; // by place; NULL: the side has none there, or one of both sides
};

static void find_rivals(struct rivals *rivals, const struct chosen_side *side,
                        const struct chosen_side *other) {
    series_list_build(&rivals->places, side->dataset, SERIES_CHOICE);
    rivals->first = base_allocate(rivals->places.count, sizeof *rivals->first);
    for (size_t i = 0; i < rivals->places.count; i++) {
        const struct series *place = &rivals->places.at[i];
        bool shared = false;
        for (size_t at = 0; at < place->cell_count && !shared; at++) {
            if (!has(side, place->cells[at]))
                continue;
            shared = has_named(other, place->cells[at]->name);
            if (shared || !rivals->first[i])
                rivals->first[i] = shared ? NULL : place->cells[at];
        }
    }
}

static void free_rivals(struct rivals *rivals) {
    series_list_free(&rivals->places);
    free(rivals->first);
}

// NULL where there is none: the other side has the cell too, or one that both have at its place.
static const struct data_cell *rival_of(const struct rivals *rivals, const struct data_cell *cell,
                                        const struct chosen_side *own,
                                        const struct chosen_side *other) {
    if (cell->protocol[0] || !has(own, cell) || has_named(other, cell->name)) // a pair has no size
        return NULL;
    const struct series *place = series_list_find(&rivals->places, SERIES_CHOICE, cell);
    return place ? rivals->first[place - rivals->places.at] : NULL;
}

// ---- words --------------------------------------------------------------------------------------

PRINTF_LIKE(2, 3) static void append(char text[CHOSEN_BYTES], const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, CHOSEN_BYTES - used, format, arguments);
    va_end(arguments);
}

// "sizes of latency differ: 64MiB and 256MiB"; each kind of choice once, with its first example.
static void add_difference(char text[CHOSEN_BYTES], const char *what, const char *of,
                           const char *base, const char *candidate) {
    enum { ROOM_FOR_REMEDY = 1000 };
    char kind[80];
    snprintf(kind, sizeof kind, "%s of %s differ: ", what, of);
    if (strcmp(base, candidate) == 0 || strstr(text, kind) || strlen(text) > ROOM_FOR_REMEDY / 2)
        return;
    append(text, "%s%s%s and %s", text[0] ? "; " : "", kind, base, candidate);
}

// The latest of a side that summary.json tells the choice of.
static const struct data_run *find_ended(const struct chosen_side *side) {
    const struct data_run *found = NULL;
    for (size_t i = 0; i < side->dataset->run_count; i++) {
        const struct data_run *run = &side->dataset->runs[i];
        bool later = !found || strcmp(run->timestamp_utc, found->timestamp_utc) > 0;
        if (takes_run(side, i) && run->path && run->has_machine && !run->no_end && later)
            found = run;
    }
    return found;
}

static void append_remedy(const struct data_run *run, char text[CHOSEN_BYTES]) {
    const char *command = run->machine.settings.command;
    append(text, "; numaprobe%s%s --like \"%.400s\" measures with the loops and sizes of that run",
           command && *command ? " " : "", command ? command : "", run->path);
}

bool chosen_otherwise(const struct chosen_side *base, const struct chosen_side *candidate,
                      char text[CHOSEN_BYTES]) {
    bool sizes = !was_given(base, "--size") && !was_given(candidate, "--size");
    bool loops = !was_given(base, "--kernel") && !was_given(candidate, "--kernel");
    struct rivals rivals;
    text[0] = '\0';
    find_rivals(&rivals, candidate, base);
    for (size_t i = 0; i < base->dataset->cell_count; i++) {
        const struct data_cell *cell = &base->dataset->cells[i];
        const struct data_cell *rival = rival_of(&rivals, cell, base, candidate);
        char size[DATA_SIZE_TEXT_BYTES], other[DATA_SIZE_TEXT_BYTES];
        if (rival && sizes)
            add_difference(text, "sizes", word_text(&words_test, cell->test),
                           data_cell_size(cell, size), data_cell_size(rival, other));
        if (rival && loops)
            add_difference(text, "loops",
                           cell->mix[0] ? cell->mix : word_text(&words_test, cell->test),
                           cell->kernel, rival->kernel);
    }
    free_rivals(&rivals);
    if (!text[0])
        return false;
    const struct data_run *run = find_ended(base);
    if (run)
        append_remedy(run, text);
    return true;
}
