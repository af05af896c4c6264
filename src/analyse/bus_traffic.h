// SPDX-License-Identifier: Apache-2.0
// What the memory bus carried for each byte that a loop counts, by the machine's own counters: the
// one reading of what the rows say of it (columns bus_), for the terminal, the page and JSON.
#ifndef NUMAPROBE_ANALYSE_BUS_TRAFFIC_H
#define NUMAPROBE_ANALYSE_BUS_TRAFFIC_H

#include "analyse/dataset.h"

// Of a loop, as it stands for a mix; medians over its visits. NaN: not counted, or no such thing.
struct bus_traffic {
    const char *loop;        // write.avx512
    const char *mix;         // "": the loop stands for none
    const char *source;      // the counters
    double carried_per_byte; // bytes carried per byte counted
    double min_per_byte,
        max_per_byte;        // what the loop can move: stores read no line first, or all
    double store_read_share; // of its ordinary stores, those that read their line first
    double reads_per_write;  // of bytes on the bus
    size_t visits;
};

struct bus_traffic_list {
    struct bus_traffic *at;
    size_t count; // 0: no machine of the dataset has counters
};

// The loops of bandwidth in memory, in the order of the dataset: what fits the caches says nothing
// of the bus. Of those that raced for a mix only the winners. The texts are those of the dataset.
void bus_traffic_list_build(struct bus_traffic_list *list, const struct dataset *dataset);
void bus_traffic_list_free(struct bus_traffic_list *list);

// What follows for its stores: "the lines were read first"; "" where it has no such stores. Also
// that the counters cannot be right, or somebody else moved data, where the loop cannot have moved
// so much.
const char *bus_traffic_conclusion(const struct bus_traffic *traffic);

// "resctrl: 1.98 bytes carried per byte counted of write.avx512 (1.00 to 2.00 possible): the lines
// were read first". Returns text.
enum { BUS_TRAFFIC_TEXT_BYTES = 400 };
char *bus_traffic_format(const struct bus_traffic *traffic, char text[BUS_TRAFFIC_TEXT_BYTES]);

#endif
