// SPDX-License-Identifier: Apache-2.0
#include "cli/mlc.h"

#include "ask/manual_page.h"
#include "base/units.h"
#include "cli/command.h"
#include "os/os.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- what is asked for --------------------------------------------------------------------------

// Options that a mode has a counterpart for.
enum {
    TAKES_SIZE = 1 << 0,
    TAKES_TIME = 1 << 1,
    TAKES_NODES = 1 << 2,
    TAKES_PAIR = 1 << 3,
    TAKES_DELAY = 1 << 4,
    TAKES_THREADS = 1 << 5,
    TAKES_ALWAYS = 1 << 6, // what changes nothing here
    TAKES_SIZED = TAKES_SIZE | TAKES_TIME | TAKES_ALWAYS,
};

#define PEAK_WORDS                                                                                 \
    { "--peak", "--mix", "reads,3:1,2:1,1:1,triad_nt", NULL }
#define PAIR_WORDS                                                                                 \
    { "--protocol", "clean_read,hitm_read", "--home", "writer,reader", NULL }

// clang-format off
static const struct mlc_mode {
    const char *name;
    const char *command; // of numaprobe
    unsigned takes;
    const char *words[5];
} modes[] = {
    {"",                           "",          TAKES_ALWAYS,                  {NULL}},
    {"--latency_matrix",           "latency",   TAKES_SIZED,                   {NULL}},
    {"--idle_latency",             "latency",   TAKES_SIZED | TAKES_NODES,     {NULL}},
    {"--bandwidth_matrix",         "bandwidth", TAKES_SIZED | TAKES_THREADS,   {NULL}},
    {"--peak_injection_bandwidth", "bandwidth", TAKES_SIZED | TAKES_THREADS,   PEAK_WORDS},
    {"--max_bandwidth",            "bandwidth", TAKES_SIZED | TAKES_THREADS,   PEAK_WORDS},
    {"--loaded_latency",           "loaded",    TAKES_SIZED | TAKES_NODES | TAKES_THREADS |
                                                TAKES_DELAY,                   {NULL}},
    {"--c2c_latency",              "c2c",       TAKES_TIME | TAKES_PAIR | TAKES_ALWAYS, PAIR_WORDS},
};
// clang-format on

// The command that is put together.
struct translation {
    const struct mlc_mode *mode;
    char **words; // of the command line of numaprobe, without the command; owned
    size_t count;
    bool one_thread_a_core;
    bool has_cpu, has_memory; // nodes are named
    bool shows;               // the command is printed, not run
};

static void add_word(struct translation *translation, const char *word) {
    translation->words =
        base_grow_by_one(translation->words, translation->count, sizeof *translation->words);
    translation->words[translation->count++] = base_copy_text(word);
}

static void add_option(struct translation *translation, const char *name, const char *value) {
    add_word(translation, name);
    add_word(translation, value);
}

// ---- one function per option --------------------------------------------------------------------

// "200000" are KiB; "100m", "1g" and "64k" say their unit.
static bool take_size(struct translation *translation, const char *value, struct error *error) {
    static const char units[][2] = {
        {'\0', 'K'},
        {'k',  'K'},
        {'m',  'M'},
        {'g',  'G'},
        {'K',  'K'},
        {'M',  'M'},
        {'G',  'G'}
    };
    char size[32] = "";
    size_t digits = strspn(value, "0123456789");
    bool one_letter = value[digits] == '\0' || value[digits + 1] == '\0';
    for (size_t i = 0; digits && digits < 16 && one_letter && i < COUNT_OF(units); i++)
        if (units[i][0] == value[digits])
            snprintf(size, sizeof size, "%.*s%c", (int)digits, value, units[i][1]);
    if (!*size)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "'%.40s' is not a size in KiB, or with the unit k, m or g", value);
    add_option(translation, "--size", size);
    add_word(translation, "--cached"); // small sizes are meant: rows of them get a flag
    return true;
}

// A visit of a cell takes about half a second.
static bool take_time(struct translation *translation, const char *value, struct error *error) {
    char rounds[24];
    uint64_t seconds;
    if (!units_parse_count(value, 1, 100000, &seconds, error))
        return false;
    snprintf(rounds, sizeof rounds, "%" PRIu64, 2 * seconds);
    add_option(translation, "--rounds", rounds);
    return true;
}

