// SPDX-License-Identifier: Apache-2.0
// Drawings inside the page: heatmaps, curves, and effects with their intervals. Plain SVG, text
// that can be selected, a title in each mark for those who point at it; colours that the
// colour-blind can distinguish, and never colour alone. Private to this room.
#ifndef NUMAPROBE_REPORT_SVG_H
#define NUMAPROBE_REPORT_SVG_H

#include "base/base.h"

#include <stdio.h>

// A matrix of numbers. Bright is better. NaN is shown as "–".
struct heatmap {
    const char *title;    // its caption
    const double *values; // [row * column_count + column], in the unit shown
    const char (*row_labels)[24];
    const char (*column_labels)[24];
    const uint32_t *row_groups; // a line is drawn where this changes (packages); NULL: nowhere
    const uint32_t *column_groups;
    size_t row_count, column_count;
    int decimals;
    const char *unit;
    bool less_is_better;
};
void put_heatmap(FILE *stream, const struct heatmap *map); // a table, so that it can be copied

struct chart_series {
    char name[128];
    double *x, *y;
    size_t count;
};
struct chart_mark { // a vertical line with a word
    double x;
    char label[32];
};
struct chart {
    const char *title;
    const char *x_label, *y_label;
    bool x_is_bytes; // logarithmic, base 2, with KiB and MiB
    bool y_is_log;   // base 10
    struct chart_series *series;
    size_t series_count;
    struct chart_mark *marks;
    size_t mark_count;
};
void svg_chart(FILE *stream, const struct chart *chart);
void chart_free(struct chart *chart); // its arrays
void chart_point(struct chart_series *series, double x, double y);

// One effect a line: a dot and its interval on an axis of percent, and a word.
struct effect {
    const char *name;
    const char *word;
    double percent, low, high; // NaN: none
    int kind;                  // 0 worse, 1 better, 2 neither
};
void svg_effects(FILE *stream, const char *title, const struct effect *effects, size_t count);

#endif
