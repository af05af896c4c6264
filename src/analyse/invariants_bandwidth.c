// SPDX-License-Identifier: Apache-2.0
// Invariants of bandwidth: what the modules can carry, reads against other mixes, Little's law, the
// sum of nodes, more threads, and the loaded curve against its two ends.
#include "analyse/curve.h"
#include "analyse/invariants_private.h"
#include "analyse/loaded_curves.h"
#include "kernels/mix.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double mix_share_min = 0.97;
static const double nontemporal_share_min = 0.9;
static const double one_chain_max = 0.03;
static const double chain_lines_max = 64; // of one core, for chains: its buffers
// For streams a core's second-level cache asks ahead too: a Zen 4 guest has 57 to 67 lines a
// thread by this reckoning [own]. Twice the buffers, and a cache must have held a part.
static const double stream_lines_max = 128;
static const double sum_max = 0.05;
static const double scaling_slack = 0.02;
static const double curve_idle_max = 0.03;
static const double curve_peak_ratio_max = 1.02;
static const double fallback_line_bytes = 64;

static const double giga = 1e9;

void invariant_above_peak(const struct invariants_input *input, struct invariant *invariant) {
    for (size_t i = 0; i < input->dataset->cell_count; i++) {
        const struct data_cell *cell = &input->dataset->cells[i];
        if (!invariant_is_stream(cell))
            continue;
        double bandwidth = invariant_bandwidth(input, cell);
        invariant_compare(invariant, bandwidth / input->peak_bytes_per_s - 1,
                          "%s has %.2f GB/s, the memory channels carry at most %.2f GB/s",
                          cell->name, bandwidth / giga, input->peak_bytes_per_s / giga);
    }
}

// A store past the caches waits in no line buffer, and on its way to the memory it meets no read.
// So reads with such stores may draw more than reads alone, and the latency does not hold them
// back.
static bool stores_past_caches(const struct data_cell *cell) {
    return cell->store == STORE_NONTEMPORAL;
}

// ---- mixes --------------------------------------------------------------------------------------

static int by_place(const struct data_cell *a, const struct data_cell *b) {
    int order = invariant_by_nodes(a, b);
    if (!order)
        order = strcmp(a->pages, b->pages);
    return order ? order : (a->block > b->block) - (a->block < b->block);
}

static int by_place_and_team(const struct data_cell *a, const struct data_cell *b) {
    int order = by_place(a, b);
    if (!order)
        order = (a->threads > b->threads) - (a->threads < b->threads);
    return order ? order : strcmp(a->kernel, b->kernel);
}

static bool reads_alone(const struct data_cell *cell) {
    return strcmp(cell->mix, "reads") == 0 && invariant_is_stream(cell);
}

static bool is_nontemporal(const struct data_cell *cell) {
    return strstr(cell->kernel, "_nt.") && invariant_is_stream(cell);
}

// The cell of each group with the largest bandwidth, or with the least; NULL where none has one.
static const struct data_cell **extremes(const struct invariants_input *input,
                                         const struct cell_groups *groups, bool largest) {
    const struct data_cell **found = base_allocate(groups->count + 1, sizeof *found);
    for (size_t group = 0; group < groups->count; group++)
        for (size_t i = groups->begins[group]; i < groups->begins[group + 1]; i++) {
            const struct data_cell *cell = groups->members[i].cell;
            double bandwidth = invariant_bandwidth(input, cell);
            double best = found[group] ? invariant_bandwidth(input, found[group]) : NAN;
            if (isnan(best) || (largest ? bandwidth > best : bandwidth < best))
                found[group] = isnan(bandwidth) ? found[group] : cell;
        }
    return found;
}

// Of write.avx2 against the slowest of write_nt.avx2: each ordinary loop with as many threads.
static void compare_nontemporal(const struct invariants_input *input, struct invariant *invariant,
                                const struct cell_groups *groups, const struct data_cell **slowest,
                                const struct data_cell *ordinary) {
    char name[2 * ROW_NAME_BYTES + 4];
    struct data_cell like = *ordinary;
    const char *isa = strchr(ordinary->kernel, '.');
    snprintf(name, sizeof name, "%.*s_nt%s", (int)(isa - ordinary->kernel), ordinary->kernel, isa);
    like.kernel = name;
    const struct data_cell *cell = slowest[cell_groups_find(groups, &like)];
    if (!cell)
        return;
    double bandwidth = invariant_bandwidth(input, cell);
    double least = invariant_bandwidth(input, ordinary);
    invariant_compare(invariant, 1 - bandwidth / (nontemporal_share_min * least),
                      "%s has %.2f GB/s, %s with ordinary stores %.2f GB/s", cell->name,
                      bandwidth / giga, ordinary->name, least / giga);
}

