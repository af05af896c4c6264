// SPDX-License-Identifier: Apache-2.0
#include "plan/set_search.h"

#include <math.h>

// Large steps first; the last one is a little more than the grain of the weights.
static const double step_factors[] = {1.5, 1.2};

struct search {
    const struct set_trial *trials;
    size_t count;
    size_t sets; // of several nodes, among the trials
    struct node_set *next;
    size_t next_count;
};

static bool is_tried(const struct search *search, const struct node_set *set) {
    for (size_t i = 0; i < search->count; i++)
        if (node_set_same(&search->trials[i].nodes, set))
            return true;
    for (size_t i = 0; i < search->next_count; i++)
        if (node_set_same(&search->next[i], set))
            return true;
    return false;
}

static void propose(struct search *search, struct node_set set) {
    if (set.count > 1 && search->sets + search->next_count < SET_TRIALS_MAX &&
        !is_tried(search, &set))
        search->next[search->next_count++] = set;
}

static bool are_nodes_of(const struct node_set *set, const uint32_t *nodes, size_t count) {
    size_t found = 0;
    for (size_t i = 0; i < count; i++)
        found += node_set_contains(set, nodes[i]);
    return found == set->count;
}

static void begin(struct search *search, const struct node_set *hints, size_t hint_count) {
    uint32_t nodes[NODE_SET_MAX];
    double parts[NODE_SET_MAX], even[NODE_SET_MAX], most = 0;
    size_t count = 0;
    for (size_t i = 0; i < search->count && count < NODE_SET_MAX; i++) {
        const struct set_trial *trial = &search->trials[i];
        if (trial->nodes.count != 1 || !(trial->value > 0))
            continue;
        nodes[count] = trial->nodes.shares[0].node;
        even[count] = 1;
        most = fmax(most, trial->value);
        parts[count++] = trial->value;
    }
    if (count < 2)
        return;
    propose(search, node_set_weigh(nodes, even, count));
    // A node that gives less than the least weight stands for would hold up all others.
    for (size_t i = 0; i < count; i++)
        parts[i] = parts[i] * NODE_WEIGH_MAX < most ? 0 : parts[i];
    propose(search, node_set_weigh(nodes, parts, count));
    for (size_t i = 0; i < hint_count; i++)
        if (are_nodes_of(&hints[i], nodes, count))
            propose(search, hints[i]);
}

static const struct node_set *find_best(const struct search *search) {
    const struct set_trial *best = NULL;
    for (size_t i = 0; i < search->count; i++) {
        const struct set_trial *trial = &search->trials[i];
        if (trial->nodes.count > 1 && !isnan(trial->value) && (!best || trial->value > best->value))
            best = trial;
    }
    return best ? &best->nodes : NULL;
}

static void step(struct search *search, const struct node_set *from, double factor,
                 bool leave_out) {
    uint32_t nodes[NODE_SET_MAX];
    double parts[NODE_SET_MAX];
    for (size_t i = 0; i < from->count; i++) {
        nodes[i] = from->shares[i].node;
        parts[i] = from->shares[i].weight;
    }
    for (size_t i = 0; i < from->count; i++) {
        const double own = parts[i], others[] = {own * factor, own / factor, 0};
        for (size_t k = 0; k < (leave_out ? 3 : 2); k++) {
            parts[i] = others[k]; // a part of 0 leaves its node out
            propose(search, node_set_weigh(nodes, parts, from->count));
        }
        parts[i] = own;
    }
}

size_t set_search_next(const struct set_trial *trials, size_t count, const struct node_set *hints,
                       size_t hint_count, struct node_set next[SET_TRIALS_MAX]) {
    struct search search = {.trials = trials, .count = count, .next = next};
    for (size_t i = 0; i < count; i++)
        search.sets += trials[i].nodes.count > 1;
    if (!search.sets)
        begin(&search, hints, hint_count);
    const struct node_set *best = find_best(&search);
    for (size_t i = 0; best && !search.next_count && i < COUNT_OF(step_factors); i++)
        step(&search, best, step_factors[i], i == 0);
    return search.next_count;
}
