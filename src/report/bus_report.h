// SPDX-License-Identifier: Apache-2.0
// What the bus carried (analyse/bus_traffic.h) in JSON; the terminal's part is in terminal.h, the
// page's in page.h. Each is silent where no machine has counters.
#ifndef NUMAPROBE_REPORT_BUS_REPORT_H
#define NUMAPROBE_REPORT_BUS_REPORT_H

#include "analyse/dataset.h"
#include "record/document.h"

// Adds the array "bus".
void bus_report_add(struct document *document, const struct dataset *dataset);

#endif
