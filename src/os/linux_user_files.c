// SPDX-License-Identifier: Apache-2.0
// Files of the user: what is read, and how what is written comes to its name.
//
// man: open(2): with O_CREAT | O_EXCL no link is followed, and the call fails where anything has
// the name. man: rename(2): a link that has the new name is replaced, not followed.
#define _GNU_SOURCE
#include "os/linux_directories.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { NAME_BYTES = 256 }; // of one part of a path, with the zero (man: readdir(3))

// ---- reading ------------------------------------------------------------------------------------

static FILE *read_at(int directory, const char *name, const char *path, int flags,
                     struct error *error) {
    struct stat status;
    // Without O_NONBLOCK a pipe that nobody writes to would be waited for (man: fifo(7)).
    int file = openat(directory, name, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
    if (file < 0 && errno == ELOOP && (flags & O_NOFOLLOW)) {
        error_set(error, ERROR_KIND_FAILED, ELOOP,
                  "'%.300s' is a link: only regular files are read there", path);
        return NULL;
    }
    if (file < 0) {
        bool absent = errno == ENOENT;
        linux_cannot(error, "open", path, errno);
        error->kind = absent ? ERROR_KIND_USAGE : ERROR_KIND_FAILED;
        return NULL;
    }
    bool regular = fstat(file, &status) == 0 && S_ISREG(status.st_mode);
    FILE *stream = regular ? fdopen(file, "rb") : NULL;
    if (stream)
        return stream;
    close(file);
    error_set(error, ERROR_KIND_FAILED, 0, "'%.300s' is %s: only regular files are read", path,
              linux_kind_of_file(status.st_mode));
    return NULL;
}

FILE *os_file_read(const char *path, struct error *error) {
    return read_at(AT_FDCWD, path, path, 0, error);
}

static char *path_in(const struct linux_directory *directory, const char *name, char *path) {
    snprintf(path, LINUX_PATH_BYTES + NAME_BYTES, "%s/%s", directory->path, name);
    return path;
}

FILE *os_file_read_in(const struct os_directory *directory, const char *name, struct error *error) {
    char path[LINUX_PATH_BYTES + NAME_BYTES];
    const struct linux_directory *own = directory->own;
    return read_at(own->self, name, path_in(own, name, path), O_NOFOLLOW, error);
}

bool os_file_part(FILE *stream, void *data, size_t room, size_t *length) {
    ssize_t got;
    do
        got = read(fileno(stream), data, room);
    while (got < 0 && errno == EINTR);
    *length = got > 0 ? (size_t)got : 0;
    return got >= 0;
}

// ---- writing ------------------------------------------------------------------------------------

// What os_file.own is.
struct writing {
    int directory; // a descriptor of its own; -1: of a device or a pipe, which is in none
    bool made;     // taken away where it is not kept
    bool held;     // rows that are in it stay, whatever closing it finds
    char path[LINUX_PATH_BYTES + NAME_BYTES];
    char name[NAME_BYTES];
    char draft[LINUX_DRAFT_BYTES]; // what it is called until it is finished; "": by its name
};

static struct writing *begin(struct os_file *file, int directory, const char *name,
                             const char *path, struct error *error) {
    bool fits = strlen(name) < NAME_BYTES;
    int own_directory = directory < 0 || !fits ? -1 : fcntl(directory, F_DUPFD_CLOEXEC, 0);
    if (!fits || (own_directory < 0 && directory >= 0)) {
        linux_cannot(error, "write", path, fits ? errno : ENAMETOOLONG);
        return NULL;
    }
    struct writing *writing = base_allocate(1, sizeof *writing);
    *file = (struct os_file){.path = writing->path, .own = writing};
    writing->directory = own_directory;
    snprintf(writing->path, sizeof writing->path, "%s", path);
    snprintf(writing->name, sizeof writing->name, "%s", name);
    return writing;
}

static void end(struct os_file *file) {
    struct writing *writing = file->own;
    if (writing->directory >= 0)
        close(writing->directory);
    free(writing);
    *file = (struct os_file){.stream = NULL};
}

// Takes the descriptor over. False, with the error and nothing left, where it is none.
static bool give_stream(struct os_file *file, int descriptor, const char *mode, const char *what,
                        struct error *error) {
    struct writing *writing = file->own;
    file->stream = descriptor < 0 ? NULL : fdopen(descriptor, mode);
    if (file->stream)
        return true;
    linux_cannot(error, what, writing->path, errno);
    if (descriptor >= 0)
        close(descriptor);
    end(file);
    return false;
}

bool os_file_create(struct os_file *file, const struct os_directory *directory, const char *name,
                    FILE *like, bool *exists, struct error *error) {
    char path[LINUX_PATH_BYTES + NAME_BYTES];
    const struct linux_directory *own = directory->own;
    struct stat status = {.st_mode = 0666};
    *exists = false;
    if (!begin(file, own->self, name, path_in(own, name, path), error))
        return false;
    if (like && fstat(fileno(like), &status) != 0)
        status.st_mode = 0600;
    int made = openat(own->self, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                      status.st_mode & 0666);
    *exists = made < 0 && errno == EEXIST;
    ((struct writing *)file->own)->made = made >= 0;
    return give_stream(file, made, "wb", "create", error);
}

// Whether writing to this file that is there can reach no file of others: not by a second name.
static bool check_own_file(int file, const char *path, struct error *error) {
    struct stat status;
    if (fstat(file, &status) != 0)
        return linux_cannot(error, "open", path, errno);
    if (!S_ISREG(status.st_mode))
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "'%.300s' is %s, not a file that can be written: choose another place",
                         path, linux_kind_of_file(status.st_mode));
    if ((status.st_uid != geteuid() && status.st_uid != 0) || status.st_nlink > 1)
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "'%.300s' %s: nothing is written to it, so choose another place", path,
                         status.st_nlink > 1 ? "has a second name (a hard link)"
                                             : "belongs to another user");
    return true;
}

