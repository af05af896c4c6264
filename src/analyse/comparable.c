// SPDX-License-Identifier: Apache-2.0
#include "analyse/comparable.h"

#include "analyse/series.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- machines -----------------------------------------------------------------------------------

static const char unknown[] = "unknown";

// Of two differences in the same thing the heavier stays.
static void add(struct difference_list *list, enum difference_weight weight, const char *what,
                const char *base, const char *candidate) {
    struct difference *difference = NULL;
    for (size_t i = 0; i < list->count && !difference; i++)
        if (strcmp(list->at[i].what, what) == 0)
            difference = &list->at[i];
    if (difference && difference->weight >= weight)
        return;
    if (!difference) {
        list->at = base_grow_by_one(list->at, list->count, sizeof *list->at);
        difference = &list->at[list->count++];
    }
    difference->weight = weight;
    snprintf(difference->what, sizeof difference->what, "%s", what);
    snprintf(difference->base, sizeof difference->base, "%.*s", DIFFERENCE_TEXT_BYTES - 1, base);
    snprintf(difference->candidate, sizeof difference->candidate, "%.*s", DIFFERENCE_TEXT_BYTES - 1,
             candidate);
}

// NULL: the side does not know it.
static void compare_text(struct difference_list *list, enum difference_weight weight,
                         const char *what, const char *base, const char *candidate) {
    const char *left = base ? base : unknown, *right = candidate ? candidate : unknown;
    bool same = strcmp(left, right) == 0, neither = !base && !candidate;
    // Where neither side knows it nothing says that it is the same, so what matters is named.
    if (neither && weight != DIFFERENCE_NAMED)
        add(list, DIFFERENCE_UNKNOWN, what, left, right);
    else if (!same)
        add(list, weight, what, left, right);
}

static void count_cpus_and_memory(const struct data_run *run, char cpus[1200], double *memory) {
    size_t used = 0;
    cpus[0] = '\0';
    *memory = 0;
    for (size_t i = 0; i < run->machine.node_count; i++) {
        const struct machine_node *node = &run->machine.nodes[i];
        if (node->memory_bytes != NONE_U64)
            *memory += (double)node->memory_bytes;
        if (used < 1100)
            used += (size_t)snprintf(cpus + used, 1200 - used, "%snode %" PRIu64 ": CPUs %.80s",
                                     i ? "; " : "", node->node, node->cpus);
    }
}

// Kernels keep different parts of the memory to themselves; a DIMM is more than 2 % of any machine
// that has fewer than 50.
static bool same_memory(double base, double candidate) {
    return fabs(base - candidate) <= 0.02 * fmax(base, candidate);
}

static void compare_field(struct difference_list *list, const struct field *field, const char *base,
                          const char *candidate) {
    // Who measured is no matter of the machine.
    bool hidden = field->privileged && (!base || !candidate);
    if (field->compared != FIELD_FREE)
        compare_text(list,
                     field->compared == FIELD_NAMED ? DIFFERENCE_NAMED
                     : hidden                       ? DIFFERENCE_UNKNOWN
                                                    : DIFFERENCE_REFUSES,
                     field->what, base, candidate);
}

static void compare_nodes(struct difference_list *list, const struct data_run *base,
                          const struct data_run *candidate) {
    char base_text[1200], new_text[1200];
    double base_memory, new_memory;
    count_cpus_and_memory(base, base_text, &base_memory);
    count_cpus_and_memory(candidate, new_text, &new_memory);
    compare_field(list, fields_find(&machine_node_shape, "cpus"), base_text, new_text);
    bool windows =
        strcmp(base->machine.tool.system, "windows") == 0 ||
        strcmp(candidate->machine.tool.system, "windows") == 0; // may be what was free, not all
    if (windows || same_memory(base_memory, new_memory))
        return;
    snprintf(base_text, sizeof base_text, "%.1f GiB", base_memory / (double)GIB);
    snprintf(new_text, sizeof new_text, "%.1f GiB", new_memory / (double)GIB);
    compare_field(list, fields_find(&machine_node_shape, "memory_bytes"), base_text, new_text);
}

// All values of the table but lists, which are compared as one thing each.
static void compare_fields(struct difference_list *list, const struct shape *shape,
                           const void *base, const void *candidate) {
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        char left[FIELD_VALUE_BYTES], right[FIELD_VALUE_BYTES];
        if (field->kind == FIELD_OBJECT)
            compare_fields(list, field->of, (const char *)base + field->offset,
                           (const char *)candidate + field->offset);
        else
            compare_field(list, field, fields_text(field, base, left),
                          fields_text(field, candidate, right));
    }
}

static void compare_machines(struct difference_list *list, const struct data_run *base,
                             const struct data_run *candidate) {
    if (!base->has_machine || !candidate->has_machine) {
        add(list, DIFFERENCE_REFUSES, "machine.json", base->has_machine ? "there" : "missing",
            candidate->has_machine ? "there" : "missing");
        return;
    }
    const struct shape *facts = fields_find(&machine_shape, "facts")->of;
    for (size_t i = 0; i < facts->field_count; i++)
        compare_field(list, &facts->fields[i],
                      machine_file_fact(&base->machine, facts->fields[i].name),
                      machine_file_fact(&candidate->machine, facts->fields[i].name));
    compare_nodes(list, base, candidate);
    compare_fields(list, &machine_shape, &base->machine, &candidate->machine);
}

