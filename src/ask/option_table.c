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
                     "'%.40s' is not a policy: choose chunks (numaprobe spreads the pages), "
                     "interleave, weighted or, for verify, preferred-many (the kernel does)",
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
           error_set(error, ERROR_KIND_USAGE, 0, "'%.40s': a sweep begins at %s; give more", value,
                     units_format_bytes(os_base_page_bytes(), least));
}

static bool take_window(struct options *options, const char *value, struct error *error) {
    return units_parse_bytes(value, &options->window_bytes, error);
}

static bool take_spacing(struct options *options, const char *value, struct error *error) {
    const uint64_t max_bytes = os_base_page_bytes(); // so that a chain touches each page
    char most[UNITS_TEXT_BYTES];
    return units_parse_bytes(value, &options->slot_bytes, error) &&
           (options->slot_bytes <= max_bytes ||
            error_set(error, ERROR_KIND_USAGE, 0, "'%.40s': the spacing is at most %s", value,
                      units_format_bytes(max_bytes, most)));
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
                     "'%.40s' is not a format of a measuring command: choose json or mlc, or leave "
                     "it out for tables; numaprobe export writes other forms",
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

static bool take_stream_rate(struct options *options, const char *value, struct error *error) {
    return units_parse_rate(value, &options->stream_bytes_per_s, error);
}

static bool take_latency_factor(struct options *options, const char *value, struct error *error) {
    return units_parse_factor(value, &options->latency_factor, error);
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
SWITCH(verbose)
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
    SIZED = COMMAND_OVERVIEW | COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_LOADED | COMMAND_BENCH,
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
    {"--cpu-nodes", "LIST", "nodes of the threads, e.g. 0,2-3 (default: all with CPUs)",
     RECORDING | COMMAND_VERIFY, options_take_cpu_nodes},
    {"--all-kinds", NULL, "use CPUs of every kind, not only the fastest of each node",
     RECORDING, take_all_kinds},
    {"--mem-nodes", "LIST", "nodes of the memory, and sets of nodes such as 0+1 or "
     "0:3+1:1 (default: all with memory)",
     SIZED | COMMAND_SWEEP | COMMAND_VERIFY, options_take_mem_nodes},
    {"--policy", "NAME", "who spreads pages over a set: chunks (numaprobe), "
     "interleave or weighted (the kernel) (default: chunks)",
     COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_SWEEP | COMMAND_BENCH | COMMAND_VERIFY,
     take_policy},
    {"--kernel", "LIST", "loops, e.g. read,triad_nt.avx2 (default .ISA: the widest)",
     COMMAND_BANDWIDTH | COMMAND_SWEEP | COMMAND_BENCH, options_take_kernels},
    {"--pattern", "LIST", "order of the chain: numaprobe list patterns (default: "
     "structural)",
     COMMAND_LATENCY | COMMAND_LOADED | COMMAND_SWEEP | COMMAND_BENCH, options_take_patterns},
    {"--load-nodes", "LIST", "nodes of the load (default: as the measuring thread)",
     COMMAND_LOADED, options_take_load_nodes},
    {"--mix", "LIST", "reads and writes, e.g. reads,2:1: numaprobe list mixes",
     COMMAND_BANDWIDTH | COMMAND_LOADED, options_take_mixes},
    {"--delay", "LIST", "pauses between load bursts, cycles (default: adaptive)",
     COMMAND_LOADED, options_take_delays},
    {"--paced", "LIST", "also loads at a fixed rate: 12GB/s, or 50% of the highest",
     COMMAND_LOADED, options_take_rates},
    {"--quick", NULL, "fewer points: gaps up to 10 % of the peak, not 5 %",
     COMMAND_LOADED, take_quick},
    {"--pages", "LIST", "kinds of page, or all (default: thp, else base)",
     RECORDING | COMMAND_VERIFY, options_take_pages},
    {"--size", "SIZE", "of each array or chain, e.g. 64M (default: by the caches)",
     SIZED | COMMAND_DOCTOR, take_size},
    {"--size", "SIZE", "of the buffer of each CPU, e.g. 64M (default: 16M)",
     COMMAND_VERIFY, take_size},
    {"--cached", NULL, "allow sizes that fit the caches; rows get the flag CACHED",
     SIZED, take_cached},
    {"--to", "SIZE", "largest size (default: four times the last cache)",
     COMMAND_SWEEP, take_to},
    {"--checks", NULL, "also test the method: size, spacing, first walk, zeros",
     COMMAND_OVERVIEW | COMMAND_LATENCY | COMMAND_BANDWIDTH, take_checks},
    {"--protocol", "LIST", "how lines are exchanged: numaprobe list protocols "
     "(default: all)",
     COMMAND_C2C, options_take_protocols},
    {"--home", "LIST", "node of the lines: writer, reader, third (default: "
     "writer,reader)",
     COMMAND_C2C, options_take_homes},
    {"--pairs", "N", "random pairs of CPUs of each class (default: 30)",
     COMMAND_C2C, take_pairs},
    {"--full", NULL, "all pairs of CPUs",
     COMMAND_C2C, take_full},
    {"--writer-cpu", "CPU", "with --reader-cpu: this pair only",
     COMMAND_C2C, take_writer_cpu},
    {"--reader-cpu", "CPU", "with --writer-cpu: this pair only",
     COMMAND_C2C, take_reader_cpu},
    {"--peak", NULL, "search for the loop and threads with the most bandwidth",
     COMMAND_BANDWIDTH, take_peak},
    {"--best-set", NULL, "search for the nodes and weights with the most bandwidth",
     COMMAND_BANDWIDTH, take_best_set},
    {"--chains", "LIST", "chains that a thread follows at once (default: 1)",
     COMMAND_LATENCY, options_take_chains},
    {"--window", "SIZE", "range in which a chain is random (default: by pattern)",
     COMMAND_LATENCY, take_window},
    {"--spacing", "SIZE", "distance of a chain's pointers (default: two lines)",
     COMMAND_LATENCY, take_spacing},
    {"--threads", "LIST", "per CPU node: numbers, cores, all (default: cores)",
     COMMAND_OVERVIEW | COMMAND_BANDWIDTH | COMMAND_LOADED | COMMAND_BENCH, options_take_threads},
    {"--threads", "LIST", "of a stream: numbers, cores, all (default: 1)",
     COMMAND_SWEEP, options_take_threads},
    {"--budget", "TIME", "total measuring time (default: 30s to 3m, by the nodes)",
     COMMAND_OVERVIEW, take_budget},
    {"--budget", "TIME", "total measuring time, e.g. 90s or 10m (default: 1m)",
     COMMAND_C2C, take_budget},
    {"--budget", "TIME", "total measuring time, e.g. 90s or 10m (default: 3m)",
     MEASURING & ~(COMMAND_OVERVIEW | COMMAND_C2C), take_budget},
    {"--budget", "TIME", "time from start to end (default: 45s)",
     COMMAND_CHECK, take_budget},
    {"--rounds", "N", "repetitions of each case (default: up to 32, as needed)",
     MEASURING, take_rounds},
    {"--seed", "N", "random seed of chains, data and order (default: 1)",
     RECORDING | COMMAND_CHECK, take_seed},
    {"--output", "DIR", "run directory (default: numaprobe-HOST-UTC)",
     RECORDING, take_output},
    {"--runs", "N", "runs of each side (default: 4)",
     COMMAND_AB, take_runs},
    {"--pause", NULL, "stop after each run, e.g. to reboot; prints how to resume",
     COMMAND_AB, take_pause},
    {"--output", "DIR", "a new one for all runs (default: numaprobe-ab-HOST-UTC)",
     COMMAND_AB, take_output},
    {"--output", "DIR", "keep the run in this directory (default: keep nothing)",
     COMMAND_CHECK, take_output},
    {"--output", "FILE", "the archive (default: numaprobe-submit-UTC.tar)",
     COMMAND_SUBMIT, take_output},
    {"--dry-run", NULL, "show what would be left out; write nothing",
     COMMAND_SUBMIT, take_dry_run},
    {"--samples", NULL, "also keep the samples of every repetition, in samples.csv",
     MEASURING, take_samples},
    {"--like", "DIR", "use the sizes and loops of the run in that directory",
     COMMAND_OVERVIEW | COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_LOADED, take_like},
    {"--resume", "DIR", "resume the interrupted run in that directory",
     COMMAND_OVERVIEW | COMMAND_RESUME | COMMAND_UNRECORDED, take_resume},
    {"--resume", "DIR", "resume the runs in that directory, by its ab.json",
     COMMAND_AB | COMMAND_RESUME, take_resume},
    {"--dry-run", NULL, "print the plan and its time; touch no memory",
     MEASURING | COMMAND_UNRECORDED, take_dry_run},
    {"--allow-unverified", NULL, "exit 0 even if the system cannot report where memory was",
     RECORDING | COMMAND_VERIFY | COMMAND_RESUME, take_allow_unverified},
    {"--allow-unverified", NULL, "use rows even if the place of their memory is unknown",
     READING | COMMAND_CHECK | COMMAND_AB, take_allow_unverified},
    {"--allow-partial", NULL, "accept fewer awe pages; rows get the flag PARTIAL",
     SIZED, take_allow_partial},
    {"--allow-partial", NULL, "accept fewer awe pages, and print how many",
     COMMAND_VERIFY, take_allow_partial},
    {"--keep", NULL, "keep every buffer until the end, so that a node fills up",
     COMMAND_VERIFY, take_keep},
    {"--quiet", NULL, "print nothing on stdout; stderr has what is missing",
     MEASURING | COMMAND_RESUME, take_quiet},
    {"--no-progress", NULL, "no progress on stderr",
     MEASURING | COMMAND_RESUME, take_no_progress},
    {"--verbose", NULL, "print a line on stderr for each repetition",
     MEASURING | COMMAND_RESUME, take_verbose},
    {"--output", "FILE", "write to this file; an existing one is replaced",
     READING, take_output},
    {"--format", "NAME", "instead of tables: json, or mlc, as parsers of MLC expect",
     COMMAND_OVERVIEW | COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_LOADED | COMMAND_C2C |
         COMMAND_RESUME,
     take_run_format},
    {"--json", NULL, "print only JSON, which docs/files.md describes",
     MEASURING | COMMAND_RESUME | COMMAND_SHOW | COMMAND_TOPO | COMMAND_DOCTOR |
         COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_CAPACITY | COMMAND_FLEET | COMMAND_AB,
     take_json},
    {"--html", "FILE", "also write a page: a dot for each host, outliers named",
     COMMAND_FLEET, take_html},
    {"--format", "NAME", "table, json or markdown (default: table)",
     COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_CAPACITY | COMMAND_FLEET | COMMAND_AB |
         COMMAND_RESUME,
     take_format},
    {"--format", "NAME", "required; numaprobe list forms names all",
     COMMAND_EXPORT, take_format},
    {"--check", NULL, "exit 3 if something got worse, 5 if that was undetectable",
     COMMAND_COMPARE | COMMAND_HISTORY, take_check},
    {"--check", NULL, "exit 3 if a host is slow, 5 if one could not be judged",
     COMMAND_FLEET, take_check},
    {"--force", NULL, "compare even what is not comparable; shows why it is not",
     COMMAND_COMPARE, take_force},
    {"--explore", NULL, "correct for many cases by Benjamini-Hochberg, not Holm",
     COMMAND_COMPARE, take_explore},
    {"--single", NULL, "accept one run per side: judge it by its repetitions, "
     "blind to differences between runs",
     COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_AB, take_single},
    {"--require", "PERCENT", "exit 5 if a change of that size was undetectable",
     COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_AB, take_require},
    {"--margin", "PERCENT", "ignore smaller changes (default: latency 2%, bandwidth 1%)",
     COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_AB, take_margin},
    {"--add", "RUN", "copy a run into the history first; overwrite nothing",
     COMMAND_HISTORY, take_add},
    {"--accept", "RUN", "take the level of that run as the new normal",
     COMMAND_HISTORY, take_accept},
    {"--baseline", "RUN|N", "compare with this run, or with the first N, instead",
     COMMAND_HISTORY, take_baseline},
    {"--host", "NAME", "the machine (default: that of the newest run)",
     COMMAND_HISTORY, take_host},
    {"--stream", "RATE", "what one stream needs, e.g. 5GB/s: shows how many fit",
     COMMAND_CAPACITY, take_stream_rate},
    {"--at", "FACTOR", "latency limit of the streams (default: 1.5x of idle)",
     COMMAND_CAPACITY, take_latency_factor},
    {"--self-test", NULL, "test what numaprobe assumes about this system; writes a "
     "JSON file to send",
     COMMAND_DOCTOR, take_self_test},
    {"--no-host", NULL, "with --self-test: leave out the host name",
     COMMAND_DOCTOR, take_no_host},
    {"--grant-lock-pages", NULL, "Windows: give this account the right to lock pages",
     COMMAND_DOCTOR, take_grant_lock_pages},
    {"--yes", NULL, "with --grant-lock-pages: do not ask first",
     COMMAND_DOCTOR, take_yes},
    {"--man", "DIR", "write the manual pages of all commands there",
     COMMAND_HELP, take_manual},
    {"--man", "DIR", "write the manual page there, numaprobe-bench.1, and measure nothing",
     COMMAND_BENCH | COMMAND_UNRECORDED, take_manual},
    {"--help", NULL, "this text",
     EVERYWHERE | COMMAND_RESUME | COMMAND_UNRECORDED, take_help},
};
// clang-format on
const size_t option_count = COUNT_OF(option_table);

const struct option_group option_groups[] = {
    {"--cpu-nodes",        "What is measured"       },
    {"--budget",           "How long, and how often"},
    {"--output",           "Runs"                   },
    {"--allow-unverified", "What is accepted"       },
    {"--quiet",            "Output"                 },
    {"--check",            "What counts as a change"},
    {"--add",              "Which runs"             },
    {"--stream",           "Streams"                },
    {"--self-test",        "Other"                  },
};
const size_t option_group_count = COUNT_OF(option_groups);
_Static_assert(COUNT_OF(option_table) <= OPTIONS_MAX, "options.given has a place for each");
