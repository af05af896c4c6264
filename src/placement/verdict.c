// SPDX-License-Identifier: Apache-2.0
#include "placement/placement.h"

#include "base/units.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

// Pages that are elsewhere or nowhere by a witness; two that contradict each other do so by one
// that finds pages where the other finds none. "" when there are none.
static bool describe_strays(const struct evidence *evidence, const struct node_set *asked,
                            const char *when, char *reason, size_t reason_bytes) {
    if (evidence->contradiction[0]) {
        snprintf(reason, reason_bytes, "%s%s", when, evidence->contradiction);
        return true;
    }
    if (!evidence->pages_off_node && !evidence->pages_absent)
        return false;
    char nodes[64], set[NODE_SET_TEXT_BYTES];
    snprintf(reason, reason_bytes,
             "%s%llu of %llu pages checked were on another node than %s and %llu were "
             "not resident (nodes seen: %s)",
             when, (unsigned long long)evidence->pages_off_node,
             (unsigned long long)evidence->pages_checked, node_set_format(asked, set),
             (unsigned long long)evidence->pages_absent,
             evidence->nodes_seen.count ? id_set_format(&evidence->nodes_seen, nodes, sizeof nodes)
                                        : "none");
    return true;
}

// ---- several nodes ------------------------------------------------------------------------------

// Of a sample of all pages, as many as the share has of all, give or take what chance does.
static struct page_bounds in_sample(struct page_bounds all, const struct evidence *evidence) {
    double total = (double)evidence->pages_total, checked = (double)evidence->pages_checked;
    double low = (double)all.least / total, high = (double)all.most / total;
    double least = checked * low - 5 * sqrt(checked * low * (1 - low));
    double most = checked * high + 5 * sqrt(checked * high * (1 - high));
    return (struct page_bounds){least > 0 ? (uint64_t)least : 0, (uint64_t)ceil(most), all.turns};
}

struct page_bounds placement_promise(const struct os_memory *asked, const struct evidence *evidence,
                                     size_t share) {
    uint64_t turn = asked->turn_bytes / evidence->unit_bytes, pages = evidence->pages_total;
    turn = turn ? turn : 1; // pages that are larger than a turn are wrong by their size
    uint64_t own = turn * asked->nodes.shares[share].weight;
    uint64_t cycles = pages / (turn * node_set_weight(&asked->nodes));
    uint64_t exact = node_set_turns(&asked->nodes, share, pages, turn);
    struct page_bounds bounds = {cycles * own, (cycles + 1) * own, exact};
    if (asked->nodes.policy == NODES_CHUNKS)
        bounds.least = bounds.most = exact;
    if (asked->nodes.policy == NODES_PREFERRED) // each may have all, and none of it need to
        return (struct page_bounds){0, evidence->pages_checked, exact};
    return evidence->pages_checked < pages ? in_sample(bounds, evidence) : bounds;
}

// A node that has more or fewer pages than its share; pages that are unknown may be there.
static bool describe_wrong_share(const struct evidence *evidence, const struct os_memory *asked,
                                 const char *when, char *reason, size_t reason_bytes) {
    for (size_t i = 0; asked->nodes.count > 1 && evidence->located_by && i < asked->nodes.count;
         i++) {
        struct page_bounds bounds = placement_promise(asked, evidence, i);
        uint64_t found = evidence->share_pages[i];
        if (found <= bounds.most && found + evidence->pages_unknown >= bounds.least)
            continue;
        char nodes[NODE_SET_TEXT_BYTES];
        snprintf(reason, reason_bytes,
                 "%snode %u had %llu of %llu pages checked, where %s gives it %llu to "
                 "%llu",
                 when, (unsigned)asked->nodes.shares[i].node, (unsigned long long)found,
                 (unsigned long long)evidence->pages_checked, node_set_format(&asked->nodes, nodes),
                 (unsigned long long)bounds.least, (unsigned long long)bounds.most);
        return true;
    }
    return false;
}

// ---- sizes --------------------------------------------------------------------------------------

