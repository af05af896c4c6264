// SPDX-License-Identifier: Apache-2.0
// Invariants of bandwidth: what the modules can carry, reads against other mixes, Little's law, the
// sum of nodes, more threads, and the loaded curve against its two ends.
#include "analyse/curve.h"
#include "analyse/invariants_private.h"
#include "analyse/loaded_curves.h"
#include "kernels/mix.h"

#include <math.h>
#include <string.h>

static const double mix_share_least = 0.97;
static const double nontemporal_share_least = 0.9;
static const double one_chain_most = 0.03;
static const double chain_lines_most = 64; // of one core, for chains: its buffers
// For streams a core's second-level cache asks ahead too: a Zen 4 guest has 57 to 67 lines a
// thread by this reckoning [own]. Twice the buffers, and a cache must have held a part.
static const double stream_lines_most = 128;
static const double sum_most = 0.05;
static const double scaling_slack = 0.02;
static const double curve_idle_most = 0.03;
static const double curve_peak_fold_most = 1.02;
static const double fallback_line_bytes = 64;

static const double giga = 1e9;

void invariant_above_peak(const struct invariants_input *input, struct invariant *invariant) {
    for (size_t i = 0; i < input->dataset->cell_count; i++) {
        const struct data_cell *cell = &input->dataset->cells[i];
        if (!invariant_is_stream(cell))
            continue;
        double bandwidth = invariant_bandwidth(cell);
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

static bool same_places(const struct data_cell *a, const struct data_cell *b) {
    return a->cpu_node == b->cpu_node && node_set_same(&a->mem_node, &b->mem_node) &&
           strcmp(a->pages, b->pages) == 0 && a->block == b->block;
}

// The best cell of reads on the same places: a search leaves many.
static const struct data_cell *best_reads(const struct dataset *dataset,
                                          const struct data_cell *like) {
    const struct data_cell *best = NULL;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (strcmp(cell->mix, "reads") != 0 || !invariant_is_stream(cell) ||
            !same_places(cell, like) || isnan(invariant_bandwidth(cell)))
            continue;
        if (!best || invariant_bandwidth(cell) > invariant_bandwidth(best))
            best = cell;
    }
    return best;
}

// "write_nt.avx2" of "write.avx2".
static bool is_nontemporal_of(const char *kernel, const char *ordinary) {
    size_t name = strcspn(ordinary, "."), length = strlen(kernel);
    return length == strlen(ordinary) + 3 && strncmp(kernel, ordinary, name) == 0 &&
           strncmp(kernel + name, "_nt", 3) == 0 && strcmp(kernel + name + 3, ordinary + name) == 0;
}

static void compare_nontemporal(const struct dataset *dataset, struct invariant *invariant,
                                const struct data_cell *ordinary) {
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (!invariant_is_stream(cell) || !same_places(cell, ordinary) ||
            cell->threads != ordinary->threads ||
            !is_nontemporal_of(cell->kernel, ordinary->kernel))
            continue;
        double bandwidth = invariant_bandwidth(cell), least = invariant_bandwidth(ordinary);
        invariant_compare(invariant, 1 - bandwidth / (nontemporal_share_least * least),
                          "%s has %.2f GB/s, %s with ordinary stores %.2f GB/s", cell->name,
                          bandwidth / giga, ordinary->name, least / giga);
    }
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

void invariant_mix_order(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    bool saturates = !cores_are_the_limit(dataset);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (!invariant_is_stream(cell))
            continue;
        // One thread alone does not saturate, and then either may draw more.
        if (strncmp(cell->kernel, "write.", 6) == 0 && cell->threads > 1)
            compare_nontemporal(dataset, invariant, cell);
        bool mixed = saturates && cell->mix[0] && strcmp(cell->mix, "reads") != 0 &&
                     !stores_past_caches(cell);
        const struct data_cell *reads = mixed ? best_reads(dataset, cell) : NULL;
        if (!reads)
            continue;
        double bandwidth = invariant_bandwidth(cell), best = invariant_bandwidth(reads);
        invariant_compare(invariant, 1 - best / (mix_share_least * bandwidth),
                          "%s reads %.2f GB/s, less than the mix %s of %s with %.2f GB/s",
                          reads->name, best / giga, cell->mix, cell->name, bandwidth / giga);
    }
}

// ---- Little's law -------------------------------------------------------------------------------

static double line_bytes(const struct topology *topology) {
    for (size_t i = 0; topology && i < topology->cache_count; i++)
        if (topology->caches[i].line_bytes)
            return topology->caches[i].line_bytes;
    return fallback_line_bytes;
}

// The idle latency from these CPUs to that memory in the same kind of pages.
static const struct data_cell *idle_of(const struct dataset *dataset,
                                       const struct data_cell *cell) {
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *idle = &dataset->cells[i];
        bool same_pattern = !cell->pattern[0] || strcmp(idle->pattern, cell->pattern) == 0;
        if (invariant_is_idle(idle) && idle->block != BLOCK_LOADED &&
            idle->cpu_node == cell->cpu_node && node_set_same(&idle->mem_node, &cell->mem_node) &&
            strcmp(idle->pages, cell->pages) == 0 && same_pattern)
            return idle;
    }
    return NULL;
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
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        bool chain =
            cell->test == TEST_LATENCY && !data_cell_is_cached(cell) && cell->check == CHECK_NONE;
        bool stream = invariant_is_stream(cell) && cell->threads != NONE_U64 && cell->threads > 1 &&
                      !stores_past_caches(cell);
        const struct data_cell *idle = chain || stream ? idle_of(dataset, cell) : NULL;
        if (!idle)
            continue;
        double lines = invariant_bandwidth(cell) * invariant_latency_ns(idle) / giga /
                       line_bytes(input->topology);
        if (stream)
            lines *= read_share(cell) / (double)cell->threads;
        double excess = chain && cell->chains == 1
                            ? fabs(lines - 1) - one_chain_most
                            : lines / (stream ? stream_lines_most : chain_lines_most) - 1;
        invariant_compare(invariant, excess,
                          "%s has %.2f GB/s, which at %.1f ns is %.2f lines in flight%s",
                          cell->name, invariant_bandwidth(cell) / giga, invariant_latency_ns(idle),
                          lines, stream ? " per thread" : "");
    }
}

