// SPDX-License-Identifier: Apache-2.0
// Runs two commands alternately and compares what they measured. A run is finished when its
// directory says so, and nothing else is kept of how far it has come: so it goes on after any stop.
#include "cli/compare_sides.h"

#include "base/units.h"
#include "base/utf8.h"
#include "record/ab_file.h"
#include "record/run_directory.h"
#include "report/escape.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE_RUNS = 4, PATH_BYTES = RUN_PATH_BYTES + 64 };

struct ab {
    const struct options *options;
    struct ab_file file;
    struct os_directory directory;
    struct os_file held; // ab.json: of several processes one has it
    char path[RUN_PATH_BYTES];
    uint64_t spent_ns, measured; // in runs of this process, and how many they are
};

// One run, "base-1", and where it is.
struct turn {
    enum ab_side side;
    char name[32];
    char path[PATH_BYTES];
};

// To stderr: stdout has the comparison alone.
PRINTF_LIKE(1, 2) static void say(const char *format, ...) {
    char text[2 * PATH_BYTES];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put_plain(stderr, text);
    fprintf(stderr, "\n");
}

static void say_resume(const char *what, const struct ab *ab) {
    const char *quote = command_quote(ab->path);
    say("%s: numaprobe ab --resume %s%s%s", what, quote, ab->path, quote);
}

// ---- what is asked ------------------------------------------------------------------------------

static bool check_text(const char *word, struct error *error) {
    for (const char *at = word; *at; at += utf8_length(at))
        if (!utf8_length(at))
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "'%.80s' is not UTF-8, so ab.json cannot keep it: use another name",
                             word);
    return true;
}

static void add_word(struct ab_command *command, const char *word) {
    command->words = base_grow_by_one(command->words, command->word_count, sizeof *command->words);
    command->words[command->word_count++] = base_copy_text(word);
}

// "latency --size 1G" is a command of this very program, whatever "numaprobe" would be found. NULL:
// the word is another program; one with the name of a command is named by its path.
static const struct command *own_command(const char *word) {
    struct error ignored;
    return word[0] == '-' ? &commands[0] : command_find(word, &ignored);
}

static bool take_program(struct ab_command *command, const char *word, struct error *error) {
    char program[PATH_BYTES];
    const struct command *own = own_command(word);
    if (!own)
        return true;
    if (!(own->bit & COMMAND_MEASURING))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "'%s' does not measure: ab takes a measuring command such as latency or "
                         "bandwidth, or a program",
                         own->name);
    if (!os_program_path(program, sizeof program, error) || !check_text(program, error))
        return false;
    add_word(command, program);
    return true;
}

static bool take_word(struct ab_command *command, const char *word, struct error *error) {
    if (!check_text(word, error) || (!command->word_count && !take_program(command, word, error)))
        return false;
    add_word(command, word);
    return true;
}

static bool has_word(const struct ab_command *command, const char *word) {
    for (size_t i = 0; i < command->word_count; i++)
        if (strcmp(command->words[i], word) == 0)
            return true;
    return false;
}

// Rows without proof must be allowed both to the command that measures them, else it fails, and to
// the comparison, else it leaves them out. What another program takes is not known here.
static bool agree_on_proof(const struct options *options, struct ab_command *command, bool is_own,
                           struct error *error) {
    static const char option[] = "--allow-unverified";
    bool given = has_word(command, option);
    if (given && !options->allow_unverified)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "%s behind -- holds for one command, and the comparison would leave its "
                         "rows out: put it before the first --",
                         option);
    if (is_own && !given && options->allow_unverified)
        add_word(command, option);
    return true;
}

static bool take_commands(struct ab *ab, const struct command *command, struct error *error) {
    const struct options *options = ab->options;
    struct ab_command *sides = ab->file.commands;
    bool is_own[AB_SIDE_COUNT] = {false};
    size_t side = 0;
    for (size_t i = 0; i < options->word_count; i++) {
        bool ends = strcmp(options->words[i], "--") == 0;
        if (ends && ++side == AB_SIDE_COUNT)
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "there are three commands, but ab takes two, separated by one -- (put "
                             "a command that contains -- into a script)");
        if (!ends && !sides[side].word_count)
            is_own[side] = own_command(options->words[i]) != NULL;
        if (!ends && !take_word(&sides[side], options->words[i], error))
            return false;
    }
    if (!sides[AB_BASE].word_count || !sides[AB_NEW].word_count)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "ab needs two commands: numaprobe ab %s, such as numaprobe ab -- latency "
                         "-- new/numaprobe latency",
                         command->operands);
    return agree_on_proof(options, &sides[AB_BASE], is_own[AB_BASE], error) &&
           agree_on_proof(options, &sides[AB_NEW], is_own[AB_NEW], error);
}

