// SPDX-License-Identifier: Apache-2.0
#include "ask/options.h"

#include "ask/option_lists.h"
#include "base/nearest.h"
#include "base/units.h"
#include "os/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// The option of that name that the command takes; where it takes none, one of another command.
static const struct option *find_option(const char *name, size_t length, enum command_bit command) {
    const struct option *found = NULL;
    for (size_t i = 0; i < option_count; i++) {
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
        {"-h", "--help"   },
        {"-o", "--output" },
        {"-f", "--format" },
        {"-q", "--quiet"  },
        {"-n", "--dry-run"},
        {"-v", "--verbose"},
    };
    for (size_t i = 0; i < COUNT_OF(forms); i++)
        if (strcmp(argument, forms[i][0]) == 0)
            return forms[i][1];
    return argument;
}

static bool unknown_option(const struct option *option, const char *argument,
                           enum command_bit command, const char *command_name,
                           struct error *error) {
    char words[64], name[64], hint[NEAREST_HINT_BYTES];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(argument, "="), argument);
    struct nearest nearest = nearest_to(name);
    for (size_t i = 0; i < option_count; i++)
        if (option_table[i].commands & command)
            nearest_offer(&nearest, option_table[i].name);
    snprintf(words, sizeof words, "numaprobe%s%s%s", command == COMMAND_BENCH ? "-bench" : "",
             *command_name ? " " : "", command_name);
    if (option)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "%s does not take %s (%s --help lists its options)",
                         *command_name                 ? command_name
                         : command == COMMAND_OVERVIEW ? "numaprobe without a command"
                                                       : words,
                         option->name, words);
    return error_set(error, ERROR_KIND_USAGE, 0,
                     "there is no option %.80s%s (%s --help lists the options)", argument,
                     nearest_hint(&nearest, hint), words);
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
        // Otherwise "--output --quiet" would measure into a directory named "--quiet".
        if (value[0] == '-' && value[1] == '-')
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "%s needs a value, but %.80s looks like an option (if it is the "
                             "value, write %s=%.80s)",
                             option->name, value, option->name, value);
    }
    struct error cause;
    options->given[option - option_table] = true;
    if (option->take(options, value, &cause))
        return true;
    return error_set(error, cause.kind, cause.os_number, "%s: %s", option->name, cause.text);
}

// What a run was asked for stands in its machine.json, and cannot be asked for anew.
static bool check_resume(const struct options *options, struct error *error) {
    for (size_t i = 0; options->resume && i < option_count; i++)
        if (options->given[i] && !(option_table[i].commands & COMMAND_RESUME))
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "%s cannot be combined with --resume, which takes the options of the "
                             "interrupted run; leave it out",
                             option_table[i].name);
    return true;
}

bool options_are_recorded(const struct options *options, struct error *error) {
    for (size_t i = 0; i < option_count; i++)
        if (options->given[i] && option_table[i].commands & COMMAND_UNRECORDED)
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "its arguments contain %s, which is not an option of a recorded run",
                             option_table[i].name);
    return true;
}

static bool check_format(const struct options *options, struct error *error) {
    bool other = options->mlc || options->json;
    if (!other || !(options->quiet || options->dry_run))
        return true;
    return error_set(error, ERROR_KIND_USAGE, 0, "%s: %s; leave out one of them",
                     options->mlc ? "--format mlc" : "--json",
                     options->quiet ? "--quiet prints nothing" : "--dry-run only prints a plan");
}

// Each of them says which pairs.
static bool check_pairs(const struct options *options, struct error *error) {
    bool one = options->writer_cpu != NONE_U32 || options->reader_cpu != NONE_U32;
    if (options->full && options->pairs)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--pairs %u: --full means all pairs; leave out one of them",
                         options->pairs);
    if (one && (options->full || options->pairs || options->cpu_nodes.count))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "%s: --writer-cpu and --reader-cpu name one pair; leave out one of them",
                         options->full    ? "--full"
                         : options->pairs ? "--pairs"
                                          : "--cpu-nodes");
    return true;
}

// The search makes the sets itself, of the nodes that are named, and takes one loop.
static bool check_best_set(const struct options *options, struct error *error) {
    char set[NODE_SET_TEXT_BYTES];
    if (!options->best_set)
        return true;
    if (options->peak)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--peak and --best-set are two searches; leave out one of them");
    return !options->mem_set_count ||
           error_set(
               error, ERROR_KIND_USAGE, 0,
               "--mem-nodes %s: --best-set chooses the sets itself; name single nodes, such as 0,1",
               node_set_format(&options->mem_sets[0], set));
}

static bool check_partial(const struct options *options, struct error *error) {
    bool possible = !options->allow_partial;
    for (size_t i = 0; i < options->page_count; i++)
        possible = possible || options->pages[i]->source == PAGES_PHYSICAL;
    return possible || error_set(error, ERROR_KIND_USAGE, 0,
                                 "--allow-partial: only awe pages (Windows) can be partial; add "
                                 "--pages awe or leave the option out");
}

