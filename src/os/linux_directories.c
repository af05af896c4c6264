// SPDX-License-Identifier: Apache-2.0
// Directories of the user, and what of their names can be trusted.
#define _GNU_SOURCE
#include "os/linux_directories.h"

#include "base/random.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

enum { LINKS_MAX = 40 }; // as many as the kernel follows (man: path_resolution(7))

bool linux_cannot(struct error *error, const char *what, const char *path, int number) {
    char reason[128];
    return error_set(error, ERROR_KIND_FAILED, (uint32_t)number, "cannot %s '%.300s': %s", what,
                     path, os_error_text((uint32_t)number, reason, sizeof reason));
}

const char *linux_kind_of_file(unsigned mode) {
    static const struct {
        unsigned type;
        const char *name;
    } kinds[] = {
        {S_IFIFO,  "a pipe"     },
        {S_IFCHR,  "a device"   },
        {S_IFBLK,  "a device"   },
        {S_IFSOCK, "a socket"   },
        {S_IFDIR,  "a directory"},
        {S_IFLNK,  "a link"     }
    };
    for (size_t i = 0; i < COUNT_OF(kinds); i++)
        if ((mode & S_IFMT) == kinds[i].type)
            return kinds[i].name;
    return "no file";
}

bool os_file_is_there(const char *path) {
    struct stat status;
    // Below a file, and of a length that no name has, nothing can be.
    return lstat(path, &status) == 0 ||
           (errno != ENOENT && errno != ENOTDIR && errno != ENAMETOOLONG);
}

bool os_directory_each(const char *path, void (*visit)(const char *name, void *context),
                       void *context, struct error *error) {
    DIR *directory = opendir(path);
    if (!directory) {
        bool absent = errno == ENOENT || errno == ENOTDIR;
        linux_cannot(error, "list", path, errno);
        error->kind = absent ? ERROR_KIND_USAGE : ERROR_KIND_FAILED;
        return false;
    }
    errno = 0; // readdir tells an error by it alone
    for (const struct dirent *entry; (entry = readdir(directory)) != NULL; errno = 0)
        visit(entry->d_name, context);
    int number = errno;
    closedir(directory);
    return number == 0 || linux_cannot(error, "list", path, number);
}

// ---- links --------------------------------------------------------------------------------------

// Links of /proc/PID/fd lead to open files, pipes and sockets by themselves (man: proc(5)); only
// the kernel makes them.
static bool is_link_of_proc(const char *path) {
    struct statfs system;
    int link = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC);
    bool is = link >= 0 && fstatfs(link, &system) == 0 && system.f_type == PROC_SUPER_MAGIC;
    if (link >= 0)
        close(link);
    return is;
}

// Puts what the link says in its place: a full name, or one beside the link.
static bool step(char path[LINUX_PATH_BYTES], struct error *error) {
    char target[LINUX_PATH_BYTES], next[2 * LINUX_PATH_BYTES];
    ssize_t length = readlink(path, target, sizeof target);
    if (length < 0)
        return linux_cannot(error, "follow", path, errno);
    const char *slash = strrchr(path, '/');
    int before = slash && target[0] != '/' ? (int)(slash - path + 1) : 0;
    int written = snprintf(next, sizeof next, "%.*s%.*s", before, path, (int)length, target);
    if (written < 0 || written >= LINUX_PATH_BYTES)
        return linux_cannot(error, "follow", path, ENAMETOOLONG);
    memcpy(path, next, (size_t)written + 1);
    return true;
}

bool linux_follow(const char *path, char resolved[LINUX_PATH_BYTES], bool *special,
                  struct error *error) {
    struct stat status;
    *special = false;
    if (strlen(path) >= LINUX_PATH_BYTES)
        return linux_cannot(error, "open", path, ENAMETOOLONG);
    memcpy(resolved, path, strlen(path) + 1);
    for (int links = 0; lstat(resolved, &status) == 0 && S_ISLNK(status.st_mode); links++) {
        if (status.st_uid != geteuid() && status.st_uid != 0)
            return error_set(error, ERROR_KIND_REFUSED, 0,
                             "'%.300s' is a link made by another user (uid %u): if you mean its "
                             "target, name the target",
                             resolved, (unsigned)status.st_uid);
        *special = is_link_of_proc(resolved);
        if (*special)
            return true;
        if (links == LINKS_MAX)
            return linux_cannot(error, "open", path, ELOOP);
        if (!step(resolved, error))
            return false;
    }
    return true;
}