// Whether a curve that begins idle ends because its load ran out of CPUs. The links of a core
// complex carry reads and writes apart (AMD's by 32 bytes each way a cycle): where they are the
// limit and not the memory, a mix may well move more than reads.
static bool cores_are_the_limit(const struct dataset *dataset) {
    struct loaded_curves curves;
    bool limited = false;
    loaded_curves_build(&curves, dataset);
    for (size_t i = 0; i < curves.count; i++) {
        const struct loaded_curve *curve = &curves.at[i];
        limited = limited || (!curve->paced && !isnan(curve->figures[CURVE_IDLE_NS].value) &&
                              !curve_saturates(curve->figures));
    }
    loaded_curves_free(&curves);
    return limited;
}

// One thread alone does not saturate, and then either may draw more.
static void compare_stores(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    struct cell_groups groups;
    cell_groups_build(&groups, dataset, is_nontemporal, by_place_and_team);
    const struct data_cell **slowest = extremes(input, &groups, false);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (invariant_is_stream(cell) && strncmp(cell->kernel, "write.", 6) == 0 &&
            cell->threads > 1)
            compare_nontemporal(input, invariant, &groups, slowest, cell);
    }
    free(slowest);
    cell_groups_free(&groups);
}

// Against the best cell of reads on the same places: a search leaves many.
static void compare_mixes(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    struct cell_groups groups;
    cell_groups_build(&groups, dataset, reads_alone, by_place);
    const struct data_cell **best_reads = extremes(input, &groups, true);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        bool mixed = invariant_is_stream(cell) && cell->mix[0] && strcmp(cell->mix, "reads") != 0 &&
                     !stores_past_caches(cell);
        const struct data_cell *reads = mixed ? best_reads[cell_groups_find(&groups, cell)] : NULL;
        if (!reads)
            continue;
        double bandwidth = invariant_bandwidth(input, cell);
        double best = invariant_bandwidth(input, reads);
        invariant_compare(invariant, 1 - best / (mix_share_min * bandwidth),
                          "%s reads %.2f GB/s, less than the mix %s of %s with %.2f GB/s",
                          reads->name, best / giga, cell->mix, cell->name, bandwidth / giga);
    }
    free(best_reads);
    cell_groups_free(&groups);
}

void invariant_mix_order(const struct invariants_input *input, struct invariant *invariant) {
    compare_stores(input, invariant);
    if (!cores_are_the_limit(input->dataset))
        compare_mixes(input, invariant);
}

// ---- Little's law -------------------------------------------------------------------------------

static double line_bytes(const struct topology *topology) {
    for (size_t i = 0; topology && i < topology->cache_count; i++)
        if (topology->caches[i].line_bytes)
            return topology->caches[i].line_bytes;
    return fallback_line_bytes;
}

static int by_idle(const struct data_cell *a, const struct data_cell *b) {
    int order = invariant_by_nodes(a, b);
    return order ? order : strcmp(a->pages, b->pages);
}

static int by_idle_chain(const struct data_cell *a, const struct data_cell *b) {
    int order = by_idle(a, b);
    return order ? order : strcmp(a->pattern, b->pattern);
}

static bool is_idle_alone(const struct data_cell *cell) {
    return invariant_is_idle(cell) && cell->block != BLOCK_LOADED;
}

// The idle latencies, for streams, which have no pattern, and for chains.
struct idle {
    struct cell_groups any, chains;
};

static void build_idle(struct idle *idle, const struct dataset *dataset) {
    cell_groups_build(&idle->any, dataset, is_idle_alone, by_idle);
    cell_groups_build(&idle->chains, dataset, is_idle_alone, by_idle_chain);
}

static void free_idle(struct idle *idle) {
    cell_groups_free(&idle->any);
    cell_groups_free(&idle->chains);
}

// The idle latency from these CPUs to that memory in the same kind of pages.
static const struct data_cell *idle_of(const struct idle *idle, const struct data_cell *cell) {
    return cell_groups_first(cell->pattern[0] ? &idle->chains : &idle->any, cell);
}