static bool check_doctor(const struct options *options, struct error *error) {
    if (options->no_host && !options->self_test)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--no-host: only the file of --self-test has the host name; add it or "
                         "leave this out");
    if (options->grant_lock_pages && (options->self_test || options->json))
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--grant-lock-pages: %s is another job; leave out one of them",
                         options->self_test ? "--self-test" : "--json");
    return !options->yes || options->grant_lock_pages ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "--yes answers what --grant-lock-pages asks; add it or leave this out");
}

// What is behind @ in a set is meant for that set.
static bool choose_policy(struct options *options, enum command_bit command, struct error *error) {
    bool fine = true;
    if (options->policy == NODE_POLICY_COUNT || command == COMMAND_VERIFY) // it has its own nodes
        return true;
    if (options->policy == NODES_PREFERRED)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--policy preferred-many promises no node a share, so no row could be "
                         "proven; numaprobe verify --policy preferred-many shows where its pages "
                         "come");
    if (!options->mem_set_count)
        return error_set(error, ERROR_KIND_USAGE, 0,
                         "--policy spreads pages over several nodes; give a set of nodes, such as "
                         "--mem-nodes 0+1");
    for (size_t i = 0; fine && i < options->mem_set_count; i++)
        if (options->mem_sets[i].policy == NODES_CHUNKS)
            fine = node_set_choose_policy(&options->mem_sets[i], options->policy, error);
    return fine;
}

bool options_parse(struct options *options, enum command_bit command, const char *command_name,
                   size_t operands_max, int argument_count, char **arguments, struct error *error) {
    *options = (struct options){
        .seed = 1, .writer_cpu = NONE_U32, .reader_cpu = NONE_U32, .policy = NODE_POLICY_COUNT};
    for (int index = 0; index < argument_count;) {
        if ((command & COMMAND_AB) && strcmp(arguments[index], "--") == 0) {
            options->words = arguments + index + 1;
            options->word_count = (size_t)(argument_count - index - 1);
            break;
        }
        if (arguments[index][0] == '-') {
            if (!take_option(options, command, command_name, &index, argument_count, arguments,
                             error))
                return false;
        } else if (!arguments[index][0]) {
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "an argument is empty (''): is a shell variable not set?");
        } else if (options->operand_count < operands_max) {
            options->operands = base_grow_by_one(options->operands, options->operand_count,
                                                 sizeof *options->operands);
            options->operands[options->operand_count++] = arguments[index++];
        } else {
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "unexpected argument '%.80s' (numaprobe help lists the commands)",
                             arguments[index]);
        }
    }
    return check_pairs(options, error) && check_partial(options, error) &&
           check_best_set(options, error) && check_format(options, error) &&
           check_doctor(options, error) && check_resume(options, error) &&
           choose_policy(options, command, error);
}

void options_free(struct options *options) {
    id_set_free(&options->cpu_nodes);
    id_set_free(&options->mem_nodes);
    free(options->mem_sets);
    id_set_free(&options->load_nodes);
    free(options->mixes);
    free(options->delays);
    free(options->rates);
    free(options->kernels);
    free(options->threads);
    free(options->chains);
    free(options->patterns);
    free(options->pages);
    free(options->left_out);
    free(options->protocols);
    free(options->operands);
}

// ---- help ---------------------------------------------------------------------------------------

enum { HELP_COLUMNS = 80, NAME_COLUMNS = 20, TEXT_COLUMN = 2 + NAME_COLUMNS + 1 };

// POSIX, Base Definitions 8.3: COLUMNS is the user's wish and goes before what the terminal says.
static size_t help_columns(void) {
    const char *wish = getenv("COLUMNS");
    uint32_t terminal = os_terminal_columns(1);
    uint64_t columns = terminal ? terminal : HELP_COLUMNS;
    struct error ignored;
    if (wish)
        units_parse_count(wish, 1, UINT32_MAX, &columns, &ignored);
    return columns > TEXT_COLUMN + NAME_COLUMNS ? (size_t)columns : TEXT_COLUMN + NAME_COLUMNS;
}

void options_print_entry(const char *name, const char *text) {
    const size_t columns = help_columns();
    printf("  %-*s", NAME_COLUMNS, name);
    for (size_t column = TEXT_COLUMN - 1; *text; text += strspn(text, " ")) {
        const size_t length = strcspn(text, " ");
        const bool wraps = column + 1 + length > columns && column >= TEXT_COLUMN;
        if (wraps)
            printf("\n%*s", TEXT_COLUMN - 1, "");
        printf(" %.*s", (int)length, text);
        column = (wraps ? TEXT_COLUMN - 1 : column) + 1 + length;
        text += length;
    }
    printf("\n");
}

void options_print(enum command_bit command) {
    const char *heading = NULL;
    for (size_t i = 0, group = 0; i < option_count; i++) {
        const struct option *option = &option_table[i];
        if (group < option_group_count && strcmp(option->name, option_groups[group].first) == 0)
            heading = option_groups[group++].heading;
        if (!(option->commands & command))
            continue;
        if (heading)
            printf("%s:\n", heading);
        heading = NULL;
        char name[32];
        snprintf(name, sizeof name, "%s%s%s", option->name, option->value ? " " : "",
                 option->value ? option->value : "");
        options_print_entry(name, option->summary);
    }
}
