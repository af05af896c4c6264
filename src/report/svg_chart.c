// SPDX-License-Identifier: Apache-2.0
#include "base/units.h"
#include "report/escape.h"
#include "report/svg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { WIDTH = 720, HEIGHT = 340, LEFT = 76, RIGHT = 16, TOP = 24, BOTTOM = 46, STYLES = 6 };

struct axis {
    double least, most; // of the transformed values
    double from, to;    // on the drawing
    double base;        // 0: linear, else logarithmic to that base
};

static double transformed(const struct axis *axis, double value) {
    return axis->base > 0 ? log(value) / log(axis->base) : value;
}

static double place(const struct axis *axis, double value) {
    double span = axis->most - axis->least;
    double share = span > 0 ? (transformed(axis, value) - axis->least) / span : 0.5;
    return axis->from + share * (axis->to - axis->from);
}

static void widen(struct axis *axis, double value) {
    double at = transformed(axis, value);
    axis->least = fmin(axis->least, at);
    axis->most = fmax(axis->most, at);
}

// 1, 2 or 5 times a power of ten, so that about `wanted` steps fit.
static double nice_step(double span, int wanted) {
    double raw = span / wanted, power = pow(10, floor(log10(raw)));
    double digit = raw / power;
    return power * (digit <= 1 ? 1 : digit <= 2 ? 2 : digit <= 5 ? 5 : 10);
}

static void put_tick(FILE *stream, const struct axis *axis, bool horizontal, double value,
                     const char *label) {
    double at = place(axis, value);
    if (horizontal)
        fprintf(stream,
                "<path class=\"t\" d=\"M%.1f %dV%d\"/><text class=\"n\" x=\"%.1f\" "
                "y=\"%d\">%s</text>\n",
                at, TOP, HEIGHT - BOTTOM, at, HEIGHT - BOTTOM + 16, label);
    else
        fprintf(stream,
                "<path class=\"t\" d=\"M%d %.1fH%d\"/><text class=\"e\" x=\"%d\" "
                "y=\"%.1f\">%s</text>\n",
                LEFT, at, WIDTH - RIGHT, LEFT - 6, at + 4, label);
}

static void put_linear_ticks(FILE *stream, const struct axis *axis, bool horizontal) {
    double step = nice_step(axis->most - axis->least, horizontal ? 8 : 6);
    for (double value = ceil(axis->least / step) * step; value <= axis->most + step / 1e6;
         value += step) {
        char label[32];
        snprintf(label, sizeof label, "%g", fabs(value) < step / 1e6 ? 0 : value);
        put_tick(stream, axis, horizontal, value, label);
    }
}

static void put_log_ticks(FILE *stream, const struct axis *axis, bool horizontal) {
    static const double digits[] = {1, 2, 5};
    bool narrow = axis->most - axis->least < 3;
    for (int power = (int)floor(axis->least); power <= (int)ceil(axis->most); power++)
        for (size_t i = 0; i < (narrow ? COUNT_OF(digits) : 1); i++) {
            double value = digits[i] * pow(10, power);
            char label[32];
            snprintf(label, sizeof label, "%g", value);
            if (log10(value) >= axis->least - 1e-9 && log10(value) <= axis->most + 1e-9)
                put_tick(stream, axis, horizontal, value, label);
        }
}

static void put_byte_ticks(FILE *stream, const struct axis *axis) {
    int every = axis->most - axis->least > 10 ? 2 : 1;
    for (int power = (int)ceil(axis->least); power <= (int)floor(axis->most); power += every) {
        char label[UNITS_TEXT_BYTES];
        put_tick(stream, axis, true, ldexp(1, power),
                 units_format_bytes((uint64_t)1 << power, label));
    }
}