static int open_to_hold(struct writing *writing, struct error *error) {
    enum { FLAGS = O_RDWR | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC };
    int file = openat(writing->directory, writing->name, FLAGS | O_CREAT | O_EXCL, 0644);
    writing->held = true;
    writing->made = file >= 0;
    if (writing->made || errno != EEXIST) {
        if (!writing->made)
            linux_cannot(error, "write to", writing->path, errno);
        return file;
    }
    file = openat(writing->directory, writing->name, FLAGS);
    if (file < 0 && errno == ELOOP)
        error_set(
            error, ERROR_KIND_REFUSED, ELOOP,
            "'%.300s' is a link, and numaprobe does not write through links: choose another place",
            writing->path);
    else if (file < 0)
        linux_cannot(error, "write to", writing->path, errno);
    if (file >= 0 && !check_own_file(file, writing->path, error)) {
        close(file);
        file = -1;
    }
    return file;
}

// flock(2) belongs to the open file: it ends with the last descriptor of it, so with the process.
static bool lock(int file, const char *path, struct error *error) {
    char reason[128];
    if (flock(file, LOCK_EX | LOCK_NB) == 0)
        return true;
    int number = errno;
    if (number == EWOULDBLOCK)
        return error_set(
            error, ERROR_KIND_USAGE, (uint32_t)number,
            "another process is writing '%.300s': wait until it has ended, or choose another place",
            path);
    return error_set(
        error, ERROR_KIND_FAILED, (uint32_t)number,
        "cannot lock '%.300s': %s; runs need a file system with locks, choose another place", path,
        os_error_text((uint32_t)number, reason, sizeof reason));
}

bool os_file_hold(struct os_file *file, const struct os_directory *directory, const char *name,
                  struct error *error) {
    char path[LINUX_PATH_BYTES + NAME_BYTES];
    const struct linux_directory *own = directory->own;
    struct writing *writing = begin(file, own->self, name, path_in(own, name, path), error);
    if (!writing)
        return false;
    int opened = open_to_hold(writing, error);
    if (opened < 0 || !lock(opened, path, error)) {
        if (opened >= 0)
            close(opened);
        end(file);
        return false;
    }
    if (!give_stream(file, opened, "r+b", "write to", error))
        return false;
    // A row goes out as a whole, and a failed write leaves nothing behind that closing would write.
    setvbuf(file->stream, NULL, _IONBF, 0);
    return true;
}

// Its owner was asked when it was opened.
bool os_file_is_own(const struct os_file *file, struct error *error) {
    struct stat status;
    if (fstat(fileno(file->stream), &status) != 0)
        return linux_cannot(error, "open", file->path, errno);
    return !(status.st_mode & (S_IWGRP | S_IWOTH)) ||
           error_set(error, ERROR_KIND_REFUSED, 0,
                     "other users can write '%.300s', so its commands may not be yours: check it, "
                     "then chmod go-w it",
                     file->path);
}

bool os_file_sync(struct os_file *file, struct error *error) {
    const struct writing *writing = file->own;
    bool synced = fsync(fileno(file->stream)) == 0 || errno == EINVAL; // man: fsync(2): no disk
    return (synced && linux_sync_directory(writing->directory)) ||
           linux_cannot(error, "write all of", file->path, errno);
}

bool os_file_cut(struct os_file *file, uint64_t bytes, struct error *error) {
    return ftruncate(fileno(file->stream), (off_t)bytes) == 0 ||
           linux_cannot(error, "shorten", file->path, errno);
}

// ---- taking the place of another ----------------------------------------------------------------

// The new file gets the mode of the old one. Of another user's file the mode was his choice, and
// what he allowed others is allowed them only as far as this user allows it of any file (umask).
static int open_draft(struct writing *writing) {
    enum { FLAGS = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC };
    struct stat old;
    bool replaces = fstatat(writing->directory, writing->name, &old, AT_SYMLINK_NOFOLLOW) == 0 &&
                    S_ISREG(old.st_mode);
    int file;
    do
        file = openat(writing->directory, linux_draft_name(writing->draft), FLAGS,
                      replaces ? old.st_mode & 0666 : 0666);
    while (file < 0 && errno == EEXIST);
    // Where a file system has no modes, it stays as it is, which is no wider.
    if (file >= 0 && replaces && old.st_uid == geteuid() && fchmod(file, old.st_mode & 0777) != 0)
        errno = 0;
    return file;
}