// The facts that may not differ, of those that everybody may read or of the others: as far as they
// are told, separated by commas.
static size_t add_facts(const struct data_run *run, bool privileged, const char *before,
                        char text[FINGERPRINT_BYTES], size_t used) {
    const struct shape *facts = fields_find(&machine_shape, "facts")->of;
    for (size_t i = 0; i < facts->field_count; i++) {
        const struct field *fact = &facts->fields[i];
        const char *value = machine_file_fact(&run->machine, fact->name);
        if (fact->compared != FIELD_REFUSES || fact->privileged != privileged || !value ||
            used > FINGERPRINT_BYTES - 200)
            continue;
        used += (size_t)snprintf(text + used, FINGERPRINT_BYTES - used, "%s%.100s", before, value);
        before = ", ";
    }
    return used;
}

// Behind it stands what only some may read.
static const char privileged_mark[] = "; DIMMs ";

char *comparable_fingerprint(const struct data_run *run, char text[FINGERPRINT_BYTES]) {
    char cpus[1200];
    double memory;
    text[0] = '\0';
    size_t used = add_facts(run, false, "", text, 0);
    count_cpus_and_memory(run, cpus, &memory);
    uint64_t version = run->machine.tool.method_version;
    used += (size_t)snprintf(text + used, FINGERPRINT_BYTES - used, ", %.600s, method %" PRIu64,
                             cpus, version == NONE_U64 ? 0 : version);
    add_facts(run, true, privileged_mark, text, used);
    return text;
}

bool comparable_is_same_kind(const char *fingerprint, const char *other) {
    const char *dimms = strstr(fingerprint, privileged_mark);
    const char *other_dimms = strstr(other, privileged_mark);
    size_t length = dimms ? (size_t)(dimms - fingerprint) : strlen(fingerprint);
    size_t other_length = other_dimms ? (size_t)(other_dimms - other) : strlen(other);
    return length == other_length && memcmp(fingerprint, other, length) == 0 &&
           (!dimms || !other_dimms || strcmp(dimms, other_dimms) == 0);
}

// ---- cells --------------------------------------------------------------------------------------

static const char *known_version(uint64_t version, char text[32]) {
    if (version == NONE_U64)
        return NULL;
    snprintf(text, 32, "%" PRIu64, version);
    return text;
}

static void compare_number(struct difference_list *list, const char *what, uint64_t base,
                           uint64_t candidate) {
    char left[32], right[32];
    if (base != candidate)
        compare_text(list, DIFFERENCE_REFUSES, what, known_version(base, left),
                     known_version(candidate, right));
}

// Two cells at one place that are not the same cell: says why they are not.
static void explain(struct difference_list *list, const struct data_cell *a,
                    const struct data_cell *b) {
    const struct {
        const char *what, *base, *candidate;
    } texts[] = {
        {"kernel",       a->kernel,  b->kernel },
        {"pattern",      a->pattern, b->pattern},
        {"mix",          a->mix,     b->mix    },
        {"kind of page", a->pages,   b->pages  }
    };
    for (size_t i = 0; i < COUNT_OF(texts); i++)
        if (strcmp(texts[i].base, texts[i].candidate) != 0) {
            char what[64];
            snprintf(what, sizeof what, "%s of %s", texts[i].what, word_text(&words_test, a->test));
            compare_text(list, DIFFERENCE_REFUSES, what, texts[i].base, texts[i].candidate);
        }
    compare_number(list, "bytes of the buffer", a->buffer_bytes, b->buffer_bytes);
    compare_number(list, "threads", a->threads, b->threads);
}

// The cells of one side, place by place.
struct places {
    struct series_list list;
    bool *shared; // a cell of the place is one of the other side too
};

static void find_places(struct places *places, const struct dataset *side,
                        const struct dataset *other) {
    series_list_build(&places->list, side, SERIES_PLACE);
    places->shared = base_allocate(places->list.count, sizeof *places->shared);
    for (size_t i = 0; i < places->list.count; i++) {
        const struct series *place = &places->list.at[i];
        for (size_t cell = 0; cell < place->cell_count && !places->shared[i]; cell++)
            places->shared[i] = dataset_cell(other, place->cells[cell]->name) != NULL;
    }
}

static void free_places(struct places *places) {
    series_list_free(&places->list);
    free(places->shared);
}

