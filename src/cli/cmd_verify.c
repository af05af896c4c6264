// SPDX-License-Identifier: Apache-2.0
// The walk of Microsoft's NUMA sample ("Allocating Memory from a NUMA Node"), for every CPU and on
// both systems: from a thread on the CPU allocate on its node, or by a policy on a set of nodes,
// write, and show where each page is.
#include "ask/defaults.h"
#include "base/units.h"
#include "cli/command.h"
#include "placement/fill.h"
#include "placement/placement.h"
#include "run/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static const uint64_t default_bytes = 16 * MIB;

struct walk {
    const struct session *session;
    struct node_set nodes; // of a policy; none: each CPU's own node
    const struct page_kind *pages;
    uint64_t size_bytes;
    bool allow_partial;     // fewer AWE pages than asked
    bool keep;              // buffers until the end, as the sample does
    struct os_memory *kept; // kept_count of them
    size_t kept_count;
    size_t verdicts[VERDICT_COUNT];
    size_t refused;
    size_t without_memory; // CPUs whose node has none: ordinary, and nothing to walk
    size_t walked;
};

// The buffer that is shown, and how large the pages are that runs count.
struct shown {
    const struct os_memory *memory;
    const struct evidence *evidence;
    uint64_t runs;
};

// A policy that changes the node with each page makes a run of each.
enum { RUNS_SHOWN_OF_SETS = 12 };

// Addresses beside the indices: VMMap, WinDbg and /proc/self/numa_maps go by them.
static void print_run(void *context, const struct page_run *run) {
    struct shown *shown = context;
    if (shown->runs++ >= RUNS_SHOWN_OF_SETS && shown->memory->nodes.count > 1)
        return;
    uint64_t page_bytes = shown->evidence->unit_bytes, last = run->first + run->pages - 1;
    uintptr_t base = (uintptr_t)shown->memory->base;
    printf("    0x%" PRIxPTR " - 0x%" PRIxPTR ", pages %8" PRIu64 " - %8" PRIu64 " (%" PRIu64
           " page%s): ",
           base + (uintptr_t)(run->first * page_bytes),
           base + (uintptr_t)((last + 1) * page_bytes) - 1, run->first, last, run->pages,
           PLURAL(run->pages));
    if (run->node >= 0)
        printf("node %d\n", run->node);
    else
        printf("%s\n", run->node == OS_PAGE_ABSENT ? "not resident" : "resident, node unknown");
}

// Where nobody tells of each page, how many are where may still be told.
static void print_counts(const struct evidence *evidence) {
    char nodes[128];
    printf("    by %s alone: %" PRIu64 " of %" PRIu64 " pages on the node, %" PRIu64
           " elsewhere, %" PRIu64 " not resident (nodes seen: %s)\n",
           witness_name(evidence->located_by), evidence->pages_on_node, evidence->pages_total,
           evidence->pages_off_node, evidence->pages_absent,
           evidence->nodes_seen.count ? id_set_format(&evidence->nodes_seen, nodes, sizeof nodes)
                                      : "none");
}

// What a policy came to: how many pages are on each of its nodes.
static void print_shares(const struct shown *shown, const struct evidence *evidence) {
    const struct node_set *nodes = &shown->memory->nodes;
    if (shown->runs > RUNS_SHOWN_OF_SETS)
        printf("    ... %" PRIu64 " more runs\n", shown->runs - RUNS_SHOWN_OF_SETS);
    printf("    of %" PRIu64 " pages checked:", evidence->pages_checked);
    for (size_t i = 0; i < nodes->count; i++)
        printf(" %" PRIu64 " on node %u,", evidence->share_pages[i],
               (unsigned)nodes->shares[i].node);
    printf(" %" PRIu64 " elsewhere\n", evidence->pages_off_node);
}

static void print_sources(const struct session *session, const struct topology_cpu *cpu) {
    size_t index = (size_t)(cpu - session->topology.cpus);
    const struct cross_check_cpu *answers = &session->check.cpus[index];
    char name[OS_CPU_NAME_BYTES];
    printf("CPU %s: %s ", os_cpu_name(cpu->id, name), cross_check_source(&session->check, answers));
    printf(cpu->node == NONE_U32 ? "no node" : "node %u", cpu->node);
    for (enum cross_witness witness = 0; witness < CROSS_WITNESS_COUNT; witness++) {
        if (witness == CROSS_TABLE && cpu->node_by_system)
            continue;
        printf(", %s ", session->check.witnesses[witness].source);
        if (answers->verdict[witness] == CROSS_NOT_COMPARABLE)
            printf("not comparable");
        else if (answers->os_node[witness] == NONE_U32)
            printf("no node");
        else
            printf("node %u", answers->os_node[witness]);
        printf(answers->verdict[witness] == CROSS_MISMATCH ? " (MISMATCH)" : "");
    }
    printf("\n");
}

