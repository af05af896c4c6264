// SPDX-License-Identifier: Apache-2.0
#include "cli/options.h"

#include "base/units.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct option {
    const char *name;
    const char *value; // what the value is called in help; NULL: a switch
    const char *summary;
    unsigned commands; // of enum command_bit
    bool (*take)(struct options *options, const char *value, struct error *error);
};

// ---- one function per form of value -------------------------------------------------------------

static bool take_nodes(struct id_set *nodes, const char *value, struct error *error) {
    id_set_free(nodes);
    if (!id_set_parse(nodes, value, error))
        return false;
    return nodes->count || error_set(error, ERROR_KIND_USAGE, 0, "'' names no node");
}

static bool take_cpu_nodes(struct options *options, const char *value, struct error *error) {
    return take_nodes(&options->cpu_nodes, value, error);
}

static bool take_mem_nodes(struct options *options, const char *value, struct error *error) {
    return take_nodes(&options->mem_nodes, value, error);
}

static bool take_load_nodes(struct options *options, const char *value, struct error *error) {
    return take_nodes(&options->load_nodes, value, error);
}

static bool take_size(struct options *options, const char *value, struct error *error) {
    return units_parse_bytes(value, &options->size_bytes, error);
}

static bool take_count(const char *value, uint64_t maximum, uint32_t *count, struct error *error) {
    uint64_t number;
    if (!units_parse_count(value, 1, maximum, &number, error))
        return false;
    *count = (uint32_t)number;
    return true;
}

static bool take_threads(struct options *options, const char *value, struct error *error) {
    return take_count(value, ID_SET_MAX, &options->threads, error);
}

static bool take_rounds(struct options *options, const char *value, struct error *error) {
    return take_count(value, 1000000, &options->rounds, error);
}

static bool take_seed(struct options *options, const char *value, struct error *error) {
    return units_parse_count(value, 0, INT64_MAX, &options->seed, error);
}

static bool take_pairs(struct options *options, const char *value, struct error *error) {
    return take_count(value, 1000000, &options->pairs, error);
}

static bool take_cpu(const char *value, uint32_t *cpu, struct error *error) {
    uint64_t number;
    if (!units_parse_count(value, 0, ID_SET_MAX, &number, error))
        return false;
    *cpu = (uint32_t)number;
    return true;
}

static bool take_writer_cpu(struct options *options, const char *value, struct error *error) {
    return take_cpu(value, &options->writer_cpu, error);
}

static bool take_reader_cpu(struct options *options, const char *value, struct error *error) {
    return take_cpu(value, &options->reader_cpu, error);
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

static bool take_add(struct options *options, const char *value, struct error *error) {
    (void)error;
    options->add = value;
    return true;
}

static bool take_demand(struct options *options, const char *value, struct error *error) {
    uint64_t mb_per_s;
    if (!units_parse_count(value, 1, 100000000, &mb_per_s, error))
        return false;
    options->demand_bytes_per_s = mb_per_s * 1000000;
    return true;
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
SWITCH(cached)
SWITCH(quick)
SWITCH(full)
SWITCH(dry_run)
SWITCH(quiet)
SWITCH(no_progress)
SWITCH(allow_unverified)
SWITCH(self_test)
SWITCH(help)

// ---- lists of names -----------------------------------------------------------------------------

// Calls add for each name of a comma-separated list.
static bool take_names(struct options *options, const char *value,
                       bool (*add)(struct options *options, const char *name, struct error *error),
                       struct error *error) {
    char name[64];
    for (const char *at = value;; at++) {
        size_t length = strcspn(at, ",");
        if (length == 0 || length >= sizeof name)
            return error_set(error, ERROR_KIND_USAGE, 0, "'%.80s' is not a list of names", value);
        memcpy(name, at, length);
        name[length] = '\0';
        if (!add(options, name, error))
            return false;
        at += length;
        if (!*at)
            return true;
    }
}

static bool named_twice(const char *name, struct error *error) {
    return error_set(error, ERROR_KIND_USAGE, 0, "'%s' is named twice", name);
}

static bool add_pattern(struct options *options, const char *name, struct error *error) {
    const struct chase_pattern *pattern = chase_pattern_find(name);
    if (!pattern)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "there is no pattern '%s' (numaprobe list patterns)", name);
    for (size_t i = 0; i < options->pattern_count; i++)
        if (options->patterns[i] == pattern)
            return named_twice(name, error);
    options->patterns =
        base_grow(options->patterns, options->pattern_count + 1, sizeof *options->patterns);
    options->patterns[options->pattern_count++] = pattern;
    return true;
}

static bool add_pages(struct options *options, const char *name, struct error *error) {
    const struct page_kind *kind = page_kind_find(name);
    if (!kind)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "there is no kind of page '%s' (numaprobe list pages)", name);
    for (size_t i = 0; i < options->page_count; i++)
        if (options->pages[i] == kind)
            return named_twice(name, error);
    options->pages = base_grow(options->pages, options->page_count + 1, sizeof *options->pages);
    options->pages[options->page_count++] = kind;
    return true;
}

