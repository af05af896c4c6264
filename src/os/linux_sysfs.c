// SPDX-License-Identifier: Apache-2.0
// Reading /sys, /proc and /run.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The only state here, and written by tests only.
static struct {
    const char *place;
    const char *root;
} roots[] = {
    {"/sys/",  NULL},
    {"/proc/", NULL},
    {"/run/",  NULL},
};

void linux_set_roots(const char *sys, const char *proc, const char *run) {
    roots[0].root = sys;
    roots[1].root = proc;
    roots[2].root = run;
}

char *linux_path(char path[LINUX_PATH_BYTES], const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(path, LINUX_PATH_BYTES, format, arguments);
    va_end(arguments);
    for (size_t i = 0; i < COUNT_OF(roots); i++) {
        size_t place = strlen(roots[i].place);
        if (!roots[i].root || strncmp(path, roots[i].place, place) != 0)
            continue;
        size_t root = strlen(roots[i].root), rest = strlen(path + place - 1);
        CHECK(root + rest < LINUX_PATH_BYTES);
        memmove(path + root, path + place - 1, rest + 1);
        memcpy(path, roots[i].root, root);
        break;
    }
    return path;
}

static void unreadable(const char *path, int number, struct error *error) {
    char reason[128];
    error_set(error, ERROR_KIND_UNAVAILABLE, (uint32_t)number, "cannot read %s: %s", path,
              os_error_text((uint32_t)number, reason, sizeof reason));
}

char *linux_read_bytes(const char *path, size_t *bytes, struct error *error) {
    int file = open(path, O_RDONLY | O_CLOEXEC);
    if (file < 0) {
        unreadable(path, errno, error);
        return NULL;
    }
    size_t room = 4096, used = 0;
    char *text = base_allocate(room, 1);
    ssize_t got;
    // A file of /proc hands out its text in pieces; only 0 is the end.
    while ((got = read(file, text + used, room - used - 1)) > 0) {
        used += (size_t)got;
        if (room - used == 1)
            text = base_grow(text, room *= 2, 1);
    }
    int number = errno;
    close(file);
    if (got < 0) {
        free(text);
        unreadable(path, number, error);
        return NULL;
    }
    text[used] = '\0';
    *bytes = used;
    return text;
}

char *linux_read(const char *path, struct error *error) {
    size_t bytes;
    return linux_read_bytes(path, &bytes, error);
}

bool linux_read_ids(struct id_set *ids, const char *path, struct error *error) {
    *ids = (struct id_set){0};
    char *text = linux_read(path, error);
    if (!text)
        return false;
    struct error reason;
    bool parsed = id_set_parse(ids, text, &reason);
    free(text);
    return parsed || error_set(error, ERROR_KIND_FAILED, 0, "in %s: %s", path, reason.text);
}

bool linux_read_number(uint64_t *number, const char *path, struct error *error) {
    char *text = linux_read(path, error);
    if (!text)
        return false;
    char *end;
    errno = 0;
    *number = strtoull(text, &end, 10);
    // strtoull takes blanks and signs, which no file of the kernel's has before a count.
    bool parsed = text[0] >= '0' && text[0] <= '9' && errno == 0 && (!*end || *end == '\n');
    if (!parsed)
        error_set(error, ERROR_KIND_FAILED, 0, "in %s: '%.40s' is not a number", path, text);
    free(text);
    return parsed;
}

const char *linux_find(const char *text, const char *key) {
    size_t length = strlen(key);
    for (const char *at = text; (at = strstr(at, key)) != NULL; at += length) {
        if (at != text && at[-1] != '\n' && at[-1] != ' ')
            continue;
        const char *after = at + length + strspn(at + length, " \t");
        if (*after == ':')
            return after + 1 + strspn(after + 1, " \t");
        if (after > at + length && *after >= '0' && *after <= '9')
            return after;
    }
    return NULL;
}

bool linux_find_number(const char *text, const char *key, uint64_t *number) {
    const char *found = linux_find(text, key);
    if (!found || *found < '0' || *found > '9')
        return false;
    *number = strtoull(found, NULL, 10);
    return true;
}

char *linux_copy_line(char *line, size_t line_bytes, const char *text) {
    snprintf(line, line_bytes, "%.*s", (int)strcspn(text, "\n"), text);
    return line;
}

char *linux_choice(char *word, size_t word_bytes, const char *text) {
    const char *begin = strchr(text, '[');
    if (!begin)
        return linux_copy_line(word, word_bytes, text);
    snprintf(word, word_bytes, "%.*s", (int)strcspn(begin + 1, "]\n"), begin + 1);
    return word;
}

bool linux_is_denied(int number) {
    return number == EPERM || number == ENOSYS;
}
