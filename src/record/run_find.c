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
    FILE *file = os_file_open(path, "rb");
    if (file)
        fclose(file);
    return file != NULL;
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
}

static struct run_list names_in(const char *directory, const char *pattern) {
    struct listing listing = {.directory = directory, .pattern = pattern};
    struct error ignored; // not a directory, or none that may be read: it has no runs
    os_directory_each(*directory ? directory : ".", see_name, &listing, &ignored);
    if (listing.names.count)
        qsort(listing.names.paths, listing.names.count, sizeof *listing.names.paths, by_name);
    return listing.names;
}

// A run directory, a file in one, or a directory of them.
static void add_plain(struct run_list *list, const char *path) {
    char above[RUN_PATH_BYTES];
    size_t length = strlen(path);
    if (length >= sizeof above)
        return;
    memcpy(above, path, length + 1);
    while (length > 1 && strchr("/\\", above[length - 1]))
        above[--length] = '\0';
    if (is_run(above)) {
        add_path(list, above);
        return;
    }
    struct run_list below = names_in(above, NULL);
    for (size_t i = 0; i < below.count; i++)
        if (is_run(below.paths[i]))
            add_path(list, below.paths[i]);
    bool was_directory = below.count > 0;
    run_list_free(&below);
    while (length && !strchr("/\\", above[length - 1]))
        length--;
    above[length] = '\0';
    if (!was_directory &&
        (strcmp(path + length, "rows.csv") == 0 || strcmp(path + length, "machine.json") == 0))
        add_plain(list, *above ? above : ".");
}

// Expands the first part of the pattern that has a star, and goes on with what follows it.
static void add_pattern(struct run_list *list, const char *pattern) {
    size_t wild = strcspn(pattern, "*?");
    if (!pattern[wild]) {
        add_plain(list, pattern);
        return;
    }
    size_t begin = wild, end = wild + strcspn(pattern + wild, "/\\");
    while (begin && !strchr("/\\", pattern[begin - 1]))
        begin--;
    char directory[RUN_PATH_BYTES], part[RUN_PATH_BYTES], next[2 * RUN_PATH_BYTES];
    snprintf(directory, sizeof directory, "%.*s", (int)begin, pattern);
    snprintf(part, sizeof part, "%.*s", (int)(end - begin), pattern + begin);
    struct run_list names = names_in(directory, part);
    for (size_t i = 0; i < names.count; i++) {
        snprintf(next, sizeof next, "%s%s", names.paths[i], pattern + end);
        // A name with a star of its own is taken as it is.
        if (pattern[end])
            add_pattern(list, next);
        else
            add_plain(list, names.paths[i]);
    }
    run_list_free(&names);
}

bool run_list_add(struct run_list *list, const char *operand, struct error *error) {
    size_t before = list->count;
    if (strlen(operand) < RUN_PATH_BYTES) {
        if (is_run(operand))
            add_plain(list, operand);
        else
            add_pattern(list, operand);
    }
    return list->count > before ||
           error_set(
               error, ERROR_KIND_USAGE, 0,
               "'%.300s' is no run: name a directory with rows.csv, a directory of such, or a "
               "pattern with * and ?",
               operand);
}

void run_list_free(struct run_list *list) {
    for (size_t i = 0; i < list->count; i++)
        free(list->paths[i]);
    free(list->paths);
    *list = (struct run_list){0};
}