static bool find_isa(const char *name, enum isa *isa) {
    for (*isa = 0; *isa < ISA_COUNT; ++*isa)
        if (strcmp(isa_names[*isa], name) == 0)
            return true;
    return false;
}

// "triad" is the widest that this CPU has, and the row says which that was; "triad.avx2" is that.
static bool add_kernel(struct options *options, const char *name, struct error *error) {
    char loop[64];
    snprintf(loop, sizeof loop, "%s", name);
    enum isa isa = isa_widest();
    char *dot = strchr(loop, '.');
    if (dot)
        *dot = '\0';
    if (dot && !find_isa(dot + 1, &isa))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "there is no instruction set '%s' (numaprobe list kernels)", dot + 1);
    const struct kernel *kernel = kernel_find(loop, isa);
    if (!kernel && !dot)
        kernel = kernel_find(loop, ISA_PORTABLE); // what has one form only
    if (!kernel)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "there is no kernel '%s' (numaprobe list kernels)", name);
    if (!isa_available(kernel->isa))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "this CPU has no %s (numaprobe list kernels says what it has)",
                         isa_names[kernel->isa]);
    for (size_t i = 0; i < options->kernel_count; i++)
        if (options->kernels[i] == kernel)
            return named_twice(name, error);
    options->kernels =
        base_grow(options->kernels, options->kernel_count + 1, sizeof *options->kernels);
    options->kernels[options->kernel_count++] = kernel;
    return true;
}

static bool add_mix(struct options *options, const char *name, struct error *error) {
    const struct kernel_mix *mix = mix_find(name);
    if (!mix)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "there is no mix '%s'; there are reads, 3:1, 2:1, 1:1 and triad_nt", name);
    for (size_t i = 0; i < options->mix_count; i++)
        if (options->mixes[i] == mix)
            return named_twice(name, error);
    options->mixes = base_grow(options->mixes, options->mix_count + 1, sizeof *options->mixes);
    options->mixes[options->mix_count++] = mix;
    return true;
}

// Longer ones would make a step of work longer than a sample.
enum { DELAY_MOST_CYCLES = 10000000 };

static bool add_delay(struct options *options, const char *name, struct error *error) {
    uint64_t cycles;
    if (!units_parse_count(name, 0, DELAY_MOST_CYCLES, &cycles, error))
        return false;
    for (size_t i = 0; i < options->delay_count; i++)
        if (options->delays[i] == cycles)
            return named_twice(name, error);
    options->delays = base_grow(options->delays, options->delay_count + 1, sizeof *options->delays);
    options->delays[options->delay_count++] = (uint32_t)cycles;
    return true;
}

// "12GB/s", "1.5GB/s", "800MB/s", "50%". A slower pace than 10 MB/s would have few bursts a sample.
static bool add_pace(struct options *options, const char *name, struct error *error) {
    char *unit;
    struct pace_option pace = {.value = strtod(name, &unit)};
    double size = strcmp(unit, "GB/s") == 0 ? 1e9 : strcmp(unit, "MB/s") == 0 ? 1e6 : 0;
    pace.is_share = strcmp(unit, "%") == 0;
    pace.value *= pace.is_share ? 0.01 : size;
    bool fits = pace.is_share ? pace.value >= 0.001 && pace.value <= 10
                              : pace.value >= 1e7 && pace.value <= 1e14;
    if (unit == name || (!pace.is_share && size == 0) || !fits)
        return error_set(
            error, ERROR_KIND_USAGE, 0,
            "'%s' is not a pace such as 12GB/s, 800MB/s (10MB/s to 100000GB/s) or 50%% "
            "of the peak (0.1%% to 1000%%)",
            name);
    options->paces = base_grow(options->paces, options->pace_count + 1, sizeof *options->paces);
    options->paces[options->pace_count++] = pace;
    return true;
}

