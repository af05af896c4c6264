// SPDX-License-Identifier: Apache-2.0
// The page of a fleet: for each figure of a kind of machine a strip with a dot for each host.
#include "report/escape.h"
#include "report/fleet_report.h"
#include "report/page.h"

#include <math.h>
#include <stdio.h>

enum { STRIP_WIDTH = 300, STRIP_HEIGHT = 58, MARGIN = 10, DOTS_TOP = 8, DOTS_HEIGHT = 40 };

// Where values of a strip are: a tenth of the range is left on either side.
struct scale {
    double low, high;
};

static double place(const struct scale *scale, double value) {
    return MARGIN + (STRIP_WIDTH - 2 * MARGIN) * (value - scale->low) / (scale->high - scale->low);
}

static struct scale scale_of(const struct outlier_figure *figure) {
    double low = figure->least, high = figure->most;
    if (!isnan(figure->limit)) {
        low = fmin(low, figure->limit);
        high = fmax(high, figure->limit);
    }
    double edge = fmax(0.05 * (high - low), 1e-6 * fabs(high));
    return (struct scale){low - edge, high + edge};
}

// Hosts of the same value do not hide each other; the same host has the same height in each strip.
static double height_of(size_t host) {
    return DOTS_TOP + (double)((host * 2654435761u) % 1000) / 1000 * DOTS_HEIGHT;
}

static void put_value(FILE *stream, const struct outlier_figure *figure, double value) {
    const struct metric_kind *kind = &metric_kinds[figure->metric];
    if (figure->cell)
        fprintf(stream, "%.*f %s", kind->decimals, value / kind->unit_size, kind->unit);
    else
        fprintf(stream, "%.3f", value);
}

static bool is_outside(const struct outlier_figure *figure, double value) {
    return !isnan(figure->limit) &&
           metric_kinds[figure->metric].worse * (value - figure->limit) > 0;
}

// One path for all that are usual: thousands of dots are a few bytes each.
static void put_dots(FILE *stream, const struct outliers *outliers,
                     const struct outlier_figure *figure, const struct scale *scale) {
    fprintf(stream, "<path class=\"s0\" style=\"fill:none;stroke-width:3;stroke-linecap:round;"
                    "stroke-opacity:.5\" d=\"");
    for (size_t host = 0; host < outliers->sku->host_count; host++)
        if (!isnan(figure->values[host]) && !is_outside(figure, figure->values[host]))
            fprintf(stream, "M%.1f %.0fh0", place(scale, figure->values[host]), height_of(host));
    fprintf(stream, "\"/>");
    for (size_t i = 0; i < outliers->host_count; i++) {
        size_t host = outliers->hosts[i].host;
        double value = figure->values[host];
        if (isnan(value) || !is_outside(figure, value))
            continue;
        double x = place(scale, value);
        bool leftward = x > STRIP_WIDTH / 2.0; // its name
        fprintf(stream, "<g><title>");
        put_html(stream, outliers->sku->hosts[host]);
        fprintf(stream, ": ");
        put_value(stream, figure, value);
        fprintf(stream,
                "</title><circle class=\"w\" cx=\"%.1f\" cy=\"%.0f\" r=\"4\"/><text%s x=\"%.1f\" "
                "y=\"%.0f\">",
                x, height_of(host), leftward ? " class=\"e\"" : "", x + (leftward ? -7 : 7),
                height_of(host) + 4);
        put_html(stream, outliers->sku->hosts[host]);
        fprintf(stream, "</text></g>");
    }
}

static void put_strip(FILE *stream, const struct outliers *outliers,
                      const struct outlier_figure *figure) {
    char name[FLEET_NAME_BYTES];
    struct scale scale = scale_of(figure);
    fprintf(stream, "<figure><figcaption>");
    put_html(stream, fleet_figure_name(figure, name));
    fprintf(stream,
            "</figcaption><svg role=\"img\" viewBox=\"0 0 %d %d\" width=\"%d\" height=\"%d\">"
            "<title>",
            STRIP_WIDTH, STRIP_HEIGHT, STRIP_WIDTH, STRIP_HEIGHT);
    put_html(stream, name);
    fprintf(stream, "</title>");
    put_dots(stream, outliers, figure, &scale);
    double x = place(&scale, figure->median);
    fprintf(stream, "<path class=\"q\" style=\"fill:none\" d=\"M%.1f %dv%d\"/>", x, DOTS_TOP - 4,
            DOTS_HEIGHT + 8);
    if (!isnan(figure->limit))
        fprintf(stream,
                "<path class=\"w\" style=\"fill:none\" stroke-dasharray=\"4 3\" d=\"M%.1f "
                "%dv%d\"/>",
                place(&scale, figure->limit), DOTS_TOP - 4, DOTS_HEIGHT + 8);
    fprintf(stream, "</svg><p class=\"q\">%zu hosts, ", figure->count);
    put_value(stream, figure, figure->least);
    fprintf(stream, " to ");
    put_value(stream, figure, figure->most);
    fprintf(stream, "; median ");
    put_value(stream, figure, figure->median);
    if (!isnan(figure->limit)) {
        fprintf(stream, ", limit ");
        put_value(stream, figure, figure->limit);
    }
    fprintf(stream, "</p></figure>\n");
}

