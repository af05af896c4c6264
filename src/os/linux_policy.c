// SPDX-License-Identifier: Apache-2.0
// By what the pages of a buffer come to be on their nodes: the policies of mbind(2).
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <linux/mempolicy.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

// Newer than some kernel headers: include/uapi/linux/mempolicy.h.
enum { PREFERRED_MANY = 5, WEIGHTED_INTERLEAVE = 6 };

// As many nodes as the kernel takes in one call: mbind refuses masks above one page, get_mempolicy
// those shorter than the kernel's own (man: mbind(2), get_mempolicy(2)). Both count one bit more
// than they use.
struct node_mask {
    unsigned long words[4096 / sizeof(unsigned long)];
};
enum { NODE_MASK_WORD_BITS = 8 * sizeof(unsigned long), NODE_MASK_BITS = 8 * 4096 };

// Policies that not every kernel has; the others have no version here.
static const struct {
    const char *mode, *since, *instead;
} newer[NODE_POLICY_COUNT] = {
    [NODES_CHUNKS] = {"MPOL_BIND",                NULL,   NULL        },
    [NODES_INTERLEAVE] = {"MPOL_INTERLEAVE",          NULL,   NULL        },
    [NODES_WEIGHTED] = {"MPOL_WEIGHTED_INTERLEAVE", "6.9",
                      "chunks with the weights in --mem-nodes"        },
    [NODES_PREFERRED] = {"MPOL_PREFERRED_MANY",      "5.15", "interleave"},
};

static bool policy_call_failed(const char *call, const struct node_set *nodes, int number,
                               struct error *error) {
    char reason[128], set[NODE_SET_TEXT_BYTES];
    os_error_text((uint32_t)number, reason, sizeof reason);
    const char *node = node_set_format(nodes, set), *plural = PLURAL(nodes->count);
    if (linux_is_denied(number))
        return error_set(
            error, ERROR_KIND_REFUSED, (uint32_t)number,
            "no buffer can be bound to node%s %s: %s(2) is denied here (%s), as by the seccomp "
            "profile of containers, and %s; start the container with --cap-add SYS_NICE, or with a "
            "seccomp profile that allows mbind and get_mempolicy",
            plural, node, call, reason,
            nodes->count > 1 ? "no other call spreads pages over several nodes"
                             : "the node has no CPU for this process that could place pages by "
                               "writing them first");
    if (number == EINVAL && newer[nodes->policy].since)
        return error_set(error, ERROR_KIND_REFUSED, EINVAL,
                         "--policy %s: this kernel does not have it (%s(2), %s: %s); Linux has it "
                         "from %s on; use --policy %s",
                         node_policy_names[nodes->policy], call, newer[nodes->policy].mode, reason,
                         newer[nodes->policy].since, newer[nodes->policy].instead);
    if (number == EINVAL)
        return error_set(error, ERROR_KIND_REFUSED, EINVAL,
                         "%s(2) refuses node%s %s (%s): it has no memory, or a cpuset excludes it",
                         call, plural, node, reason);
    return error_set(error, ERROR_KIND_FAILED, (uint32_t)number, "%s(2) for node%s %s: %s", call,
                     plural, node, reason);
}

// Gives a part of the buffer a policy, and reads it back.
static bool set_policy(void *base, uint64_t bytes, int mode, const struct node_set *nodes,
                       struct error *error) {
    struct node_mask wanted = {0}, found = {0};
    int found_mode = -1;
    for (size_t i = 0; i < nodes->count; i++) {
        uint32_t node = nodes->shares[i].node;
        CHECK(node < NODE_MASK_BITS);
        wanted.words[node / NODE_MASK_WORD_BITS] |= 1UL << node % NODE_MASK_WORD_BITS;
    }
    // syscall passes arguments on as they are, and the kernel reads whole words.
    const unsigned long bits = NODE_MASK_BITS + 1;
    if (syscall(SYS_mbind, base, bytes, (unsigned long)mode, wanted.words, bits, 0UL) != 0)
        return policy_call_failed("mbind", nodes, errno, error);
    if (syscall(SYS_get_mempolicy, &found_mode, found.words, bits, base,
                (unsigned long)MPOL_F_ADDR) != 0)
        return policy_call_failed("get_mempolicy", nodes, errno, error);
    if (found_mode != mode || memcmp(&wanted, &found, sizeof wanted) != 0) {
        char set[NODE_SET_TEXT_BYTES];
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "mbind(2) accepted node%s %s, but the policy read back is another (mode "
                         "%d)",
                         PLURAL(nodes->count), node_set_format(nodes, set), found_mode);
    }
    return true;
}

// ---- chunks -------------------------------------------------------------------------------------

// A mapping of its own is made for each run of chunks, and a process may have 65530 of them by
// default (vm.max_map_count); the buffer takes a quarter at most. Small buffers get smaller chunks,
// so that each node has its turn often.
enum { CHUNK_BYTES = 2 * 1024 * 1024, TURNS_MAX = 16384, CYCLES_MIN = 16 };

static uint64_t choose_chunk(const struct os_memory *memory) {
    uint64_t weight = node_set_weight(&memory->nodes), chunk = CHUNK_BYTES;
    while (chunk > memory->page_bytes && memory->size_bytes < CYCLES_MIN * weight * chunk)
        chunk /= 2;
    chunk = chunk < memory->page_bytes ? memory->page_bytes : chunk;
    while (memory->size_bytes / chunk * memory->nodes.count > TURNS_MAX * weight)
        chunk *= 2;
    return chunk;
}

