// SPDX-License-Identifier: Apache-2.0
#include "analyse/notes.h"

#include "record/flags.h"
#include "stats/order.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char no_path[] = "";

static const char *path_of(const struct data_run *run) {
    return run->path ? run->path : no_path;
}

static void PRINTF_LIKE(2, 3) append(char text[NOTE_BYTES], const char *format, ...) {
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, NOTE_BYTES - used, format, arguments);
    va_end(arguments);
}

// ---- runs without their end ---------------------------------------------------------------------

static bool lacks_its_end(const struct data_run *run) {
    return run->no_end || run->stopped || run->torn;
}

static const char *what_happened(const struct data_run *run) {
    if (run->stopped)
        return run->torn ? "was interrupted, and its last row is incomplete" : "was interrupted";
    if (run->no_end)
        return run->torn ? "did not finish: it has no summary.json, and its last row is incomplete"
                         : "did not finish: it has no summary.json";
    return "is incomplete: its last row is cut off";
}

// One sentence for all, about the first: which others there are shows each by itself.
static bool note_ends(const struct dataset *dataset, char text[NOTE_BYTES]) {
    const struct data_run *first = NULL;
    size_t others = 0;
    for (size_t i = 0; i < dataset->run_count; i++) {
        const struct data_run *run = &dataset->runs[i];
        if (!lacks_its_end(run))
            continue;
        others += first != NULL;
        first = first ? first : run;
    }
    text[0] = '\0';
    if (!first)
        return false;
    append(text, "the run '%.400s' %s", path_of(first), what_happened(first));
    if (others)
        append(text, " (%zu more of %zu runs did not finish)", others, dataset->run_count);
    append(text,
           "; repetitions of its plan may be missing: to resume it on its machine, type numaprobe "
           "--resume \"%.400s\"",
           path_of(first));
    return true;
}

static bool note_copies(const struct dataset *dataset, char text[NOTE_BYTES]) {
    text[0] = '\0';
    if (dataset->copies)
        append(text, "%zu director%s a copy of another run, first '%.400s': that run counts once",
               dataset->copies, dataset->copies == 1 ? "y is" : "ies are", dataset->copy);
    return dataset->copies > 0;
}

// ---- rows that are left out ---------------------------------------------------------------------

static void append_words(const struct dataset *dataset, char text[NOTE_BYTES]) {
    for (size_t i = 0; i < dataset->left_out_count; i++)
        append(text, "%s%s %zu", i ? ", " : "", dataset->left_out[i].word,
               dataset->left_out[i].count);
}

static void append_remedy(const struct dataset *dataset, char text[NOTE_BYTES]) {
    for (size_t i = 0; i < dataset->left_out_count; i++)
        if (dataset->left_out[i].word == verdict_names[VERDICT_UNVERIFIABLE]) {
            append(text, "; --allow-unverified uses those whose memory is at an unknown place");
            return;
        }
    append(text, "; the column reason says why");
}

static bool note_left_out(const struct dataset *dataset, char text[NOTE_BYTES]) {
    size_t count = dataset->valued - dataset->taken;
    text[0] = '\0';
    if (!count || !dataset->taken)
        return false;
    append(text, "%zu of %zu rows with a value %s left out, because they are not verified (", count,
           dataset->valued, count == 1 ? "is" : "are");
    append_words(dataset, text);
    append(text, ")");
    append_remedy(dataset, text);
    return true;
}

static bool note_taken(const struct dataset *dataset, char text[NOTE_BYTES]) {
    text[0] = '\0';
    if (dataset->taken <= dataset->verified)
        return false;
    append(text, "%zu of %zu rows are used without proof of where memory and threads were (%s)",
           dataset->valued - dataset->verified, dataset->valued,
           dataset->proof == DATA_ALL ? "--force" : "--allow-unverified");
    return true;
}

// ---- rows that were disturbed -------------------------------------------------------------------

// A machine's own services take 1 or 2 % of its CPUs at rest; what is more is a load.
static const double slight_loss_max = 0.05;