// Of the lines on the bus, those that a thread waits for: the ones it reads. A line that is stored
// in place goes back later, when the cache needs its room.
static double read_share(const struct data_cell *cell) {
    const struct kernel_mix *mix = mix_find(cell->mix);
    return mix ? (double)mix->reads / (mix->reads + mix->writes) : 1;
}

// Lines in flight = bandwidth of reads x latency / line. Chains have no prefetcher, so one chain is
// one line and a core has at most as many as it has buffers. Streams have, so theirs count for all
// cores together only.
void invariant_little(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    struct idle latencies;
    build_idle(&latencies, dataset);
    const double line = line_bytes(input->topology);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        bool chain =
            cell->test == TEST_LATENCY && !data_cell_is_cached(cell) && cell->check == CHECK_NONE;
        bool stream = invariant_is_stream(cell) && cell->threads != NONE_U64 && cell->threads > 1 &&
                      !stores_past_caches(cell);
        const struct data_cell *idle = chain || stream ? idle_of(&latencies, cell) : NULL;
        if (!idle)
            continue;
        double lines =
            invariant_bandwidth(input, cell) * invariant_latency_ns(input, idle) / giga / line;
        if (stream)
            lines *= read_share(cell) / (double)cell->threads;
        double excess = chain && cell->chains == 1
                            ? fabs(lines - 1) - one_chain_max
                            : lines / (stream ? stream_lines_max : chain_lines_max) - 1;
        invariant_compare(invariant, excess,
                          "%s has %.2f GB/s, which at %.1f ns is %.2f lines in flight%s",
                          cell->name, invariant_bandwidth(input, cell) / giga,
                          invariant_latency_ns(input, idle), lines, stream ? " per thread" : "");
    }
    free_idle(&latencies);
}

// ---- threads and nodes --------------------------------------------------------------------------

static bool is_local(const struct data_cell *cell) {
    return invariant_is_matrix(cell) && invariant_is_stream(cell) &&
           cell->cpu_node == data_cell_mem_node(cell);
}

static int by_loop(const struct data_cell *a, const struct data_cell *b) {
    int order = strcmp(a->kernel, b->kernel);
    return order ? order : strcmp(a->pages, b->pages);
}

static int by_loop_and_node(const struct data_cell *a, const struct data_cell *b) {
    int order = by_loop(a, b);
    return order ? order : (a->cpu_node > b->cpu_node) - (a->cpu_node < b->cpu_node);
}

// What the nodes have alone with their own memory, all together.
struct local_sum {
    double bandwidth;
    uint64_t threads;
};

// Of several numbers of threads on a node, the most counts.
static void add_node(const struct invariants_input *input, const struct cell_groups *nodes,
                     size_t node, struct local_sum *sum) {
    uint64_t most = 0;
    for (size_t i = nodes->begins[node]; i < nodes->begins[node + 1]; i++)
        if (nodes->members[i].cell->threads > most)
            most = nodes->members[i].cell->threads;
    for (size_t i = nodes->begins[node]; i < nodes->begins[node + 1]; i++) {
        const struct data_cell *cell = nodes->members[i].cell;
        if (cell->threads != most)
            continue;
        sum->bandwidth += invariant_bandwidth(input, cell);
        sum->threads += cell->threads;
    }
}

// One sum for each loop and kind of page.
static struct local_sum *add_nodes(const struct invariants_input *input,
                                   const struct cell_groups *loops) {
    struct cell_groups nodes;
    struct local_sum *sums = base_allocate(loops->count + 1, sizeof *sums);
    cell_groups_build(&nodes, input->dataset, is_local, by_loop_and_node);
    for (size_t node = 0; node < nodes.count; node++) {
        const struct data_cell *first = nodes.members[nodes.begins[node]].cell;
        add_node(input, &nodes, node, &sums[cell_groups_find(loops, first)]);
    }
    cell_groups_free(&nodes);
    return sums;
}

void invariant_sum_nodes(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    struct cell_groups loops;
    cell_groups_build(&loops, dataset, is_local, by_loop);
    struct local_sum *sums = add_nodes(input, &loops);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *all = &dataset->cells[i];
        if (!invariant_is_stream(all) || all->cpu_node != NONE_U64 || all->mem_node.count)
            continue;
        const struct local_sum *sum = &sums[cell_groups_find(&loops, all)];
        if (sum->threads != all->threads) // not the same threads, or no nodes at all
            continue;
        double bandwidth = invariant_bandwidth(input, all);
        invariant_compare(invariant, invariant_difference(bandwidth, sum->bandwidth) - sum_max,
                          "%s has %.2f GB/s, each node alone with its own memory %.2f GB/s in sum",
                          all->name, bandwidth / giga, sum->bandwidth / giga);
    }
    free(sums);
    cell_groups_free(&loops);
}