// ---- threads and nodes --------------------------------------------------------------------------

static bool is_local(const struct data_cell *cell, const struct data_cell *like) {
    return invariant_is_matrix(cell) && invariant_is_stream(cell) &&
           cell->cpu_node == data_cell_mem_node(cell) && strcmp(cell->kernel, like->kernel) == 0 &&
           strcmp(cell->pages, like->pages) == 0;
}

// Of several numbers of threads on a node, the most.
static bool has_most_threads(const struct dataset *dataset, const struct data_cell *local) {
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *other = &dataset->cells[i];
        if (is_local(other, local) && other->cpu_node == local->cpu_node &&
            other->threads > local->threads)
            return false;
    }
    return true;
}

void invariant_sum_nodes(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *all = &dataset->cells[i];
        if (!invariant_is_stream(all) || all->cpu_node != NONE_U64 || all->mem_node.count)
            continue;
        double sum = 0;
        uint64_t threads = 0;
        for (size_t j = 0; j < dataset->cell_count; j++) {
            const struct data_cell *one = &dataset->cells[j];
            if (!is_local(one, all) || !has_most_threads(dataset, one))
                continue;
            sum += invariant_bandwidth(one);
            threads += one->threads;
        }
        if (threads != all->threads) // not the same threads, or no nodes at all
            continue;
        double bandwidth = invariant_bandwidth(all);
        invariant_compare(invariant, invariant_difference(bandwidth, sum) - sum_most,
                          "%s has %.2f GB/s, each node alone with its own memory %.2f GB/s in sum",
                          all->name, bandwidth / giga, sum / giga);
    }
}

void invariant_scaling(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *one = &dataset->cells[i], *most = NULL;
        if (!invariant_is_stream(one) || one->threads != 1)
            continue;
        for (size_t j = 0; j < dataset->cell_count; j++) {
            const struct data_cell *cell = &dataset->cells[j];
            if (cell->threads == NONE_U64 || cell->threads == 1 ||
                cell->cpu_node != one->cpu_node ||
                !node_set_same(&cell->mem_node, &one->mem_node) ||
                series_compare(SERIES_MATRIX, cell, one) != 0)
                continue;
            most = !most || cell->threads > most->threads ? cell : most;
        }
        if (!most)
            continue;
        double alone = invariant_bandwidth(one), together = invariant_bandwidth(most);
        invariant_compare(invariant, alone / together - 1 - scaling_slack,
                          "%s has %.2f GB/s, one thread alone (%s) %.2f GB/s", most->name,
                          together / giga, one->name, alone / giga);
    }
}

// ---- the loaded curve ---------------------------------------------------------------------------

// Whether no point of its curve has a longer pause, and it has next to no load.
static bool begins_curve(const struct dataset *dataset, const struct data_cell *cell) {
    if (cell->test != TEST_LOADED || cell->load_mode != LOAD_CLOSED)
        return false;
    double saturated = 0;
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *point = &dataset->cells[i];
        if (!series_takes(SERIES_CURVE, point) || series_compare(SERIES_CURVE, point, cell) != 0)
            continue;
        if (point->load_delay_cycles > cell->load_delay_cycles)
            return false;
        saturated = fmax(saturated, invariant_bandwidth(point));
    }
    return invariant_bandwidth(cell) <= CURVE_IDLE_SHARE * saturated;
}

static double best_stream(const struct dataset *dataset) {
    double best = NAN;
    for (size_t i = 0; i < dataset->cell_count; i++)
        if (invariant_is_stream(&dataset->cells[i]))
            best = fmax(best, invariant_bandwidth(&dataset->cells[i])); // fmax leaves NaN out
    return best;
}

void invariant_cross(const struct invariants_input *input, struct invariant *invariant) {
    const struct dataset *dataset = input->dataset;
    double peak = best_stream(dataset);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (cell->test != TEST_LOADED)
            continue;
        double bandwidth = invariant_bandwidth(cell), latency_ns = invariant_latency_ns(cell);
        invariant_compare(invariant, bandwidth / (curve_peak_fold_most * peak) - 1,
                          "%s has %.2f GB/s, the peak is %.2f GB/s", cell->name, bandwidth / giga,
                          peak / giga);
        const struct data_cell *idle = begins_curve(dataset, cell) ? idle_of(dataset, cell) : NULL;
        if (!idle)
            continue;
        invariant_compare(invariant,
                          invariant_difference(latency_ns, invariant_latency_ns(idle)) -
                              curve_idle_most,
                          "%s, with the longest pauses, has %.1f ns, %s has %.1f ns", cell->name,
                          latency_ns, idle->name, invariant_latency_ns(idle));
    }
}