static void append_flags(const struct dataset *dataset, char text[NOTE_BYTES]) {
    const char *comma = "";
    for (size_t i = 0; dataset->flag_counts && i < flag_count; i++)
        if (dataset->flag_counts[i]) {
            append(text, "%s%s %zu", comma, flags[i].name, dataset->flag_counts[i]);
            comma = ", ";
        }
    append(text, "%s", *comma ? "" : flag_unknown.name);
}

static const char *disturbance_remedy(const struct dataset *dataset) {
    size_t most = flag_count;
    for (size_t i = 0; dataset->flag_counts && i < flag_count; i++)
        if (dataset->flag_counts[i] &&
            (most == flag_count || dataset->flag_counts[i] > dataset->flag_counts[most]))
            most = i;
    return most < flag_count ? flags[most].remedy : "see the column flags";
}

bool notes_disturbance(const struct dataset *dataset, char text[NOTE_BYTES]) {
    text[0] = '\0';
    if (!dataset->disturbed || 3 * dataset->disturbed < dataset->taken)
        return false;
    double loss = order_median(dataset->losses, dataset->disturbed);
    append(text, "%zu of %zu repetitions were disturbed (", dataset->disturbed, dataset->taken);
    append_flags(dataset, text);
    if (loss <= slight_loss_max)
        append(text, ") and lost %.1f %% of their time (median): figures can be off by as much; ",
               100 * loss);
    else
        append(text, "): do not use these figures; ");
    append(text, "%s, and repeat the run%s", disturbance_remedy(dataset),
           loss <= slight_loss_max ? " for better figures" : "");
    return true;
}

// ---- nothing to show ----------------------------------------------------------------------------

bool notes_require_values(const struct dataset *dataset, struct error *error) {
    const char *path = dataset->run_count ? path_of(&dataset->runs[0]) : no_path;
    char words[NOTE_BYTES] = "", remedy[NOTE_BYTES] = "";
    if (dataset->taken)
        return true;
    if (!dataset->rows)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "'%.300s' has no row: no repetition finished; to resume the run, type "
                         "numaprobe --resume \"%.300s\"",
                         path, path);
    if (!dataset->valued)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "'%.200s' has no figure to show: none of its %zu rows has a value (%zu "
                         "refused, %zu failed); the first reason: %.300s",
                         path, dataset->rows, dataset->statuses[STATUS_REFUSED],
                         dataset->statuses[STATUS_FAILED], dataset_first_reason(dataset));
    append_words(dataset, words);
    append_remedy(dataset, remedy);
    return error_set(
        error, ERROR_KIND_REFUSED, 0,
        "'%.150s' has no figure to show: none of its %zu rows with a value is verified "
        "(%.100s)%s; the first reason: %.100s",
        path, dataset->valued, words, remedy, dataset_first_reason(dataset));
}

static bool note_nothing(const struct dataset *dataset, char text[NOTE_BYTES]) {
    struct error error = {0};
    bool nothing = !notes_require_values(dataset, &error);
    snprintf(text, NOTE_BYTES, "%s", nothing ? error.text : "");
    return nothing;
}

// ---- all of them --------------------------------------------------------------------------------

void notes_each_of_rows(const struct dataset *dataset,
                        void (*say)(const char *sentence, void *context), void *context) {
    static bool (*const notes[])(const struct dataset *dataset, char text[NOTE_BYTES]) = {
        note_nothing, note_copies, note_ends, note_left_out, note_taken};
    char text[NOTE_BYTES];
    for (size_t i = 0; i < COUNT_OF(notes); i++)
        if (notes[i](dataset, text))
            say(text, context);
}

void notes_each(const struct dataset *dataset, void (*say)(const char *sentence, void *context),
                void *context) {
    char text[NOTE_BYTES];
    notes_each_of_rows(dataset, say, context);
    if (notes_disturbance(dataset, text))
        say(text, context);
}