// ---- directories to write in --------------------------------------------------------------------

// Those who may write to the directory above it can put another in its place, now or later. That
// leads nothing elsewhere: it is opened once, no link is followed, its owner is asked of what was
// opened, and every file is made anew relative to it. So such places, which volumes of containers
// are (Kubernetes' emptyDir: mode 0777 without the sticky bit), can be used.
static bool check_trusted(const struct linux_directory *directory, struct error *error) {
    struct stat self;
    if (fstat(directory->self, &self) != 0)
        return linux_cannot(error, "open", directory->path, errno);
    if (self.st_uid != geteuid() && self.st_uid != 0)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "'%.300s' belongs to another user (uid %u), who could redirect the files: "
                         "choose a directory of your own",
                         directory->path, (unsigned)self.st_uid);
    return true;
}

static bool open_both(struct linux_directory *directory, const char *path, int follow,
                      struct error *error) {
    enum { FLAGS = O_PATH | O_DIRECTORY | O_CLOEXEC };
    directory->self = open(path, FLAGS | follow);
    if (directory->self < 0)
        return linux_cannot(error, "open the directory", directory->path, errno);
    directory->parent = openat(directory->self, "..", FLAGS);
    return directory->parent >= 0 || linux_cannot(error, "open", directory->path, errno);
}

static bool open_there(struct linux_directory *directory, struct error *error) {
    char resolved[LINUX_PATH_BYTES];
    bool special;
    if (!linux_follow(directory->path, resolved, &special, error) ||
        !open_both(directory, resolved, O_NOFOLLOW, error) || !check_trusted(directory, error))
        return false;
    return faccessat(directory->self, ".", W_OK | X_OK, 0) == 0 ||
           linux_cannot(error, "write to the directory", directory->path, errno);
}

// Its name is on the disk from the beginning, or all that is written to it could be gone with it.
static bool open_made(struct linux_directory *directory, struct error *error) {
    bool opened = open_both(directory, directory->path, O_NOFOLLOW, error) &&
                  check_trusted(directory, error) &&
                  (linux_sync_directory(directory->parent) ||
                   linux_cannot(error, "write the directory", directory->path, errno));
    if (!opened)
        rmdir(directory->path);
    return opened;
}

static bool make_or_find(struct linux_directory *directory, enum os_directory_use use, bool *exists,
                         struct error *error) {
    if (use == OS_DIRECTORY_READ)
        return open_both(directory, directory->path, 0, error);
    if (use == OS_DIRECTORY_OLD)
        return open_there(directory, error);
    if (mkdir(directory->path, 0777) == 0)
        return open_made(directory, error);
    int number = errno;
    struct stat status;
    if (number == EEXIST && stat(directory->path, &status) == 0 && !S_ISDIR(status.st_mode))
        return error_set(error, ERROR_KIND_FAILED, ENOTDIR,
                         "cannot create the directory '%.300s': a file of that name exists",
                         directory->path);
    *exists = number == EEXIST && use == OS_DIRECTORY_NEW;
    if (number != EEXIST || *exists)
        return linux_cannot(error, "create the directory", directory->path, number);
    return open_there(directory, error);
}

bool os_directory_open(struct os_directory *directory, const char *path, enum os_directory_use use,
                       bool *exists, struct error *error) {
    struct linux_directory *own = base_allocate(1, sizeof *own);
    size_t length = strlen(path);
    directory->own = own;
    *own = (struct linux_directory){.parent = -1, .self = -1};
    *exists = false;
    // Behind a slash a link would be followed unseen.
    while (length > 1 && path[length - 1] == '/')
        length--;
    bool opened = length < sizeof own->path || linux_cannot(error, "open", path, ENAMETOOLONG);
    memcpy(own->path, path, opened ? length : 0);
    opened = opened && make_or_find(own, use, exists, error);
    if (!opened)
        os_directory_close(directory);
    return opened;
}

