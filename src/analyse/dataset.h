// SPDX-License-Identifier: Apache-2.0
// Runs as their readers want them: for each cell its visits, from one or many run directories.
//
// A cell is known by its name (column cell), which is the same in every run that asks the same.
// Rows are streamed: what is kept of each is one struct data_visit.
#ifndef NUMAPROBE_ANALYSE_DATASET_H
#define NUMAPROBE_ANALYSE_DATASET_H

#include "base/text_set.h"
#include "record/machine_file.h"
#include "record/row.h"
#include "record/run_find.h"

// What a row can have measured. A row of latency under load has both.
enum metric { METRIC_LATENCY, METRIC_BANDWIDTH, METRIC_COUNT };
struct metric_kind {
    const char *name;   // of people and of machine-readable output
    const char *column; // of rows.csv
    const char *unit;   // shown
    double unit_size;   // of the shown unit in that of the rows
    int decimals;
    int worse;         // +1: larger is worse; -1: smaller is
    double effect_min; // what is smaller than this share is no change (docs/method.md)
};
extern const struct metric_kind metric_kinds[METRIC_COUNT];

// Which rows give their value to a cell. Of those that are left out the rest stays: counts,
// reasons.
enum data_proof {
    DATA_ALL,         // every row with a value: a run while it is measured
    DATA_NOT_REFUTED, // verified, and unverifiable: nothing speaks against it (--allow-unverified)
    DATA_VERIFIED,
};

struct data_visit {
    double values[METRIC_COUNT]; // in the units of the rows; NaN: none
    double latency_cycles;       // by the measured core clock; NaN: none
    double load_bytes_per_s;     // moved by the load beside a chase; NaN: none
    uint64_t visit;              // its number in the run; NONE_U64: unknown
    uint32_t run;                // index into runs
    bool flagged;                // by what disturbed it; not CACHED, which is meant
};

// What the bus carried in a visit whose traffic was counted: bytes for each byte that the loop
// counts, and the least and the most that the loop can move; NaN: unknown.
enum data_bus_number {
    DATA_BUS_CARRIED,
    DATA_BUS_MIN,
    DATA_BUS_MAX,
    DATA_BUS_STORE_READS,     // share of the ordinary stores that read their line first
    DATA_BUS_READS_PER_WRITE, // of bytes
    DATA_BUS_NUMBERS
};
struct data_bus {
    double numbers[DATA_BUS_NUMBERS];
};

// Texts are kept once in the dataset: never NULL, "" when absent.
struct data_cell {
    const char *name;
    enum test test;   // of this and the other words: X_COUNT when absent
    enum block block; // BLOCK_COUNT: of a program before the column
    enum store_kind store;
    enum load_mode load_mode;
    enum pair_home home;
    enum pair_class pair_class;
    enum check check; // what it has otherwise than the cell of the name check_of
    enum size_rule size_rule;
    const char *kernel; // with its instruction set: read.avx2
    const char *pattern, *mix, *pages, *protocol, *check_of;
    const char *cpus, *load_cpus, *nodes_seen; // lists; nodes_seen of the first row that has it
    uint64_t cpu_node, load_node;              // NONE_U64: none
    struct node_set mem_node;                  // one, or a set; none
    uint64_t threads, chains, slot_bytes, window_bytes;
    uint64_t buffer_bytes, buffer_asked_bytes, touched_bytes;
    uint64_t load_delay_cycles;
    uint64_t writer_cpu, reader_cpu;
    uint64_t page_found_bytes; // of all visits; NONE_U64 when one was unknown or they differ
    double offered_bytes_per_s;
    enum sized_for sized_for;
    struct data_visit *visits; // those that gave a value
    size_t visit_count;
    struct data_bus *bus; // of those among them whose traffic was counted; NULL: none
    size_t bus_count;
    const char *bus_source; // the counters of the first of them; "" where there are none
    // Of all rows, with a value or without.
    uint32_t rows, flagged;
    uint32_t unverified; // rows whose placement is not verified, although there is a value
    uint32_t statuses[STATUS_COUNT], verdicts[VERDICT_COUNT];
    uint32_t *flag_counts; // by place in the table of flags; NULL: none was raised
    const char *reason;    // of the first row that was not ok or not verified
};

struct data_run {
    char *path;
    struct machine_file machine;
    bool has_machine; // machine.json is there
    char run_id[64];
    char host[64];
    char timestamp_utc[32]; // of the first row
    size_t rows;
    size_t taken;                 // rows whose value is one of a cell's visits
    bool torn;                    // rows.csv ends in the middle of a row
    bool no_end;                  // there is no summary.json, which a run writes when it ends
    bool stopped;                 // summary.json says that Ctrl-C stopped it
    struct machine_chosen chosen; // of summary.json: what it found and took on the way
};

