// SPDX-License-Identifier: Apache-2.0
#include "measure/timeline.h"

#include <stdlib.h>

// In front of the buckets, which each thread writes all the time.
enum { GAP = APART_BYTES / sizeof(double) };

void timeline_create(struct timeline *timeline, uint64_t duration_ns, uint64_t bucket_ns) {
    CHECK(bucket_ns > 0);
    timeline->bucket_ns = bucket_ns;
    timeline->bucket_count = (size_t)(duration_ns / bucket_ns + 1);
    double *room = base_allocate(GAP + timeline->bucket_count, sizeof *room);
    timeline->units = room + GAP;
    // A zeroed allocation may still be the kernel's zero page; writing makes it ours.
    volatile double *units = timeline->units;
    for (size_t i = 0; i < timeline->bucket_count; i++)
        units[i] = 0;
}

void timeline_free(struct timeline *timeline) {
    if (timeline->units)
        free(timeline->units - GAP);
    *timeline = (struct timeline){0};
}

struct written timeline_written(const struct timeline *timeline) {
    return (struct written){.base = timeline->units,
                            .bytes = timeline->bucket_count * sizeof *timeline->units};
}

// The place of bucket `number`; buckets between the newest and it are emptied on the way.
static double *enter_bucket(struct timeline *timeline, uint64_t number) {
    if (number > timeline->newest) {
        uint64_t fresh = number - timeline->newest;
        if (fresh > timeline->bucket_count)
            fresh = timeline->bucket_count;
        for (uint64_t i = 0; i < fresh; i++)
            timeline->units[(number - i) % timeline->bucket_count] = 0;
        timeline->newest = number;
    }
    return &timeline->units[number % timeline->bucket_count];
}

void timeline_add(struct timeline *timeline, uint64_t from_ns, uint64_t to_ns, double units) {
    uint64_t bucket_ns = timeline->bucket_ns;
    uint64_t first = from_ns / bucket_ns, last = to_ns / bucket_ns;
    if (first == last) {
        *enter_bucket(timeline, first) += units;
        return;
    }
    double per_ns = units / (double)(to_ns - from_ns);
    for (uint64_t i = first; i <= last; i++) {
        uint64_t begin = i == first ? from_ns : i * bucket_ns;
        uint64_t end = i == last ? to_ns : (i + 1) * bucket_ns;
        *enter_bucket(timeline, i) += per_ns * (double)(end - begin);
    }
}

double timeline_sum(const struct timeline *timeline, uint64_t from_ns, uint64_t to_ns) {
    CHECK(from_ns % timeline->bucket_ns == 0 && to_ns % timeline->bucket_ns == 0);
    uint64_t first = from_ns / timeline->bucket_ns, end = to_ns / timeline->bucket_ns;
    CHECK(end - first <= timeline->bucket_count);
    CHECK(first + timeline->bucket_count > timeline->newest); // not yet written over
    double sum = 0;
    for (uint64_t i = first; i < end && i <= timeline->newest; i++)
        sum += timeline->units[i % timeline->bucket_count];
    return sum;
}

bool timeline_converged(const struct timeline *timeline, uint64_t since_ns, uint64_t now_ns,
                        uint64_t sample_ns, double tolerance) {
    enum { SAMPLES = 3 };
    uint64_t end = now_ns / timeline->bucket_ns * timeline->bucket_ns;
    if (end < since_ns + SAMPLES * sample_ns)
        return false;
    double least = 0, most = 0;
    for (unsigned i = 0; i < SAMPLES; i++) {
        double units = timeline_sum(timeline, end - (i + 1) * sample_ns, end - i * sample_ns);
        least = i == 0 || units < least ? units : least;
        most = units > most ? units : most;
    }
    return most > 0 && most - least <= tolerance * most;
}
