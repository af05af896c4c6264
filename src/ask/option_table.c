// SPDX-License-Identifier: Apache-2.0
// What each option takes, and which commands take it.
#include "ask/options.h"

#include "ask/option_lists.h"
#include "base/units.h"
#include "os/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- one function per form of value -------------------------------------------------------------

static bool take_policy(struct options *options, const char *value, struct error *error) {
    options->policy = node_policy_find(value);
    return options->policy < NODE_POLICY_COUNT ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "'%.40s' is no policy: pages are spread by chunks (numaprobe itself), "
                     "interleave, weighted or, for verify, preferred-many (the kernel)",
                     value);
}

static bool take_size(struct options *options, const char *value, struct error *error) {
    return units_parse_bytes(value, &options->size_bytes, error);
}

// "90", "90s", "10m", "1h".
static bool take_budget(struct options *options, const char *value, struct error *error) {
    static const struct {
        char unit;
        uint64_t seconds;
    } units[] = {
        {'s', 1   },
        {'m', 60  },
        {'h', 3600},
    };
    char digits[24];
    size_t length = strlen(value);
    uint64_t seconds = 1, count;
    for (size_t i = 0; i < COUNT_OF(units) && length; i++)
        if (value[length - 1] == units[i].unit) {
            seconds = units[i].seconds;
            length--;
            break;
        }
    snprintf(digits, sizeof digits, "%.*s", (int)length, value);
    if (length >= sizeof digits || !units_parse_count(digits, 1, 1000000, &count, error))
        return error_set(error, ERROR_KIND_USAGE, 0, "'%.40s' is not a time such as 90s, 10m or 1h",
                         value);
    options->budget_ns = count * seconds * NS_PER_S;
    return true;
}

static bool take_to(struct options *options, const char *value, struct error *error) {
    if (!units_parse_bytes(value, &options->to_bytes, error))
        return false;
    char least[UNITS_TEXT_BYTES];
    return options->to_bytes >= os_base_page_bytes() ||
           error_set(error, ERROR_KIND_USAGE, 0, "'%.40s': a sweep begins at %s", value,
                     units_format_bytes(os_base_page_bytes(), least));
}

static bool take_window(struct options *options, const char *value, struct error *error) {
    return units_parse_bytes(value, &options->window_bytes, error);
}

static bool take_spacing(struct options *options, const char *value, struct error *error) {
    const uint64_t most_bytes = os_base_page_bytes(); // so that a chain touches each page
    char most[UNITS_TEXT_BYTES];
    return units_parse_bytes(value, &options->slot_bytes, error) &&
           (options->slot_bytes <= most_bytes ||
            error_set(error, ERROR_KIND_USAGE, 0, "'%.40s': a spacing is at most %s", value,
                      units_format_bytes(most_bytes, most)));
}

static bool take_rounds(struct options *options, const char *value, struct error *error) {
    return options_take_count(value, 1000000, &options->rounds, error);
}

static bool take_runs(struct options *options, const char *value, struct error *error) {
    return options_take_count(value, 1000, &options->runs, error);
}

static bool take_seed(struct options *options, const char *value, struct error *error) {
    return units_parse_count(value, 0, INT64_MAX, &options->seed, error);
}

static bool take_pairs(struct options *options, const char *value, struct error *error) {
    return options_take_count(value, 1000000, &options->pairs, error);
}

static bool take_writer_cpu(struct options *options, const char *value, struct error *error) {
    return os_cpu_parse(value, &options->writer_cpu, error);
}

static bool take_reader_cpu(struct options *options, const char *value, struct error *error) {
    return os_cpu_parse(value, &options->reader_cpu, error);
}

static bool take_like(struct options *options, const char *value, struct error *error) {
    if (!*value)
        return error_set(error, ERROR_KIND_USAGE, 0, "'' is not the name of a run directory");
    options->like = value;
    return true;
}

static bool take_output(struct options *options, const char *value, struct error *error) {
    if (!*value)
        return error_set(error, ERROR_KIND_USAGE, 0, "'' is not the name of a directory");
    options->output = value;
    return true;
}

