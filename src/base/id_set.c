// SPDX-License-Identifier: Apache-2.0
#include "base/id_set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The place of the first member that is not below id.
static size_t lower_bound(const struct id_set *set, uint32_t id) {
    size_t low = 0, high = set->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (set->ids[middle] < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void id_set_add(struct id_set *set, uint32_t id) {
    size_t place = lower_bound(set, id);
    if (place < set->count && set->ids[place] == id)
        return;
    set->ids = base_grow_by_one(set->ids, set->count, sizeof *set->ids);
    memmove(&set->ids[place + 1], &set->ids[place], (set->count - place) * sizeof *set->ids);
    set->ids[place] = id;
    set->count++;
}

void id_set_add_all(struct id_set *set, const struct id_set *others) {
    for (size_t i = 0; i < others->count; i++)
        id_set_add(set, others->ids[i]);
}

void id_set_free(struct id_set *set) {
    free(set->ids);
    *set = (struct id_set){0};
}

struct id_set id_set_copy(const struct id_set *set) {
    struct id_set copy = {0};
    id_set_add_all(&copy, set);
    return copy;
}

bool id_set_contains(const struct id_set *set, uint32_t id) {
    return id_set_place(set, id) < set->count;
}

size_t id_set_place(const struct id_set *set, uint32_t id) {
    size_t place = lower_bound(set, id);
    return place < set->count && set->ids[place] == id ? place : set->count;
}

static bool parse_number(const char **text, uint32_t *number) {
    const char *at = *text;
    uint32_t value = 0;
    while (*at >= '0' && *at <= '9') {
        value = value * 10 + (uint32_t)(*at++ - '0');
        if (value > ID_SET_MAX)
            return false;
    }
    if (at == *text)
        return false;
    *text = at;
    *number = value;
    return true;
}

// First and last of a part of a list.
struct range {
    uint32_t first;
    uint32_t last;
};

struct range_list {
    struct range *at;
    size_t count;
};

static bool parse_range(struct range_list *list, const char **text) {
    struct range range;
    if (!parse_number(text, &range.first))
        return false;
    range.last = range.first;
    if (**text == '-') {
        ++*text;
        if (!parse_number(text, &range.last) || range.last < range.first)
            return false;
    }
    list->at = base_grow_by_one(list->at, list->count, sizeof *list->at);
    list->at[list->count++] = range;
    return true;
}

static bool parse_ranges(struct range_list *list, const char *text) {
    bool fine = true;
    if (*text && *text != '\n') {
        fine = parse_range(list, &text);
        while (fine && *text == ',') {
            text++;
            fine = parse_range(list, &text);
        }
    }
    if (*text == '\n')
        text++;
    return fine && !*text;
}

static int compare_ranges(const void *left, const void *right) {
    const struct range *a = left, *b = right;
    return (a->first > b->first) - (a->first < b->first);
}

// In order, so that each number is added once and behind the others, however often the list (of a
// file of anybody) has it.
static void add_ranges(struct id_set *set, struct range_list *list) {
    uint32_t next = 0;
    if (list->count)
        qsort(list->at, list->count, sizeof *list->at, compare_ranges);
    for (size_t i = 0; i < list->count; i++) {
        uint32_t id = list->at[i].first > next ? list->at[i].first : next;
        for (; id <= list->at[i].last; id++) {
            set->ids = base_grow_by_one(set->ids, set->count, sizeof *set->ids);
            set->ids[set->count++] = id;
        }
        next = id;
    }
}

bool id_set_parse(struct id_set *set, const char *text, struct error *error) {
    struct range_list list = {0};
    *set = (struct id_set){0};
    bool fine = parse_ranges(&list, text);
    if (fine)
        add_ranges(set, &list);
    free(list.at);
    return fine || error_set(error, ERROR_KIND_USAGE, 0,
                             "'%.80s' is not a list of numbers such as 0-3,8 (each at most %d)",
                             text, ID_SET_MAX);
}

char *id_set_format(const struct id_set *set, char *text, size_t text_bytes) {
    CHECK(text_bytes >= 4);
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < set->count;) {
        size_t last = i;
        while (last + 1 < set->count && set->ids[last + 1] == set->ids[last] + 1)
            last++;
        char range[32];
        const char *comma = i ? "," : "";
        if (last == i)
            snprintf(range, sizeof range, "%s%u", comma, set->ids[i]);
        else
            snprintf(range, sizeof range, "%s%u-%u", comma, set->ids[i], set->ids[last]);
        size_t length = strlen(range);
        if (used + length + 4 > text_bytes) {
            memcpy(text + used, "...", 4);
            break;
        }
        memcpy(text + used, range, length + 1);
        used += length;
        i = last + 1;
    }
    return text;
}