// Node 3 by CPU 12: what numaprobe places is a node's, on whichever of its CPUs.
static bool add_node_of(struct translation *translation, const char *name, const char *value,
                        struct error *error) {
    uint64_t cpu;
    uint32_t node;
    char text[24];
    if (!units_parse_count(value, 0, ID_SET_MAX, &cpu, error) ||
        !os_node_of_cpu((uint32_t)cpu, &node, error))
        return false;
    snprintf(text, sizeof text, "%u", node);
    add_option(translation, name, text);
    return true;
}

static bool take_cpu(struct translation *translation, const char *value, struct error *error) {
    translation->has_cpu = true;
    if (translation->mode->takes & TAKES_PAIR) {
        add_option(translation, "--reader-cpu", value);
        return true;
    }
    return add_node_of(translation, "--cpu-nodes", value, error);
}

static bool take_memory(struct translation *translation, const char *value, struct error *error) {
    translation->has_memory = true;
    return add_node_of(translation, "--mem-nodes", value, error);
}

static bool take_memory_node(struct translation *translation, const char *value,
                             struct error *error) {
    (void)error; // the option's own parser says what is wrong with a number
    translation->has_memory = true;
    add_option(translation, "--mem-nodes", value);
    return true;
}

static bool take_writer(struct translation *translation, const char *value, struct error *error) {
    (void)error;
    add_option(translation, "--writer-cpu", value);
    return true;
}

static bool take_delay(struct translation *translation, const char *value, struct error *error) {
    (void)error;
    add_option(translation, "--delay", value);
    return true;
}

static bool take_one_thread(struct translation *translation, const char *value,
                            struct error *error) {
    (void)value, (void)error;
    translation->one_thread_a_core = true;
    return true;
}

static bool take_nothing(struct translation *translation, const char *value, struct error *error) {
    (void)translation, (void)value, (void)error;
    return true;
}

static bool take_unverified(struct translation *translation, const char *value,
                            struct error *error) {
    (void)value, (void)error;
    add_word(translation, "--allow-unverified");
    return true;
}

static bool take_output(struct translation *translation, const char *value, struct error *error) {
    (void)error;
    add_option(translation, "--output", value);
    return true;
}

static bool take_show(struct translation *translation, const char *value, struct error *error) {
    (void)value, (void)error;
    translation->shows = true;
    return true;
}

// clang-format off
static const struct mlc_option {
    const char *name;
    const char *value; // NULL: a switch
    const char *summary;
    unsigned needs; // of TAKES_...: a mode that takes it
    bool (*take)(struct translation *translation, const char *value, struct error *error);
} mlc_options[] = {
    {"-b", "SIZE", "of each array, in KiB, or with the unit k, m or g", TAKES_SIZE, take_size},
    {"-t", "SECONDS", "for each point, in repetitions of half a second", TAKES_TIME, take_time},
    {"-c", "CPU", "measure from the node of that CPU; of pairs of CPUs: the reader",
     TAKES_NODES | TAKES_PAIR, take_cpu},
    {"-i", "CPU", "memory of the node of that CPU", TAKES_NODES, take_memory},
    {"-j", "NODE", "memory of that node", TAKES_NODES, take_memory_node},
    {"-w", "CPU", "of pairs of CPUs: the writer, with -c", TAKES_PAIR, take_writer},
    {"-d", "CYCLES", "one pause of the load instead of a curve", TAKES_DELAY, take_delay},
    {"-X", NULL, "one thread per core (all CPUs)", TAKES_THREADS, take_one_thread},
    {"-e", NULL, "leave prefetchers as they are, which numaprobe always does",
     TAKES_ALWAYS, take_nothing},
    {"-e0", NULL, "the same", TAKES_ALWAYS, take_nothing},
    {"-r", NULL, "random order of a chain, which numaprobe always has", TAKES_ALWAYS, take_nothing},
    {"--allow-unverified", NULL, "as numaprobe's", TAKES_ALWAYS, take_unverified},
    {"--output", "DIR", "as numaprobe's: the run directory", TAKES_ALWAYS, take_output},
    {"--show-command", NULL, "print the equivalent numaprobe command",
     TAKES_ALWAYS, take_show},
};
// clang-format on

