// SPDX-License-Identifier: Apache-2.0
#include "analyse/curve.h"

#include "base/random.h"
#include "stats/bootstrap.h"
#include "stats/order.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct curve_settings curve_settings_default = {
    .confidence = 0.95, .resamples = 1000, .seed = 1};

// ---- points -------------------------------------------------------------------------------------

static struct curve_point *point_of(struct curve *curve, double pause) {
    size_t place = 0, end = curve->count;
    while (place < end) {
        size_t middle = place + (end - place) / 2;
        if (curve->points[middle].pause > pause)
            place = middle + 1;
        else
            end = middle;
    }
    if (place < curve->count && curve->points[place].pause == pause)
        return &curve->points[place];
    curve->points = base_grow_by_one(curve->points, curve->count, sizeof *curve->points);
    memmove(&curve->points[place + 1], &curve->points[place],
            (curve->count - place) * sizeof *curve->points);
    curve->count++;
    curve->points[place] = (struct curve_point){.pause = pause};
    return &curve->points[place];
}

void curve_add(struct curve *curve, double pause, double bandwidth_bytes_per_s, double latency_ns) {
    CHECK(!isnan(pause) && !isnan(bandwidth_bytes_per_s) && !isnan(latency_ns));
    struct curve_point *point = point_of(curve, pause);
    size_t count = point->visit_count++;
    point->bandwidth_bytes_per_s =
        base_grow_by_one(point->bandwidth_bytes_per_s, count, sizeof(double));
    point->latency_ns = base_grow_by_one(point->latency_ns, count, sizeof(double));
    point->bandwidth_bytes_per_s[count] = bandwidth_bytes_per_s;
    point->latency_ns[count] = latency_ns;
}

void curve_free(struct curve *curve) {
    for (size_t i = 0; i < curve->count; i++) {
        free(curve->points[i].bandwidth_bytes_per_s);
        free(curve->points[i].latency_ns);
    }
    free(curve->points);
    *curve = (struct curve){0};
}

double curve_point_bandwidth(const struct curve_point *point) {
    return order_median(point->bandwidth_bytes_per_s, point->visit_count);
}

double curve_point_latency(const struct curve_point *point) {
    return order_median(point->latency_ns, point->visit_count);
}

// ---- figures of one curve of medians ------------------------------------------------------------

// One value a point, from idle to full load.
struct medians {
    double *bandwidth_bytes_per_s, *latency_ns;
    double *rising_ns; // the latencies made to never fall: filled by find_figures
    size_t count;
};

static size_t saturation_of(const struct medians *medians) {
    size_t saturated = 0;
    for (size_t i = 1; i < medians->count; i++)
        if (medians->bandwidth_bytes_per_s[i] > medians->bandwidth_bytes_per_s[saturated])
            saturated = i;
    return saturated;
}

// The bandwidth where the curve, coming from idle, reaches a latency; NaN when it never does. More
// load makes no queue shorter: one disturbed point near idle must not end the curve there.
static double bandwidth_at(const struct medians *medians, double latency_ns) {
    for (size_t i = 1; i < medians->count; i++) {
        if (medians->rising_ns[i] < latency_ns)
            continue;
        double below_ns = medians->rising_ns[i - 1];
        double share = (latency_ns - below_ns) / (medians->rising_ns[i] - below_ns);
        double below = medians->bandwidth_bytes_per_s[i - 1];
        return below + share * (medians->bandwidth_bytes_per_s[i] - below);
    }
    return NAN;
}

// How far below the chord from idle to saturation a point is, both axes scaled to 0..1.
struct chord {
    double bandwidth_from, bandwidth_range, latency_from, latency_range;
};

static double distance_below(const struct chord *chord, const struct medians *medians, size_t i) {
    return (medians->bandwidth_bytes_per_s[i] - chord->bandwidth_from) / chord->bandwidth_range -
           (medians->latency_ns[i] - chord->latency_from) / chord->latency_range;
}

// The top of the parabola through three points whose middle one is the highest; between the outer
// two by that. The middle one's place where they are no parabola.
static double top_of_parabola(const double x[3], const double y[3]) {
    double left = (x[1] - x[0]) * (y[1] - y[2]), right = (x[1] - x[2]) * (y[1] - y[0]);
    double divisor = 2 * (left - right);
    double moved = divisor != 0 ? ((x[1] - x[0]) * left - (x[1] - x[2]) * right) / divisor : 0;
    double top = x[1] - moved;
    return top > x[0] && top < x[2] ? top : x[1];
}

