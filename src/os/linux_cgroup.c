// SPDX-License-Identifier: Apache-2.0
// The control groups of this process, wherever they are mounted.
#define _GNU_SOURCE
#include "os/linux.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool list_has(const char *list, size_t list_length, const char *word) {
    size_t length = strlen(word);
    const char *end = list + list_length;
    for (const char *at = list; at + length <= end; at += strcspn(at, ",") + 1)
        if (strncmp(at, word, length) == 0 && (at + length == end || at[length] == ','))
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

// ---- where groups are mounted -------------------------------------------------------------------

// A line of mountinfo; none of these ends with a zero.
struct mount {
    const char *root, *place; // the group at the place
    const char *type, *options;
    size_t options_length;
};

// man: proc_pid_mountinfo(5): "36 35 98:0 ROOT PLACE rw - TYPE source OPTIONS", with any number of
// fields before the hyphen. The source may be empty.
static bool read_mount(const char *line, struct mount *mount) {
    const char *end = line + strcspn(line, "\n"), *at = line;
    const char **const fields[] = {&mount->root, &mount->place};
    for (size_t i = 0; i < 3 + COUNT_OF(fields); i++) {
        if (i >= 3)
            *fields[i - 3] = at;
        at += strcspn(at, " \n");
        if (at++ == end)
            return false;
    }
    const char *hyphen = strstr(at - 1, " - "), *last = memrchr(line, ' ', (size_t)(end - line));
    if (!hyphen || hyphen >= last)
        return false;
    mount->type = hyphen + strlen(" - ");
    mount->options = last + 1;
    mount->options_length = (size_t)(end - mount->options);
    return true;
}

// Blanks, line ends and backslashes stand there as three octal digits: \040.
static char *copy_name(char name[LINUX_PATH_BYTES], const char *from) {
    size_t used = 0;
    while (*from && *from != ' ' && used + 1 < LINUX_PATH_BYTES) {
        bool escaped = *from == '\\' && strspn(from + 1, "01234567") >= 3;
        name[used++] =
            escaped ? (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + from[3] - '0') : *from;
        from += escaped ? 4 : 1;
    }
    name[used] = '\0';
    return name;
}

static bool shows(const struct mount *mount, bool unified, const char *controller) {
    return unified ? strncmp(mount->type, "cgroup2 ", 8) == 0
                   : strncmp(mount->type, "cgroup ", 7) == 0 &&
                         list_has(mount->options, mount->options_length, controller);
}

// The rest of a group's path below the root of a mount; NULL where the group is not below it. Both
// begin at the root of the namespace, and above that with "/.." (man: cgroup_namespaces(7)): a
// container may see the groups of its host too, and must not take their limits for its own.
static const char *below(const char *group, const char *root) {
    size_t length = strcmp(root, "/") == 0 ? 0 : strlen(root);
    if (strncmp(group, root, length) != 0)
        return NULL;
    const char *rest = group + length;
    if ((*rest && *rest != '/') || (strncmp(rest, "/..", 3) == 0 && (!rest[3] || rest[3] == '/')))
        return NULL;
    return strcmp(rest, "/") == 0 ? "" : rest;
}

// The first place of several. A path may still be one that cannot be seen, as the host's is in some
// containers. Who goes up from there comes to what is mounted, which is the container's own group.
static bool find_place(struct linux_cgroup *group, const char *own, const char *controller,
                       struct error *error) {
    char path[LINUX_PATH_BYTES], root[LINUX_PATH_BYTES];
    char *text = linux_read(linux_path(path, "/proc/self/mountinfo"), error);
    const char *rest = NULL;
    if (!text)
        return false;
    for (const char *line = text; *line && !rest; line += *line == '\n') {
        struct mount mount;
        if (read_mount(line, &mount) && shows(&mount, group->unified, controller))
            rest = below(own, copy_name(root, mount.root));
        if (rest)
            linux_path(group->path, "%s", copy_name(path, mount.place));
        line += strcspn(line, "\n");
    }
    free(text);
    if (!rest)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                         "%s shows no place of this process's control group for %s", path,
                         controller);
    group->mount_length = strlen(group->path);
    snprintf(group->path + group->mount_length, LINUX_PATH_BYTES - group->mount_length, "%s", rest);
    return true;
}

bool linux_cgroup_find(struct linux_cgroup *group, const char *controller, struct error *error) {
    char path[LINUX_PATH_BYTES], own[LINUX_PATH_BYTES];
    char *text = linux_read(linux_path(path, "/proc/self/cgroup"), error);
    if (!text)
        return false;
    const char *line = cgroup_line(text, controller);
    group->unified = !line;
    if (group->unified)
        line = cgroup_line(text, NULL);
    linux_copy_line(own, sizeof own, line ? line : "");
    free(text);
    if (!own[0])
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s names no group for %s", path,
                         controller);
    return find_place(group, own, controller, error);
}

bool linux_cgroup_up(struct linux_cgroup *group) {
    char *slash = strrchr(group->path + group->mount_length, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return true;
}