// Why rows with a value are left out, in the word of the row (placement, or a status that is not
// ok), and how many.
enum { LEFT_OUT_WORDS = STATUS_COUNT + VERDICT_COUNT + 1 };
struct left_out {
    const char *word;
    size_t count;
};

enum { PATH_NOTE_BYTES = 400 };
struct dataset {
    struct data_run *runs;
    size_t run_count;
    size_t copies;              // runs that were there already, by host and run_id; not in runs
    char copy[PATH_NOTE_BYTES]; // path of the first of them
    struct data_cell *cells;    // in the order in which they were first met
    size_t cell_count;
    struct text_set texts;
    struct text_set run_names; // host and run_id of each run that was read
    struct text_set names;     // of the cells, whose places are the numbers of their names
    enum data_proof proof;
    size_t rows, valued, verified, flagged; // rows: all, with a value, with proof, disturbed
    size_t proven, taken; // with what `proof` asks for (DATA_ALL: verified), and visits of cells
    size_t statuses[STATUS_COUNT], verdicts[VERDICT_COUNT]; // of all rows
    size_t rows_with_flags;                                 // whatever they mean
    uint64_t pages_checked;                                 // before and after, in all rows
    uint64_t elements_wrong;                                // in all rows
    uint64_t visit_ns;   // of all rows, of probes too: what was spent
    uint64_t window_ns;  // of this in the windows of results
    bool interrupted;    // by Ctrl-C: the last row says so, of a probe too
    size_t disturbed;    // of those that are taken: by a flag of FLAG_DISTURBED
    double *losses;      // of each of them: the share of its time, 0 to 1; INFINITY: unknown
    size_t *flag_counts; // by place in the table of flags; NULL: none such was raised
    struct left_out left_out[LEFT_OUT_WORDS];
    size_t left_out_count; // of words
};

// Reads the runs of a list, in its order. The same run twice (a copy, an artifact unpacked twice)
// counts once. A run without machine.json is read all the same. Errors:
// as rows_read and machine_file_read. dataset_free is due in either case.
bool dataset_read(struct dataset *dataset, const struct run_list *list, enum data_proof proof,
                  struct error *error);
void dataset_free(struct dataset *dataset);

// Reads again how a run ended and what it chose: of one whose summary.json was written meanwhile.
void dataset_read_end(struct data_run *run);

// Whether the run in a directory has come to its end, and was not stopped before it.
bool dataset_run_has_ended(const char *path);

// NULL when there is none of that name.
const struct data_cell *dataset_cell(const struct dataset *dataset, const char *name);

// Why a row was not ok or not verified, the first that gives one; "no reason is given" when none
// does.
const char *dataset_first_reason(const struct dataset *dataset);

// The node of its memory; NONE_U64 where there is none, and where there are several.
uint64_t data_cell_mem_node(const struct data_cell *cell);

// Whether its buffer is small on purpose (--cached).
bool data_cell_is_cached(const struct data_cell *cell);

// "256MiB": the size of each of its arrays or of its chain, as its name has it; "" where it has
// none, as a pair of CPUs. Returns text.
enum { DATA_SIZE_TEXT_BYTES = 24 };
char *data_cell_size(const struct data_cell *cell, char text[DATA_SIZE_TEXT_BYTES]);

// Which values of a cell are taken.
struct data_filter {
    enum metric metric;
    bool unflagged; // only visits that nothing disturbed
    uint32_t run;   // only of this run; NONE_U32: of all
};

// Copies the values into a new array, which the caller frees; *count says how many there are.
double *data_cell_values(const struct data_cell *cell, struct data_filter filter, size_t *count);

// Their median, NaN when there is none.
double data_cell_median(const struct data_cell *cell, struct data_filter filter);

// Half of the 95 % interval of the median, over the median; NaN for fewer than 6 visits.
double data_cell_half_width(const struct data_cell *cell, struct data_filter filter);

// The median of latency_cycles, NaN when no visit has it.
double data_cell_cycles(const struct data_cell *cell);

// All visits of a cell, of all runs.
struct data_filter data_all(enum metric metric);

// ---- for tests ----------------------------------------------------------------------------------

// Adds one row to the latest run; to one without path and machine when there is none. What a probe
// gave is no result: of its rows nothing is kept but their time and that Ctrl-C came.
void dataset_add(struct dataset *dataset, const struct row *row);

#endif
