// SPDX-License-Identifier: Apache-2.0
#include "report/escape.h"
#include "report/svg.h"

#include <math.h>
#include <string.h>

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

// Whether a line stands before the row or column: where its package is another.
static bool begins_group(const uint32_t *groups, size_t index) {
    return groups && index && groups[index] != groups[index - 1];
}

static void put_value(FILE *stream, const struct heatmap *map, double value, bool lined,
                      double least, double most) {
    const char *line = lined ? " g" : "";
    if (isnan(value)) {
        fprintf(stream, "<td class=\"q%s\">–</td>", line);
        return;
    }
    unsigned rgb[3];
    double share = most > least ? log(value / least) / log(most / least) : 0.5;
    colour(map->less_is_better ? 1 - share : share, rgb);
    bool light = 0.299 * rgb[0] + 0.587 * rgb[1] + 0.114 * rgb[2] > 128;
    fprintf(stream, "<td class=\"%s%s\" style=\"background:#%02x%02x%02x\">%.*f</td>",
            light ? "d" : "l", line, rgb[0], rgb[1], rgb[2], map->decimals, value);
}

void put_heatmap(FILE *stream, const struct heatmap *map) {
    double least = INFINITY, most = 0;
    for (size_t i = 0; i < map->row_count * map->column_count; i++) {
        least = isnan(map->values[i]) ? least : fmin(least, map->values[i]);
        most = isnan(map->values[i]) ? most : fmax(most, map->values[i]);
    }
    fprintf(stream, "<div class=\"wide\"><table class=\"map\"><caption>");
    put_html(stream, map->title);
    fprintf(stream, "</caption>\n<tr><td></td>");
    for (size_t column = 0; column < map->column_count; column++)
        fprintf(stream, "<th scope=\"col\"%s>%s</th>",
                begins_group(map->column_groups, column) ? " class=\"g\"" : "",
                map->column_labels[column]);
    fprintf(stream, "</tr>\n");
    for (size_t row = 0; row < map->row_count; row++) {
        fprintf(stream, "<tr%s><th scope=\"row\">%s</th>",
                begins_group(map->row_groups, row) ? " class=\"g\"" : "", map->row_labels[row]);
        for (size_t column = 0; column < map->column_count; column++)
            put_value(stream, map, map->values[row * map->column_count + column],
                      begins_group(map->column_groups, column), least, most);
        fprintf(stream, "</tr>\n");
    }
    fprintf(stream, "</table></div>\n");
}