static const struct mlc_mode *find_mode(const char *name) {
    for (size_t i = 1; i < COUNT_OF(modes); i++)
        if (strcmp(modes[i].name, name) == 0)
            return &modes[i];
    return NULL;
}

// "-b100m" and "-b 100m" are the same. *attached: the value that stands in the word, NULL: none.
static const struct mlc_option *find_option(const char *word, const char **attached) {
    *attached = NULL;
    for (size_t i = 0; i < COUNT_OF(mlc_options); i++)
        if (strcmp(mlc_options[i].name, word) == 0)
            return &mlc_options[i];
    for (size_t i = 0; i < COUNT_OF(mlc_options); i++)
        if (mlc_options[i].value && mlc_options[i].name[1] != '-' &&
            strncmp(mlc_options[i].name, word, 2) == 0) {
            *attached = word + 2;
            return &mlc_options[i];
        }
    return NULL;
}

// -T is known and has no counterpart: what it prints has a latency of 0 in it.
static bool refuse_word(const char *word, struct error *error) {
    if (strcmp(word, "-T") == 0)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "-T: this option is not available; --max_bandwidth and --bandwidth_matrix "
                         "measure bandwidth without latency");
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "mlc-numaprobe has no %.80s (mlc-numaprobe --help lists its options)", word);
}

static bool take_word(struct translation *translation, int *index, int argument_count,
                      char **arguments, struct error *error) {
    const char *word = arguments[(*index)++], *value;
    const struct mlc_option *option = find_option(word, &value);
    struct error cause;
    if (!option)
        return refuse_word(word, error);
    if (!(option->needs & translation->mode->takes))
        return error_set(error, ERROR_KIND_USAGE, 0, "%s has no counterpart for %s; leave it out",
                         *translation->mode->name ? translation->mode->name : "the whole machine",
                         option->name);
    if (option->value && !value) {
        if (*index == argument_count)
            return error_set(error, ERROR_KIND_USAGE, 0, "%s needs a value: %s", option->name,
                             option->summary);
        value = arguments[(*index)++];
    }
    return option->take(translation, value, &cause) ||
           error_set(error, cause.kind, cause.os_number, "%s: %s", option->name, cause.text);
}

// ---- the command --------------------------------------------------------------------------------

// The mode may stand behind options.
static bool choose_mode(struct translation *translation, int argument_count, char **arguments,
                        struct error *error) {
    translation->mode = &modes[0];
    for (int i = 0; i < argument_count; i++) {
        const struct mlc_mode *mode = find_mode(arguments[i]);
        if (mode && translation->mode != &modes[0] && mode != translation->mode)
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "%s and %s: only one of them can be measured at a time",
                             translation->mode->name, mode->name);
        if (mode)
            translation->mode = mode;
    }
    return true;
}

static bool translate(struct translation *translation, int argument_count, char **arguments,
                      struct error *error) {
    if (!choose_mode(translation, argument_count, arguments, error))
        return false;
    for (const char *const *word = translation->mode->words; *word; word++)
        add_word(translation, *word);
    for (int index = 0; index < argument_count;)
        if (find_mode(arguments[index]))
            index++;
        else if (!take_word(translation, &index, argument_count, arguments, error))
            return false;
    if (translation->mode->takes & TAKES_THREADS)
        add_option(translation, "--threads", translation->one_thread_a_core ? "cores" : "all");
    return true;
}

// One place of memory, as the name of the mode says: the first CPU's node where none is named.
static bool place_idle(struct translation *translation, struct error *error) {
    const bool idle = strcmp(translation->mode->name, "--idle_latency") == 0;
    uint32_t cpu, node;
    char text[24];
    if (!idle || (translation->has_cpu && translation->has_memory))
        return true;
    if (!os_current_place(&cpu, &node, error))
        return false;
    snprintf(text, sizeof text, "%u", node);
    if (!translation->has_cpu)
        add_option(translation, "--cpu-nodes", text);
    for (size_t i = 0; i + 1 < translation->count; i++)
        if (strcmp(translation->words[i], "--cpu-nodes") == 0)
            snprintf(text, sizeof text, "%s", translation->words[i + 1]);
    if (!translation->has_memory)
        add_option(translation, "--mem-nodes", text);
    return true;
}

