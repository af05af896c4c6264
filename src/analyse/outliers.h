// SPDX-License-Identifier: Apache-2.0
// Which hosts of a fleet are slower than their kind.
//
// A figure is a cell's metric over the hosts of one SKU, or what all cells of a metric share: the
// mean of a host's deviations in them, which sees a host that is a little slower in everything. A
// host's value is the median of its runs. How far hosts of a kind spread is estimated with means
// that outliers have no hold on (spread_robust), and a host is an outlier where its value is beyond
// the prediction limit for the worse side of one more host, with OUTLIERS_FALSE_ALARMS shared by
// all figures (Bonferroni) and, from 200 hosts on, tails as all figures together show them, and
// beyond what is no change at all (metric_kinds.effect_min).
#ifndef NUMAPROBE_ANALYSE_OUTLIERS_H
#define NUMAPROBE_ANALYSE_OUTLIERS_H

#include "analyse/compare_gate.h"
#include "analyse/fleet.h"

#define OUTLIERS_FALSE_ALARMS 0.001 // of a good host, in any of its figures

// Fewer hosts of a kind do not show what is usual for it.
enum { OUTLIERS_HOSTS_MIN = 5 };

struct outlier_figure {
    const struct fleet_figure *cell; // NULL: what all cells of the metric share
    enum metric metric;
    size_t cell_count; // of a shared one
    double *values;    // by host number; NaN: it has none. Of a shared one the ratio to the usual
    size_t count;      // of hosts that have one
    double median, spread;        // spread: as a share of the median
    double least, p10, p90, most; // of the values
    double limit;                 // the worse side's; NaN where hosts are too few to tell
    double detectable; // the least share by which a host must be worse to be seen; NaN likewise
    size_t outside;    // hosts beyond the limit
};

// What makes a host an outlier.
struct outlier_evidence {
    size_t figure;         // index
    double change;         // how much worse than the median, as a share of it
    double sigmas;         // the same in spreads of the kind
    const char *since_utc; // of the first of its latest runs that are all beyond the limit; NULL:
                           // one run
};

struct outlier_host {
    uint32_t host;                     // number in its SKU
    struct outlier_evidence *evidence; // the farthest first
    size_t count;
};

struct outliers {
    const struct fleet_sku *sku;
    struct outlier_figure *figures; // the shared ones first
    size_t figure_count;
    struct outlier_host *hosts; // the farthest first
    size_t host_count;
    bool known; // there are hosts enough to tell
};

// Of one SKU of the fleet; outliers_free is due.
void outliers_find(struct outliers *outliers, const struct fleet *fleet, uint32_t sku);
void outliers_free(struct outliers *outliers);

// Whether no host of the fleet is slow. One that was not judged, for lack of other hosts or of a
// usable run, does not pass. The outliers are those of each SKU.
struct gate outliers_gate(const struct fleet *fleet, const struct outliers *skus);

// By what share a host must be slower to be found in half of the figures; NaN: unknown.
double outliers_detectable(const struct outliers *outliers);

#endif
