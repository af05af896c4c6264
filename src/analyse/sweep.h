// SPDX-License-Identifier: Apache-2.0
// What a sweep over sizes says of the levels that memory is served from: how fast each is, and how
// much it really holds. The sizes that a machine shows are not asked: guests are shown caches that
// they do not have.
#ifndef NUMAPROBE_ANALYSE_SWEEP_H
#define NUMAPROBE_ANALYSE_SWEEP_H

#include "analyse/series.h"
#include "topology/topology.h"

// A size, and the time of one access there (of a load, or of a byte: any unit).
struct sweep_point {
    double size_bytes;
    double time;
};

// A level: sizes over which the time hardly rises. What it holds lies between low and high; the
// estimate is their geometric mean. NaN: not reached, because no slower level is seen behind it;
// low_bytes is then the largest size that it still served alone.
struct sweep_level {
    double time;
    double first_bytes, last_bytes; // sizes of its points
    double holds_bytes;
    double low_bytes, high_bytes;
};

enum { SWEEP_LEVELS_MAX = 8 };

// Finds the levels of points in ascending order of size; fastest first. Returns how many.
//
// Times are smoothed by a running median of three and made to rise (pool adjacent violators: time
// never falls with size but by disturbance). A level is a run of at least a doubling of size over
// which the logarithm rises by at most 0.15, the longest runs first; neighbours that differ by less
// than a quarter are one. Between two levels the time tells the share of accesses that the faster
// one still serves, and that share of the size is what it holds at least: exact where replacement
// is random, and where it is by age the share falls at once. At most it holds the first size of
// which it serves less than nine tenths.
size_t sweep_find_levels(const struct sweep_point *points, size_t count,
                         struct sweep_level levels[SWEEP_LEVELS_MAX]);

// Which found level each shown cache is, in the order of both: the one that holds the nearest
// size, at most twice or half of what is shown. The last cache is else the last level with a
// border that is no other's, however little that holds. SIZE_MAX: none is seen.
void sweep_match(const struct sweep_level *levels, size_t level_count, const uint64_t *shown_bytes,
                 size_t shown_count, size_t *matches);

// The rows of one sweep: one loop from the same CPUs to the same memory in one kind of page.
struct sweep_series {
    const struct data_cell *first;
    enum metric metric;
    const struct data_cell **cells; // in ascending order of what they touch; each has a value
    size_t cell_count;
    struct sweep_level levels[SWEEP_LEVELS_MAX];
    size_t level_count;
};
struct sweep_list {
    struct sweep_series *at;
    size_t count;
};

// Latencies first. Levels of bandwidths are found by the time of a byte.
void sweep_list_build(struct sweep_list *list, const struct dataset *dataset);
void sweep_list_free(struct sweep_list *list);

// The caches that the machine shows to the CPUs of a series, and which of its levels each is (as
// sweep_match). Returns how many; 0 when topology is NULL.
size_t sweep_shown(const struct sweep_series *series, const struct topology *topology,
                   struct topology_level shown[TOPOLOGY_LEVELS_MAX],
                   size_t matches[TOPOLOGY_LEVELS_MAX]);

// "structural, cpu 0 to mem 0, thp pages, 1 thread". Returns text.
enum { SWEEP_NAME_BYTES = 192 };
char *sweep_name(const struct sweep_series *series, char text[SWEEP_NAME_BYTES]);

#endif
