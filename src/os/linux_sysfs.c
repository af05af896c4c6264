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

// ---- control groups -----------------------------------------------------------------------------

static bool list_has(const char *list, size_t list_length, const char *word) {
    size_t length = strlen(word);
    for (const char *at = list; at + length <= list + list_length; at += strcspn(at, ",") + 1)
        if (strncmp(at, word, length) == 0 && (at[length] == ',' || at[length] == ':'))
            return true;
    return false;
}

// Finds the line "number:controllers:path" of a controller, or the one of version 2, whose list of
// controllers is empty. Returns where the path begins.
static const char *cgroup_line(const char *text, const char *controller) {
    for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
        const char *list = line + strcspn(line, ":\n");
        if (*list != ':')
            continue;
        size_t length = strcspn(++list, ":\n");
        if (list[length] != ':')
            continue;
        if (controller ? list_has(list, length, controller) : length == 0)
            return list + length + 1;
    }
    return NULL;
}

bool linux_cgroup_find(struct linux_cgroup *group, const char *controller, struct error *error) {
    char path[LINUX_PATH_BYTES];
    char *text = linux_read(linux_path(path, "/proc/self/cgroup"), error);
    if (!text)
        return false;
    const char *own = cgroup_line(text, controller);
    group->unified = !own;
    if (group->unified)
        own = cgroup_line(text, NULL);
    if (!own) {
        free(text);
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s names no group for %s", path,
                         controller);
    }
    if (!group->unified) {
        linux_path(group->path, "/sys/fs/cgroup/%s", controller);
    } else {
        linux_path(group->path, "/sys/fs/cgroup/unified");
        if (access(group->path, F_OK) != 0)
            linux_path(group->path, "/sys/fs/cgroup");
    }
    group->mount_length = strlen(group->path);
    char line[LINUX_PATH_BYTES];
    linux_copy_line(line, sizeof line, own);
    free(text);
    // A container without a cgroup namespace is told the host's path, which it cannot see; what is
    // mounted as the root is its own group then.
    if (strcmp(line, "/") != 0) {
        snprintf(group->path + group->mount_length, LINUX_PATH_BYTES - group->mount_length, "%s",
                 line);
        if (access(group->path, F_OK) != 0)
            group->path[group->mount_length] = '\0';
    }
    return true;
}

bool linux_cgroup_up(struct linux_cgroup *group) {
    char *slash = strrchr(group->path + group->mount_length, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return true;
}