static bool take_format(struct options *options, const char *value, struct error *error) {
    (void)error;
    options->format = value;
    return true;
}

static bool take_run_format(struct options *options, const char *value, struct error *error) {
    options->mlc = strcmp(value, "mlc") == 0;
    options->json = strcmp(value, "json") == 0;
    return options->mlc || options->json ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "'%.40s': a run is printed as tables, as json or as mlc; numaprobe export "
                     "writes other forms",
                     value);
}

static bool take_json(struct options *options, const char *value, struct error *error) {
    (void)value, (void)error;
    options->json = true;
    options->format = "json";
    return true;
}

static bool take_manual(struct options *options, const char *value, struct error *error) {
    if (!*value)
        return error_set(error, ERROR_KIND_USAGE, 0, "'' is not the name of a directory");
    options->manual = value;
    return true;
}

static bool take_add(struct options *options, const char *value, struct error *error) {
    if (!*value)
        return error_set(error, ERROR_KIND_USAGE, 0, "'' is not the name of a run directory");
    options->add = value;
    return true;
}

static bool take_run_name(const char **name, const char *value, struct error *error) {
    *name = value;
    return *value || error_set(error, ERROR_KIND_USAGE, 0, "'' is not the name of a run");
}

static bool take_accept(struct options *options, const char *value, struct error *error) {
    return take_run_name(&options->accept, value, error);
}

static bool take_baseline(struct options *options, const char *value, struct error *error) {
    return take_run_name(&options->baseline, value, error);
}

static bool take_host(struct options *options, const char *value, struct error *error) {
    options->host = value;
    return *value || error_set(error, ERROR_KIND_USAGE, 0, "'' is not the name of a host");
}

static bool take_html(struct options *options, const char *value, struct error *error) {
    if (!*value)
        return error_set(error, ERROR_KIND_USAGE, 0, "'' is not the name of a file");
    options->html = value;
    return true;
}

static bool take_require(struct options *options, const char *value, struct error *error) {
    return units_parse_percent(value, &options->require, error);
}

static bool take_margin(struct options *options, const char *value, struct error *error) {
    return units_parse_percent(value, &options->margin, error);
}

static bool take_demand(struct options *options, const char *value, struct error *error) {
    return units_parse_rate(value, &options->demand_bytes_per_s, error);
}

static bool take_latency_fold(struct options *options, const char *value, struct error *error) {
    return units_parse_factor(value, &options->latency_fold, error);
}

static bool take_resume(struct options *options, const char *value, struct error *error) {
    if (!*value)
        return error_set(error, ERROR_KIND_USAGE, 0, "'' is not the name of a run directory");
    options->resume = value;
    return true;
}

#define SWITCH(field)                                                                              \
    static bool take_##field(struct options *options, const char *value, struct error *error) {    \
        (void)value, (void)error;                                                                  \
        options->field = true;                                                                     \
        return true;                                                                               \
    }
SWITCH(check)
SWITCH(force)
SWITCH(explore)
SWITCH(single)
SWITCH(cached)
SWITCH(quick)
SWITCH(full)
SWITCH(pause)
SWITCH(checks)
SWITCH(peak)
SWITCH(best_set)
SWITCH(dry_run)
SWITCH(quiet)
SWITCH(samples)
SWITCH(no_progress)
SWITCH(allow_unverified)
SWITCH(allow_partial)
SWITCH(keep)
SWITCH(all_kinds)
SWITCH(self_test)
SWITCH(no_host)
SWITCH(grant_lock_pages)
SWITCH(yes)
SWITCH(help)

// ---- the table ----------------------------------------------------------------------------------

enum {
    SIZED = COMMAND_QUICK | COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_LOADED | COMMAND_BENCH,
    MEASURING = COMMAND_MEASURING,
    RECORDING = MEASURING | COMMAND_BENCH,
    READING = COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_CAPACITY | COMMAND_REPORT |
              COMMAND_EXPORT | COMMAND_LIMITS | COMMAND_FLEET,
    EVERYWHERE = RECORDING | COMMAND_TOPO | COMMAND_VERIFY | COMMAND_LIST | COMMAND_HELP |
                 COMMAND_DOCTOR | COMMAND_SHOW | COMMAND_CHECK | COMMAND_AB | COMMAND_SUBMIT |
                 READING,
};