static void refuse(struct walk *walk, const char *why) {
    printf("  refused: %s\n", why);
    walk->refused++;
}

static void judge(struct walk *walk, const struct placement *placement) {
    struct evidence evidence;
    struct shown shown = {.memory = &placement->memory, .evidence = &evidence};
    placement_runs(placement, &evidence, print_run, &shown);
    bool each_known = evidence.located_by != WITNESS_NONE;
    if (!each_known)
        printf("    unknown: %s\n", evidence.reason);
    evidence_free(&evidence);
    placement_prove(placement, &evidence);
    if (!each_known && evidence.located_by)
        print_counts(&evidence);
    if (evidence.located_by && shown.memory->nodes.count > 1)
        print_shares(&shown, &evidence);
    char reason[512];
    enum verdict verdict =
        placement_judge(&placement->memory, &evidence, NULL, reason, sizeof reason);
    printf("    %s%s%s\n", verdict_names[verdict], reason[0] ? ": " : "", reason);
    evidence_free(&evidence);
    walk->verdicts[verdict]++;
}

// The sample prints both numbers: AWE pages can come in part, which is refused unless it is
// allowed.
static bool create(const struct walk *walk, struct placement *placement,
                   const struct topology_cpu *cpu, struct error *error) {
    struct node_set node = walk->nodes.count ? walk->nodes : node_set_of(cpu->node);
    if (placement_create(placement, walk->size_bytes, walk->pages, node, cpu->id, error))
        return true;
    uint64_t available_bytes = placement->memory.available_bytes;
    return walk->allow_partial && available_bytes &&
           placement_create(placement, available_bytes, walk->pages, node, cpu->id, error);
}

static void print_buffer(const struct walk *walk, const struct os_memory *memory) {
    char size[UNITS_TEXT_BYTES], nodes[NODE_SET_TEXT_BYTES];
    uintptr_t first = (uintptr_t)memory->base;
    uint64_t pages = memory->size_bytes / memory->page_bytes;
    uint64_t asked = (walk->size_bytes + memory->page_bytes - 1) / memory->page_bytes;
    printf("  0x%" PRIxPTR " - 0x%" PRIxPTR ", %s in %s pages (", first,
           first + (uintptr_t)memory->size_bytes - 1, units_format_bytes(memory->size_bytes, size),
           walk->pages->name);
    if (walk->pages->source == PAGES_PHYSICAL)
        printf("%" PRIu64 " asked, ", asked);
    printf("%" PRIu64 "%s), node%s %s (%s)\n", pages,
           walk->pages->source == PAGES_PHYSICAL ? " granted" : "", PLURAL(memory->nodes.count),
           node_set_format(&memory->nodes, nodes), os_placing_names[memory->placed_by]);
}

// The rest of a placement is of the filling, which is done.
static void keep(struct walk *walk, const struct placement *placement) {
    walk->kept = base_grow_by_one(walk->kept, walk->kept_count, sizeof *walk->kept);
    walk->kept[walk->kept_count++] = placement->memory;
}

static void release_kept(struct walk *walk) {
    for (size_t i = 0; i < walk->kept_count; i++)
        os_memory_release(&walk->kept[i]);
    free(walk->kept);
}

static void walk_cpu(struct walk *walk, const struct topology_cpu *cpu) {
    struct error error;
    print_sources(walk->session, cpu);
    walk->walked++;
    if (cpu->node == NONE_U32) {
        refuse(walk, "the CPU has no node to allocate on");
        return;
    }
    if (!cross_check_cpu_usable(&walk->session->check, cpu->id, &error)) {
        refuse(walk, error.text);
        return;
    }
    if (!walk->nodes.count && !topology_node(&walk->session->topology, cpu->node)->has_memory) {
        printf("  node %u has no memory: nothing to check\n", cpu->node);
        walk->without_memory++;
        return;
    }
    struct placement placement;
    struct id_set cpus = {0};
    id_set_add(&cpus, cpu->id);
    if (create(walk, &placement, cpu, &error) && fill_placement(&placement, &cpus, &error)) {
        print_buffer(walk, &placement.memory);
        judge(walk, &placement);
    } else {
        refuse(walk, error.text);
    }
    if (walk->keep && placement.memory.base)
        keep(walk, &placement);
    else
        placement_release(&placement);
    id_set_free(&cpus);
}

