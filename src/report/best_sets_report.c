// SPDX-License-Identifier: Apache-2.0
#include "report/best_sets_report.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>

// ---- words --------------------------------------------------------------------------------------

char *best_set_place(const struct series *search, char text[BEST_SET_TEXT_BYTES]) {
    const struct data_cell *first = search->cells[0];
    if (first->cpu_node == NONE_U64)
        snprintf(text, BEST_SET_TEXT_BYTES, "%s, CPUs of all nodes", first->mix);
    else
        snprintf(text, BEST_SET_TEXT_BYTES, "%s, CPUs of node %" PRIu64, first->mix,
                 first->cpu_node);
    return text;
}

char *best_set_nodes(const struct data_cell *cell, char text[BEST_SET_TEXT_BYTES]) {
    if (cell->mem_node.count)
        return node_set_format(&cell->mem_node, text);
    snprintf(text, BEST_SET_TEXT_BYTES, "each CPU node's own memory");
    return text;
}

char *best_set_command(const struct node_set *set, char text[BEST_SET_TEXT_BYTES]) {
    size_t used =
        (size_t)snprintf(text, BEST_SET_TEXT_BYTES,
                         "numactl --%sinterleave=", node_set_is_even(set) ? "" : "weighted-");
    for (size_t i = 0; i < set->count && used < BEST_SET_TEXT_BYTES; i++)
        used += (size_t)snprintf(text + used, BEST_SET_TEXT_BYTES - used, "%s%u", i ? "," : "",
                                 (unsigned)set->shares[i].node);
    return text;
}

size_t best_sets_each(const struct dataset *dataset, const struct topology *topology,
                      void (*take)(const struct series *search, const struct best_set *best,
                                   void *context),
                      void *context) {
    struct series_list searches;
    series_list_build(&searches, dataset, SERIES_SETS);
    size_t count = searches.count;
    for (size_t i = 0; i < count; i++) {
        const struct best_set best =
            best_set_of(&searches.at[i], &dataset->runs[dataset->run_count - 1], topology);
        take(&searches.at[i], &best, context);
    }
    series_list_free(&searches);
    return count;
}

// ---- table and Markdown -------------------------------------------------------------------------

struct place {
    const struct marks *marks;
    FILE *stream;
    struct text_table *table;
};

static void add_value(struct text_table *table, const struct data_cell *cell) {
    char nodes[BEST_SET_TEXT_BYTES];
    if (cell)
        text_table_add(table, "%.1f", best_set_bandwidth(cell) / 1e9);
    else
        text_table_add(table, "-");
    text_table_add(table, "%s", cell ? best_set_nodes(cell, nodes) : "-");
}

static void add_row(const struct series *search, const struct best_set *best, void *context) {
    struct text_table *table = ((const struct place *)context)->table;
    char text[BEST_SET_TEXT_BYTES];
    text_table_add(table, "%s", best_set_place(search, text));
    add_value(table, best->node);
    add_value(table, best->set);
    if (best->node && best->set)
        text_table_add(table, "%+.0f %%%s",
                       100 * (best_set_bandwidth(best->set) / best_set_bandwidth(best->node) - 1),
                       best_set_gains(best) ? "" : ", not clear");
    else
        text_table_add(table, "-");
}

static void print_command(const struct series *search, const struct best_set *best, void *context) {
    const struct place *place = context;
    char text[BEST_SET_TEXT_BYTES];
    if (!best_set_gains(best))
        return;
    fprintf(place->stream, "%s", place->marks->item);
    place->marks->put(place->stream, best_set_place(search, text));
    fprintf(place->stream, ": %s PROGRAM", best_set_command(&best->set->mem_node, text));
    if (!node_set_is_even(&best->set->mem_node))
        fprintf(place->stream, ", with the weights %s in the kernel",
                best_set_nodes(best->set, text));
    fprintf(place->stream, "\n");
}

void best_sets_print(const struct dataset *dataset, const struct topology *topology,
                     const struct marks *marks, FILE *stream) {
    static const char *const heads[] = {"for", ">GB/s", "best node", ">GB/s", "best set", ">gain"};
    struct place place = {marks, stream, text_table_create(heads, COUNT_OF(heads))};
    size_t count = best_sets_each(dataset, topology, add_row, &place);
    const char *gap = marks->is_markdown ? "\n" : "";
    if (count)
        fprintf(stream, "\n%sThe most bandwidth: one node, or a set with weights\n%s", marks->title,
                gap);
    text_table_print(place.table, marks, stream);
    if (count)
        fprintf(stream, "%s", gap);
    best_sets_each(dataset, topology, print_command, &place);
}

// ---- JSON ---------------------------------------------------------------------------------------

static void add_cell(struct document *document, const char *name, const struct data_cell *cell) {
    char nodes[NODE_SET_TEXT_BYTES];
    if (!cell) {
        document_text(document, name, NULL);
        return;
    }
    document_open_object(document, name);
    document_text(document, "mem_node",
                  cell->mem_node.count ? node_set_format(&cell->mem_node, nodes) : NULL);
    document_f64(document, "bandwidth_bytes_per_s", best_set_bandwidth(cell));
    document_u64(document, "visits", cell->visit_count);
    document_close(document);
}

static void add_search(const struct series *search, const struct best_set *best, void *context) {
    struct document *document = context;
    char command[BEST_SET_TEXT_BYTES];
    bool gains = best_set_gains(best);
    document_open_object(document, NULL);
    document_text(document, "mix", search->cells[0]->mix);
    document_u64(document, "cpu_node", search->cells[0]->cpu_node);
    add_cell(document, "best_node", best->node);
    add_cell(document, "best_set", best->set);
    add_cell(document, "equal_parts", best->even);
    add_cell(document, "kernel_weights", best->kernel);
    add_cell(document, "firmware_weights", best->firmware);
    document_f64(document, "ratio", best_set_bandwidth(best->set) / best_set_bandwidth(best->node));
    document_flag(document, "clearly_better", gains);
    document_text(document, "command",
                  gains ? best_set_command(&best->set->mem_node, command) : NULL);
    document_close(document);
}

void best_sets_add(struct document *document, const struct dataset *dataset,
                   const struct topology *topology) {
    document_open_array(document, "best_sets");
    best_sets_each(dataset, topology, add_search, document);
    document_close(document);
}
