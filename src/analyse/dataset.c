// SPDX-License-Identifier: Apache-2.0
#include "analyse/dataset.h"

#include "base/id_set.h"
#include "base/units.h"
#include "record/document.h"
#include "record/flags.h"
#include "record/rows_file.h"
#include "stats/order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 1100 };

const struct metric_kind metric_kinds[METRIC_COUNT] = {
    [METRIC_LATENCY] = {"latency",   "latency_ns",            "ns",   1,   1, 1,  0.02},
    [METRIC_BANDWIDTH] = {"bandwidth", "bandwidth_bytes_per_s", "GB/s", 1e9, 2, -1, 0.01},
};

const struct data_cell *dataset_cell(const struct dataset *dataset, const char *name) {
    size_t place = text_set_find(&dataset->names, name);
    return place < dataset->cell_count ? &dataset->cells[place] : NULL;
}

// ---- one row ------------------------------------------------------------------------------------

static void copy_text(char *target, size_t target_bytes, const char *text) {
    snprintf(target, target_bytes, "%.*s", (int)target_bytes - 1, text);
}

// Runs of a program before the column: made of what tells one cell from another.
static void compose_name(const struct row *row, char *name, size_t name_bytes) {
    char size[UNITS_TEXT_BYTES] = "", nodes[NODE_SET_TEXT_BYTES];
    if (row->buffer_bytes != NONE_U64)
        units_format_bytes(row->buffer_bytes, size);
    snprintf(name, name_bytes, "%s/%.40s%s%.16s/cpu:%lld/mem:%s/buffer:%s/page:%.8s/threads:%lld",
             word_text(&words_test, row->test), row->pattern[0] ? row->pattern : row->kernel,
             row->isa[0] ? "." : "", row->isa, (long long)row->cpu_node,
             node_set_format(&row->mem_node, nodes), size, row->pages, (long long)row->threads);
}

// A value that is 0 or less has no logarithm, and none of a machine is beyond these limits: of such
// numbers, in a damaged file, sums and ratios may be infinite. They are no values.
static double usable(double value) {
    const double least = 1e-30, most = 1e30;
    return value >= least && value <= most ? value : NAN;
}

// Runs of a program before the column `home` have it in the cell's name.
static enum pair_home home_of(const struct row *row) {
    for (enum pair_home home = 0; row->home == PAIR_HOME_COUNT && home < PAIR_HOME_COUNT; home++) {
        char word[32];
        snprintf(word, sizeof word, "/home:%s/", pair_home_names[home]);
        if (strstr(row->cell, word))
            return home;
    }
    return row->home;
}

static void describe(struct dataset *dataset, struct data_cell *cell, const struct row *row) {
    char kernel[2 * ROW_NAME_BYTES];
    snprintf(kernel, sizeof kernel, "%s%s%s", row->kernel, row->isa[0] ? "." : "", row->isa);
#define SAME(field) cell->field = row->field
#define TEXT(field) cell->field = text_set_add(&dataset->texts, row->field)
    SAME(test), SAME(block), SAME(store), SAME(load_mode), SAME(pair_class), SAME(check);
    SAME(size_rule), SAME(sized_for);
    TEXT(pattern), TEXT(mix), TEXT(pages), TEXT(protocol), TEXT(check_of), TEXT(cpus);
    TEXT(load_cpus), TEXT(nodes_seen);
    SAME(cpu_node), SAME(mem_node), SAME(load_node), SAME(threads), SAME(chains);
    SAME(slot_bytes), SAME(window_bytes), SAME(buffer_bytes), SAME(buffer_asked_bytes);
    SAME(touched_bytes), SAME(load_delay_cycles), SAME(writer_cpu), SAME(reader_cpu);
    SAME(page_found_bytes);
#undef SAME
#undef TEXT
    cell->kernel = text_set_add(&dataset->texts, kernel);
    cell->home = home_of(row);
    cell->offered_bytes_per_s = usable(row->offered_bytes_per_s);
    cell->reason = cell->bus_source = text_set_add(&dataset->texts, "");
}

static struct data_cell *cell_of(struct dataset *dataset, const struct row *row) {
    char composed[256];
    const char *name = row->cell;
    if (!*name) {
        compose_name(row, composed, sizeof composed);
        name = composed;
    }
    size_t place = text_set_number(&dataset->names, name);
    if (place < dataset->cell_count)
        return &dataset->cells[place];
    dataset->cells = base_grow_by_one(dataset->cells, dataset->cell_count, sizeof *dataset->cells);
    struct data_cell *cell = &dataset->cells[dataset->cell_count++];
    *cell = (struct data_cell){.name = dataset->names.texts[place]};
    describe(dataset, cell, row);
    return cell;
}