static void put_outliers(FILE *stream, const struct outliers *outliers) {
    char name[FLEET_NAME_BYTES];
    if (!outliers->known) {
        fprintf(stream,
                "<p>Too few hosts to find a slow one: %zu, but at least %d are needed.</p>\n",
                outliers->sku->host_count, OUTLIERS_HOSTS_MIN);
        return;
    }
    char power[FLEET_POWER_BYTES];
    fprintf(stream, "<p>%zu of %zu hosts %s slower than their kind; %s.</p>\n",
            outliers->host_count, outliers->sku->host_count,
            outliers->host_count == 1 ? "is" : "are", fleet_power(outliers, power));
    if (!outliers->host_count)
        return;
    fprintf(stream, "<div class=\"wide\"><table><thead><tr><th scope=\"col\">host</th><th "
                    "scope=\"col\">figures beyond</th><th scope=\"col\">worst by</th><th "
                    "scope=\"col\">in</th></tr>"
                    "</thead><tbody>\n");
    for (size_t i = 0; i < outliers->host_count; i++) {
        const struct outlier_host *host = &outliers->hosts[i];
        fprintf(stream, "<tr><th scope=\"row\">");
        put_html(stream, outliers->sku->hosts[host->host]);
        fprintf(stream, "</th><td>%zu of %zu</td><td>%+.1f %% (%.1f spreads)</td><td>", host->count,
                outliers->figure_count, 100 * host->evidence[0].change, host->evidence[0].sigmas);
        put_html(stream, fleet_figure_name(&outliers->figures[host->evidence[0].figure], name));
        fprintf(stream, "</td></tr>\n");
    }
    fprintf(stream, "</tbody></table></div>\n");
}

static void put_sku(FILE *stream, const struct outliers *outliers, size_t number) {
    fprintf(stream, "<section><h2>Kind %zu: ", number);
    put_html(stream, outliers->sku->cpu_model[0] ? outliers->sku->cpu_model : "unknown CPU");
    fprintf(stream, "</h2>\n<p class=\"q\">%zu host%s, %zu run%s: ", outliers->sku->host_count,
            PLURAL(outliers->sku->host_count), outliers->sku->run_count,
            PLURAL(outliers->sku->run_count));
    put_html(stream, outliers->sku->fingerprint);
    fprintf(stream, "</p>\n");
    put_outliers(stream, outliers);
    fprintf(stream, "<div class=\"maps\">\n");
    for (size_t i = 0; i < outliers->figure_count; i++)
        if (outliers->figures[i].count)
            put_strip(stream, outliers, &outliers->figures[i]);
    fprintf(stream, "</div></section>\n");
}

static void put_left_out(FILE *stream, const struct fleet *fleet) {
    if (!fleet->left_out_count)
        return;
    fprintf(stream, "<section><h2>Left out</h2><div class=\"wide\"><table><thead><tr><th "
                    "scope=\"col\">host</th><th "
                    "scope=\"col\">run</th><th scope=\"col\">why</th></tr></thead><tbody>\n");
    for (size_t i = 0; i < fleet->left_out_count; i++) {
        fprintf(stream, "<tr><td>");
        put_html(stream, fleet->left_out[i].host);
        fprintf(stream, "</td><td>");
        put_html(stream, fleet->left_out[i].path);
        fprintf(stream, "</td><td>");
        put_html(stream, fleet->left_out[i].reason);
        fprintf(stream, "</td></tr>\n");
    }
    fprintf(stream, "</tbody></table></div></section>\n");
}

void fleet_page_write(const struct fleet_report *report, FILE *stream) {
    size_t outliers, hosts = fleet_count_hosts(report, &outliers);
    page_put_head(stream);
    fprintf(
        stream,
        "<title>numaprobe: a fleet of %zu hosts</title></head><body>\n<h1>%zu host%s, %zu "
        "outlier%s</h1>\n<p class=\"q\">%zu run%s of %zu kind%s of machine; %zu run%s left out. A "
        "dot is a host, the line the median, the dashed line the limit beyond which a host is "
        "slower than its kind.</p>\n",
        hosts, hosts, PLURAL(hosts), outliers, PLURAL(outliers), report->fleet->run_count,
        PLURAL(report->fleet->run_count), report->fleet->sku_count,
        PLURAL(report->fleet->sku_count), report->fleet->left_out_count,
        PLURAL(report->fleet->left_out_count));
    for (size_t i = 0; i < report->fleet->sku_count; i++)
        put_sku(stream, &report->skus[i], i + 1);
    put_left_out(stream, report->fleet);
    fprintf(stream, "<p class=\"q\">1 GB/s is 1e9 bytes/s. This page loads nothing from "
                    "anywhere.</p>\n</body></html>\n");
}
