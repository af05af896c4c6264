// SPDX-License-Identifier: Apache-2.0
// The page's section of searches for the best set of nodes.
#include "report/best_sets_report.h"
#include "report/escape.h"
#include "report/page.h"

#include <math.h>

static void put_value(const struct data_cell *cell, FILE *stream) {
    char nodes[BEST_SET_TEXT_BYTES];
    if (!cell) {
        fprintf(stream, "<td class=\"num\">–</td><td>–</td>");
        return;
    }
    fprintf(stream, "<td class=\"num\">%.1f</td><td>", best_set_bandwidth(cell) / 1e9);
    put_html(stream, best_set_nodes(cell, nodes));
    fprintf(stream, "</td>");
}

static void put_row(const struct series *search, const struct best_set *best, void *context) {
    FILE *stream = context;
    char text[BEST_SET_TEXT_BYTES];
    double gain = best_set_bandwidth(best->set) / best_set_bandwidth(best->node) - 1;
    fprintf(stream, "<tr><th scope=\"row\">");
    put_html(stream, best_set_place(search, text));
    fprintf(stream, "</th>");
    put_value(best->node, stream);
    put_value(best->set, stream);
    if (isnan(gain))
        fprintf(stream, "<td class=\"num\">–</td>");
    else
        fprintf(stream, "<td class=\"num\">%+.0f %%</td>", 100 * gain);
    if (best_set_gains(best))
        fprintf(stream, "<td><code>%s PROGRAM</code></td></tr>\n",
                best_set_command(&best->set->mem_node, text));
    else
        fprintf(stream, "<td class=\"q\">no set is clearly better</td></tr>\n");
}

void section_sets(const struct page *page, FILE *stream) {
    struct series_list searches;
    series_list_build(&searches, page->shown, SERIES_SETS);
    bool any = searches.count > 0;
    series_list_free(&searches);
    if (!any)
        return;
    fprintf(stream,
            "<section><h2>Best sets of memory nodes</h2>\n<p class=\"q\">For each mix of reads and "
            "writes the node that gives the most bandwidth alone, and the set of nodes that gives "
            "the most together. 0:3+2:1 are three parts on node 0 and one on node 2. A command "
            "with weights needs them in the kernel too (Linux 6.9 and newer), where they are those "
            "of all programs.</p>\n<div class=\"wide\"><table><caption>Most bandwidth, GB/s"
            "</caption><tr><th scope=\"col\"></th><th scope=\"col\" class=\"num\">GB/s</th><th "
            "scope=\"col\">best node</th><th scope=\"col\" class=\"num\">GB/s</th><th "
            "scope=\"col\">best set</th><th scope=\"col\" class=\"num\">gain</th><th "
            "scope=\"col\">what to type</th></tr>\n");
    best_sets_each(page->shown, page->topology, put_row, stream);
    fprintf(stream, "</table></div>\n</section>\n");
}