static bool is_flagged(const char *words) {
    for (const struct flag *flag; (flag = flag_next(&words)) != NULL;)
        if (flag->sense != FLAG_MEANT)
            return true;
    return false;
}

// How many of the values are disturbed, how much of its time each of them lost, and how often each
// flag that says so stands there.
static void count_disturbance(struct dataset *dataset, const struct row *row) {
    const char *words = row->flags;
    bool disturbed = false;
    double loss = 0;
    for (const struct flag *flag; (flag = flag_next(&words)) != NULL;) {
        if (flag->sense != FLAG_DISTURBED)
            continue;
        disturbed = true;
        double share = flag->lost_share ? flag->lost_share(row) : 0;
        loss = fmax(loss, share > 0 ? share : INFINITY);
        if (flag == &flag_unknown)
            continue;
        if (!dataset->flag_counts)
            dataset->flag_counts = base_allocate(flag_count, sizeof *dataset->flag_counts);
        dataset->flag_counts[flag - flags]++;
    }
    if (!disturbed)
        return;
    dataset->losses =
        base_grow_by_one(dataset->losses, dataset->disturbed, sizeof *dataset->losses);
    dataset->losses[dataset->disturbed++] = loss;
}

static void add_visit(struct data_cell *cell, struct data_visit visit) {
    cell->visits = base_grow_by_one(cell->visits, cell->visit_count, sizeof *cell->visits);
    cell->visits[cell->visit_count++] = visit;
}

// Where others moved data too, their reads and writes cannot be told from ours.
static double reads_per_write(const struct row *row) {
    const double others_max = 0.02;
    double others_bytes = row->bus_background_bytes_per_s * (double)row->bus_ns / (double)NS_PER_S;
    bool known = row->bus_read_bytes != NONE_U64 && row->bus_write_bytes != NONE_U64 &&
                 row->bus_ns != NONE_U64 && others_bytes <= others_max * (double)row->bus_bytes;
    return known ? usable((double)row->bus_read_bytes / (double)row->bus_write_bytes) : NAN;
}

static void add_bus(struct dataset *dataset, struct data_cell *cell, const struct row *row) {
    const double counted = row->bandwidth_bytes_per_s;
    const struct data_bus bus = {
        .numbers = {[DATA_BUS_CARRIED] = usable(row->traffic_bus_bytes_per_s / counted),
                    [DATA_BUS_MIN] = usable(row->traffic_min_bytes_per_s / counted),
                    [DATA_BUS_MAX] = usable(row->traffic_max_bytes_per_s / counted),
                    [DATA_BUS_STORE_READS] =
                        isfinite(row->store_read_share) ? row->store_read_share : NAN,
                    [DATA_BUS_READS_PER_WRITE] = reads_per_write(row)}
    };
    if (isnan(bus.numbers[DATA_BUS_CARRIED]))
        return;
    if (!cell->bus_count)
        cell->bus_source = text_set_add(&dataset->texts, row->bus_source);
    cell->bus = base_grow_by_one(cell->bus, cell->bus_count, sizeof *cell->bus);
    cell->bus[cell->bus_count++] = bus;
}

// Why a row's value is not taken; "" where it is proven. Foreign rows may have no status.
static const char *word_against(enum data_proof proof, const struct row *row) {
    if (row->status != STATUS_COUNT && row->status != STATUS_OK)
        return status_names[row->status];
    if (row->placement == VERDICT_VERIFIED ||
        (proof == DATA_NOT_REFUTED && row->placement == VERDICT_UNVERIFIABLE))
        return "";
    return row->placement == VERDICT_COUNT ? "no verdict" : verdict_names[row->placement];
}

static void leave_out(struct dataset *dataset, const char *word) {
    size_t i = 0;
    while (i < dataset->left_out_count && dataset->left_out[i].word != word)
        i++;
    if (i == dataset->left_out_count)
        dataset->left_out[dataset->left_out_count++].word = word;
    dataset->left_out[i].count++;
}

