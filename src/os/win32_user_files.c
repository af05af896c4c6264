// SPDX-License-Identifier: Apache-2.0
// Files of the user on Windows: how what is written comes to its name.
//
// Who may write where is said by the access lists that a new file takes from its directory, and the
// owner of a directory is often a group (Administrators); so nothing is asked of owners here.
#include "base/random.h"
#include "os/win32.h"

#include <errno.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DRAFT_BYTES = 48 };

// ---- directories --------------------------------------------------------------------------------

// What os_directory.own is. Nobody can rename or remove the directory while it is open without
// FILE_SHARE_DELETE (learn: Creating and Opening Files,
// https://learn.microsoft.com/windows/win32/fileio/creating-and-opening-files), so its name leads
// to it as long as that is so.
struct directory {
    HANDLE handle;
    char name[WIN32_PATH_ROOM];
};

static char *name_in(const struct os_directory *directory, const char *name,
                     char path[WIN32_PATH_ROOM]) {
    const struct directory *own = directory->own;
    int written = snprintf(path, WIN32_PATH_ROOM, "%s/%s", own->name, name);
    CHECK(written > 0 && written < WIN32_PATH_ROOM); // os_directory_open left that much room
    return path;
}

// O_EXCL's counterpart makes a name safe (CREATE_NEW); this makes it new.
static char *draft_name(char name[DRAFT_BYTES]) {
    static uint64_t count;
    LARGE_INTEGER ticks;
    QueryPerformanceCounter(&ticks);
    uint64_t value = random_hash((uint64_t)ticks.QuadPart) ^ random_hash((uintptr_t)name) ^
                     random_hash(GetCurrentProcessId());
    snprintf(name, DRAFT_BYTES, ".numaprobe-%016llx.partial",
             (unsigned long long)random_hash(value + count++));
    return name;
}

// learn: CreateFileW, https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew:
// a directory opens with FILE_FLAG_BACKUP_SEMANTICS; FILE_FLAG_OPEN_REPARSE_POINT opens a link
// itself.
static bool pin(struct directory *own, const wchar_t *path, struct error *error) {
    own->handle =
        CreateFileW(path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                    FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    if (own->handle == INVALID_HANDLE_VALUE)
        return win32_cannot(error, own->name, "opened", GetLastError());
    if (win32_is_link(own->handle))
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "'%.300s' is a link: if you mean its target, name the target", own->name);
    return !win32_is_regular(own->handle) ||
           error_set(error, ERROR_KIND_FAILED, ERROR_DIRECTORY,
                     "'%.300s' exists and is not a directory", own->name);
}

// learn: CreateDirectoryW, https://learn.microsoft.com/windows/win32/api/fileapi/
// nf-fileapi-createdirectoryw: ERROR_ALREADY_EXISTS also when a file has that name.
static bool make_or_find(struct directory *own, enum os_directory_use use, bool *exists,
                         struct error *error) {
    wchar_t path[WIN32_PATH_ROOM];
    if (!win32_to_path(own->name, path, error))
        return false;
    if (use == OS_DIRECTORY_READ)
        return true;
    if (use != OS_DIRECTORY_OLD && !CreateDirectoryW(path, NULL)) {
        DWORD number = GetLastError();
        *exists = number == ERROR_ALREADY_EXISTS && use == OS_DIRECTORY_NEW;
        if (number != ERROR_ALREADY_EXISTS || *exists)
            return win32_cannot(error, own->name, "created", number);
    }
    return pin(own, path, error);
}

bool os_directory_open(struct os_directory *directory, const char *path, enum os_directory_use use,
                       bool *exists, struct error *error) {
    struct directory *own = base_allocate(1, sizeof *own);
    enum { FILE_NAME_ROOM = 512 };
    *directory = (struct os_directory){own};
    *exists = false;
    own->handle = INVALID_HANDLE_VALUE;
    int length = snprintf(own->name, sizeof own->name - FILE_NAME_ROOM, "%s", path);
    bool fits = length >= 0 && (size_t)length < sizeof own->name - FILE_NAME_ROOM;
    bool opened = fits ? make_or_find(own, use, exists, error)
                       : error_set(error, ERROR_KIND_FAILED, ERROR_FILENAME_EXCED_RANGE,
                                   "'%.200s' is too long for a path", path);
    if (!opened)
        os_directory_close(directory);
    return opened;
}

