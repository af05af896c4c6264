// SPDX-License-Identifier: Apache-2.0
#include "report/bus_report.h"

#include "analyse/bus_traffic.h"
#include "report/escape.h"
#include "report/page.h"
#include "report/terminal.h"
#include "report/terminal_text.h"

void terminal_bus(const struct terminal *terminal) {
    struct bus_traffic_list list;
    char text[BUS_TRAFFIC_TEXT_BYTES];
    bus_traffic_list_build(&list, terminal->dataset);
    for (size_t i = 0; i < list.count; i++)
        terminal_say("Bus        %s\n", bus_traffic_format(&list.at[i], text));
    bus_traffic_list_free(&list);
}

void section_bus(const struct page *page, FILE *stream) {
    struct bus_traffic_list list;
    char text[BUS_TRAFFIC_TEXT_BYTES];
    bus_traffic_list_build(&list, page->shown);
    if (list.count)
        fprintf(stream, "<section><h2>What the memory bus carried</h2>\n<p class=\"q\">By the "
                        "machine's own counters, beside what each loop counts.</p>\n<ul>\n");
    for (size_t i = 0; i < list.count; i++) {
        fprintf(stream, "<li>");
        put_html(stream, bus_traffic_format(&list.at[i], text));
        fprintf(stream, "</li>\n");
    }
    if (list.count)
        fprintf(stream, "</ul>\n</section>\n");
    bus_traffic_list_free(&list);
}

static void add_traffic(struct document *document, const struct bus_traffic *traffic) {
    const char *conclusion = bus_traffic_conclusion(traffic);
    document_open_object(document, NULL);
    document_text(document, "loop", traffic->loop);
    document_text(document, "mix", *traffic->mix ? traffic->mix : NULL);
    document_text(document, "source", traffic->source);
    document_u64(document, "visits", traffic->visits);
    document_f64(document, "carried_per_byte", traffic->carried_per_byte);
    document_f64(document, "min_per_byte", traffic->min_per_byte);
    document_f64(document, "max_per_byte", traffic->max_per_byte);
    document_f64(document, "store_read_share", traffic->store_read_share);
    document_f64(document, "reads_per_write", traffic->reads_per_write);
    document_text(document, "conclusion", *conclusion ? conclusion : NULL);
    document_close(document);
}

void bus_report_add(struct document *document, const struct dataset *dataset) {
    struct bus_traffic_list list;
    bus_traffic_list_build(&list, dataset);
    if (list.count)
        document_open_array(document, "bus");
    for (size_t i = 0; i < list.count; i++)
        add_traffic(document, &list.at[i]);
    if (list.count)
        document_close(document);
    bus_traffic_list_free(&list);
}