static void close_both(const struct linux_directory *directory) {
    if (directory->self >= 0)
        close(directory->self);
    if (directory->parent >= 0)
        close(directory->parent);
}

void os_directory_close(struct os_directory *directory) {
    struct linux_directory *own = directory->own;
    if (!own)
        return;
    close_both(own);
    free(own);
    directory->own = NULL;
}

// A directory takes the place of an empty one only (man: rename(2)), which then was nothing.
bool os_directory_rename(const struct os_directory *directory, const char *name,
                         const char *new_name, bool *exists, struct error *error) {
    const struct linux_directory *own = directory->own;
    bool renamed = renameat(own->self, name, own->self, new_name) == 0;
    int number = errno;
    *exists = !renamed && (number == EEXIST || number == ENOTEMPTY || number == ENOTDIR);
    return renamed || linux_cannot(error, "rename", name, number);
}

bool linux_sync_directory(int directory) {
    int file = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (file < 0)
        return errno == EACCES; // to be written and not to be read: nothing can be asked of it
    // A file system that keeps nothing on a disk may have no such call (man: fsync(2), EINVAL).
    bool synced = fsync(file) == 0 || errno == EINVAL;
    int number = errno;
    close(file);
    errno = number;
    return synced;
}

// ---- drafts -------------------------------------------------------------------------------------

char *linux_draft_name(char name[LINUX_DRAFT_BYTES]) {
    static uint64_t count;
    uint64_t value = 0;
    // Early in a boot, or where it is denied, no randomness is available. O_EXCL makes the
    // name safe, and the clock makes it new.
    if (getrandom(&value, sizeof value, GRND_NONBLOCK) != sizeof value)
        value = random_hash(os_clock_ns() ^ (uint64_t)getpid() << 32);
    snprintf(name, LINUX_DRAFT_BYTES, ".numaprobe-%016llx.partial",
             (unsigned long long)random_hash(value + count++));
    return name;
}

// Where it is made, its own name is on the disk as well.
static bool make_above(const char *above, struct error *error) {
    struct linux_directory made = {.parent = -1, .self = -1};
    snprintf(made.path, sizeof made.path, "%s", above);
    if (mkdir(above, 0777) != 0)
        return errno == EEXIST || linux_cannot(error, "create the directory", above, errno);
    bool opened = open_made(&made, error);
    close_both(&made);
    return opened;
}

bool os_directory_draft(struct os_directory *draft, const char *above, struct error *error) {
    char path[LINUX_PATH_BYTES + LINUX_DRAFT_BYTES], name[LINUX_DRAFT_BYTES];
    bool exists = true, opened = false;
    if (!make_above(above, error))
        return false;
    for (int tries = 0; exists && tries < 100; tries++) {
        snprintf(path, sizeof path, "%s/%s", above, linux_draft_name(name));
        opened = os_directory_open(draft, path, OS_DIRECTORY_NEW, &exists, error);
    }
    return opened;
}

static const char *last_name(const char *path) {
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

// Nobody else knows the name, so what is in it is ours.
static void take_away(const struct linux_directory *directory) {
    int file = openat(directory->self, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *entries = file < 0 ? NULL : fdopendir(file);
    for (const struct dirent *entry; entries && (entry = readdir(entries)) != NULL;)
        unlinkat(directory->self, entry->d_name, 0);
    if (entries)
        closedir(entries);
    unlinkat(directory->parent, last_name(directory->path), AT_REMOVEDIR);
}

// A directory takes the place of an empty one only (man: rename(2)).
bool os_directory_finish(struct os_directory *draft, const char *name, bool keep, bool *exists,
                         struct error *error) {
    struct linux_directory *own = draft->own;
    *exists = false;
    bool renamed = keep && linux_sync_directory(own->self) &&
                   renameat(own->parent, last_name(own->path), own->parent, name) == 0;
    bool synced = renamed && linux_sync_directory(own->parent);
    int number = errno;
    if (keep && !renamed)
        *exists = number == EEXIST || number == ENOTEMPTY || number == ENOTDIR;
    if (!renamed)
        take_away(own);
    os_directory_close(draft);
    return !keep || synced || linux_cannot(error, "write the directory", name, number);
}