static bool fill_file(struct ab *ab, const struct command *command, struct error *error) {
    const struct options *options = ab->options;
    char directory[PATH_BYTES];
    ab->file = (struct ab_file){.ab_version = AB_VERSION,
                                .version = NUMAPROBE_VERSION,
                                .runs = options->runs ? options->runs : SIDE_RUNS,
                                .pause = options->pause,
                                .allow_unverified = options->allow_unverified,
                                .single = options->single,
                                .margin = options->margin > 0 ? options->margin : NAN,
                                .require = options->require > 0 ? options->require : NAN};
    utc_timestamp(ab->file.created_utc);
    if (!take_commands(ab, command, error) ||
        !os_current_directory(directory, sizeof directory, error) || !check_text(directory, error))
        return false;
    ab->file.working_directory = base_copy_text(directory);
    return true;
}

// ---- the directory ------------------------------------------------------------------------------

static bool set_path(struct ab *ab, const char *path, struct error *error) {
    size_t length = strlen(path);
    if (length >= RUN_PATH_BYTES - sizeof((struct turn *)0)->name)
        return error_set(error, ERROR_KIND_USAGE, 0, "'%.80s...' is too long for a directory",
                         path);
    memcpy(ab->path, path, length + 1);
    return true;
}

static bool make_default_directory(struct ab *ab, struct error *error) {
    struct os_fact *facts = base_allocate(OS_FACTS_MAX, sizeof *facts);
    const char *host = os_fact_value(facts, os_facts(facts, OS_FACTS_MAX), "host");
    char name[RUN_PATH_BYTES], path[RUN_PATH_BYTES];
    bool made = false, exists = true;
    for (unsigned number = 1; exists && number <= RUN_DEFAULT_NAMES; number++) {
        run_directory_default_name("numaprobe-ab", host ? host : "", number, name);
        exists = false;
        made = run_default_path(name, path, error) && set_path(ab, path, error) &&
               os_directory_open(&ab->directory, path, OS_DIRECTORY_NEW, &exists, error);
    }
    free(facts);
    return made;
}

static bool make_directory(struct ab *ab, struct error *error) {
    const char *path = ab->options->output;
    struct error cause;
    bool exists;
    if (!path)
        return make_default_directory(ab, error);
    if (!run_directory_check_place(path, error) || !set_path(ab, path, error))
        return false;
    return os_directory_open(&ab->directory, path, OS_DIRECTORY_NEW, &exists, &cause) ||
           error_set(error, exists ? ERROR_KIND_USAGE : cause.kind, cause.os_number,
                     "--output: %s%s", cause.text,
                     exists ? "; name a new directory, or resume that one: numaprobe ab --resume"
                            : "");
}

static bool begin(struct ab *ab, const struct command *command, struct error *error) {
    return fill_file(ab, command, error) && make_directory(ab, error) &&
           os_file_hold(&ab->held, &ab->directory, "ab.json", error) &&
           ab_file_write(&ab->file, &ab->held, error);
}

// A program may be named from there, and so may the files that it is given.
static bool check_place(const struct ab *ab, struct error *error) {
    char here[PATH_BYTES];
    const char *then = ab->file.working_directory;
    return os_current_directory(here, sizeof here, error) &&
           (strcmp(here, then) == 0 || error_set(error, ERROR_KIND_USAGE, 0,
                                                 "its commands were started in '%.300s' and may "
                                                 "name files there: change to that directory first",
                                                 then));
}

// What is run stands in ab.json, so the file must be nobody else's: os_directory_open and
// os_file_hold refuse a directory and a file of another user, and a link.
static bool take_file(struct ab *ab, struct error *error) {
    FILE *there = os_file_read_in(&ab->directory, "ab.json", error); // else it would be made
    if (!there)
        return false;
    fclose(there);
    return os_file_hold(&ab->held, &ab->directory, "ab.json", error) &&
           os_file_is_own(&ab->held, error) && ab_file_read(&ab->file, &ab->held, error) &&
           check_place(ab, error);
}

static bool resume(struct ab *ab, struct error *error) {
    const char *path = ab->options->resume;
    struct error cause;
    bool exists;
    if (ab->options->words)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--resume uses the commands in ab.json: leave out -- and what follows");
    return set_path(ab, path, error) &&
           ((os_directory_open(&ab->directory, path, OS_DIRECTORY_OLD, &exists, &cause) &&
             take_file(ab, &cause)) ||
            error_set(error, os_file_is_there(path) ? cause.kind : ERROR_KIND_USAGE,
                      cause.os_number, "--resume: %s", cause.text));
}