void os_directory_close(struct os_directory *directory) {
    struct directory *own = directory->own;
    if (!own)
        return;
    if (own->handle != INVALID_HANDLE_VALUE)
        CloseHandle(own->handle);
    free(own);
    directory->own = NULL;
}

bool os_directory_draft(struct os_directory *draft, const char *above, struct error *error) {
    char path[WIN32_PATH_ROOM + DRAFT_BYTES], name[DRAFT_BYTES];
    wchar_t above_path[WIN32_PATH_ROOM];
    bool exists = true, opened = false;
    if (!win32_to_path(above, above_path, error))
        return false;
    if (!CreateDirectoryW(above_path, NULL) && GetLastError() != ERROR_ALREADY_EXISTS)
        return win32_cannot(error, above, "created", GetLastError());
    for (int tries = 0; exists && tries < 100; tries++) {
        snprintf(path, sizeof path, "%s/%s", above, draft_name(name));
        opened = os_directory_open(draft, path, OS_DIRECTORY_NEW, &exists, error);
    }
    return opened;
}

static void delete_file(const char *name) {
    wchar_t path[WIN32_PATH_ROOM];
    struct error ignored;
    if (win32_to_path(name, path, &ignored))
        DeleteFileW(path);
}

static void delete_entry(const char *name, void *context) {
    char path[WIN32_PATH_ROOM + 1024];
    snprintf(path, sizeof path, "%s/%s", (const char *)context, name);
    delete_file(path);
}

// Virus scanners and indexers open what is new and let go of it soon: what they hold is refused by
// one of these two (golang/go, issue 16882), and is tried again for so long.
enum { MOVE_TRIES = 40, MOVE_PAUSE_MS = 50 };

static bool move_file(const wchar_t *from, const wchar_t *to, DWORD flags) {
    for (unsigned tries = 1; !MoveFileExW(from, to, flags); tries++) {
        DWORD number = GetLastError();
        bool is_held = number == ERROR_ACCESS_DENIED || number == ERROR_SHARING_VIOLATION;
        if (!is_held || tries == MOVE_TRIES) {
            SetLastError(number);
            return false;
        }
        Sleep(MOVE_PAUSE_MS);
    }
    return true;
}

// learn: MoveFileExW, https://learn.microsoft.com/windows/win32/api/winbase/
// nf-winbase-movefileexw: without MOVEFILE_REPLACE_EXISTING nothing is replaced;
// MOVEFILE_WRITE_THROUGH returns when the disk has it.
bool os_directory_finish(struct os_directory *draft, const char *name, bool keep, bool *exists,
                         struct error *error) {
    char from[WIN32_PATH_ROOM], to[WIN32_PATH_ROOM + 512];
    wchar_t from_path[WIN32_PATH_ROOM], to_path[WIN32_PATH_ROOM];
    struct error ignored;
    snprintf(from, sizeof from, "%s", ((const struct directory *)draft->own)->name);
    os_directory_close(draft);
    snprintf(to, sizeof to, "%.*s%s", (int)(strrchr(from, '/') - from + 1), from, name);
    *exists = false;
    if (!win32_to_path(from, from_path, error))
        return false;
    bool named = keep && win32_to_path(to, to_path, error);
    bool moved = named && move_file(from_path, to_path, MOVEFILE_WRITE_THROUGH);
    DWORD number = GetLastError();
    if (!moved) {
        os_directory_each(from, delete_entry, from, &ignored);
        RemoveDirectoryW(from_path);
    }
    *exists = named && !moved && (number == ERROR_ALREADY_EXISTS || number == ERROR_FILE_EXISTS);
    if (named && !moved)
        return win32_cannot(error, to, "created", number);
    return moved || !keep;
}