static double latency_between(const struct medians *medians, size_t i, double bandwidth) {
    size_t from = bandwidth < medians->bandwidth_bytes_per_s[i] ? i - 1 : i;
    const double *x = &medians->bandwidth_bytes_per_s[from], *y = &medians->latency_ns[from];
    return y[0] + (bandwidth - x[0]) / (x[1] - x[0]) * (y[1] - y[0]);
}

static void find_knee(const struct medians *medians, size_t saturated, double *figures) {
    const double *x = medians->bandwidth_bytes_per_s;
    const struct chord chord = {x[0], x[saturated] - x[0], medians->latency_ns[0],
                                medians->latency_ns[saturated] - medians->latency_ns[0]};
    size_t knee = 0;
    double farthest = 0;
    figures[CURVE_KNEE] = figures[CURVE_KNEE_NS] = NAN;
    if (isnan(figures[CURVE_AT_1_25])) // not idle at first, or never loaded
        return;
    if (!(chord.bandwidth_range > 0 && chord.latency_range > 0))
        return;
    for (size_t i = 1; i < saturated; i++) {
        double distance = distance_below(&chord, medians, i);
        if (distance > farthest) {
            farthest = distance;
            knee = i;
        }
    }
    if (!knee)
        return;
    figures[CURVE_KNEE] = x[knee];
    figures[CURVE_KNEE_NS] = medians->latency_ns[knee];
    if (!(x[knee - 1] < x[knee] && x[knee] < x[knee + 1])) // noise: no parabola over these
        return;
    const double distances[3] = {distance_below(&chord, medians, knee - 1), farthest,
                                 distance_below(&chord, medians, knee + 1)};
    figures[CURVE_KNEE] = top_of_parabola(&x[knee - 1], distances);
    figures[CURVE_KNEE_NS] = latency_between(medians, knee, figures[CURVE_KNEE]);
}

// The latency of the first point, where that carries little enough to be called idle: what was
// asked for may have no long pause.
static double idle_of(const struct medians *medians, size_t saturated) {
    bool idle = medians->bandwidth_bytes_per_s[0] <=
                CURVE_IDLE_SHARE * medians->bandwidth_bytes_per_s[saturated];
    return idle ? medians->latency_ns[0] : NAN;
}

static void find_figures(const struct medians *medians, double figures[CURVE_FIGURE_COUNT]) {
    size_t saturated = saturation_of(medians);
    double idle_ns = idle_of(medians, saturated);
    order_rising(medians->latency_ns, medians->count, medians->rising_ns);
    figures[CURVE_IDLE_NS] = idle_ns;
    figures[CURVE_SATURATED] = medians->bandwidth_bytes_per_s[saturated];
    figures[CURVE_SATURATED_NS] = medians->latency_ns[saturated];
    figures[CURVE_AT_1_25] = bandwidth_at(medians, 1.25 * idle_ns);
    figures[CURVE_USABLE] = bandwidth_at(medians, 1.5 * idle_ns);
    figures[CURVE_AT_2] = bandwidth_at(medians, 2 * idle_ns);
    find_knee(medians, saturated, figures);
}

bool curve_saturates(const struct curve_estimate figures[CURVE_FIGURE_COUNT]) {
    return !isnan(figures[CURVE_AT_1_25].value);
}

// ---- the bootstrap ------------------------------------------------------------------------------

// One visit drawn anew is its bandwidth and its latency together: they belong to each other. Of a
// point with very many visits only the medians are drawn, each for itself; its values are in order.
static void resample(const struct curve *curve, struct random *random, struct medians *medians) {
    double bandwidths[BOOTSTRAP_DRAWN_MAX], latencies[BOOTSTRAP_DRAWN_MAX];
    for (size_t i = 0; i < curve->count; i++) {
        const struct curve_point *point = &curve->points[i];
        size_t count = point->visit_count;
        if (count > BOOTSTRAP_DRAWN_MAX) {
            medians->bandwidth_bytes_per_s[i] =
                bootstrap_median(point->bandwidth_bytes_per_s, count, random);
            medians->latency_ns[i] = bootstrap_median(point->latency_ns, count, random);
            continue;
        }
        for (size_t visit = 0; visit < count; visit++) {
            size_t drawn = (size_t)random_below(random, count);
            bandwidths[visit] = point->bandwidth_bytes_per_s[drawn];
            latencies[visit] = point->latency_ns[drawn];
        }
        medians->bandwidth_bytes_per_s[i] = order_median(bandwidths, count);
        medians->latency_ns[i] = order_median(latencies, count);
    }
}

