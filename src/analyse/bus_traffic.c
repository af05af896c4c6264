// SPDX-License-Identifier: Apache-2.0
#include "analyse/bus_traffic.h"

#include "analyse/series.h"
#include "kernels/mix.h"
#include "stats/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- which cells --------------------------------------------------------------------------------

static bool won(const struct series_list *races, const struct data_cell *cell) {
    const struct series *race = series_list_find(races, SERIES_RACE, cell);
    return race && series_race_winner(race) == cell;
}

static bool tells(const struct series_list *races, const struct data_cell *cell) {
    return cell->bus_count && cell->test == TEST_BANDWIDTH && cell->sized_for == SIZED_FOR_MEMORY &&
           (cell->check == CHECK_NONE || cell->check == CHECK_COUNT) &&
           (!series_takes(SERIES_RACE, cell) || won(races, cell));
}

static bool is_of(const struct bus_traffic *traffic, const struct data_cell *cell) {
    return strcmp(traffic->loop, cell->kernel) == 0 && strcmp(traffic->mix, cell->mix) == 0 &&
           strcmp(traffic->source, cell->bus_source) == 0;
}

static struct bus_traffic *find(const struct bus_traffic_list *list, const struct data_cell *cell) {
    for (size_t i = 0; i < list->count; i++)
        if (is_of(&list->at[i], cell))
            return &list->at[i];
    return NULL;
}

// ---- medians ------------------------------------------------------------------------------------

// All visits of the loop's cells.
struct visits {
    struct data_bus *at;
    size_t count;
};

static struct visits collect(const struct bus_traffic *traffic, const struct series_list *races,
                             const struct dataset *dataset) {
    struct visits visits = {0};
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (!is_of(traffic, cell) || !tells(races, cell))
            continue;
        for (size_t k = 0; k < cell->bus_count; k++) {
            visits.at = base_grow_by_one(visits.at, visits.count, sizeof *visits.at);
            visits.at[visits.count++] = cell->bus[k];
        }
    }
    return visits;
}

// Of one of their numbers, without the visits that have none; NaN where none has.
static double median_of(const struct visits *visits, enum data_bus_number number) {
    double *values = base_allocate(visits->count, sizeof *values);
    size_t count = 0;
    for (size_t i = 0; i < visits->count; i++)
        if (!isnan(visits->at[i].numbers[number]))
            values[count++] = visits->at[i].numbers[number];
    double median = count ? order_median(values, count) : NAN;
    free(values);
    return median;
}

static void take_medians(struct bus_traffic *traffic, const struct visits *visits) {
    traffic->visits = visits->count;
    traffic->carried_per_byte = median_of(visits, DATA_BUS_CARRIED);
    traffic->min_per_byte = median_of(visits, DATA_BUS_MIN);
    traffic->max_per_byte = median_of(visits, DATA_BUS_MAX);
    traffic->store_read_share = median_of(visits, DATA_BUS_STORE_READS);
    traffic->reads_per_write = median_of(visits, DATA_BUS_READS_PER_WRITE);
}

void bus_traffic_list_build(struct bus_traffic_list *list, const struct dataset *dataset) {
    struct series_list races;
    series_list_build(&races, dataset, SERIES_RACE);
    *list = (struct bus_traffic_list){0};
    for (size_t i = 0; i < dataset->cell_count; i++) {
        const struct data_cell *cell = &dataset->cells[i];
        if (!tells(&races, cell) || find(list, cell))
            continue;
        list->at = base_grow_by_one(list->at, list->count, sizeof *list->at);
        struct bus_traffic *traffic = &list->at[list->count++];
        *traffic = (struct bus_traffic){
            .loop = cell->kernel, .mix = cell->mix, .source = cell->bus_source};
        struct visits visits = collect(traffic, &races, dataset);
        take_medians(traffic, &visits);
        free(visits.at);
    }
    series_list_free(&races);
}

void bus_traffic_list_free(struct bus_traffic_list *list) {
    free(list->at);
    *list = (struct bus_traffic_list){0};
}

// ---- words --------------------------------------------------------------------------------------

// What lies so far outside is no matter of the caches' room (as flags BUS_LESS and BUS_MORE).
static const double slack = 0.1;

const char *bus_traffic_conclusion(const struct bus_traffic *traffic) {
    if (traffic->carried_per_byte < (1 - slack) * traffic->min_per_byte)
        return "less than the loop moves, so the counters are wrong";
    if (traffic->carried_per_byte > (1 + slack) * traffic->max_per_byte)
        return "more than the loop can move, so others moved data too, or the counters are wrong";
    if (isnan(traffic->store_read_share))
        return "";
    if (traffic->store_read_share > 0.75)
        return "the lines were read first";
    return traffic->store_read_share < 0.25 ? "the lines were not read first"
                                            : "a part of the lines was read first";
}

static void add_mix(const struct bus_traffic *traffic, char *text, size_t room) {
    const struct kernel_mix *mix = mix_find(traffic->mix);
    if (mix && mix->writes && !isnan(traffic->reads_per_write))
        snprintf(text, room, "; reads to writes %.2f, by the mix %s %.2f", traffic->reads_per_write,
                 mix->name, (double)mix->reads / mix->writes);
}

char *bus_traffic_format(const struct bus_traffic *traffic, char text[BUS_TRAFFIC_TEXT_BYTES]) {
    const char *conclusion = bus_traffic_conclusion(traffic);
    char mix[100] = "", possible[60] = "";
    if (traffic->max_per_byte > 1.01 * traffic->min_per_byte)
        snprintf(possible, sizeof possible, " (%.2f to %.2f possible)", traffic->min_per_byte,
                 traffic->max_per_byte);
    add_mix(traffic, mix, sizeof mix);
    snprintf(text, BUS_TRAFFIC_TEXT_BYTES,
             "%.60s: %.2f bytes carried per byte counted of %.60s%s%s%s%s", traffic->source,
             traffic->carried_per_byte, traffic->loop, possible, *conclusion ? ": " : "",
             conclusion, mix);
    return text;
}