// The nodes have their turns in order, each with as many chunks as its weight says.
static bool bind_chunks(struct os_memory *memory, struct error *error) {
    const struct node_set *nodes = &memory->nodes;
    memory->turn_bytes = nodes->count > 1 ? choose_chunk(memory) : memory->size_bytes;
    uint64_t at = 0;
    for (size_t share = 0; at < memory->size_bytes; share = (share + 1) % nodes->count) {
        struct node_set node = node_set_of(nodes->shares[share].node);
        uint64_t left = memory->size_bytes - at;
        uint64_t turn = nodes->shares[share].weight * memory->turn_bytes;
        turn = turn < left ? turn : left;
        if (!set_policy((char *)memory->base + at, turn, MPOL_BIND, &node, error))
            return false;
        at += turn;
    }
    return true;
}

// ---- the kernel's own ---------------------------------------------------------------------------

static bool interleave(struct os_memory *memory, struct error *error) {
    memory->turn_bytes = memory->page_bytes;
    return set_policy(memory->base, memory->size_bytes, MPOL_INTERLEAVE, &memory->nodes, error);
}

static bool prefer(struct os_memory *memory, struct error *error) {
    memory->turn_bytes = memory->page_bytes;
    return set_policy(memory->base, memory->size_bytes, PREFERRED_MANY, &memory->nodes, error);
}

static const char weights_directory[] = "/sys/kernel/mm/mempolicy/weighted_interleave";

static bool read_weight(uint32_t node, uint64_t *weight, struct error *error) {
    char path[LINUX_PATH_BYTES];
    linux_path(path, "%s/node%u", weights_directory, node);
    if (linux_read_number(weight, path, error))
        return true;
    if (error->os_number == ENOENT)
        error_set(error, ERROR_KIND_REFUSED, ENOENT,
                  "--policy weighted: there is no %s, where Linux shows its weights from 6.9 on; "
                  "use --policy chunks with the weights in --mem-nodes",
                  path);
    return false;
}

bool os_node_weights(struct node_set *nodes, struct error *error) {
    uint64_t weight;
    for (size_t i = 0; i < nodes->count; i++) {
        if (!read_weight(nodes->shares[i].node, &weight, error))
            return false;
        if (weight == 0 || weight > NODE_WEIGHT_MAX)
            return error_set(error, ERROR_KIND_FAILED, 0, "%s/node%u: %llu is not a weight",
                             weights_directory, (unsigned)nodes->shares[i].node,
                             (unsigned long long)weight);
        nodes->shares[i].weight = weight & 0xFF;
    }
    return true;
}

// The kernel's table is the system's, and anybody who is root may change it: the weights that were
// asked for must stand there when the pages are taken.
static bool interleave_by_weights(struct os_memory *memory, struct error *error) {
    const struct node_set *asked = &memory->nodes;
    struct node_set told = *asked;
    if (!os_node_weights(&told, error))
        return false;
    uint32_t factor = told.shares[0].weight / asked->shares[0].weight;
    for (size_t i = 0; i < asked->count; i++)
        if (told.shares[i].weight != factor * asked->shares[i].weight)
            return error_set(error, ERROR_KIND_REFUSED, 0,
                             "the weight of node %u is %u in %s, but you asked for %u (with %u for "
                             "node %u); write it there as root, or use --policy chunks",
                             (unsigned)told.shares[i].node, (unsigned)told.shares[i].weight,
                             weights_directory, (unsigned)asked->shares[i].weight,
                             (unsigned)asked->shares[0].weight, (unsigned)asked->shares[0].node);
    memory->turn_bytes = factor * memory->page_bytes;
    return set_policy(memory->base, memory->size_bytes, WEIGHTED_INTERLEAVE, asked, error);
}

// ---- all of them --------------------------------------------------------------------------------

static bool (*const policies[NODE_POLICY_COUNT])(struct os_memory *memory, struct error *error) = {
    [NODES_CHUNKS] = bind_chunks,
    [NODES_INTERLEAVE] = interleave,
    [NODES_WEIGHTED] = interleave_by_weights,
    [NODES_PREFERRED] = prefer,
};

static bool has_cpu(uint32_t node) {
    struct id_set cpus;
    struct error ignored_error;
    bool some = os_usable_cpus_of_node(node, &cpus, &ignored_error) && cpus.count > 0;
    id_set_free(&cpus);
    return some;
}

// What is not bound may still have one place only: where no other node has memory, or where its
// writers are. The default policy takes a page from the node of the CPU that touches it first (man:
// numa(7)); should this process have been given another policy, the evidence shows it.
static bool has_one_place(struct os_memory *memory) {
    uint32_t only, node = node_set_only(&memory->nodes);
    if (node == NONE_U32)
        return false;
    bool alone = os_only_memory_node(&only) && only == node;
    memory->placed_by = alone ? OS_PLACED_ONLY_NODE : OS_PLACED_FIRST_TOUCH;
    return alone || has_cpu(node);
}

bool linux_place_memory(struct os_memory *memory, struct error *error) {
    char set[NODE_SET_TEXT_BYTES];
    if (memory->kind->source == PAGES_PAGEABLE)
        return has_one_place(memory) ||
               error_set(error, ERROR_KIND_REFUSED, 0,
                         "pages of kind %s are where a CPU of their node writes them first, and "
                         "node%s %s %s for this process: take --pages %lluK",
                         memory->kind->name, PLURAL(memory->nodes.count),
                         node_set_format(&memory->nodes, set),
                         memory->nodes.count > 1 ? "have no CPU in common" : "has no CPU",
                         (unsigned long long)(os_base_page_bytes() / KIB));
    if (policies[memory->nodes.policy](memory, error)) {
        memory->placed_by =
            memory->nodes.policy == NODES_CHUNKS ? OS_PLACED_BIND : OS_PLACED_KERNEL;
        return true;
    }
    return linux_is_denied((int)error->os_number) && has_one_place(memory);
}