static bool take_mixes(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_mix, error);
}

static bool take_delays(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_delay, error);
}

static bool take_paces(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_pace, error);
}

static bool add_protocol(struct options *options, const char *name, struct error *error) {
    const struct pair_protocol *protocol = pair_protocol_find(name);
    if (!protocol)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "there is no protocol '%s' (numaprobe list protocols)", name);
    for (size_t i = 0; i < options->protocol_count; i++)
        if (options->protocols[i] == protocol)
            return named_twice(name, error);
    options->protocols =
        base_grow(options->protocols, options->protocol_count + 1, sizeof *options->protocols);
    options->protocols[options->protocol_count++] = protocol;
    return true;
}

static bool add_home(struct options *options, const char *name, struct error *error) {
    for (size_t home = 0; home < PAIR_HOME_COUNT; home++) {
        if (strcmp(pair_home_names[home], name) != 0)
            continue;
        if (options->homes[home])
            return named_twice(name, error);
        options->homes[home] = true;
        return true;
    }
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "there is no home '%s': there are writer, reader and third", name);
}

static bool take_protocols(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_protocol, error);
}

static bool take_homes(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_home, error);
}

static bool take_kernels(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_kernel, error);
}

static bool take_patterns(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_pattern, error);
}

static bool take_pages(struct options *options, const char *value, struct error *error) {
    return take_names(options, value, add_pages, error);
}

// ---- the table ----------------------------------------------------------------------------------

enum {
    SIZED = COMMAND_QUICK | COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_LOADED | COMMAND_BENCH,
    MEASURING = COMMAND_QUICK | COMMAND_LATENCY | COMMAND_BANDWIDTH | COMMAND_LOADED | COMMAND_C2C,
    RECORDING = MEASURING | COMMAND_BENCH,
    READING =
        COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_CAPACITY | COMMAND_REPORT | COMMAND_EXPORT,
    EVERYWHERE = RECORDING | COMMAND_TOPO | COMMAND_VERIFY | COMMAND_LIST | COMMAND_HELP |
                 COMMAND_DOCTOR | READING,
};

