// SPDX-License-Identifier: Apache-2.0
// The command line's options: one table, from which the parser and every --help come.
#ifndef NUMAPROBE_ASK_OPTIONS_H
#define NUMAPROBE_ASK_OPTIONS_H

#include "plan/plan.h"

// Which commands take an option; a command passes its own bit.
enum command_bit {
    COMMAND_OVERVIEW = 1 << 0,
    COMMAND_TOPO = 1 << 1,
    COMMAND_LATENCY = 1 << 2,
    COMMAND_BANDWIDTH = 1 << 3,
    COMMAND_VERIFY = 1 << 4,
    COMMAND_LIST = 1 << 5,
    COMMAND_HELP = 1 << 6,
    COMMAND_BENCH = 1 << 7, // numaprobe-bench, which is a program of its own
    COMMAND_DOCTOR = 1 << 8,
    COMMAND_RESUME = 1 << 9, // what may stand beside --resume
    COMMAND_LIMITS = 1 << 10,
    COMMAND_CHECK = 1 << 11,
    COMMAND_LOADED = 1 << 12,
    COMMAND_FLEET = 1 << 13,
    COMMAND_C2C = 1 << 14,
    COMMAND_SWEEP = 1 << 15,
    COMMAND_COMPARE = 1 << 16,
    COMMAND_HISTORY = 1 << 17,
    COMMAND_CAPACITY = 1 << 18,
    COMMAND_SHOW = 1 << 21,
    COMMAND_REPORT = 1 << 19,
    COMMAND_EXPORT = 1 << 20,
    COMMAND_AB = 1 << 22,
    COMMAND_SUBMIT = 1 << 23,
    COMMAND_UNRECORDED = 1 << 30, // says nothing of what to measure: never in a machine.json
    COMMAND_MEASURING = COMMAND_OVERVIEW | COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_LOADED |
                        COMMAND_C2C | COMMAND_SWEEP, // those that can be resumed
};

// How much a paced load offers.
struct offered_rate {
    double value; // bytes per second, or a share of the peak
    bool is_share;
};

enum { OPTIONS_MAX = 128 }; // that the table can have

// What --pages takes beside the names of kinds (os/page_kind.h).
struct page_word {
    const char *word, *summary;
};
extern const struct page_word page_words[2];

struct options {
    struct id_set cpu_nodes;
    struct id_set mem_nodes;
    struct node_set *mem_sets; // of several nodes
    size_t mem_set_count;
    enum node_policy policy; // of sets that name none; NODE_POLICY_COUNT: not given
    struct id_set load_nodes;
    uint32_t *delays; // cycles
    size_t delay_count;
    struct offered_rate *rates;
    size_t rate_count;
    const struct kernel **kernels;
    size_t kernel_count;
    const struct chase_pattern **patterns;
    size_t pattern_count;
    const struct page_kind **pages;
    size_t page_count;
    struct pages_left_out *left_out; // of --pages all
    size_t left_out_count;
    bool all_pages;
    const struct pair_protocol **protocols;
    size_t protocol_count;
    bool homes[PAIR_HOME_COUNT]; // none: not given
    uint64_t size_bytes;         // 0: not given
    uint32_t *threads;           // per CPU node: numbers and THREADS_...
    size_t thread_count;
    uint32_t *chains;
    size_t chain_count;
    const struct kernel_mix **mixes;
    size_t mix_count;
    uint64_t window_bytes; // 0: not given
    uint64_t to_bytes;     // the largest size of a sweep; 0: not given
    uint64_t slot_bytes;   // 0: not given
    uint64_t budget_ns;    // 0: not given
    uint32_t rounds;       // 0: not given
    uint64_t seed;
    uint32_t pairs;      // of each class; 0: not given
    uint32_t writer_cpu; // NONE_U32: not given
    uint32_t reader_cpu; // likewise
    bool full;
    uint32_t runs; // of each side; 0: not given
    bool pause;
    const char *output;      // NULL: not given
    const char *resume;      // a run directory to go on with; NULL: not given
    const char *like;        // a run directory whose sizes and loops are taken; NULL: not given
    bool given[OPTIONS_MAX]; // by their place in the table
    bool peak;               // search for the most bandwidth of each mix
    bool best_set;           // search for the set of nodes with the most bandwidth of each mix
    bool cached;
    bool all_kinds; // threads on CPUs of every kind
    bool quick;
    bool checks;
    bool dry_run;
    bool quiet;
    bool samples;
    bool mlc;  // what a run measured, as readers of MLC's output parse it
    bool json; // the same as JSON
    bool no_progress;
    bool verbose;
    bool allow_unverified;
    bool allow_partial;
    bool keep;
    bool self_test;
    bool no_host;          // in the file of the self-test
    bool grant_lock_pages; // a right of Windows
    bool yes;              // to what is asked before
    bool help;
    bool check;                // exit 3 on a regression
    bool force;                // compare what is not comparable
    bool explore;              // Benjamini-Hochberg
    bool single;               // one run a side is meant
    double require;            // what must have been visible, relative; 0: not given
    double margin;             // what is smaller is no change, relative; 0: not given
    const char *format;        // NULL: not given
    const char *add;           // a run for a history
    const char *accept;        // the run of a history whose level counts from now on
    const char *baseline;      // a run, or how many first ones, that alone make the level
    const char *host;          // of the machine of a history
    const char *manual;        // a directory for manual pages; NULL: not given
    const char *html;          // a file for a page; NULL: not given
    double stream_bytes_per_s; // of one stream; 0: not given
    double latency_factor;     // of idle, that streams may cost; 0: not given
    const char **operands;     // what is left of the command line: `list kernels`
    size_t operand_count;
    char **words; // of ab: what stands behind the first "--"; NULL: nothing
    size_t word_count;
};

struct option {
    const char *name;
    const char *value; // what the value is called in help; NULL: a switch
    const char *summary;
    unsigned commands; // of enum command_bit
    bool (*take)(struct options *options, const char *value, struct error *error);
};

// A name may stand twice, with another meaning for other commands.
extern const struct option option_table[];
extern const size_t option_count;

// How --help divides the table: a group begins at the first option of that name.
struct option_group {
    const char *first;
    const char *heading;
};
extern const struct option_group option_groups[];
extern const size_t option_group_count;

// Reads the arguments after the command's name. ERROR_KIND_USAGE names option, value and remedy.
// options_free is due in either case.
bool options_parse(struct options *options, enum command_bit command, const char *command_name,
                   size_t operands_max, int argument_count, char **arguments, struct error *error);
void options_free(struct options *options);

// Whether all that was given can be a run's own command line, as its machine.json has it. The file
// may be anybody's: ERROR_KIND_USAGE names the option that cannot.
bool options_are_recorded(const struct options *options, struct error *error);

// Prints the options of this command to stdout, in groups.
void options_print(enum command_bit command);

// One entry of a help text: a name, and a text that is wrapped at COLUMNS, at the width of the
// terminal or at 80 columns.
void options_print_entry(const char *name, const char *text);

#endif