// ---- the runs -----------------------------------------------------------------------------------

static uint64_t turn_count(const struct ab *ab) {
    return AB_SIDE_COUNT * ab->file.runs;
}

// base new, new base, base new, ...: what drifts evenly is the same on both sides.
static struct turn turn_of(const struct ab *ab, uint64_t index) {
    uint64_t pair = index / AB_SIDE_COUNT;
    struct turn turn = {.side = (index + pair) % AB_SIDE_COUNT};
    snprintf(turn.name, sizeof turn.name, "%s-%llu", ab_side_names[turn.side],
             (unsigned long long)pair + 1);
    snprintf(turn.path, sizeof turn.path, "%s/%s", ab->path, turn.name);
    return turn;
}

// The first run that is not finished, and how many such there are.
static uint64_t find_open(const struct ab *ab, uint64_t *open_count) {
    uint64_t first = turn_count(ab);
    *open_count = 0;
    for (uint64_t i = turn_count(ab); i-- > 0;) {
        const struct turn turn = turn_of(ab, i);
        if (dataset_run_has_ended(turn.path))
            continue;
        first = i;
        ++*open_count;
    }
    return first;
}

// A run that did not end well keeps what it has, under a name that no comparison takes for a run of
// a side. Nothing is done where there is none.
static bool set_aside(const struct ab *ab, const struct turn *turn, char name[64],
                      struct error *error) {
    bool exists = os_file_is_there(turn->path), moved = !exists;
    snprintf(name, 64, "%s", turn->name);
    for (unsigned number = 1; exists && number < 1000; number++) {
        snprintf(name, 64, number > 1 ? "stopped-%s-%u" : "stopped-%s", turn->name, number);
        moved = os_directory_rename(&ab->directory, turn->name, name, &exists, error);
    }
    return moved;
}

static bool run_child(const struct ab *ab, const struct turn *turn, struct os_child_end *end,
                      struct error *error) {
    const struct ab_command *command = &ab->file.commands[turn->side];
    const char **words = base_allocate(command->word_count + 3, sizeof *words);
    for (size_t i = 0; i < command->word_count; i++)
        words[i] = command->words[i];
    words[command->word_count] = "--output";
    words[command->word_count + 1] = turn->path;
    fflush(stderr);
    bool started = os_child_run(words, end, error);
    free(words);
    return started;
}

static enum exit_code stop(const struct ab *ab) {
    say_resume("stopped; to resume, type", ab);
    return EXIT_CODE_INTERRUPTED;
}

static enum exit_code fail(const struct ab *ab, const struct error *error) {
    outcome_fail(error);
    say_resume("when that is fixed, resume with", ab);
    return EXIT_CODE_FAILURE;
}

// A run that failed may have a summary, by which it would count as finished.
static enum exit_code fail_run(const struct ab *ab, const struct turn *turn, int status) {
    struct error error;
    char kept[64], where[160] = "";
    bool is_there = os_file_is_there(turn->path);
    if (!set_aside(ab, turn, kept, &error))
        return fail(ab, &error);
    if (is_there)
        snprintf(where, sizeof where, "; its rows are kept in %.60s, for numaprobe show", kept);
    if (status)
        error_set(&error, ERROR_KIND_FAILED, 0, "%s failed: '%.200s' ended with exit status %d%s%s",
                  turn->name, ab->file.commands[turn->side].words[0], status,
                  status == EXIT_CODE_NOT_VERIFIED
                      ? " (of numaprobe: placement not verified; to accept unverifiable rows, "
                        "begin again with ab --allow-unverified, and give that option to a program "
                        "named by its path as well)"
                      : "",
                  where);
    else
        error_set(&error, ERROR_KIND_FAILED, 0,
                  "%s is not a finished run: '%.200s' ended with exit status 0, but the command "
                  "must measure and accept --output%s",
                  turn->name, ab->file.commands[turn->side].words[0], where);
    return fail(ab, &error);
}

