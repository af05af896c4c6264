// SPDX-License-Identifier: Apache-2.0
// What searches for the best set of nodes found, in the forms of all readers: the words that they
// share, the table of `capacity` and of the page, and the list of summary.json.
#ifndef NUMAPROBE_REPORT_BEST_SETS_REPORT_H
#define NUMAPROBE_REPORT_BEST_SETS_REPORT_H

#include "analyse/best_sets.h"
#include "record/document.h"
#include "report/text_form.h"

// "reads, CPUs of node 0". Returns text.
enum { BEST_SET_TEXT_BYTES = NODE_SET_TEXT_BYTES };
char *best_set_place(const struct series *search, char text[BEST_SET_TEXT_BYTES]);

// "0:3+2:1", or that each CPU node has its own memory. Returns text.
char *best_set_nodes(const struct data_cell *cell, char text[BEST_SET_TEXT_BYTES]);

// What spreads a program's pages so: "numactl --weighted-interleave=0,2". The weights themselves
// are the system's (sysfs, Linux 6.9 and newer). Returns text.
char *best_set_command(const struct node_set *set, char text[BEST_SET_TEXT_BYTES]);

// Each search of a dataset in its order, with what it found. Returns how many there are.
size_t best_sets_each(const struct dataset *dataset, const struct topology *topology,
                      void (*take)(const struct series *search, const struct best_set *best,
                                   void *context),
                      void *context);

// A table of all searches below a title, and what to type; nothing where there was none.
void best_sets_print(const struct dataset *dataset, const struct topology *topology,
                     const struct marks *marks, FILE *stream);

// The member `best_sets`, a list.
void best_sets_add(struct document *document, const struct dataset *dataset,
                   const struct topology *topology);

#endif