static void find_axes(const struct chart *chart, struct axis *x, struct axis *y) {
    *x = (struct axis){INFINITY, -INFINITY, LEFT, WIDTH - RIGHT, chart->x_is_bytes ? 2 : 0};
    *y = (struct axis){INFINITY, -INFINITY, HEIGHT - BOTTOM, TOP, chart->y_is_log ? 10 : 0};
    for (size_t i = 0; i < chart->series_count; i++)
        for (size_t point = 0; point < chart->series[i].count; point++) {
            widen(x, chart->series[i].x[point]);
            widen(y, chart->series[i].y[point]);
        }
    if (!chart->x_is_bytes)
        widen(x, 0);
    if (!chart->y_is_log)
        widen(y, 0);
    double room = fmax((y->most - y->least) * 0.05, 0.01);
    y->most += room;
    y->least -= chart->y_is_log ? room : 0;
    x->most += chart->x_is_bytes ? 0.1 : (x->most - x->least) * 0.03;
}

// Each series has a colour, a dash and a shape of its own.
static void put_shape(FILE *stream, size_t style, double x, double y) {
    static const char *const shapes[STYLES] = {
        "m-3 0a3 3 0 1 0 6 0a3 3 0 1 0 -6 0z", // circle
        "m-3 -3h6v6h-6z",                      // square
        "m0 -4l4 7h-8z",                       // triangle
        "m0 -4l4 4l-4 4l-4 -4z",               // diamond
        "m0 4l4 -7h-8z",                       // triangle on its tip
        "m-4 -1h3v-3h2v3h3v2h-3v3h-2v-3h-3z",  // cross
    };
    fprintf(stream, "<path class=\"s%zu\" d=\"M%.1f %.1f%s\"/>", style, x, y, shapes[style]);
}

static void put_series(FILE *stream, const struct chart *chart, size_t index, const struct axis *x,
                       const struct axis *y) {
    const struct chart_series *series = &chart->series[index];
    size_t style = index % STYLES;
    fprintf(stream, "<path class=\"c s%zu\" d=\"", style);
    for (size_t i = 0; i < series->count; i++)
        fprintf(stream, "%c%.1f %.1f", i ? 'L' : 'M', place(x, series->x[i]),
                place(y, series->y[i]));
    fprintf(stream, "\"/>\n");
    for (size_t i = 0; i < series->count; i++) {
        fprintf(stream, "<g><title>%.4g, %.4g</title>", series->x[i], series->y[i]);
        put_shape(stream, style, place(x, series->x[i]), place(y, series->y[i]));
        fprintf(stream, "</g>\n");
    }
}

static void put_key(FILE *stream, const struct chart *chart) {
    fprintf(stream, "<p class=\"key\">");
    for (size_t i = 0; i < chart->series_count; i++) {
        fprintf(stream,
                "<span><svg width=\"26\" height=\"12\"><path class=\"c s%zu\" d=\"M0 6H26\"/>",
                i % STYLES);
        put_shape(stream, i % STYLES, 13, 6);
        fprintf(stream, "</svg> ");
        put_html(stream, chart->series[i].name);
        fprintf(stream, "</span>\n");
    }
    fprintf(stream, "</p>\n");
}

void svg_chart(FILE *stream, const struct chart *chart) {
    struct axis x, y;
    find_axes(chart, &x, &y);
    fprintf(stream,
            "<div class=\"wide\"><svg class=\"k\" style=\"min-width:%dpx\" role=\"img\" "
            "viewBox=\"0 0 %d %d\"><title>",
            WIDTH, WIDTH, HEIGHT);
    put_html(stream, chart->title);
    fprintf(stream, "</title>\n");
    if (chart->x_is_bytes)
        put_byte_ticks(stream, &x);
    else
        put_linear_ticks(stream, &x, true);
    if (chart->y_is_log)
        put_log_ticks(stream, &y, false);
    else
        put_linear_ticks(stream, &y, false);
    for (size_t i = 0; i < chart->mark_count; i++) {
        double at = place(&x, chart->marks[i].x);
        if (at < LEFT || at > WIDTH - RIGHT)
            continue;
        fprintf(stream,
                "<path class=\"m\" d=\"M%.1f %dV%d\"/><text class=\"n\" x=\"%.1f\" y=\"%d\">", at,
                TOP, HEIGHT - BOTTOM, at, TOP - 8);
        put_html(stream, chart->marks[i].label);
        fprintf(stream, "</text>\n");
    }
    for (size_t i = 0; i < chart->series_count; i++)
        put_series(stream, chart, i, &x, &y);
    fprintf(stream, "<text class=\"n\" x=\"%d\" y=\"%d\">%s</text>", (LEFT + WIDTH) / 2, HEIGHT - 8,
            chart->x_label);
    fprintf(stream,
            "<text class=\"n\" transform=\"translate(12 %d) rotate(-90)\">%s</text></svg></div>\n",
            HEIGHT / 2, chart->y_label);
    put_key(stream, chart);
}