// A cell that only one side has matters when the other side has measured the same place otherwise.
static void compare_cells(struct difference_list *list, const struct dataset *base,
                          const struct dataset *candidate) {
    size_t in_both = 0;
    struct places places;
    find_places(&places, candidate, base);
    for (size_t i = 0; i < base->cell_count; i++) {
        const struct data_cell *cell = &base->cells[i];
        const struct data_cell *other = dataset_cell(candidate, cell->name);
        if (other) {
            in_both++;
            compare_number(list, "bytes of the pages found", cell->page_found_bytes,
                           other->page_found_bytes);
            continue;
        }
        const struct series *place = series_list_find(&places.list, SERIES_PLACE, cell);
        if (place && !places.shared[place - places.list.at])
            explain(list, cell, place->cells[place->cell_count - 1]);
    }
    free_places(&places);
    if (!in_both)
        add(list, DIFFERENCE_REFUSES, "cases", "none that the other side has",
            "none that the other side has");
}

// "0 of 96 rows (why the first has none)".
static void count_values(const struct dataset *side, char text[DIFFERENCE_TEXT_BYTES]) {
    snprintf(text, DIFFERENCE_TEXT_BYTES, "%zu of %zu row%s%s%.120s%s", side->valued, side->rows,
             PLURAL(side->rows), side->valued ? "" : " (",
             side->valued ? "" : dataset_first_reason(side), side->valued ? "" : ")");
}

// Rows without proof are left out; a side of which nothing is left has nothing to compare.
static void compare_proof(struct difference_list *list, const struct dataset *base,
                          const struct dataset *candidate) {
    size_t base_missing = base->valued - base->proven,
           new_missing = candidate->valued - candidate->proven;
    char left[DIFFERENCE_TEXT_BYTES], right[DIFFERENCE_TEXT_BYTES];
    if (!base->valued || !candidate->valued) {
        count_values(base, left);
        count_values(candidate, right);
        add(list, DIFFERENCE_REFUSES, "rows with a value", left, right);
    } else if (base_missing || new_missing) {
        snprintf(left, sizeof left, "%zu of %zu rows not verified", base_missing, base->valued);
        snprintf(right, sizeof right, "%zu of %zu rows not verified", new_missing,
                 candidate->valued);
        add(list, base->proven && candidate->proven ? DIFFERENCE_NAMED : DIFFERENCE_REFUSES,
            "unverified rows", left, right);
    }
}

// A run that is on both sides would be compared with itself.
static void compare_runs(struct difference_list *list, const struct dataset *base,
                         const struct dataset *candidate) {
    for (size_t i = 0; i < base->run_count; i++)
        for (size_t j = 0; j < candidate->run_count; j++) {
            const struct data_run *one = &base->runs[i], *other = &candidate->runs[j];
            if (!one->run_id[0] || strcmp(one->run_id, other->run_id) != 0 ||
                strcmp(one->host, other->host) != 0)
                continue;
            char base_text[DIFFERENCE_TEXT_BYTES], new_text[DIFFERENCE_TEXT_BYTES];
            snprintf(base_text, sizeof base_text, "base '%.180s'", one->path ? one->path : "");
            snprintf(new_text, sizeof new_text, "new '%.180s'", other->path ? other->path : "");
            add(list, DIFFERENCE_REFUSES, "run on both sides", base_text, new_text);
        }
}

// Whether a run knows a fact of the administrator's that none of those before it does.
static bool knows_more(const struct data_run *run, const struct data_run *const *others,
                       size_t count) {
    const struct shape *facts = fields_find(&machine_shape, "facts")->of;
    for (size_t i = 0; i < facts->field_count; i++) {
        bool more =
            facts->fields[i].privileged && machine_file_fact(&run->machine, facts->fields[i].name);
        for (size_t other = 0; more && other < count; other++)
            more = !machine_file_fact(&others[other]->machine, facts->fields[i].name);
        if (more)
            return true;
    }
    return false;
}

// Every run of both sides against the first of the base, because a side may be mixed in itself, and
// against the first that knows what that one does not.
static void compare_all_machines(struct difference_list *list, const struct dataset *base,
                                 const struct dataset *candidate) {
    const struct data_run **known = NULL;
    size_t count = 0;
    for (size_t i = 0; i < base->run_count + candidate->run_count; i++) {
        const struct data_run *run =
            i < base->run_count ? &base->runs[i] : &candidate->runs[i - base->run_count];
        for (size_t other = 0; other < count; other++)
            compare_machines(list, known[other], run);
        if (count && !knows_more(run, known, count))
            continue;
        known = base_grow_by_one(known, count, sizeof *known);
        known[count++] = run;
    }
    free(known);
}

void comparable_differences(const struct dataset *base, const struct dataset *candidate,
                            struct difference_list *list) {
    *list = (struct difference_list){0};
    compare_all_machines(list, base, candidate);
    compare_runs(list, base, candidate);
    compare_cells(list, base, candidate);
    compare_proof(list, base, candidate);
    chosen_otherwise(&(struct chosen_side){base, NULL}, &(struct chosen_side){candidate, NULL},
                     list->chosen);
}

void difference_list_free(struct difference_list *list) {
    free(list->at);
    *list = (struct difference_list){0};
}

size_t difference_refusals(const struct difference_list *list) {
    size_t count = 0;
    for (size_t i = 0; i < list->count; i++)
        count += list->at[i].weight == DIFFERENCE_REFUSES;
    return count;
}
