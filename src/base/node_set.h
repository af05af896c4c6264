// SPDX-License-Identifier: Apache-2.0
// Where a piece of memory is to be: on one node, which is the common case, or on several, each with
// a weight that says how much of the memory it has.
//
// A plain value, copied as one. The form in options and files is "0" for node 0, "0+2" for equal
// parts on nodes 0 and 2, and "0:3+2:1" for three parts on node 0 and one on node 2; behind it,
// where the pages are not spread by chunks, the policy: "0+2@interleave".
#ifndef NUMAPROBE_BASE_NODE_SET_H
#define NUMAPROBE_BASE_NODE_SET_H

#include "base/base.h"
#include "base/error.h"

// A weight is a byte, as in the kernel's own table (Linux, sysfs-kernel-mm-mempolicy-weighted-
// interleave); a node number is at most ID_SET_MAX (base/id_set.h).
struct node_share {
    uint32_t node : 24;
    uint32_t weight : 8; // 1 to 255; of one node 1
};

enum { NODE_SET_MAX = 16, NODE_WEIGHT_MAX = 255 };

// Who spreads the pages over several nodes.
enum node_policy {
    NODES_CHUNKS,     // we: each chunk of the memory is bound to a node, in a fixed order
    NODES_INTERLEAVE, // the kernel: page by page in turn
    NODES_WEIGHTED,   // the kernel: in turn, by its own table of weights
    NODES_PREFERRED,  // the kernel: each page on the nearest of them that has room, or elsewhere;
                      // it promises no node a share, so `verify` shows it and nothing is measured
    NODE_POLICY_COUNT,
};

struct node_set {
    struct node_share shares[NODE_SET_MAX]; // nodes ascend
    uint32_t count;                         // 0: no node
    enum node_policy policy;                // of several nodes; of one NODES_CHUNKS
};

// That node alone; no node for NONE_U32.
struct node_set node_set_of(uint32_t node);

// The node of a set of one; NONE_U32 where there is none, and where there are several.
uint32_t node_set_only(const struct node_set *set);

bool node_set_contains(const struct node_set *set, uint32_t node);

// All weights together.
uint32_t node_set_weight(const struct node_set *set);

// The part of `bytes` that one share has, by its weight; rounded up.
uint64_t node_set_part(const struct node_set *set, size_t share, uint64_t bytes);

// How many of `units` units a share gets where the nodes have their turns in order, each with
// turn units for each unit of its weight.
uint64_t node_set_turns(const struct node_set *set, size_t share, uint64_t units, uint64_t turn);

// Whether the weights are all the same, which the form then leaves out.
bool node_set_is_even(const struct node_set *set);

// The other way round: how much all shares are where one has this many bytes.
uint64_t node_set_whole(const struct node_set *set, size_t share, uint64_t bytes);

// Below, at or above 0: no node, then single nodes, then sets by how many nodes they have, by their
// nodes, weights and policy. 0 for the same of all these only.
int node_set_compare(const struct node_set *a, const struct node_set *b);
bool node_set_same(const struct node_set *a, const struct node_set *b);

// Reads the form above. ERROR_KIND_USAGE quotes the text and says what is wrong: no such form, a
// node twice, a weight or a policy of one node alone, more than NODE_SET_MAX nodes, a weight that
// is not 1 to 255. The set is then empty.
bool node_set_parse(struct node_set *set, const char *text, struct error *error);

// The set of the nodes whose part is above 0, in small weights: the least with which no node has
// more than 3 % beyond its part, or the nearest up to NODE_WEIGH_MAX. Finite parts, of any unit.
enum { NODE_WEIGH_MAX = 16 };
struct node_set node_set_weigh(const uint32_t *nodes, const double *parts, size_t count);

// Of even weights each becomes 1: they are the same set, whichever number they are told by.
void node_set_settle(struct node_set *set);

extern const char *const node_policy_names[NODE_POLICY_COUNT];

// NODE_POLICY_COUNT where no policy has that name.
enum node_policy node_policy_find(const char *name);

// Of one node the policy stays NODES_CHUNKS, which binds it all. ERROR_KIND_USAGE where the policy
// knows no weights and the set has some. No form names NODES_PREFERRED.
bool node_set_choose_policy(struct node_set *set, enum node_policy policy, struct error *error);

// The same form back; "" for no node. Returns text.
enum { NODE_SET_TEXT_BYTES = 208 };
char *node_set_format(const struct node_set *set, char text[NODE_SET_TEXT_BYTES]);

#endif
