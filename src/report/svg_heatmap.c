// SPDX-License-Identifier: Apache-2.0
#include "report/escape.h"
#include "report/svg.h"

#include <math.h>
#include <string.h>

enum { CELL_WIDTH = 58, CELL_HEIGHT = 26, LABEL_WIDTH = 66, LABEL_HEIGHT = 22, GAP = 5 };

// Ten steps of cividis (Nunez, Anderton, Renslow, PLOS ONE 2018), made to look alike to those with
// and without a colour vision deficiency; dark to bright.
static const unsigned char cividis[][3] = {
    {0,   34,  78 },
    {18,  53,  112},
    {59,  73,  108},
    {87,  93,  109},
    {112, 113, 115},
    {138, 134, 120},
    {165, 156, 116},
    {195, 179, 105},
    {225, 204, 85 },
    {254, 232, 56 },
};

static unsigned blend(unsigned char from, unsigned char to, double share) {
    return (unsigned)(from + (to - from) * share + 0.5);
}

static void colour(double bright, unsigned rgb[3]) {
    double at = fmin(fmax(bright, 0), 1) * (COUNT_OF(cividis) - 1);
    size_t step = (size_t)at < COUNT_OF(cividis) - 2 ? (size_t)at : COUNT_OF(cividis) - 2;
    for (int channel = 0; channel < 3; channel++)
        rgb[channel] = blend(cividis[step][channel], cividis[step + 1][channel], at - (double)step);
}

// Where lines between groups go: the offset of a row or column by the gaps before it.
static double offset(const uint32_t *groups, size_t index) {
    double gaps = 0;
    for (size_t i = 1; groups && i <= index; i++)
        gaps += groups[i] != groups[i - 1] ? GAP : 0;
    return gaps;
}

static void put_value(FILE *stream, const struct heatmap *map, size_t row, size_t column,
                      double least, double most) {
    double value = map->values[row * map->column_count + column];
    double x = LABEL_WIDTH + (double)column * CELL_WIDTH + offset(map->column_groups, column);
    double y = LABEL_HEIGHT + (double)row * CELL_HEIGHT + offset(map->row_groups, row);
    if (isnan(value)) {
        fprintf(stream, "<text class=\"n\" x=\"%.0f\" y=\"%.0f\">–</text>", x + CELL_WIDTH / 2.0,
                y + 17);
        return;
    }
    unsigned rgb[3];
    double share = most > least ? log(value / least) / log(most / least) : 0.5;
    colour(map->less_is_better ? 1 - share : share, rgb);
    bool light = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] > 128;
    fprintf(stream,
            "<g><title>%s to %s: %.*f %s</title><rect x=\"%.0f\" y=\"%.0f\" width=\"%d\" "
            "height=\"%d\" fill=\"#%02x%02x%02x\"/><text class=\"%s\" x=\"%.0f\" "
            "y=\"%.0f\">%.*f</text></g>\n",
            map->row_labels[row], map->column_labels[column], map->decimals, value, map->unit, x, y,
            CELL_WIDTH - 1, CELL_HEIGHT - 1, rgb[0], rgb[1], rgb[2], light ? "d" : "l",
            x + CELL_WIDTH / 2.0 - 0.5, y + 17, map->decimals, value);
}

static void put_lines(FILE *stream, const struct heatmap *map, double width, double height) {
    for (size_t i = 1; map->column_groups && i < map->column_count; i++)
        if (map->column_groups[i] != map->column_groups[i - 1]) {
            double x = LABEL_WIDTH + (double)i * CELL_WIDTH + offset(map->column_groups, i) - 3;
            fprintf(stream, "<path class=\"r\" d=\"M%.0f 4V%.0f\"/>", x, height);
        }
    for (size_t i = 1; map->row_groups && i < map->row_count; i++)
        if (map->row_groups[i] != map->row_groups[i - 1]) {
            double y = LABEL_HEIGHT + (double)i * CELL_HEIGHT + offset(map->row_groups, i) - 3;
            fprintf(stream, "<path class=\"r\" d=\"M4 %.0fH%.0f\"/>", y, width);
        }
}

void svg_heatmap(FILE *stream, const struct heatmap *map) {
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < map->row_count * map->column_count; i++) {
        least = isnan(map->values[i]) ? least : fmin(least, map->values[i]);
        most = isnan(map->values[i]) ? most : fmax(most, map->values[i]);
    }
    double width = LABEL_WIDTH + (double)map->column_count * CELL_WIDTH +
                   offset(map->column_groups, map->column_count - 1) + 2;
    double height = LABEL_HEIGHT + (double)map->row_count * CELL_HEIGHT +
                    offset(map->row_groups, map->row_count - 1) + 2;
    fprintf(stream,
            "<svg class=\"h\" role=\"img\" viewBox=\"0 0 %.0f %.0f\" width=\"%.0f\" "
            "height=\"%.0f\"><title>",
            width, height, width, height);
    put_html(stream, map->title);
    fprintf(stream, "</title>\n");
    for (size_t column = 0; column < map->column_count; column++)
        fprintf(stream, "<text class=\"n\" x=\"%.0f\" y=\"15\">%s</text>",
                LABEL_WIDTH + (double)column * CELL_WIDTH + offset(map->column_groups, column) +
                    CELL_WIDTH / 2.0,
                map->column_labels[column]);
    for (size_t row = 0; row < map->row_count; row++) {
        fprintf(stream, "<text class=\"e\" x=\"%d\" y=\"%.0f\">%s</text>\n", LABEL_WIDTH - 8,
                LABEL_HEIGHT + (double)row * CELL_HEIGHT + offset(map->row_groups, row) + 17,
                map->row_labels[row]);
        for (size_t column = 0; column < map->column_count; column++)
            put_value(stream, map, row, column, least, most);
    }
    put_lines(stream, map, width, height);
    fprintf(stream, "</svg>\n");
}
