// SPDX-License-Identifier: Apache-2.0
#include "analyse/node_check.h"

#include "record/flags.h"
#include "stats/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void node_check_begin(struct node_check *check, const struct limits_sku *limits, size_t count) {
    *check = (struct node_check){.cells = base_allocate(count, sizeof *check->cells),
                                 .count = count,
                                 .left_out = limits->cell_count - count};
    check->first = base_allocate(count, sizeof *check->first);
    for (size_t i = count; i-- > 0;) { // so that the first of a name is the last to be put there
        size_t name = text_set_number(&check->names, limits->cells[i].cell);
        check->cells[i].limit = &limits->cells[i];
        check->cells[i].next = check->first[name];
        check->first[name] = i + 1;
    }
}

void node_check_free(struct node_check *check) {
    free(check->cells);
    free(check->first);
    text_set_free(&check->names);
    *check = (struct node_check){0};
}

// ---- which cell next ----------------------------------------------------------------------------

static bool is_known(const struct node_pass *pass) {
    return pass->count == LIMITS_CHECK_VISITS;
}

static bool is_over(const struct node_pass *pass) {
    return is_known(pass) || pass->visits >= 2 * LIMITS_CHECK_VISITS;
}

static double excess(const struct node_cell *cell, size_t pass) {
    const struct node_pass *of = &cell->passes[pass];
    return limits_excess(cell->limit, order_median(of->values, of->count));
}

static bool is_suspect(const struct node_cell *cell) {
    return is_known(&cell->passes[0]) && excess(cell, 0) > 0;
}

static bool is_slow(const struct node_cell *cell) {
    return is_suspect(cell) && is_known(&cell->passes[1]) && excess(cell, 1) > 0;
}

// The pass that the next visit of the cell is for; NODE_PASSES: none.
static size_t pass_due(const struct node_cell *cell) {
    if (!is_over(&cell->passes[0]))
        return 0;
    return is_suspect(cell) && !is_over(&cell->passes[1]) ? 1 : NODE_PASSES;
}

bool node_check_next(const struct node_check *check, size_t *cell) {
    size_t min_pass = NODE_PASSES, min_visits = 0;
    for (size_t i = 0; i < check->count; i++) {
        size_t pass = pass_due(&check->cells[i]);
        if (pass == NODE_PASSES)
            continue;
        size_t visits = check->cells[i].passes[pass].visits;
        if (pass < min_pass || (pass == min_pass && visits < min_visits)) {
            min_pass = pass;
            min_visits = visits;
            *cell = i;
        }
    }
    return min_pass < NODE_PASSES;
}

// ---- one visit ----------------------------------------------------------------------------------

// What is missing in a row; NULL: nothing.
static const char *lack_of(const struct node_check *check, const struct row *row) {
    if (row->status != STATUS_OK)
        return word_text(&words_status, row->status);
    bool proven = row->placement == VERDICT_VERIFIED ||
                  (check->accepts_unverifiable && row->placement == VERDICT_UNVERIFIABLE);
    if (!proven)
        return word_text(&words_placement, row->placement);
    return NULL;
}

static const char *disturbance_of(const struct row *row) {
    const char *words = row->flags;
    for (const struct flag *flag; (flag = flag_next(&words)) != NULL;)
        if (flag->sense == FLAG_DISTURBED)
            return flag->name;
    return NULL;
}

void node_check_add(struct node_check *check, size_t cell_number, const struct row *row) {
    struct node_cell *cell = &check->cells[cell_number];
    size_t due = pass_due(cell);
    if (due == NODE_PASSES)
        return;
    struct node_pass *pass = &cell->passes[due];
    double value =
        limits_metric(cell->limit) == METRIC_LATENCY ? row->latency_ns : row->bandwidth_bytes_per_s;
    const char *trouble = lack_of(check, row);
    if (!trouble && !(limits_excess(cell->limit, value) <= 0))
        trouble = disturbance_of(row);
    if (trouble || pass->visits == 0) {
        cell->trouble = trouble;
        snprintf(cell->reason, sizeof cell->reason, "%.*s", (int)sizeof cell->reason - 1,
                 row->reason);
    }
    pass->visits++;
    if (!trouble && value > 0)
        pass->values[pass->count++] = value;
}

void node_check_add_by_name(struct node_check *check, const struct row *row) {
    size_t name = text_set_find(&check->names, row->cell);
    if (name == check->names.used)
        return;
    for (size_t place = check->first[name]; place; place = check->cells[place - 1].next)
        node_check_add(check, place - 1, row);
}

// ---- the verdict --------------------------------------------------------------------------------

static bool is_settled(const struct node_cell *cell) {
    return is_known(&cell->passes[0]) && (!is_suspect(cell) || is_known(&cell->passes[1]));
}

