// SPDX-License-Identifier: Apache-2.0
// A Linux machine of files: a tree in a directory of its own takes the place of /sys, /proc and
// /run. Include cmocka.h before.
#ifndef NUMAPROBE_TESTS_FILE_TREE_H
#define NUMAPROBE_TESTS_FILE_TREE_H

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "os/linux.h"

static char root[64], sys_root[80], proc_root[80], run_root[80];

static inline int begin_tree(void **state) {
    (void)state;
    snprintf(root, sizeof root, "/tmp/numaprobe-test-XXXXXX");
    if (!mkdtemp(root))
        return -1;
    snprintf(sys_root, sizeof sys_root, "%s/sys", root);
    snprintf(proc_root, sizeof proc_root, "%s/proc", root);
    snprintf(run_root, sizeof run_root, "%s/run", root);
    linux_set_roots(sys_root, proc_root, run_root);
    return 0;
}

static inline int remove_entry(const char *path, const struct stat *status, int type,
                               struct FTW *place) {
    (void)status;
    (void)type;
    (void)place;
    return remove(path);
}

static inline int end_tree(void **state) {
    (void)state;
    linux_set_roots(NULL, NULL, NULL);
    return nftw(root, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

// Writes a file below the tree, with the directories that lead to it.
static inline void write_bytes(const char *path, const void *data, size_t bytes) {
    char at[1024];
    snprintf(at, sizeof at, "%s%s", root, path);
    for (char *slash = strchr(at + strlen(root) + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        assert_true(mkdir(at, 0700) == 0 || errno == EEXIST);
        *slash = '/';
    }
    FILE *file = fopen(at, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(data, 1, bytes, file), bytes);
    assert_int_equal(fclose(file), 0);
}

static inline void write_file(const char *path, const char *text) {
    write_bytes(path, text, strlen(text));
}

#endif
