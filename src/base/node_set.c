// SPDX-License-Identifier: Apache-2.0
#include "base/node_set.h"

#include "base/id_set.h"

#include <stdio.h>
#include <string.h>

_Static_assert(ID_SET_MAX < 1 << 24, "a node number fits its field");

const char *const node_policy_names[NODE_POLICY_COUNT] = {
    [NODES_CHUNKS] = "chunks",
    [NODES_INTERLEAVE] = "interleave",
    [NODES_WEIGHTED] = "weighted",
    [NODES_PREFERRED] = "preferred-many",
};

static struct node_share share_of(uint32_t node, uint32_t weight) {
    CHECK(node <= ID_SET_MAX && weight <= NODE_WEIGHT_MAX);
    return (struct node_share){.node = node & 0xFFFFFF, .weight = weight & 0xFF};
}

struct node_set node_set_of(uint32_t node) {
    struct node_set set = {0};
    if (node != NONE_U32)
        set.shares[set.count++] = share_of(node, 1);
    return set;
}

uint32_t node_set_only(const struct node_set *set) {
    return set->count == 1 ? set->shares[0].node : NONE_U32;
}

bool node_set_contains(const struct node_set *set, uint32_t node) {
    for (size_t i = 0; i < set->count; i++)
        if (set->shares[i].node == node)
            return true;
    return false;
}

uint32_t node_set_weight(const struct node_set *set) {
    uint32_t weight = 0;
    for (size_t i = 0; i < set->count; i++)
        weight += set->shares[i].weight;
    return weight;
}

// Whole cycles first: the product of bytes and a weight may exceed 64 bits.
uint64_t node_set_part(const struct node_set *set, size_t share, uint64_t bytes) {
    uint64_t all = node_set_weight(set), own = set->shares[share].weight;
    return bytes / all * own + (bytes % all * own + all - 1) / all;
}

uint64_t node_set_turns(const struct node_set *set, size_t share, uint64_t units, uint64_t turn) {
    uint64_t cycle = node_set_weight(set) * turn, own = set->shares[share].weight * turn;
    uint64_t before = 0, rest = units % cycle;
    for (size_t i = 0; i < share; i++)
        before += set->shares[i].weight * turn;
    uint64_t last = rest <= before ? 0 : rest - before;
    return units / cycle * own + (last < own ? last : own);
}

uint64_t node_set_whole(const struct node_set *set, size_t share, uint64_t bytes) {
    uint64_t all = node_set_weight(set), own = set->shares[share].weight;
    return bytes / own * all + bytes % own * all / own;
}

bool node_set_is_even(const struct node_set *set) {
    for (size_t i = 1; i < set->count; i++)
        if (set->shares[i].weight != set->shares[0].weight)
            return false;
    return true;
}

#define ORDER(a, b) (((a) > (b)) - ((a) < (b)))

int node_set_compare(const struct node_set *a, const struct node_set *b) {
    int order = ORDER(a->count, b->count);
    for (size_t i = 0; !order && i < a->count; i++)
        order = ORDER(a->shares[i].node, b->shares[i].node);
    for (size_t i = 0; !order && i < a->count; i++)
        order = ORDER(a->shares[i].weight, b->shares[i].weight);
    return order ? order : ORDER(a->policy, b->policy);
}

bool node_set_same(const struct node_set *a, const struct node_set *b) {
    return node_set_compare(a, b) == 0;
}

// ---- weights of parts ---------------------------------------------------------------------------

static void insert(struct node_set *set, struct node_share share) {
    size_t place = set->count++;
    for (; place > 0 && set->shares[place - 1].node > share.node; place--)
        set->shares[place] = set->shares[place - 1];
    set->shares[place] = share;
}

// With the largest weight `most`. Returns how far the node with most beyond its part is beyond it:
// where each node limits itself, the bandwidth falls short by so much.
static double weigh(struct node_set *set, const uint32_t *nodes, const double *parts, size_t count,
                    double largest, uint32_t most) {
    double all_parts = 0, worst = 0;
    *set = (struct node_set){0};
    for (size_t i = 0; i < count; i++) {
        uint32_t weight = (uint32_t)(parts[i] / largest * most + 0.5);
        if (!(parts[i] > 0))
            continue;
        all_parts += parts[i];
        insert(set, share_of(nodes[i], weight ? weight : 1));
    }
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < set->count && parts[i] > 0; k++) {
            if (set->shares[k].node != nodes[i])
                continue;
            double own = (double)set->shares[k].weight / node_set_weight(set);
            double beyond = own / (parts[i] / all_parts) - 1;
            worst = beyond > worst ? beyond : worst;
        }
    }
    return worst;
}

struct node_set node_set_weigh(const uint32_t *nodes, const double *parts, size_t count) {
    static const double slack = 0.03;
    struct node_set best = {0}, set;
    double largest = 0, min_beyond = 0;
    CHECK(count <= NODE_SET_MAX);
    for (size_t i = 0; i < count; i++)
        largest = parts[i] > largest ? parts[i] : largest;
    for (uint32_t most = 1; most <= NODE_WEIGH_MAX; most++) {
        double beyond = weigh(&set, nodes, parts, count, largest, most);
        if (most > 1 && beyond >= min_beyond)
            continue;
        best = set;
        min_beyond = beyond;
        if (beyond <= slack)
            break;
    }
    return best;
}