bool os_directory_rename(const struct os_directory *directory, const char *name,
                         const char *new_name, bool *exists, struct error *error) {
    char from[WIN32_PATH_ROOM], to[WIN32_PATH_ROOM];
    wchar_t from_path[WIN32_PATH_ROOM], to_path[WIN32_PATH_ROOM];
    *exists = false;
    if (!win32_to_path(name_in(directory, name, from), from_path, error) ||
        !win32_to_path(name_in(directory, new_name, to), to_path, error))
        return false;
    // What has the new name is told as denied too, which would be tried again for long.
    *exists = os_file_is_there(to);
    if (*exists)
        return win32_cannot(error, to, "created", ERROR_ALREADY_EXISTS);
    return move_file(from_path, to_path, MOVEFILE_WRITE_THROUGH) ||
           win32_cannot(error, from, "renamed", GetLastError());
}

// ---- files --------------------------------------------------------------------------------------

FILE *os_file_read_in(const struct os_directory *directory, const char *name, struct error *error) {
    char path[WIN32_PATH_ROOM];
    return win32_file_read(name_in(directory, name, path), false, error);
}

// What os_file.own is.
struct writing {
    bool made;   // taken away where it is not kept
    bool held;   // rows that are in it stay, whatever closing it finds
    bool device; // NUL: it has no name to be given and nothing to be flushed
    char name[WIN32_PATH_ROOM];
    char draft[WIN32_PATH_ROOM]; // what it is called until it is finished; "": by its name
};

// Takes the handle over. False, with the error and nothing left, where it is none.
static bool begin(struct os_file *file, struct writing writing, HANDLE handle, const char *mode,
                  struct error *error) {
    DWORD number = GetLastError();
    *file = (struct os_file){.stream = NULL};
    if (handle == INVALID_HANDLE_VALUE)
        return win32_cannot(error, writing.name, "written", number);
    FILE *stream = win32_stream(handle, mode);
    if (!stream) {
        CloseHandle(handle);
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "'%.300s' cannot be written: too many open files", writing.name);
    }
    struct writing *own = base_allocate(1, sizeof *own);
    *own = writing;
    *file = (struct os_file){stream, own->name, own};
    return true;
}