// Adds the visit where its row is proven, or where no proof is asked for.
static void take_value(struct dataset *dataset, struct data_run *run, struct data_cell *cell,
                       const struct row *row, struct data_visit visit) {
    const char *word = word_against(dataset->proof, row);
    bool verified = row->placement == VERDICT_VERIFIED;
    dataset->valued++;
    dataset->verified += verified;
    dataset->flagged += visit.flagged;
    dataset->proven += !*word;
    cell->unverified += !verified;
    if (*word && dataset->proof != DATA_ALL) {
        leave_out(dataset, word);
        return;
    }
    dataset->taken++;
    run->taken++;
    count_disturbance(dataset, row);
    add_visit(cell, visit);
    add_bus(dataset, cell, row);
}

static void add_known(uint64_t *sum, uint64_t value) {
    *sum += value == NONE_U64 ? 0 : value;
}

// What a row says of itself, whether or not it has a value.
static void count_row(struct dataset *dataset, struct data_cell *cell, const struct row *row) {
    const char *words = row->flags;
    dataset->rows++;
    cell->rows++;
    if (row->status != STATUS_COUNT) {
        dataset->statuses[row->status]++;
        cell->statuses[row->status]++;
    }
    if (row->placement != VERDICT_COUNT) {
        dataset->verdicts[row->placement]++;
        cell->verdicts[row->placement]++;
    }
    cell->flagged += *words != '\0';
    dataset->rows_with_flags += *words != '\0';
    for (const struct flag *flag; (flag = flag_next(&words)) != NULL;) {
        if (!cell->flag_counts)
            cell->flag_counts = base_allocate(flag_count, sizeof *cell->flag_counts);
        if (flag != &flag_unknown)
            cell->flag_counts[flag - flags]++;
    }
    add_known(&dataset->pages_checked, row->pages_checked_before);
    add_known(&dataset->pages_checked, row->pages_checked_after);
    add_known(&dataset->elements_wrong, row->elements_wrong);
    if (row->reason[0] && !cell->reason[0])
        cell->reason = text_set_add(&dataset->texts, row->reason);
}

// What the first row of a cell may not have told yet, and what all its rows must agree in.
static void complete(struct dataset *dataset, struct data_cell *cell, const struct row *row) {
    if (cell->touched_bytes == NONE_U64)
        cell->touched_bytes = row->touched_bytes;
    if (!cell->nodes_seen[0])
        cell->nodes_seen = text_set_add(&dataset->texts, row->nodes_seen);
    if (row->page_found_bytes != cell->page_found_bytes)
        cell->page_found_bytes = NONE_U64;
}

static const struct machine_chosen nothing_chosen = {
    .outgrown_bytes = NONE_U64, .array_outgrown_bytes = NONE_U64, .array_probed_bytes = NONE_U64};

static struct data_run *latest_run(struct dataset *dataset, const struct row *row) {
    if (!dataset->run_count) {
        dataset->runs = base_allocate(1, sizeof *dataset->runs);
        dataset->runs[0].chosen = nothing_chosen;
        dataset->run_count = 1;
    }
    struct data_run *run = &dataset->runs[dataset->run_count - 1];
    if (!run->rows++) {
        copy_text(run->run_id, sizeof run->run_id, row->run_id);
        copy_text(run->host, sizeof run->host, row->host);
        copy_text(run->timestamp_utc, sizeof run->timestamp_utc, row->timestamp_utc);
    }
    return run;
}

void dataset_add(struct dataset *dataset, const struct row *row) {
    dataset->interrupted = row->status == STATUS_INTERRUPTED;
    add_known(&dataset->visit_ns, row->visit_ns);
    if (row->block == BLOCK_PROBE)
        return;
    add_known(&dataset->window_ns, row->wall_ns);
    struct data_run *run = latest_run(dataset, row);
    struct data_cell *cell = cell_of(dataset, row);
    struct data_visit visit = {.latency_cycles = usable(row->latency_cycles),
                               .load_bytes_per_s = usable(row->load_bytes_per_s),
                               .visit = row->visit,
                               .run = (uint32_t)(dataset->run_count - 1),
                               .flagged = is_flagged(row->flags)};
    visit.values[METRIC_LATENCY] = usable(row->latency_ns);
    visit.values[METRIC_BANDWIDTH] = usable(row->bandwidth_bytes_per_s);
    count_row(dataset, cell, row);
    complete(dataset, cell, row);
    if (!isnan(visit.values[METRIC_LATENCY]) || !isnan(visit.values[METRIC_BANDWIDTH]))
        take_value(dataset, run, cell, row, visit);
}