// ---- the form -----------------------------------------------------------------------------------

// Digits up to the next sign; false when there are none, or the number is above most.
static bool take_number(const char **text, uint32_t most, uint32_t *number) {
    const char *first = *text;
    *number = 0;
    for (; **text >= '0' && **text <= '9'; ++*text) {
        *number = *number * 10 + (uint32_t)(**text - '0');
        if (*number > most)
            return false;
    }
    return *text != first;
}

static bool take_share(struct node_set *set, const char *whole, const char **text,
                       struct error *error) {
    uint32_t node, weight = 1;
    if (!take_number(text, ID_SET_MAX, &node))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "'%.80s' is not a set of nodes such as 0+2 or 0:3+2:1", whole);
    if (**text == ':') {
        ++*text;
        if (!take_number(text, NODE_WEIGHT_MAX, &weight) || weight == 0)
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "'%.80s': the weight of node %u is not a number from 1 to %d", whole,
                             node, NODE_WEIGHT_MAX);
    }
    if (node_set_contains(set, node))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "'%.80s' names node %u twice; for a larger share, write a weight: %u:2",
                         whole, node, node);
    if (set->count == NODE_SET_MAX)
        return error_set(error, ERROR_KIND_USAGE, 0, "'%.80s' has more than %d nodes", whole,
                         NODE_SET_MAX);
    insert(set, share_of(node, weight));
    return true;
}

// A common factor of the weights says nothing: 0:2+2:2 is 0+2. But the kernel works in turns of so
// many pages, so no other factor than that of even weights is taken out.
void node_set_settle(struct node_set *set) {
    if (!node_set_is_even(set))
        return;
    for (size_t i = 0; i < set->count; i++)
        set->shares[i].weight = 1;
}

enum node_policy node_policy_find(const char *name) {
    enum node_policy policy = 0;
    while (policy < NODE_POLICY_COUNT && strcmp(node_policy_names[policy], name) != 0)
        policy++;
    return policy;
}

bool node_set_choose_policy(struct node_set *set, enum node_policy policy, struct error *error) {
    char text[NODE_SET_TEXT_BYTES];
    bool knows_weights = policy == NODES_CHUNKS || policy == NODES_WEIGHTED;
    if (!knows_weights && !node_set_is_even(set))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--policy %s gives all nodes the same, but %s has weights; use --policy "
                         "chunks or weighted",
                         node_policy_names[policy], node_set_format(set, text));
    set->policy = set->count > 1 ? policy : NODES_CHUNKS;
    return true;
}

static bool take_policy(struct node_set *set, const char *whole, const char **text,
                        struct error *error) {
    enum node_policy policy = node_policy_find(*text + 1);
    *text += strlen(*text);
    if (policy < NODE_POLICY_COUNT && policy != NODES_PREFERRED)
        return node_set_choose_policy(set, policy, error);
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "'%.80s': after @ comes the policy: chunks, interleave or weighted", whole);
}

bool node_set_parse(struct node_set *set, const char *text, struct error *error) {
    const char *at = text;
    *set = (struct node_set){0};
    bool fine = take_share(set, text, &at, error);
    while (fine && *at == '+') {
        at++;
        fine = take_share(set, text, &at, error);
    }
    if (fine && *at && *at != '@')
        fine = error_set(error, ERROR_KIND_USAGE, 0,
                         "'%.80s' is not a set of nodes such as 0+2 or 0:3+2:1", text);
    if (fine && set->count == 1 && strpbrk(text, ":@"))
        fine = error_set(error, ERROR_KIND_USAGE, 0,
                         "'%.80s' is a single node, which takes no weight or policy; write %u, or "
                         "a set such as 0:3+2:1 or 0+2@interleave",
                         text, (unsigned)set->shares[0].node);
    if (fine)
        node_set_settle(set);
    if (fine && *at == '@')
        fine = take_policy(set, text, &at, error);
    if (!fine)
        *set = (struct node_set){0};
    return fine;
}

char *node_set_format(const struct node_set *set, char text[NODE_SET_TEXT_BYTES]) {
    bool even = node_set_is_even(set);
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < set->count; i++) {
        const struct node_share *share = &set->shares[i];
        used += (size_t)snprintf(text + used, NODE_SET_TEXT_BYTES - used, "%s%u", i ? "+" : "",
                                 (unsigned)share->node);
        if (!even)
            used += (size_t)snprintf(text + used, NODE_SET_TEXT_BYTES - used, ":%u",
                                     (unsigned)share->weight);
    }
    if (set->policy != NODES_CHUNKS)
        snprintf(text + used, NODE_SET_TEXT_BYTES - used, "@%s", node_policy_names[set->policy]);
    return text;
}
