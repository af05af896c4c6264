// SPDX-License-Identifier: Apache-2.0
#include "record/run_find.h"

#include "os/os.h"
#include "record/run_directory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Whether a name fits a pattern: * is any text, ? any one byte; both stop at '/'.
static bool name_fits(const char *name, const char *pattern) {
    const char *star = NULL, *behind = NULL; // the last star, and how far it reaches now
    while (*name) {
        if (*pattern == '*') {
            star = pattern++;
            behind = name;
        } else if (*pattern == *name || (*pattern == '?' && *name != '/')) {
            pattern++;
            name++;
        } else if (star && *behind != '/') {
            pattern = star + 1;
            name = ++behind;
        } else {
            return false;
        }
    }
    while (*pattern == '*')
        pattern++;
    return !*pattern;
}

bool run_has_file(const char *run, const char *name) {
    char path[RUN_PATH_BYTES + 64];
    snprintf(path, sizeof path, "%s/%s", run, name);
    return os_file_is_there(path);
}

static bool is_run(const char *path) {
    return run_has_file(path, "rows.csv");
}

static void add_path(struct run_list *list, const char *path) {
    char *copy = base_allocate(strlen(path) + 1, 1);
    memcpy(copy, path, strlen(path));
    list->paths = base_grow_by_one(list->paths, list->count, sizeof *list->paths);
    list->paths[list->count++] = copy;
}

static int by_name(const void *left, const void *right) {
    return strcmp(*(char *const *)left, *(char *const *)right);
}

// What os_directory_each finds below one directory.
struct listing {
    const char *directory;
    const char *pattern; // NULL: any name
    struct run_list names;
    bool cut; // a name was too long
};

static void see_name(const char *name, void *context) {
    struct listing *listing = context;
    char path[RUN_PATH_BYTES];
    if (name[0] == '.' || (listing->pattern && !name_fits(name, listing->pattern)))
        return;
    int length = snprintf(path, sizeof path, "%s%s%s", listing->directory,
                          *listing->directory &&
                                  !strchr("/\\", listing->directory[strlen(listing->directory) - 1])
                              ? "/"
                              : "",
                          name);
    if (length > 0 && (size_t)length < sizeof path)
        add_path(&listing->names, path);
    else
        listing->cut = true;
}

// What is no directory has no names. What is one and cannot be listed is an error: a run that is
// not seen would be one that did not get worse.
static bool names_in(struct run_list *names, const char *directory, const char *pattern,
                     struct error *error) {
    struct listing listing = {.directory = directory, .pattern = pattern};
    bool listed = os_directory_each(*directory ? directory : ".", see_name, &listing, error) ||
                  error->kind == ERROR_KIND_USAGE;
    if (listed && listing.cut)
        listed = error_set(error, ERROR_KIND_FAILED, 0,
                           "'%.300s' contains a name that is too long to read", directory);
    *names = listing.names;
    if (names->count)
        qsort(names->paths, names->count, sizeof *names->paths, by_name);
    return listed;
}

// A run directory, a file in one, or a directory of them.
static bool add_plain(struct run_list *list, const char *path, struct error *error) {
    char above[RUN_PATH_BYTES];
    struct run_list below;
    size_t length = strlen(path);
    if (length >= sizeof above)
        return true;
    memcpy(above, path, length + 1);
    while (length > 1 && strchr("/\\", above[length - 1]))
        above[--length] = '\0';
    if (is_run(above)) {
        add_path(list, above);
        return true;
    }
    bool listed = names_in(&below, above, NULL, error);
    for (size_t i = 0; i < below.count; i++)
        if (is_run(below.paths[i]))
            add_path(list, below.paths[i]);
    bool was_directory = below.count > 0;
    run_list_free(&below);
    while (length && !strchr("/\\", above[length - 1]))
        length--;
    above[length] = '\0';
    if (listed && !was_directory &&
        (strcmp(path + length, "rows.csv") == 0 || strcmp(path + length, "machine.json") == 0) &&
        is_run(*above ? above : "."))
        return add_plain(list, *above ? above : ".", error);
    return listed;
}

// Expands the first part of the pattern that has a star, and goes on with what follows it.
static bool add_pattern(struct run_list *list, const char *pattern, struct error *error) {
    size_t wild = strcspn(pattern, "*?");
    if (!pattern[wild])
        return add_plain(list, pattern, error);
    size_t begin = wild, end = wild + strcspn(pattern + wild, "/\\");
    while (begin && !strchr("/\\", pattern[begin - 1]))
        begin--;
    char directory[RUN_PATH_BYTES], part[RUN_PATH_BYTES], next[2 * RUN_PATH_BYTES];
    struct run_list names;
    snprintf(directory, sizeof directory, "%.*s", (int)begin, pattern);
    snprintf(part, sizeof part, "%.*s", (int)(end - begin), pattern + begin);
    bool added = names_in(&names, directory, part, error);
    for (size_t i = 0; added && i < names.count; i++) {
        snprintf(next, sizeof next, "%s%s", names.paths[i], pattern + end);
        // A name with a star of its own is taken as it is.
        added =
            pattern[end] ? add_pattern(list, next, error) : add_plain(list, names.paths[i], error);
    }
    run_list_free(&names);
    return added;
}

bool run_list_add(struct run_list *list, const char *operand, struct error *error) {
    size_t before = list->count;
    if (strlen(operand) < RUN_PATH_BYTES &&
        !(is_run(operand) ? add_plain(list, operand, error) : add_pattern(list, operand, error)))
        return false;
    if (list->count > before)
        return true;
    if (!operand[strcspn(operand, "*?")] && !os_file_is_there(operand))
        return error_set(error, ERROR_KIND_USAGE, 0, "'%.300s' does not exist", operand);
    return error_set(
        error, ERROR_KIND_USAGE, 0,
        "'%.300s' contains no run: name a directory with rows.csv, a directory of such "
        "directories, or a pattern with * and ?",
        operand);
}

void run_list_free(struct run_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (struct run_list){0};
}