// What one rows.csv is read into.
struct reading {
    struct dataset *dataset;
    const char *file;
    struct error *error;
    bool fits;       // all rows are of one run, and of a machine that there can be
    bool is_copy;    // of a run before it
    bool has_rows;   // the first was seen
    char run_id[64]; // of that
    struct id_set nodes;
};

// Linux has at most 1024 nodes (CONFIG_NODES_SHIFT), Windows fewer. A matrix has a place for each
// pair of them, so a file with more would take all memory.
enum { NODES_MAX = 1024 };

static bool count_node(struct reading *reading, uint64_t node) {
    struct id_set *nodes = &reading->nodes;
    if (node == NONE_U64)
        return true;
    if (node <= ID_SET_MAX)
        id_set_add(nodes, (uint32_t)node);
    return (node <= ID_SET_MAX && nodes->count <= NODES_MAX) ||
           error_set(reading->error, ERROR_KIND_FAILED, 0,
                     "'%.300s' has rows of more than %d nodes, or of one above %d: no machine has "
                     "that many",
                     reading->file, NODES_MAX, ID_SET_MAX);
}

// Whether a run before had the same host and run_id, as far as these are kept.
static bool is_known(struct dataset *dataset, const struct row *row) {
    char name[sizeof dataset->runs->run_id + sizeof dataset->runs->host];
    size_t before = dataset->run_names.used;
    if (!row->run_id[0])
        return false;
    snprintf(name, sizeof name, "%.*s\n%.*s", (int)sizeof dataset->runs->run_id - 1, row->run_id,
             (int)sizeof dataset->runs->host - 1, row->host);
    text_set_add(&dataset->run_names, name);
    return dataset->run_names.used == before;
}

// A run keeps its run_id when it is resumed, so two of them are two runs in one file.
static bool see_row(const struct row *row, void *context) {
    struct reading *reading = context;
    if (!reading->has_rows) {
        reading->is_copy = is_known(reading->dataset, row);
        copy_text(reading->run_id, sizeof reading->run_id, row->run_id);
    }
    reading->has_rows = true;
    reading->fits = strncmp(reading->run_id, row->run_id, sizeof reading->run_id - 1) == 0;
    if (!reading->fits)
        return error_set(
            reading->error, ERROR_KIND_FAILED, 0,
            "'%.300s' has rows of two runs, %.40s and %.40s: each run needs its own directory",
            reading->file, reading->run_id, row->run_id);
    if (reading->is_copy)
        return true;
    reading->fits = count_node(reading, row->cpu_node);
    for (size_t i = 0; reading->fits && i < row->mem_node.count; i++)
        reading->fits = count_node(reading, row->mem_node.shares[i].node);
    if (reading->fits)
        dataset_add(reading->dataset, row);
    return reading->fits;
}

// ---- runs ---------------------------------------------------------------------------------------

// A summary is the last that a run writes: without one it was killed, or goes on now.
void dataset_read_end(struct data_run *run) {
    char file[PATH_BYTES], word[8];
    struct error ignored; // what it has to say of cells is in the rows
    run->no_end = !run_has_file(run->path, "summary.json");
    if (run->no_end)
        return;
    snprintf(file, sizeof file, "%s/summary.json", run->path);
    struct document *summary = document_read(file, &ignored);
    if (!summary)
        return;
    run->stopped =
        document_get_text(summary, "interrupted", word, sizeof word) && strcmp(word, "yes") == 0;
    fields_free(&machine_chosen_shape, &run->chosen);
    fields_read(summary, "", &machine_chosen_shape, &run->chosen);
    document_free(summary);
}

static void free_run(struct data_run *run) {
    machine_file_free(&run->machine);
    fields_free(&machine_chosen_shape, &run->chosen);
    free(run->path);
}

bool dataset_run_has_ended(const char *path) {
    struct data_run run = {.path = base_copy_text(path)};
    dataset_read_end(&run);
    bool ended = !run.no_end && !run.stopped;
    free_run(&run);
    return ended;
}

static void drop_copy(struct dataset *dataset) {
    struct data_run *run = &dataset->runs[--dataset->run_count];
    if (!dataset->copies++)
        copy_text(dataset->copy, sizeof dataset->copy, run->path);
    free_run(run);
}

