// SPDX-License-Identifier: Apache-2.0
// The control groups of this process, wherever they are mounted.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <mntent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

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

// Where the controller's groups are mounted: the first place of several.
static bool find_mount(struct linux_cgroup *group, const char *controller, struct error *error) {
    char path[LINUX_PATH_BYTES], line[LINUX_PATH_BYTES], reason[128];
    struct mntent mount;
    bool found = false;
    FILE *file = setmntent(linux_path(path, "/proc/self/mounts"), "re");
    if (!file) {
        uint32_t number = (uint32_t)errno;
        return error_set(error, ERROR_KIND_UNAVAILABLE, number, "cannot read %s: %s", path,
                         os_error_text(number, reason, sizeof reason));
    }
    while (!found && getmntent_r(file, &mount, line, sizeof line))
        found = group->unified ? strcmp(mount.mnt_type, "cgroup2") == 0
                               : strcmp(mount.mnt_type, "cgroup") == 0 &&
                                     hasmntopt(&mount, controller) != NULL;
    endmntent(file);
    if (!found)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s shows no control groups for %s",
                         path, controller);
    linux_path(group->path, "%s", mount.mnt_dir);
    group->mount_length = strlen(group->path);
    return true;
}

bool linux_cgroup_find(struct linux_cgroup *group, const char *controller, struct error *error) {
    char path[LINUX_PATH_BYTES], line[LINUX_PATH_BYTES];
    char *text = linux_read(linux_path(path, "/proc/self/cgroup"), error);
    if (!text)
        return false;
    const char *own = cgroup_line(text, controller);
    group->unified = !own;
    if (group->unified)
        own = cgroup_line(text, NULL);
    linux_copy_line(line, sizeof line, own ? own : "");
    free(text);
    if (!line[0])
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s names no group for %s", path,
                         controller);
    if (!find_mount(group, controller, error))
        return false;
    // A container without a cgroup namespace is told the host's path, which it cannot see. Who goes
    // up from there comes to what is mounted, which is the container's own group.
    if (strcmp(line, "/") != 0)
        snprintf(group->path + group->mount_length, LINUX_PATH_BYTES - group->mount_length, "%s",
                 line);
    return true;
}

bool linux_cgroup_up(struct linux_cgroup *group) {
    char *slash = strrchr(group->path + group->mount_length, '/');
    if (!slash)
        return false;
    *slash = '\0';
    return true;
}