// The same points; those with very many visits have their values in ascending order.
static struct curve copy_in_order(const struct curve *curve) {
    struct curve copy = {base_allocate(curve->count, sizeof *copy.points), curve->count};
    for (size_t i = 0; i < curve->count; i++) {
        const struct curve_point *point = &curve->points[i];
        copy.points[i] = *point;
        if (point->visit_count <= BOOTSTRAP_DRAWN_MAX)
            continue;
        copy.points[i].bandwidth_bytes_per_s =
            order_sorted(point->bandwidth_bytes_per_s, point->visit_count);
        copy.points[i].latency_ns = order_sorted(point->latency_ns, point->visit_count);
    }
    return copy;
}

static void free_copy(struct curve *copy) {
    for (size_t i = 0; i < copy->count; i++)
        if (copy->points[i].visit_count > BOOTSTRAP_DRAWN_MAX) {
            free(copy->points[i].bandwidth_bytes_per_s);
            free(copy->points[i].latency_ns);
        }
    free(copy->points);
}

// Not reached (NaN) is more than any value that was. C promises no more of isnan() than that it is
// not 0, and with the difference of two of its results MinGW's program sorted wrongly.
static int compare_reached(const void *left, const void *right) {
    double a = *(const double *)left, b = *(const double *)right;
    bool a_reached = a == a, b_reached = b == b;
    if (!a_reached || !b_reached)
        return b_reached - a_reached;
    return (a > b) - (a < b);
}

static void find_interval(double *values, uint32_t count, double confidence,
                          struct curve_estimate *estimate) {
    if (isnan(estimate->value))
        return;
    qsort(values, count, sizeof *values, compare_reached);
    uint32_t tail = (uint32_t)((1 - confidence) / 2 * count);
    estimate->low = values[tail];
    estimate->high = values[count - 1 - tail];
}

static size_t min_visits(const struct curve *curve) {
    size_t least = curve->points[0].visit_count;
    for (size_t i = 0; i < curve->count; i++)
        if (curve->points[i].visit_count < least)
            least = curve->points[i].visit_count;
    return least;
}

static void bootstrap(const struct curve *curve, const struct curve_settings *settings,
                      struct medians *medians,
                      struct curve_estimate estimates[CURVE_FIGURE_COUNT]) {
    if (min_visits(curve) < CURVE_VISITS_MIN || !settings->resamples)
        return;
    struct curve copy = copy_in_order(curve);
    double *found = base_allocate((size_t)settings->resamples * CURVE_FIGURE_COUNT, sizeof *found);
    struct random random;
    random_seed(&random, settings->seed);
    for (uint32_t i = 0; i < settings->resamples; i++) {
        double figures[CURVE_FIGURE_COUNT];
        resample(&copy, &random, medians);
        find_figures(medians, figures);
        for (size_t figure = 0; figure < CURVE_FIGURE_COUNT; figure++)
            found[figure * settings->resamples + i] = figures[figure];
    }
    for (size_t figure = 0; figure < CURVE_FIGURE_COUNT; figure++)
        find_interval(&found[figure * settings->resamples], settings->resamples,
                      settings->confidence, &estimates[figure]);
    free(found);
    free_copy(&copy);
}

void curve_find_figures(const struct curve *curve, const struct curve_settings *settings,
                        struct curve_estimate figures[CURVE_FIGURE_COUNT]) {
    CHECK(curve->count > 0);
    struct medians medians = {
        .bandwidth_bytes_per_s = base_allocate(curve->count, sizeof(double)),
        .latency_ns = base_allocate(curve->count, sizeof(double)),
        .rising_ns = base_allocate(curve->count, sizeof(double)),
        .count = curve->count,
    };
    for (size_t i = 0; i < curve->count; i++) {
        medians.bandwidth_bytes_per_s[i] = curve_point_bandwidth(&curve->points[i]);
        medians.latency_ns[i] = curve_point_latency(&curve->points[i]);
    }
    double values[CURVE_FIGURE_COUNT];
    find_figures(&medians, values);
    for (size_t i = 0; i < CURVE_FIGURE_COUNT; i++)
        figures[i] = (struct curve_estimate){values[i], NAN, NAN};
    bootstrap(curve, settings, &medians, figures);
    free(medians.bandwidth_bytes_per_s);
    free(medians.latency_ns);
    free(medians.rising_ns);
}