static bool read_run(struct dataset *dataset, const char *path, struct error *error) {
    char file[PATH_BYTES];
    struct data_run *run = &dataset->runs[dataset->run_count++];
    *run = (struct data_run){.chosen = nothing_chosen, .path = base_allocate(strlen(path) + 1, 1)};
    memcpy(run->path, path, strlen(path));
    dataset_read_end(run);
    snprintf(file, sizeof file, "%s/machine.json", path);
    run->has_machine = run_has_file(path, "machine.json");
    if (run->has_machine && !machine_file_read(&run->machine, file, error))
        return false;
    snprintf(file, sizeof file, "%s/rows.csv", path);
    struct reading reading = {.dataset = dataset, .file = file, .error = error, .fits = true};
    bool read = rows_read(file, see_row, &reading, &run->torn, error) && reading.fits;
    id_set_free(&reading.nodes);
    if (read && reading.is_copy)
        drop_copy(dataset);
    return read;
}

bool dataset_read(struct dataset *dataset, const struct run_list *list, enum data_proof proof,
                  struct error *error) {
    *dataset = (struct dataset){.proof = proof};
    dataset->runs = base_allocate(list->count, sizeof *dataset->runs);
    for (size_t i = 0; i < list->count; i++)
        if (!read_run(dataset, list->paths[i], error))
            return false;
    return true;
}

void dataset_free(struct dataset *dataset) {
    for (size_t i = 0; i < dataset->run_count; i++)
        free_run(&dataset->runs[i]);
    for (size_t i = 0; i < dataset->cell_count; i++) {
        free(dataset->cells[i].visits);
        free(dataset->cells[i].bus);
        free(dataset->cells[i].flag_counts);
    }
    free(dataset->runs);
    free(dataset->cells);
    free(dataset->flag_counts);
    free(dataset->losses);
    text_set_free(&dataset->texts);
    text_set_free(&dataset->names);
    text_set_free(&dataset->run_names);
    *dataset = (struct dataset){0};
}

const char *dataset_first_reason(const struct dataset *dataset) {
    for (size_t i = 0; i < dataset->cell_count; i++)
        if (dataset->cells[i].reason[0])
            return dataset->cells[i].reason;
    return "no reason is given";
}

// ---- values -------------------------------------------------------------------------------------

struct data_filter data_all(enum metric metric) {
    return (struct data_filter){.metric = metric, .run = NONE_U32};
}

double *data_cell_values(const struct data_cell *cell, struct data_filter filter, size_t *count) {
    double *values = base_allocate(cell->visit_count, sizeof *values);
    *count = 0;
    for (size_t i = 0; i < cell->visit_count; i++) {
        const struct data_visit *visit = &cell->visits[i];
        bool wanted = (filter.run == NONE_U32 || visit->run == filter.run) &&
                      !(filter.unflagged && visit->flagged);
        if (wanted && !isnan(visit->values[filter.metric]))
            values[(*count)++] = visit->values[filter.metric];
    }
    return values;
}

double data_cell_median(const struct data_cell *cell, struct data_filter filter) {
    size_t count;
    double *values = data_cell_values(cell, filter, &count);
    double median = order_median(values, count);
    free(values);
    return median;
}

uint64_t data_cell_mem_node(const struct data_cell *cell) {
    uint32_t node = node_set_only(&cell->mem_node);
    return node == NONE_U32 ? NONE_U64 : node;
}

bool data_cell_is_cached(const struct data_cell *cell) {
    return cell->sized_for == SIZED_FOR_CACHES;
}

char *data_cell_size(const struct data_cell *cell, char text[DATA_SIZE_TEXT_BYTES]) {
    static const char word[] = "/size:";
    const char *found = strstr(cell->name, word);
    const char *size = found ? found + strlen(word) : "";
    snprintf(text, DATA_SIZE_TEXT_BYTES, "%.*s", (int)strcspn(size, "/"), size);
    return text;
}

double data_cell_half_width(const struct data_cell *cell, struct data_filter filter) {
    size_t count;
    double low, high, *values = data_cell_values(cell, filter, &count);
    bool known = order_median_interval(values, count, 0.95, &low, &high);
    double half = known ? (high - low) / 2 / order_median(values, count) : NAN;
    free(values);
    return half;
}

double data_cell_cycles(const struct data_cell *cell) {
    double *values = base_allocate(cell->visit_count, sizeof *values);
    size_t count = 0;
    for (size_t i = 0; i < cell->visit_count; i++)
        if (!isnan(cell->visits[i].latency_cycles))
            values[count++] = cell->visits[i].latency_cycles;
    double median = order_median(values, count);
    free(values);
    return median;
}