// "numaprobe latency": what a mode stands for. Returns text.
static char *mode_command(const struct mlc_mode *mode, char text[MANUAL_WORD_BYTES]) {
    int used = snprintf(text, MANUAL_WORD_BYTES, "numaprobe%s%s", *mode->command ? " " : "",
                        mode->command);
    for (const char *const *word = mode->words; *word; word++)
        used += snprintf(text + used, MANUAL_WORD_BYTES - (size_t)used, " %s", *word);
    return text;
}

static const char *mode_name(const struct mlc_mode *mode) {
    return *mode->name ? mode->name : "(none)";
}

static const char summary[] =
    "the command line of Intel's Memory Latency Checker, measured by numaprobe";
static const char closing[] =
    "Each call leaves a run directory, which numaprobe show reads: what was measured, where.";

static void print_help(void) {
    char command[MANUAL_WORD_BYTES];
    printf("mlc-numaprobe: %s\nusage: mlc-numaprobe [MODE] [OPTIONS]\n\nModes, and the commands "
           "that they stand for:\n",
           summary);
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        printf("  %-28s %s\n", mode_name(&modes[i]), mode_command(&modes[i], command));
    printf("\nOptions:\n");
    for (size_t i = 0; i < COUNT_OF(mlc_options); i++) {
        char name[32];
        snprintf(name, sizeof name, "%s%s%s", mlc_options[i].name, mlc_options[i].value ? " " : "",
                 mlc_options[i].value ? mlc_options[i].value : "");
        printf("  %-28s %s\n", name, mlc_options[i].summary);
    }
    printf("\n%s\n", closing);
}

void mlc_write_manual(struct manual_page *page, const void *subject) {
    char command[MANUAL_WORD_BYTES];
    (void)subject;
    manual_name(page, "mlc-numaprobe", summary);
    manual_section(page, "SYNOPSIS");
    manual_bold(page, "mlc-numaprobe");
    manual_text(page, "[MODE] [OPTIONS]");
    manual_section(page, "DESCRIPTION");
    manual_text(page,
                "A mode stands for a command of numaprobe. What has no counterpart is refused "
                "by its name.");
    manual_paragraph(page, closing);
    manual_section(page, "MODES");
    for (size_t i = 0; i < COUNT_OF(modes); i++)
        manual_item(page, mode_name(&modes[i]), NULL, mode_command(&modes[i], command));
    manual_section(page, "OPTIONS");
    for (size_t i = 0; i < COUNT_OF(mlc_options); i++)
        manual_item(page, mlc_options[i].name, mlc_options[i].value, mlc_options[i].summary);
    manual_section(page, "SEE ALSO");
    manual_reference(page, "numaprobe", 1, "");
}

static enum exit_code run_translated(const struct translation *translation) {
    struct error ignored;
    const struct command *command = command_find(translation->mode->command, &ignored);
    if (!translation->shows)
        return command_run(command, (int)translation->count, translation->words);
    printf("numaprobe %s", command->name);
    for (size_t i = 0; i < translation->count; i++)
        printf("%s%s", i || *command->name ? " " : "", translation->words[i]);
    printf("\n");
    return EXIT_CODE_OK;
}

bool mlc_is_called(const char *path) {
    static const char *const names[] = {"mlc-numaprobe", "mlc", "mlc-numaprobe.exe", "mlc.exe"};
    const char *name = path;
    for (; *path; path++)
        if (*path == '/' || *path == '\\')
            name = path + 1;
    for (size_t i = 0; i < COUNT_OF(names); i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

enum exit_code mlc_run(int argument_count, char **arguments) {
    struct translation translation = {0};
    struct error error;
    enum exit_code code;
    for (int i = 0; i < argument_count; i++)
        if (strcmp(arguments[i], "--help") == 0 || strcmp(arguments[i], "-h") == 0) {
            print_help();
            return EXIT_CODE_OK;
        }
    if (translate(&translation, argument_count, arguments, &error) &&
        place_idle(&translation, &error)) {
        add_option(&translation, "--format", "mlc");
        code = run_translated(&translation);
    } else {
        code = outcome_fail(&error);
    }
    for (size_t i = 0; i < translation.count; i++)
        free(translation.words[i]);
    free(translation.words);
    return code;
}