void chart_point(struct chart_series *series, double x, double y) {
    series->x = base_grow_by_one(series->x, series->count, sizeof *series->x);
    series->y = base_grow_by_one(series->y, series->count, sizeof *series->y);
    series->x[series->count] = x;
    series->y[series->count++] = y;
}

void chart_free(struct chart *chart) {
    for (size_t i = 0; i < chart->series_count; i++) {
        free(chart->series[i].x);
        free(chart->series[i].y);
    }
    free(chart->series);
    free(chart->marks);
}

// ---- effects ------------------------------------------------------------------------------------

void svg_effects(FILE *stream, const char *title, const struct effect *effects, size_t count) {
    enum { ROW = 20, NAMES = 520, AXIS = 300 };
    static const char *const classes[] = {"w", "b", "q"};
    double most = 5;
    for (size_t i = 0; i < count; i++) {
        if (!isnan(effects[i].low))
            most = fmax(most, fmax(fabs(effects[i].low), fabs(effects[i].high)));
        if (!isnan(effects[i].percent))
            most = fmax(most, fabs(effects[i].percent));
    }
    most = fmin(most, 200);
    struct axis axis = {-most, most, NAMES, NAMES + AXIS, 0};
    int height = (int)count * ROW + 40;
    int width = NAMES + AXIS + 110;
    fprintf(stream,
            "<div class=\"wide\"><svg class=\"k\" style=\"min-width:%dpx\" role=\"img\" "
            "viewBox=\"0 0 %d %d\"><title>%s</title>\n",
            width, width, height, title);
    double step = nice_step(2 * most, 6);
    for (double at = -floor(most / step) * step; at <= most; at += step)
        fprintf(stream,
                "<path class=\"t\" d=\"M%.1f 4V%d\"/><text class=\"n\" x=\"%.1f\" y=\"%d\">%s%g "
                "%%</text>\n",
                place(&axis, at), height - 28, place(&axis, at), height - 12,
                at > step / 1e6 ? "+" : "", fabs(at) < step / 1e6 ? 0 : at);
    for (size_t i = 0; i < count; i++) {
        const struct effect *effect = &effects[i];
        int y = (int)i * ROW + 16;
        fprintf(stream, "<text class=\"e\" x=\"%d\" y=\"%d\">", NAMES - 10, y + 4);
        put_html(stream, effect->name);
        fprintf(stream, "</text>");
        if (!isnan(effect->low))
            fprintf(stream, "<path class=\"i %s\" d=\"M%.1f %dH%.1f\"/>", classes[effect->kind],
                    place(&axis, fmax(-most, effect->low)), y,
                    place(&axis, fmin(most, effect->high)));
        if (!isnan(effect->percent))
            fprintf(stream, "<circle class=\"%s\" cx=\"%.1f\" cy=\"%d\" r=\"4\"/>",
                    classes[effect->kind], place(&axis, fmax(-most, fmin(most, effect->percent))),
                    y);
        fprintf(stream, "<text x=\"%d\" y=\"%d\">%s</text>\n", NAMES + AXIS + 12, y + 4,
                effect->word);
    }
    fprintf(stream, "</svg></div>\n");
}