static enum exit_code conclude(const struct walk *walk, bool allow_unverified) {
    printf("%zu CPU%s checked", walk->walked, PLURAL(walk->walked));
    for (size_t verdict = 0; verdict < VERDICT_COUNT; verdict++)
        if (walk->verdicts[verdict])
            printf(", %zu %s", walk->verdicts[verdict], verdict_names[verdict]);
    if (walk->without_memory)
        printf(", %zu without memory", walk->without_memory);
    if (walk->refused)
        printf(", %zu refused", walk->refused);
    printf("\n");
    size_t accepted = walk->verdicts[VERDICT_VERIFIED] + walk->without_memory;
    if (walk->walked == walk->refused + walk->without_memory)
        return EXIT_CODE_NOTHING;
    if (allow_unverified)
        accepted += walk->verdicts[VERDICT_UNVERIFIABLE];
    if (accepted + walk->refused < walk->walked)
        return EXIT_CODE_NOT_VERIFIED;
    return walk->refused ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

static bool check_request(const struct session *session, const struct options *options,
                          struct error *error) {
    char size[UNITS_TEXT_BYTES];
    if (options->size_bytes > GIB)
        return error_set(error, ERROR_KIND_USAGE, 0, "--size %s: verify takes at most 1GiB per CPU",
                         units_format_bytes(options->size_bytes, size));
    if (options->page_count > 1)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--pages: verify takes one kind of page at a time");
    for (size_t i = 0; i < options->cpu_nodes.count; i++)
        if (!topology_node(&session->topology, options->cpu_nodes.ids[i]))
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "--cpu-nodes: node %u does not exist (numaprobe topo lists the nodes)",
                             options->cpu_nodes.ids[i]);
    return session_is_here(session, error);
}

static struct node_set even_set(const struct id_set *ids) {
    struct node_set set = {0};
    double parts[NODE_SET_MAX];
    for (size_t i = 0; i < COUNT_OF(parts); i++)
        parts[i] = 1;
    if (ids->count <= NODE_SET_MAX)
        set = node_set_weigh(ids->ids, parts, ids->count);
    return set;
}

// Those that are named, else all that have memory.
static struct node_set nodes_asked(const struct session *session, const struct options *options) {
    if (options->mem_set_count)
        return options->mem_sets[0];
    struct id_set ids = {0};
    for (size_t i = 0; !options->mem_nodes.count && i < session->topology.node_count; i++) {
        const struct topology_node *node = &session->topology.nodes[i];
        if (node->has_memory && node->allowed && !topology_node_is_device(node))
            id_set_add(&ids, node->id);
    }
    struct node_set set = even_set(options->mem_nodes.count ? &options->mem_nodes : &ids);
    id_set_free(&ids);
    return set;
}

// What --policy and --mem-nodes ask for; no node where neither is given.
static bool choose_nodes(const struct session *session, const struct options *options,
                         struct node_set *nodes, struct error *error) {
    bool named = options->mem_set_count || options->mem_nodes.count;
    *nodes = (struct node_set){0};
    if (options->policy == NODE_POLICY_COUNT)
        return !named || error_set(error, ERROR_KIND_USAGE, 0,
                                   "--mem-nodes: verify walks each CPU's own node; add --policy "
                                   "NAME, which spreads pages over the nodes that it names");
    if (options->mem_set_count + (options->mem_nodes.count > 0) > 1)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--mem-nodes: verify takes one set of nodes at a time, such as 0+1");
    *nodes = nodes_asked(session, options);
    if (nodes->count < 2)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "--policy %s spreads pages over several nodes, and %s; leave it out to "
                         "walk each CPU's own node",
                         node_policy_names[options->policy],
                         named ? "--mem-nodes names one" : "this machine has one with memory");
    return node_set_choose_policy(nodes, options->policy, error) &&
           default_weights(session, nodes, error);
}

static enum exit_code walk_all(struct session *session, const void *context) {
    const struct options *options = context;
    struct error error;
    struct node_set nodes;
    if (!check_request(session, options, &error))
        return outcome_fail(&error);
    if (!choose_nodes(session, options, &nodes, &error)) {
        enum exit_code code = outcome_fail(&error);
        return error.kind == ERROR_KIND_REFUSED ? EXIT_CODE_NOTHING : code;
    }
    struct walk walk = {
        .session = session,
        .nodes = nodes,
        .pages = options->page_count ? options->pages[0] : page_kind_base(),
        .size_bytes = options->size_bytes ? options->size_bytes : default_bytes,
        .allow_partial = options->allow_partial,
        .keep = options->keep,
    };
    const struct topology *topology = &session->topology;
    if (topology->node_count)
        printf("%zu node%s, highest node number %u\n", topology->node_count,
               PLURAL(topology->node_count), topology->nodes[topology->node_count - 1].id);
    for (size_t i = 0; i < topology->cpu_count; i++) {
        const struct topology_cpu *cpu = &topology->cpus[i];
        bool wanted = !options->cpu_nodes.count || id_set_contains(&options->cpu_nodes, cpu->node);
        if (wanted && cpu->allowed)
            walk_cpu(&walk, cpu);
    }
    release_kept(&walk);
    return conclude(&walk, options->allow_unverified);
}

enum exit_code cmd_verify(const struct command *command, const struct options *options,
                          int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    return command_in_session(command, false, walk_all, options);
}