static bool begin_draft(struct os_file *file, int directory, const char *name, const char *path,
                        struct error *error) {
    struct writing *writing = begin(file, directory, name, path, error);
    if (!writing)
        return false;
    int made = open_draft(writing);
    writing->made = made >= 0;
    return give_stream(file, made, "wb", "write", error);
}

bool os_file_replace(struct os_file *file, const struct os_directory *directory, const char *name,
                     struct error *error) {
    char path[LINUX_PATH_BYTES + NAME_BYTES];
    const struct linux_directory *own = directory->own;
    return begin_draft(file, own->self, name, path_in(own, name, path), error);
}

// Opened without taking anything away, and without waiting for ever: of a pipe that nobody reads
// this is an error (man: fifo(7), ENXIO). A reader that was started at the same moment, as in
// `cat pipe & numaprobe ... --output pipe`, is given a second. Later a write waits as long as the
// reader does.
static int open_for_appending(const char *path, int flags) {
    enum { TRIES = 100 };
    const struct timespec pause = {.tv_nsec = 10 * 1000 * 1000};
    int opened = -1;
    for (int i = 0; i < TRIES && opened < 0 && (i == 0 || errno == ENXIO); i++) {
        if (i > 0)
            nanosleep(&pause, NULL);
        opened = open(path, O_WRONLY | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC | flags);
    }
    return opened;
}

static bool open_special(struct os_file *file, const char *path, int flags, struct error *error) {
    struct stat status;
    if (!begin(file, -1, "", path, error))
        return false;
    int opened = open_for_appending(path, flags);
    if (opened >= 0 && (fstat(opened, &status) != 0 || S_ISBLK(status.st_mode) ||
                        fcntl(opened, F_SETFL, O_APPEND) != 0)) {
        close(opened);
        opened = -1;
        errno = EINVAL;
    }
    return give_stream(file, opened, "wb", "write", error);
}

bool os_file_output(struct os_file *file, const char *path, struct error *error) {
    char resolved[LINUX_PATH_BYTES];
    struct stat status;
    bool is_link_of_proc;
    if (!linux_follow(path, resolved, &is_link_of_proc, error))
        return false;
    if (is_link_of_proc)
        return open_special(file, resolved, 0, error);
    bool there = lstat(resolved, &status) == 0;
    if (there && S_ISDIR(status.st_mode))
        return linux_cannot(error, "write", path, EISDIR);
    if (there && !S_ISREG(status.st_mode))
        return open_special(file, resolved, O_NOFOLLOW, error);
    char *slash = strrchr(resolved, '/');
    const char *name = slash ? slash + 1 : resolved;
    char above[LINUX_PATH_BYTES] = ".";
    if (slash)
        snprintf(above, sizeof above, "%.*s", (int)(slash - resolved + 1), resolved);
    int directory = open(above, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0)
        return linux_cannot(error, "write", path, errno);
    bool begun = begin_draft(file, directory, name, path, error);
    close(directory);
    return begun;
}

// ---- the end ------------------------------------------------------------------------------------

enum { UNKNOWN = -1 }; // a write failed before, and the C library has forgotten why

// Has the bytes on the disk and closes. What failed first is the one to tell; 0: nothing.
static int close_stream(FILE *stream, bool sync) {
    int number = ferror(stream) ? UNKNOWN : fflush(stream) != 0 ? errno : 0;
    if (!number && sync && fsync(fileno(stream)) != 0 && errno != EINVAL)
        number = errno;
    if (fclose(stream) != 0 && !number)
        number = errno;
    return number;
}

// Gives a draft its name, and has that on the disk.
static int settle(const struct writing *writing) {
    bool drafted = writing->draft[0] != '\0';
    if (drafted &&
        renameat(writing->directory, writing->draft, writing->directory, writing->name) != 0)
        return errno;
    return linux_sync_directory(writing->directory) ? 0 : errno;
}

bool os_file_finish(struct os_file *file, bool keep, struct error *error) {
    struct writing *writing = file->own;
    if (!writing)
        return true;
    bool named = writing->directory >= 0;
    int number = close_stream(file->stream, keep && named);
    if (keep && named && !number)
        number = settle(writing);
    if (writing->made && (!keep || (number && !writing->held)))
        unlinkat(writing->directory, writing->draft[0] ? writing->draft : writing->name, 0);
    if (keep && number == UNKNOWN)
        error_set(error, ERROR_KIND_FAILED, 0,
                  "cannot write all of '%.300s': an earlier write failed (is the disk full?)",
                  writing->path);
    else if (keep && number)
        linux_cannot(error, "write all of", writing->path, number);
    end(file);
    return !keep || !number;
}