// clang-format off
const struct option option_table[] = {
    {"--cpu-nodes", "LIST", "nodes of the threads, e.g. 0,2-3 (all that have CPUs)",
     RECORDING | COMMAND_VERIFY, options_take_cpu_nodes},
    {"--all-kinds", NULL, "CPUs of every kind, not of the fastest of each node only",
     RECORDING, take_all_kinds},
    {"--mem-nodes", "LIST", "nodes of the memory, and sets: 0,1,0+1,0:3+1:1 (all that have memory)",
     SIZED | COMMAND_SWEEP | COMMAND_VERIFY, options_take_mem_nodes},
    {"--policy", "NAME", "who spreads pages over a set: chunks (we), interleave, weighted (kernel)",
     COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_SWEEP | COMMAND_BENCH | COMMAND_VERIFY,
     take_policy},
    {"--kernel", "LIST", "loops, e.g. read,triad_nt.avx2; without .ISA the widest here",
     COMMAND_BANDWIDTH | COMMAND_SWEEP | COMMAND_BENCH, options_take_kernels},
    {"--pattern", "LIST", "orders of the chain; numaprobe list patterns (structural)",
     COMMAND_LATENCY | COMMAND_LOADED | COMMAND_SWEEP | COMMAND_BENCH, options_take_patterns},
    {"--load-nodes", "LIST", "nodes of the load's memory, and of its threads (as the chain's)",
     COMMAND_LOADED, options_take_load_nodes},
    {"--mix", "LIST", "reads and writes as MLC mixes them, e.g. reads,2:1; numaprobe list mixes",
     COMMAND_BANDWIDTH | COMMAND_LOADED, options_take_mixes},
    {"--delay", "LIST", "pauses of a closed load, cycles, e.g. 0,500,20000 (by the curve's holes)",
     COMMAND_LOADED, options_take_delays},
    {"--paced", "LIST", "loads by the clock besides, e.g. 12GB/s, or 50% of the largest closed one",
     COMMAND_LOADED, options_take_paces},
    {"--quick", NULL, "fewer points: holes up to 10 % of the peak instead of 5 %",
     COMMAND_LOADED, take_quick},
    {"--pages", "LIST", "kinds of page, or all; numaprobe list pages (thp if it is on, else base)",
     RECORDING | COMMAND_VERIFY, options_take_pages},
    {"--size", "SIZE", "of each array, chain or walk, e.g. 512M (by the caches; verify: 16M)",
     SIZED | COMMAND_VERIFY | COMMAND_DOCTOR, take_size},
    {"--cached", NULL, "allow a size that fits the caches; its rows get the flag CACHED",
     SIZED, take_cached},
    {"--to", "SIZE", "largest size, as a pass touches it (four times the last cache)",
     COMMAND_SWEEP, take_to},
    {"--checks", NULL, "measure cells that test the method too: size, slot, first walk, zeros",
     COMMAND_QUICK | COMMAND_LATENCY | COMMAND_BANDWIDTH, take_checks},
    {"--protocol", "LIST", "how lines are exchanged; numaprobe list protocols (all)",
     COMMAND_C2C, options_take_protocols},
    {"--home", "LIST", "node of the lines: writer, reader, third (writer,reader)",
     COMMAND_C2C, options_take_homes},
    {"--pairs", "N", "pairs of CPUs of each class, drawn by the seed (30)",
     COMMAND_C2C, take_pairs},
    {"--full", NULL, "all pairs of CPUs",
     COMMAND_C2C, take_full},
    {"--writer-cpu", "CPU", "with --reader-cpu: this pair only",
     COMMAND_C2C, take_writer_cpu},
    {"--reader-cpu", "CPU", "with --writer-cpu: this pair only",
     COMMAND_C2C, take_reader_cpu},
    {"--peak", NULL, "search for the most bandwidth of each mix: loop, instructions, threads",
     COMMAND_BANDWIDTH, take_peak},
    {"--best-set", NULL, "search for the set of nodes, and the weights, with the most bandwidth",
     COMMAND_BANDWIDTH, take_best_set},
    {"--chains", "LIST", "chains that a thread walks at once, e.g. 1,4,16 (1)",
     COMMAND_LATENCY, options_take_chains},
    {"--window", "SIZE", "part of the buffer in which a chain is random (by its pattern)",
     COMMAND_LATENCY, take_window},
    {"--spacing", "SIZE", "distance of neighbouring pointers of a chain (two lines)",
     COMMAND_LATENCY, take_spacing},
    {"--threads", "LIST", "threads per CPU node: numbers, cores, all (cores: one per core)",
     COMMAND_QUICK | COMMAND_BANDWIDTH | COMMAND_LOADED | COMMAND_BENCH, options_take_threads},
    {"--threads", "LIST", "threads that stream together: numbers, cores, all (1)",
     COMMAND_SWEEP, options_take_threads},
    {"--budget", "TIME", "for all visits, e.g. 90s or 10m (30s to 3m by nodes; c2c: 1m; else 3m)",
     MEASURING, take_budget},
    {"--budget", "TIME", "for all of it, from its start to its end (45s)",
     COMMAND_CHECK, take_budget},
    {"--rounds", "N", "exactly so many visits of every cell (8 to 32, as the budget allows)",
     MEASURING, take_rounds},
    {"--seed", "N", "of chains, data and order (1)",
     RECORDING | COMMAND_CHECK, take_seed},
    {"--output", "DIR", "run directory (numaprobe-HOST-UTC)",
     RECORDING, take_output},
    {"--runs", "N", "of each side (4)",
     COMMAND_AB, take_runs},
    {"--pause", NULL, "stop after each run and say what to type next: for a reboot between",
     COMMAND_AB, take_pause},
    {"--output", "DIR", "a new directory, for all runs (numaprobe-ab-HOST-UTC)",
     COMMAND_AB, take_output},
    {"--output", "DIR", "keep what was measured as a run directory (nothing is kept)",
     COMMAND_CHECK, take_output},
    {"--output", "FILE", "the archive (numaprobe-submit-UTC.tar)",
     COMMAND_SUBMIT, take_output},
    {"--dry-run", NULL, "show what would be left out; write nothing",
     COMMAND_SUBMIT, take_dry_run},
    {"--samples", NULL, "keep the samples of every visit too, in samples.csv",
     MEASURING, take_samples},
    {"--like", "DIR", "take the sizes and loops that the run in that directory chose",
     COMMAND_QUICK | COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_LOADED, take_like},
    {"--resume", "DIR", "go on with the run in that directory, which was stopped",
     COMMAND_QUICK | COMMAND_RESUME | COMMAND_UNRECORDED, take_resume},
    {"--resume", "DIR", "go on with the runs in that directory, by its ab.json",
     COMMAND_AB | COMMAND_RESUME, take_resume},
    {"--dry-run", NULL, "print the plan and its time; touch no memory",
     MEASURING | COMMAND_UNRECORDED, take_dry_run},
    {"--allow-unverified", NULL, "exit 0 although the system does not tell where memory was",
     RECORDING | COMMAND_VERIFY | COMMAND_RESUME, take_allow_unverified},
    {"--allow-unverified", NULL, "take in rows of which the system does not tell where memory was",
     READING | COMMAND_CHECK | COMMAND_AB, take_allow_unverified},
    {"--allow-partial", NULL, "take fewer awe pages than asked; such rows get the flag PARTIAL",
     SIZED, take_allow_partial},
    {"--allow-partial", NULL, "take fewer awe pages than asked, and say how many",
     COMMAND_VERIFY, take_allow_partial},
    {"--keep", NULL, "keep every buffer until the end, so that a node can fill up",
     COMMAND_VERIFY, take_keep},
    {"--quiet", NULL, "nothing on stdout; reasons for what is missing on stderr",
     MEASURING | COMMAND_RESUME, take_quiet},
    {"--no-progress", NULL, "no progress on stderr",
     MEASURING | COMMAND_RESUME, take_no_progress},
    {"--output", "FILE", "write there instead of stdout; an existing file is replaced as a whole",
     READING, take_output},
    {"--format", "NAME", "json, or mlc: what readers of MLC's output parse; no tables then",
     COMMAND_QUICK | COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_LOADED | COMMAND_C2C |
         COMMAND_RESUME,
     take_run_format},
    {"--json", NULL, "print JSON and nothing else: docs/files.md",
     MEASURING | COMMAND_RESUME | COMMAND_SHOW | COMMAND_TOPO | COMMAND_DOCTOR |
         COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_CAPACITY | COMMAND_FLEET | COMMAND_AB,
     take_json},
    {"--html", "FILE", "write a page too: a dot for each host, outliers named",
     COMMAND_FLEET, take_html},
    {"--format", "NAME", "table, json or markdown (table); export: numaprobe list forms",
     COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_CAPACITY | COMMAND_EXPORT | COMMAND_FLEET |
         COMMAND_AB | COMMAND_RESUME,
     take_format},
    {"--check", NULL, "exit 3 when something got worse, 5 when nothing could have been seen",
     COMMAND_COMPARE | COMMAND_HISTORY, take_check},
    {"--force", NULL, "compare although the sides are not comparable; their differences are shown",
     COMMAND_COMPARE, take_force},
    {"--explore", NULL, "correct for many cells by Benjamini-Hochberg instead of Holm",
     COMMAND_COMPARE, take_explore},
    {"--single", NULL, "one run a side is meant: judge it by its visits, blind to what a run keeps",
     COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_AB, take_single},
    {"--require", "PERCENT", "exit 5 when a change of so much could not have been seen",
     COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_AB, take_require},
    {"--margin", "PERCENT", "smaller is no change (2% of latency, 1% of bandwidth)",
     COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_AB, take_margin},
    {"--add", "RUN", "copy a run directory into the history first; nothing is overwritten",
     COMMAND_HISTORY, take_add},
    {"--accept", "RUN", "from that run on its level is the one that counts; kept in accepted.json",
     COMMAND_HISTORY, take_accept},
    {"--baseline", "RUN|N", "this run, or the first N, make the level, whatever was accepted",
     COMMAND_HISTORY, take_baseline},
    {"--host", "NAME", "the machine of that name (that of the newest run)",
     COMMAND_HISTORY, take_host},
    {"--stream", "RATE", "what one stream needs, e.g. 5GB/s: how many fit, and what they cost",
     COMMAND_CAPACITY, take_demand},
    {"--at", "FACTOR", "latency that these streams may have, in idle latencies (1.5x)",
     COMMAND_CAPACITY, take_latency_fold},
    {"--self-test", NULL, "compare what is believed of this system with it, and try each detector",
     COMMAND_DOCTOR, take_self_test},
    {"--no-host", NULL, "with --self-test: leave the host name out of its file",
     COMMAND_DOCTOR, take_no_host},
    {"--grant-lock-pages", NULL, "Windows: give this account the right that large pages need",
     COMMAND_DOCTOR, take_grant_lock_pages},
    {"--yes", NULL, "with --grant-lock-pages: do not ask first",
     COMMAND_DOCTOR, take_yes},
    {"--man", "DIR", "write the manual pages of all commands there, numaprobe.1 and so on",
     COMMAND_HELP, take_manual},
    {"--man", "DIR", "write the manual page there, numaprobe-bench.1, and measure nothing",
     COMMAND_BENCH | COMMAND_UNRECORDED, take_manual},
    {"--help", NULL, "this text",
     EVERYWHERE | COMMAND_RESUME | COMMAND_UNRECORDED, take_help},
};
// clang-format on
const size_t option_count = COUNT_OF(option_table);
_Static_assert(COUNT_OF(option_table) <= OPTIONS_MAX, "options.given has a place for each");