// clang-format off
static const struct option option_table[] = {
    {"--cpu-nodes", "LIST", "nodes of the threads, e.g. 0,2-3 (all that have CPUs)",
     RECORDING | COMMAND_VERIFY, take_cpu_nodes},
    {"--mem-nodes", "LIST", "nodes of the memory (all that have memory)",
     SIZED, take_mem_nodes},
    {"--kernel", "LIST", "loops, e.g. read,triad_nt.avx2; without .ISA the widest here",
     COMMAND_BANDWIDTH | COMMAND_BENCH, take_kernels},
    {"--pattern", "LIST", "orders of the chain; numaprobe list patterns (structural)",
     COMMAND_LATENCY | COMMAND_LOADED | COMMAND_BENCH, take_patterns},
    {"--load-nodes", "LIST", "nodes of the load's memory, and of its threads (as the chain's)",
     COMMAND_LOADED, take_load_nodes},
    {"--mix", "LIST", "reads and writes of the load: reads, 3:1, 2:1, 1:1, triad_nt (reads)",
     COMMAND_LOADED, take_mixes},
    {"--delay", "LIST", "pauses of a closed load, cycles, e.g. 0,500,20000 (by the curve's holes)",
     COMMAND_LOADED, take_delays},
    {"--paced", "LIST", "loads by the clock besides, e.g. 12GB/s, or 50% of the largest closed one",
     COMMAND_LOADED, take_paces},
    {"--quick", NULL, "fewer points: holes up to 10 % of the peak instead of 5 %",
     COMMAND_LOADED, take_quick},
    {"--pages", "LIST", "kinds of page: 4K, 2M, 1G, thp, awe (thp where it is on, else 4K)",
     RECORDING | COMMAND_VERIFY, take_pages},
    {"--size", "SIZE", "of each array, chain or walk, e.g. 512M (by the caches; verify: 16M)",
     SIZED | COMMAND_VERIFY | COMMAND_DOCTOR, take_size},
    {"--cached", NULL, "allow a size that fits the caches; its rows get the flag CACHED",
     SIZED, take_cached},
    {"--threads", "N", "threads per CPU node (one per core)",
     COMMAND_QUICK | COMMAND_BANDWIDTH | COMMAND_LOADED | COMMAND_BENCH, take_threads},
    {"--protocol", "LIST", "how lines are exchanged; numaprobe list protocols (all)",
     COMMAND_C2C, take_protocols},
    {"--home", "LIST", "node of the lines: writer, reader, third (writer,reader)",
     COMMAND_C2C, take_homes},
    {"--pairs", "N", "pairs of CPUs of each class, drawn by the seed (30)",
     COMMAND_C2C, take_pairs},
    {"--full", NULL, "all pairs of CPUs",
     COMMAND_C2C, take_full},
    {"--writer-cpu", "CPU", "with --reader-cpu: this pair only",
     COMMAND_C2C, take_writer_cpu},
    {"--reader-cpu", "CPU", "with --writer-cpu: this pair only",
     COMMAND_C2C, take_reader_cpu},
    {"--rounds", "N", "visits of every cell (up to 6, fewer on large machines)",
     MEASURING, take_rounds},
    {"--seed", "N", "of chains, data and order (1)",
     RECORDING, take_seed},
    {"--output", "DIR", "run directory (numaprobe-HOST-UTC)",
     RECORDING, take_output},
    {"--resume", "DIR", "go on with the run in that directory, which was stopped",
     COMMAND_QUICK | COMMAND_RESUME, take_resume},
    {"--dry-run", NULL, "print the plan and its time; touch no memory",
     MEASURING, take_dry_run},
    {"--allow-unverified", NULL, "exit 0 although the system does not tell where memory was",
     RECORDING | COMMAND_VERIFY | COMMAND_RESUME, take_allow_unverified},
    {"--quiet", NULL, "nothing on stdout; reasons for what is missing on stderr",
     MEASURING | COMMAND_RESUME, take_quiet},
    {"--no-progress", NULL, "no progress on stderr",
     MEASURING | COMMAND_RESUME, take_no_progress},
    {"--output", "FILE", "write there instead of stdout; an existing file is replaced as a whole",
     READING, take_output},
    {"--format", "NAME", "table, json or markdown (table); export: numaprobe list forms",
     COMMAND_COMPARE | COMMAND_HISTORY | COMMAND_CAPACITY | COMMAND_EXPORT, take_format},
    {"--check", NULL, "exit 3 when something got worse, 5 when nothing could have been seen",
     COMMAND_COMPARE | COMMAND_HISTORY, take_check},
    {"--force", NULL, "compare although the sides are not comparable; their differences are shown",
     COMMAND_COMPARE, take_force},
    {"--explore", NULL, "correct for many cells by Benjamini-Hochberg instead of Holm",
     COMMAND_COMPARE, take_explore},
    {"--add", "RUN", "copy a run directory into the history first; nothing is overwritten",
     COMMAND_HISTORY, take_add},
    {"--stream", "MB_PER_S", "what one stream needs, to see what 1, 2, 3 ... of them cost",
     COMMAND_CAPACITY, take_demand},
    {"--self-test", NULL, "hold what is believed of this system against it; writes a file to send",
     COMMAND_DOCTOR, take_self_test},
    {"--help", NULL, "this text",
     EVERYWHERE | COMMAND_RESUME, take_help},
};
// clang-format on

// The option of that name that the command takes; where it takes none, one of another command.
static const struct option *find_option(const char *name, size_t length, enum command_bit command) {
    const struct option *found = NULL;
    for (size_t i = 0; i < COUNT_OF(option_table); i++) {
        const struct option *option = &option_table[i];
        if (strlen(option->name) != length || strncmp(option->name, name, length) != 0)
            continue;
        if (option->commands & command)
            return option;
        found = option;
    }
    return found;
}