static int by_matrix_place(const struct data_cell *a, const struct data_cell *b) {
    int order = series_compare(SERIES_MATRIX, a, b);
    return order ? order : invariant_by_nodes(a, b);
}

static bool has_threads(const struct data_cell *cell) {
    return cell->threads != NONE_U64 && cell->threads != 1;
}

// The cell with the most threads of each group.
static const struct data_cell **largest_teams(const struct cell_groups *places) {
    const struct data_cell **most = base_allocate(places->count + 1, sizeof *most);
    for (size_t place = 0; place < places->count; place++)
        for (size_t i = places->begins[place]; i < places->begins[place + 1]; i++) {
            const struct data_cell *cell = places->members[i].cell;
            most[place] = !most[place] || cell->threads > most[place]->threads ? cell : most[place];
        }
    return most;
}

void invariant_scaling(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    struct cell_groups places;
    cell_groups_build(&places, dataset, has_threads, by_matrix_place);
    const struct data_cell **largest = largest_teams(&places);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *one = &dataset->cells[i];
        if (!invariant_is_stream(one) || one->threads != 1)
            continue;
        const struct data_cell *most = largest[cell_groups_find(&places, one)];
        if (!most)
            continue;
        double alone = invariant_bandwidth(input, one), together = invariant_bandwidth(input, most);
        invariant_compare(invariant, alone / together - 1 - scaling_slack,
                          "%s has %.2f GB/s, one thread alone (%s) %.2f GB/s", most->name,
                          together / giga, one->name, alone / giga);
    }
    free(largest);
    cell_groups_free(&places);
}

// ---- the loaded curve ---------------------------------------------------------------------------

static double best_stream(const struct invariants_input *input) {
    double best = NAN;
    for (size_t i = 0; i < input->dataset->cell_count; i++)
        if (invariant_is_stream(&input->dataset->cells[i])) // fmax leaves NaN out
            best = fmax(best, invariant_bandwidth(input, &input->dataset->cells[i]));
    return best;
}

// The points of a closed curve with the longest pause, where they have next to no load, take as
// long as an idle chain.
static void compare_beginning(const struct invariants_input *input, struct invariant *invariant,
                              const struct series *curve, const struct idle *latencies) {
    double saturated = 0;
    uint64_t longest_cycles = 0;
    for (size_t i = 0; i < curve->cell_count; i++) {
        const struct data_cell *cell = curve->cells[i];
        saturated = fmax(saturated, invariant_bandwidth(input, cell));
        if (cell->load_delay_cycles > longest_cycles)
            longest_cycles = cell->load_delay_cycles;
    }
    for (size_t i = 0; i < curve->cell_count; i++) {
        const struct data_cell *cell = curve->cells[i];
        if (cell->load_mode != LOAD_CLOSED || cell->load_delay_cycles != longest_cycles)
            continue;
        const struct data_cell *idle = idle_of(latencies, cell);
        if (!idle || !(invariant_bandwidth(input, cell) <= CURVE_IDLE_SHARE * saturated))
            continue;
        double latency_ns = invariant_latency_ns(input, cell);
        double idle_ns = invariant_latency_ns(input, idle);
        invariant_compare(invariant, invariant_difference(latency_ns, idle_ns) - curve_idle_max,
                          "%s, with the longest pauses, has %.1f ns, %s has %.1f ns", cell->name,
                          latency_ns, idle->name, idle_ns);
    }
}

void invariant_cross(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    struct series_list curves;
    struct idle latencies;
    double peak = best_stream(input);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (cell->test != TEST_LOADED)
            continue;
        double bandwidth = invariant_bandwidth(input, cell);
        invariant_compare(invariant, bandwidth / (curve_peak_ratio_max * peak) - 1,
                          "%s has %.2f GB/s, the peak is %.2f GB/s", cell->name, bandwidth / giga,
                          peak / giga);
    }
    series_list_build(&curves, dataset, SERIES_CURVE);
    build_idle(&latencies, dataset);
    for (size_t i = 0; i < curves.count; i++)
        compare_beginning(input, invariant, &curves.at[i], &latencies);
    free_idle(&latencies);
    series_list_free(&curves);
}
