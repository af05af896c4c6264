// SPDX-License-Identifier: Apache-2.0
// A fleet as people and programs read it: each kind of machine with its distributions, the hosts
// that are slower than their kind with the evidence, and what was left out and why.
#ifndef NUMAPROBE_REPORT_FLEET_REPORT_H
#define NUMAPROBE_REPORT_FLEET_REPORT_H

#include "analyse/outliers.h"
#include "report/text_form.h"

struct fleet_report {
    const struct fleet *fleet;
    const struct outliers *skus; // one for each of the fleet's
};

// False when the stream refused it.
bool fleet_print(const struct fleet_report *report, enum text_form form, FILE *stream);

// The same as a page that needs nothing else: a drawing for each figure, with a dot for each host.
void fleet_page_write(const struct fleet_report *report, FILE *stream);

// The name of its cell, or what it stands for. Returns text.
enum { FLEET_NAME_BYTES = 300 };
char *fleet_figure_name(const struct outlier_figure *figure, char text[FLEET_NAME_BYTES]);

// How many hosts the fleet has, and how many of them are outliers.
size_t fleet_count_hosts(const struct fleet_report *report, size_t *outliers);

// What the hosts of a kind could show: how much slower one must be. Returns text.
enum { FLEET_POWER_BYTES = 120 };
char *fleet_power(const struct outliers *outliers, char text[FLEET_POWER_BYTES]);

#endif