static enum exit_code measure(struct ab *ab, const struct turn *turn) {
    struct error error;
    struct os_child_end end;
    char aside[64];
    if (!set_aside(ab, turn, aside, &error))
        return fail(ab, &error);
    if (strcmp(aside, turn->name) != 0)
        say("%s was interrupted: it starts again, and its rows are kept in %s", turn->name, aside);
    uint64_t begin_ns = os_clock_ns();
    if (!run_child(ab, turn, &end, &error))
        return fail(ab, &error);
    ab->spent_ns += os_clock_ns() - begin_ns;
    ab->measured++;
    if (end.interrupted || end.status == EXIT_CODE_INTERRUPTED)
        return stop(ab);
    bool finished = end.status == 0 && dataset_run_has_ended(turn->path);
    return finished ? EXIT_CODE_OK : fail_run(ab, turn, end.status);
}

static void say_turn(const struct ab *ab, const struct turn *turn, uint64_t index,
                     uint64_t open_count) {
    char time[UNITS_TEXT_BYTES];
    if (ab->measured)
        say("run %llu of %llu, %s: about %s left", (unsigned long long)index + 1,
            (unsigned long long)turn_count(ab), turn->name,
            units_format_duration(ab->spent_ns / ab->measured * open_count, time));
    else
        say("run %llu of %llu, %s: the total time is known after it", (unsigned long long)index + 1,
            (unsigned long long)turn_count(ab), turn->name);
}

static enum exit_code pause_before(const struct ab *ab, uint64_t index) {
    const struct turn turn = turn_of(ab, index);
    say("paused: the next is run %llu of %llu, %s", (unsigned long long)index + 1,
        (unsigned long long)turn_count(ab), turn.name);
    char what[96];
    snprintf(what, sizeof what, "when the machine is ready for %s, resume with", turn.name);
    say_resume(what, ab);
    return EXIT_CODE_PAUSED;
}

// Unless all are there, it says first how many runs are to come.
static enum exit_code measure_all(struct ab *ab) {
    uint64_t open_count, index = find_open(ab, &open_count);
    if (open_count)
        say("%llu runs in %s, %s and %s interleaved: %llu left", (unsigned long long)turn_count(ab),
            ab->path, ab_side_names[AB_BASE], ab_side_names[AB_NEW],
            (unsigned long long)open_count);
    while (open_count) {
        const struct turn turn = turn_of(ab, index);
        say_turn(ab, &turn, index, open_count);
        enum exit_code code = measure(ab, &turn);
        if (code != EXIT_CODE_OK)
            return code;
        index = find_open(ab, &open_count);
        if (open_count && os_interrupted())
            return stop(ab);
        if (open_count && ab->file.pause)
            return pause_before(ab, index);
    }
    return EXIT_CODE_OK;
}

// ---- the comparison -----------------------------------------------------------------------------

static enum exit_code compare_all(const struct ab *ab, enum text_form form) {
    struct options options = *ab->options;
    size_t runs = (size_t)ab->file.runs;
    char **paths = base_allocate(turn_count(ab), sizeof *paths);
    for (size_t i = 0; i < turn_count(ab); i++) {
        const struct turn turn = turn_of(ab, i);
        paths[(size_t)turn.side * runs + i / AB_SIDE_COUNT] = base_copy_text(turn.path);
    }
    const struct side_operands sides[AB_SIDE_COUNT] = {
        {(const char *const *)paths,        runs},
        {(const char *const *)paths + runs, runs}
    };
    options.check = true;
    options.output = NULL;
    options.allow_unverified = ab->file.allow_unverified;
    options.single = ab->file.single;
    options.margin = isnan(ab->file.margin) ? 0 : ab->file.margin;
    options.require = isnan(ab->file.require) ? 0 : ab->file.require;
    say("all runs are in %s", ab->path);
    enum exit_code code = compare_sides(sides, form, &options);
    for (size_t i = 0; i < turn_count(ab); i++)
        free(paths[i]);
    free(paths);
    return code;
}

enum exit_code cmd_ab(const struct command *command, const struct options *options,
                      int argument_count, char **arguments) {
    (void)argument_count, (void)arguments;
    struct ab *ab = base_allocate(1, sizeof *ab);
    struct error error, ignored;
    enum text_form form;
    enum exit_code code;
    ab->options = options;
    struct options named = *options;
    named.output = NULL; // no file, whose name could say the form
    bool ready = command_text_form(command, &named, &form, &error) &&
                 (options->resume ? resume(ab, &error) : begin(ab, command, &error));
    os_interrupt_catch();
    code = ready ? measure_all(ab) : outcome_fail(&error);
    if (ready && code == EXIT_CODE_OK)
        code = compare_all(ab, form);
    os_file_finish(&ab->held, ready, &ignored);
    os_directory_close(&ab->directory);
    ab_file_free(&ab->file);
    free(ab);
    return code;
}