// Refused visits settle nothing, however long the check may take.
static bool is_refused(const struct node_cell *cell) {
    return cell->trouble && strcmp(cell->trouble, word_text(&words_status, STATUS_REFUSED)) == 0;
}

// How a figure and its limit are shown: "141.2 ns, limit 120.3 ns".
static void show_value(const struct node_cell *cell, double value, char text[80]) {
    const struct metric_kind *kind = &metric_kinds[limits_metric(cell->limit)];
    snprintf(text, 80, "%.*f %s, limit %.*f %s", kind->decimals, value / kind->unit_size,
             kind->unit, kind->decimals, limits_of(cell->limit) / kind->unit_size, kind->unit);
}

// The part of a cell's name that says what and where: up to its size.
static int short_length(const char *name) {
    const char *size = strstr(name, "/size:");
    return size ? (int)(size - name) : (int)strlen(name);
}

static double last_value(const struct node_cell *cell) {
    const struct node_pass *pass = &cell->passes[is_slow(cell) ? 1 : 0];
    return order_median(pass->values, pass->count);
}

static void say_outside(const struct node_check *check, size_t slow, const struct node_cell *worst,
                        char sentence[NODE_SENTENCE_BYTES]) {
    char value[80];
    show_value(worst, last_value(worst), value);
    snprintf(sentence, NODE_SENTENCE_BYTES,
             "BAD: %.*s %s, %.1f %% beyond, %+.1f %% from the median of good nodes; measured "
             "twice; %zu of %zu cases outside; case %s",
             short_length(worst->limit->cell), worst->limit->cell, value, 100 * excess(worst, 1),
             100 * (last_value(worst) / worst->limit->median - 1), slow, check->count,
             worst->limit->cell);
}

static void say_good(const struct node_check *check, const struct node_cell *nearest,
                     char sentence[NODE_SENTENCE_BYTES]) {
    char value[80];
    show_value(nearest, last_value(nearest), value);
    snprintf(sentence, NODE_SENTENCE_BYTES, "GOOD: %zu of %zu cases within limits; nearest: %s %s",
             check->count, check->count, nearest->limit->cell, value);
}

static void say_unsettled(const struct node_check *check, size_t unsettled,
                          const struct node_cell *first, char sentence[NODE_SENTENCE_BYTES]) {
    const char *trouble = first->trouble;
    bool busy = trouble && flag_find(trouble);
    snprintf(sentence, NODE_SENTENCE_BYTES,
             "UNKNOWN: %s%s%s, %zu of %zu cases without %d valid repetitions; first: %.160s%s%s",
             busy ? "busy (" : "", trouble ? trouble : "too few repetitions", busy ? ")" : "",
             unsettled, check->count, LIMITS_CHECK_VISITS, first->limit->cell,
             first->reason[0] ? ": " : "", first->reason);
}

enum node_verdict node_check_judge(const struct node_check *check, const char *busy,
                                   const char *ended, char sentence[NODE_SENTENCE_BYTES]) {
    size_t slow = 0, unsettled = 0;
    const struct node_cell *worst = NULL, *nearest = NULL, *first = NULL;
    for (size_t i = 0; i < check->count; i++) {
        const struct node_cell *cell = &check->cells[i];
        if (is_slow(cell) && (!slow++ || excess(cell, 1) > excess(worst, 1)))
            worst = cell;
        if (!is_settled(cell) && (!unsettled++ || (!is_refused(first) && is_refused(cell))))
            first = cell;
        else if (is_settled(cell) && (!nearest || excess(cell, 0) > excess(nearest, 0)))
            nearest = cell;
    }
    if (slow && busy) {
        snprintf(sentence, NODE_SENTENCE_BYTES, "UNKNOWN: %zu case%s outside, but %s", slow,
                 PLURAL(slow), busy);
        return NODE_UNKNOWN;
    }
    if (slow) {
        say_outside(check, slow, worst, sentence);
        return NODE_OUTSIDE;
    }
    if (unsettled && ended && !is_refused(first)) {
        snprintf(sentence, NODE_SENTENCE_BYTES, "UNKNOWN: %s, %zu of %zu cases without a verdict",
                 ended, unsettled, check->count);
        return NODE_UNKNOWN;
    }
    if (unsettled) {
        say_unsettled(check, unsettled, first, sentence);
        return NODE_UNKNOWN;
    }
    if (check->left_out) {
        snprintf(sentence, NODE_SENTENCE_BYTES,
                 "UNKNOWN: %zu case%s within limits, but --budget is too short for %zu more; give "
                 "more time, or limits with fewer cases",
                 check->count, PLURAL(check->count), check->left_out);
        return NODE_UNKNOWN;
    }
    say_good(check, nearest, sentence);
    return NODE_GOOD;
}
