// SPDX-License-Identifier: Apache-2.0
// Directories of the user, for the files in them (linux_user_files.c). Private to this room.
#ifndef NUMAPROBE_OS_LINUX_DIRECTORIES_H
#define NUMAPROBE_OS_LINUX_DIRECTORIES_H

#include "os/linux.h"

// What os_directory.own is. Both descriptors are O_PATH, so that a directory that may be written
// but not listed can be used.
struct linux_directory {
    int parent;
    int self;
    char path[LINUX_PATH_BYTES]; // as it was named, for sentences
};

// "cannot WHAT 'PATH': the system's words". False.
bool linux_cannot(struct error *error, const char *what, const char *path, int number);

// What a file is in a sentence: "a pipe", "a device".
const char *linux_kind_of_file(unsigned mode);

// Goes from a name to what it leads to, as long as each link on the way is this user's or root's.
// *special tells that the last is a link of /proc, which leads to an open file and has no name.
bool linux_follow(const char *path, char resolved[LINUX_PATH_BYTES], bool *special,
                  struct error *error);

// A name that nobody can foresee.
enum { LINUX_DRAFT_BYTES = 48 };
char *linux_draft_name(char name[LINUX_DRAFT_BYTES]);

// Has the entries of a directory on the disk.
bool linux_sync_directory(int directory);

#endif