// learn: CreateFileW, CREATE_NEW: "Creates a new file, only if it does not already exist", and
// ERROR_FILE_EXISTS else.
static HANDLE create_new(const wchar_t *path, DWORD access, DWORD share) {
    return CreateFileW(path, access, share, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
}

bool os_file_create(struct os_file *file, const struct os_directory *directory, const char *name,
                    FILE *like, bool *exists, struct error *error) {
    struct writing writing = {.made = true};
    wchar_t path[WIN32_PATH_ROOM];
    (void)like; // its access list is that of its directory
    *exists = false;
    if (!win32_to_path(name_in(directory, name, writing.name), path, error))
        return false;
    HANDLE handle = create_new(path, GENERIC_WRITE, FILE_SHARE_READ);
    *exists = handle == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_EXISTS;
    return begin(file, writing, handle, "wb", error);
}

// learn: LockFileEx, https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-lockfileex:
// what is locked cannot be read by others either, but "locking a region that goes beyond the
// current end-of-file position is not an error": so one byte that no file reaches is locked. It
// ends with the handle.
#define LOCKED_BYTE_HIGH 0x40000000u // offset 2^62

static bool lock(HANDLE handle, const char *name, struct error *error) {
    OVERLAPPED place = {.OffsetHigh = LOCKED_BYTE_HIGH};
    if (LockFileEx(handle, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place))
        return true;
    DWORD number = GetLastError();
    if (number == ERROR_LOCK_VIOLATION || number == ERROR_IO_PENDING)
        return error_set(
            error, ERROR_KIND_USAGE, number,
            "another process is writing '%.300s': wait until it has ended, or choose another place",
            name);
    return win32_cannot(error, name, "locked", number);
}

// learn: UnlockFileEx, https://learn.microsoft.com/windows/win32/api/fileapi/
// nf-fileapi-unlockfileex: at once; when a lock ends that closing finds depends on the system.
static void unlock(FILE *stream) {
    OVERLAPPED place = {.OffsetHigh = LOCKED_BYTE_HIGH};
    UnlockFileEx((HANDLE)_get_osfhandle(_fileno(stream)), 0, 1, 0, &place);
}

// learn: BY_HANDLE_FILE_INFORMATION, https://learn.microsoft.com/windows/win32/api/fileapi/
// ns-fileapi-by_handle_file_information: nNumberOfLinks is 1 of a file with one name.
static bool check_own_file(HANDLE handle, const char *name, struct error *error) {
    BY_HANDLE_FILE_INFORMATION info;
    if (win32_is_regular(handle) && !win32_is_link(handle) &&
        GetFileInformationByHandle(handle, &info) && info.nNumberOfLinks <= 1)
        return true;
    return error_set(error, ERROR_KIND_REFUSED, 0,
                     "'%.300s' is a link, or not a file that can be written: choose another place",
                     name);
}

bool os_file_hold(struct os_file *file, const struct os_directory *directory, const char *name,
                  struct error *error) {
    enum { ACCESS_WANTED = FILE_GENERIC_READ | FILE_GENERIC_WRITE };
    struct writing writing = {.held = true};
    wchar_t path[WIN32_PATH_ROOM];
    if (!win32_to_path(name_in(directory, name, writing.name), path, error))
        return false;
    HANDLE handle = create_new(path, ACCESS_WANTED, FILE_SHARE_READ | FILE_SHARE_WRITE);
    writing.made = handle != INVALID_HANDLE_VALUE;
    if (!writing.made && GetLastError() == ERROR_FILE_EXISTS)
        handle = CreateFileW(path, ACCESS_WANTED, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                             OPEN_EXISTING, FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    bool opened = handle != INVALID_HANDLE_VALUE;
    if (opened && !((writing.made || check_own_file(handle, writing.name, error)) &&
                    lock(handle, writing.name, error))) {
        CloseHandle(handle);
        return false;
    }
    if (!begin(file, writing, handle, "r+b", error))
        return false;
    // A row goes out as a whole, and a failed write leaves nothing behind that closing would write.
    setvbuf(file->stream, NULL, _IONBF, 0);
    return true;
}

bool os_file_is_own(const struct os_file *file, struct error *error) {
    (void)file, (void)error;
    return true;
}

// learn: SetEndOfFile, https://learn.microsoft.com/windows/win32/api/fileapi/
// nf-fileapi-setendoffile.
bool os_file_sync(struct os_file *file, struct error *error) {
    return _commit(_fileno(file->stream)) == 0 ||
           error_set_errno(error, ERROR_KIND_FAILED, errno, "cannot write all of '%.300s'",
                           file->path);
}

bool os_file_cut(struct os_file *file, uint64_t bytes, struct error *error) {
    HANDLE handle = (HANDLE)_get_osfhandle(_fileno(file->stream));
    LARGE_INTEGER end = {.QuadPart = (LONGLONG)bytes};
    return (SetFilePointerEx(handle, end, NULL, FILE_BEGIN) && SetEndOfFile(handle)) ||
           win32_cannot(error, file->path, "shortened", GetLastError());
}

// The name up to its last part; length 0: the current directory.
static size_t directory_length(const char *name) {
    size_t length = strlen(name);
    while (length && !strchr("/\\:", name[length - 1]))
        length--;
    return length;
}

static bool begin_draft(struct os_file *file, struct writing writing, struct error *error) {
    wchar_t path[WIN32_PATH_ROOM];
    char name[DRAFT_BYTES];
    HANDLE handle = INVALID_HANDLE_VALUE;
    bool exists = true;
    writing.made = true;
    for (int tries = 0; exists && tries < 100; tries++) {
        size_t length = directory_length(writing.name);
        memcpy(writing.draft, writing.name, length);
        snprintf(writing.draft + length, sizeof writing.draft - length, "%s", draft_name(name));
        if (!win32_to_path(writing.draft, path, error))
            return false;
        handle = create_new(path, GENERIC_WRITE, 0);
        exists = handle == INVALID_HANDLE_VALUE && GetLastError() == ERROR_FILE_EXISTS;
    }
    return begin(file, writing, handle, "wb", error);
}

bool os_file_replace(struct os_file *file, const struct os_directory *directory, const char *name,
                     struct error *error) {
    struct writing writing = {.made = false};
    name_in(directory, name, writing.name);
    return begin_draft(file, writing, error);
}

// What is there already, and is no file on a disk: NUL, CON, a pipe.
static bool look_at(const wchar_t *path, const char *name, bool *device, struct error *error) {
    HANDLE handle =
        CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                    OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OPEN_REPARSE_POINT, NULL);
    *device = false;
    if (handle == INVALID_HANDLE_VALUE)
        return true;
    *device = GetFileType(handle) != FILE_TYPE_DISK;
    bool link = !*device && win32_is_link(handle);
    CloseHandle(handle);
    return !link || error_set(error, ERROR_KIND_REFUSED, 0,
                              "'%.300s' is a link: if you mean its target, name the target", name);
}

bool os_file_output(struct os_file *file, const char *name, struct error *error) {
    struct writing writing = {.made = false};
    wchar_t path[WIN32_PATH_ROOM];
    if (strlen(name) >= sizeof writing.name - DRAFT_BYTES)
        return win32_cannot(error, name, "written", ERROR_FILENAME_EXCED_RANGE);
    snprintf(writing.name, sizeof writing.name, "%s", name);
    if (!win32_to_path(name, path, error) || !look_at(path, name, &writing.device, error))
        return false;
    if (!writing.device)
        return begin_draft(file, writing, error);
    HANDLE handle = CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                                OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    return begin(file, writing, handle, "wb", error);
}

enum { UNKNOWN = -1 }; // a write failed before, and the C library has forgotten why

// learn: _commit, https://learn.microsoft.com/cpp/c-runtime-library/reference/commit: has the bytes
// on the disk. Closing a stream tells no reason here, and so what closes is flushed before. What
// failed first is the one to tell; 0: nothing.
static int close_stream(FILE *stream, bool sync) {
    int number = ferror(stream) ? UNKNOWN : fflush(stream) != 0 ? errno : 0;
    if (!number && sync && _commit(_fileno(stream)) != 0)
        number = errno;
    if (fclose(stream) != 0 && !number)
        number = UNKNOWN;
    return number;
}

// learn: MoveFileExW: MOVEFILE_REPLACE_EXISTING replaces a file, and of a link the link.
static bool settle(const struct writing *writing, struct error *error) {
    wchar_t from[WIN32_PATH_ROOM], to[WIN32_PATH_ROOM];
    if (!writing->draft[0])
        return true;
    if (!win32_to_path(writing->draft, from, error) || !win32_to_path(writing->name, to, error))
        return false;
    return move_file(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH) ||
           win32_cannot(error, writing->name, "replaced", GetLastError());
}

bool os_file_finish(struct os_file *file, bool keep, struct error *error) {
    struct writing *writing = file->own;
    if (!writing)
        return true;
    if (writing->held)
        unlock(file->stream);
    int number = close_stream(file->stream, keep && !writing->device);
    if (keep && number)
        error_set(error, ERROR_KIND_FAILED, number == UNKNOWN ? 0 : (uint32_t)number,
                  "cannot write all of '%.300s': %s", writing->name,
                  number == UNKNOWN ? "an earlier write failed (is the disk full?)"
                                    : strerror(number));
    bool finished = keep && !number && settle(writing, error);
    if (writing->made && (!keep || (!finished && !writing->held)))
        delete_file(writing->draft[0] ? writing->draft : writing->name);
    free(writing);
    *file = (struct os_file){.stream = NULL};
    return !keep || finished;
}