// The few short forms; everything else has one name.
static const char *long_form(const char *argument) {
    static const char *const forms[][2] = {
        {"-h", "--help"  },
        {"-o", "--output"},
        {"-f", "--format"}
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (strcmp(argument, forms[i][0]) == 0)
            return forms[i][1];
    return argument;
}

static bool unknown_option(const struct option *option, const char *argument,
                           enum command_bit command, const char *command_name,
                           struct error *error) {
    char words[64];
    snprintf(words, sizeof words, "numaprobe%s%s%s", command == COMMAND_BENCH ? "-bench" : "",
             *command_name ? " " : "", command_name);
    if (option)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "%s takes no %s (%s --help lists what it takes)", words, option->name,
                         words);
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "there is no option %.80s (%s --help lists what there is)", argument, words);
}

// Reads one option, as "--name value" or "--name=value". Moves *index past what it took.
static bool take_option(struct options *options, enum command_bit command, const char *command_name,
                        int *index, int argument_count, char **arguments, struct error *error) {
    const char *argument = long_form(arguments[*index]);
    const char *equals = strchr(argument, '=');
    const struct option *option =
        find_option(argument, equals ? (size_t)(equals - argument) : strlen(argument), command);
    ++*index;
    if (!option || !(option->commands & command))
        return unknown_option(option, argument, command, command_name, error);
    if (!option->value && equals)
        return error_set(error, ERROR_KIND_USAGE, 0, "%s takes no value", option->name);
    const char *value = equals ? equals + 1 : NULL;
    if (option->value && !value) {
        if (*index == argument_count)
            return error_set(error, ERROR_KIND_USAGE, 0, "%s needs a value: %s", option->name,
                             option->summary);
        value = arguments[(*index)++];
    }
    struct error cause;
    options->given |= UINT64_C(1) << (option - option_table);
    if (option->take(options, value, &cause))
        return true;
    return error_set(error, cause.kind, cause.os_number, "%s: %s", option->name, cause.text);
}

// What a run was asked for stands in its machine.json, and cannot be asked for anew.
static bool check_resume(const struct options *options, struct error *error) {
    CHECK(COUNT_OF(option_table) <= 64);
    for (size_t i = 0; options->resume && i < COUNT_OF(option_table); i++)
        if (options->given >> i & 1 && !(option_table[i].commands & COMMAND_RESUME))
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "%s cannot stand beside --resume, which goes on with what the run was "
                             "asked for",
                             option_table[i].name);
    return true;
}

// Each of them says which pairs.
static bool check_pairs(const struct options *options, struct error *error) {
    bool one = options->writer_cpu != NONE_U32 || options->reader_cpu != NONE_U32;
    if (options->full && options->pairs)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--pairs %u: --full is all pairs; leave out one of them", options->pairs);
    if (one && (options->full || options->pairs || options->cpu_nodes.count))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "%s: --writer-cpu and --reader-cpu name one pair; leave out one of them",
                         options->full    ? "--full"
                         : options->pairs ? "--pairs"
                                          : "--cpu-nodes");
    return true;
}

bool options_parse(struct options *options, enum command_bit command, const char *command_name,
                   size_t operands_max, int argument_count, char **arguments, struct error *error) {
    *options = (struct options){.seed = 1, .writer_cpu = NONE_U32, .reader_cpu = NONE_U32};
    for (int index = 0; index < argument_count;) {
        if (arguments[index][0] == '-') {
            if (!take_option(options, command, command_name, &index, argument_count, arguments,
                             error))
                return false;
        } else if (options->operand_count < operands_max) {
            options->operands =
                base_grow(options->operands, options->operand_count + 1, sizeof *options->operands);
            options->operands[options->operand_count++] = arguments[index++];
        } else {
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "'%.80s' is one word too many (numaprobe help lists the commands)",
                             arguments[index]);
        }
    }
    return check_pairs(options, error) && check_resume(options, error);
}

void options_free(struct options *options) {
    id_set_free(&options->cpu_nodes);
    id_set_free(&options->mem_nodes);
    id_set_free(&options->load_nodes);
    free(options->mixes);
    free(options->delays);
    free(options->paces);
    free(options->kernels);
    free(options->patterns);
    free(options->pages);
    free(options->protocols);
    free(options->operands);
}

void options_print(enum command_bit command) {
    for (size_t i = 0; i < COUNT_OF(option_table); i++) {
        const struct option *option = &option_table[i];
        if (!(option->commands & command))
            continue;
        char name[32];
        snprintf(name, sizeof name, "%s%s%s", option->name, option->value ? " " : "",
                 option->value ? option->value : "");
        printf("  %-20s %s\n", name, option->summary);
    }
}