// Large pages of which the system does not say how large they are, where such were asked for:
// neither right nor wrong.
static bool size_is_doubtful(const struct evidence *evidence, const struct os_memory *asked) {
    const struct os_page_sizes *sizes = &evidence->sizes;
    return evidence->sized && sizes->large_page_bytes == NONE_U64 && !sizes->bytes_in_base &&
           sizes->bytes_in_large == asked->size_bytes && asked->page_bytes > sizes->base_page_bytes;
}

static bool describe_wrong_size(const struct evidence *evidence, const struct os_memory *asked,
                                const char *when, char *reason, size_t reason_bytes) {
    if (!evidence->sized || evidence_page_bytes(evidence) == asked->page_bytes ||
        size_is_doubtful(evidence, asked))
        return false;
    const struct os_page_sizes *sizes = &evidence->sizes;
    char page[UNITS_TEXT_BYTES], large[UNITS_TEXT_BYTES], all[UNITS_TEXT_BYTES];
    snprintf(reason, reason_bytes, "%s%s of %s were in large pages, but pages of %s were requested",
             when, units_format_bytes(sizes->bytes_in_large, large),
             units_format_bytes(asked->size_bytes, all),
             units_format_bytes(asked->page_bytes, page));
    return true;
}

static bool describe_doubt(const struct evidence *evidence, const struct os_memory *asked,
                           char *reason, size_t reason_bytes) {
    bool doubtful = size_is_doubtful(evidence, asked);
    if (evidence->located_by && evidence->sized && !evidence->pages_unknown && !doubtful)
        return false;
    char page[UNITS_TEXT_BYTES];
    if (doubtful && evidence->located_by && !evidence->pages_unknown)
        snprintf(reason, reason_bytes,
                 "the pages are large, but the system does not report if they are of %s%s",
                 units_format_bytes(asked->page_bytes, page),
                 asked->page_bytes < 1 * GIB
                     ? " or of 1GiB, which a buffer below 1 GiB (--size) cannot have"
                     : "");
    else if (evidence->reason[0])
        snprintf(reason, reason_bytes, "%s", evidence->reason);
    else
        snprintf(reason, reason_bytes,
                 "the system does not report where %llu of %llu pages checked are",
                 (unsigned long long)evidence->pages_unknown,
                 (unsigned long long)evidence->pages_checked);
    return true;
}

static enum verdict judge(const struct os_memory *asked, const struct evidence *before,
                          const struct evidence *after, char *reason, size_t reason_bytes) {
    // With one proof alone nothing is timed, or not yet.
    const char *first = after ? "before the timing " : "", *second = "after the timing ";
    if (describe_strays(before, &asked->nodes, first, reason, reason_bytes))
        return VERDICT_MISPLACED;
    if (describe_wrong_size(before, asked, first, reason, reason_bytes))
        return VERDICT_WRONG_PAGE_SIZE;
    if (describe_wrong_share(before, asked, first, reason, reason_bytes))
        return VERDICT_MISPLACED;
    if (after && describe_strays(after, &asked->nodes, second, reason, reason_bytes))
        return VERDICT_MIGRATED;
    if (after && describe_wrong_size(after, asked, second, reason, reason_bytes))
        return VERDICT_WRONG_PAGE_SIZE;
    if (after && describe_wrong_share(after, asked, second, reason, reason_bytes))
        return VERDICT_MIGRATED;
    if (describe_doubt(before, asked, reason, reason_bytes) ||
        (after && describe_doubt(after, asked, reason, reason_bytes)))
        return VERDICT_UNVERIFIABLE;
    return VERDICT_VERIFIED;
}

// Pages that nothing binds are moved by NUMA balancing to the node of the thread that uses them,
// large ones split on the way: then it is the likely cause.
enum verdict placement_judge(const struct os_memory *asked, const struct evidence *before,
                             const struct evidence *after, char *reason, size_t reason_bytes) {
    reason[0] = '\0';
    enum verdict verdict = judge(asked, before, after, reason, reason_bytes);
    size_t used = strlen(reason);
    char remedy[OS_REMEDY_BYTES];
    if (verdict != VERDICT_VERIFIED && verdict != VERDICT_UNVERIFIABLE &&
        asked->placed_by == OS_PLACED_FIRST_TOUCH)
        snprintf(reason + used, reason_bytes - used, "; %s",
                 os_remedy("first_touch", NULL, remedy));
    return verdict;
}
