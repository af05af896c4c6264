// SPDX-License-Identifier: Apache-2.0
#include "ask/defaults.h"

#include "os/os.h"
#include "plan/c2c.h"

#include <string.h>

// AVX2 drew as much as AVX-512 or a little more (docs/experiments.md). The row names it.
static enum isa default_isa(void) {
    return isa_available(ISA_AVX2) ? ISA_AVX2 : isa_widest();
}

// Loops that were the best for their mix on one processor or another (docs/method.md), the one that
// is good on most of them first.
enum { LISTED_LOOPS = 4 };
static const struct {
    const char *mix, *loops[LISTED_LOOPS];
} short_lists[] = {
    {"reads",    {"read_8s_p512", "read_4s", "read", "read_4s_nt"}},
    {"3:1",      {"accumulate", "accumulate_4s"}                  },
    {"2:1",      {"daxpy", "daxpy_4s"}                            },
    {"1:1",      {"update", "update_4s"}                          },
    {"triad_nt", {"triad_nt", "triad_4s_nt"}                      },
    {"copy_nt",  {"copy_nt", "copy_4s_nt"}                        },
    {"write_nt", {"write_nt"}                                     },
};

static const char *const *short_list(const struct kernel_mix *mix) {
    for (size_t i = 0; i < COUNT_OF(short_lists); i++)
        if (strcmp(short_lists[i].mix, mix->name) == 0)
            return short_lists[i].loops;
    CHECK(false); // a mix without a list
    return NULL;
}

struct race_contest default_contest(const struct kernel_mix *mix) {
    struct race_contest contest = {.mix = mix};
    const char *const *loops = short_list(mix);
    const enum isa isas[] = {default_isa(), isa_widest()};
    for (size_t i = 0; i < (isas[0] == isas[1] ? 1 : 2); i++)
        for (size_t k = 0; k < LISTED_LOOPS && loops[k]; k++) {
            const struct kernel *loop = kernel_find(loops[k], isas[i]);
            if (loop) // not each instruction set has each loop
                contest.loops[contest.loop_count++] = loop;
        }
    return contest;
}

const struct kernel *default_kernel_of_mix(const struct session *session,
                                           const struct kernel_mix *mix) {
    const struct kernel *chosen = session->loops[mix - kernel_mixes];
    return chosen ? chosen : default_contest(mix).loops[0];
}

const struct kernel *default_kernel(const struct session *session) {
    return default_kernel_of_mix(session, mix_find("reads"));
}

const struct chase_pattern *default_pattern(void) {
    return chase_pattern_find("structural");
}

// thp where this process can have them and they are of an ordinary size (2 MiB; kernels with 64 KiB
// pages have 512 MiB), else the system's own page. A choice that is made before the plan and named
// in it, not a way out when pages are short.
const struct page_kind *default_pages(void) {
    struct error why;
    uint64_t page_bytes;
    const struct page_kind *transparent = page_kind_find("thp");
    if (os_page_kind_offered(transparent, &page_bytes, &why) && page_bytes == 2 * MIB)
        return transparent;
    return page_kind_base();
}

// A first look at a whole machine takes longer where there is more of it: eight nodes and one of
// CXL, 72 pairs, have three minutes. So have a matrix that is worth keeping and a sweep.
#define BUDGET_OVERVIEW_NS (30 * NS_PER_S)
#define BUDGET_NODE_NS     (20 * NS_PER_S)
#define BUDGET_TRACK_NS    (180 * NS_PER_S)

uint64_t default_budget_ns(const struct options *options, const struct topology *topology,
                           enum command_bit command) {
    uint64_t overview_ns = BUDGET_OVERVIEW_NS;
    if (options->budget_ns || options->rounds)
        return options->budget_ns ? options->budget_ns : NONE_U64;
    if (command == COMMAND_C2C)
        return C2C_BUDGET_NS;
    if (topology->node_count > 1)
        overview_ns += (topology->node_count - 1) * BUDGET_NODE_NS;
    return command == COMMAND_OVERVIEW && overview_ns < BUDGET_TRACK_NS ? overview_ns
                                                                        : BUDGET_TRACK_NS;
}

bool default_weights(const struct session *session, struct node_set *set, struct error *error) {
    if (set->policy != NODES_WEIGHTED || !node_set_is_even(set) ||
        !session->topology.is_this_system)
        return true;
    bool known = os_node_weights(set, error);
    node_set_settle(set);
    return known;
}

bool default_mem_sets(const struct session *session, const struct options *options,
                      struct node_set **sets, struct error *error) {
    bool known = true;
    *sets = base_allocate(options->mem_set_count + 1, sizeof **sets);
    for (size_t i = 0; known && i < options->mem_set_count; i++) {
        (*sets)[i] = options->mem_sets[i];
        known = default_weights(session, &(*sets)[i], error);
    }
    return known;
}
