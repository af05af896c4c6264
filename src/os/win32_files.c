// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: directories and files.
#include "os/win32.h"

#include <errno.h>
#include <stdio.h>
#include <wchar.h>

// ---- names -----------------------------------------------------------------------------------

// learn: CreateDirectoryW: a directory's name has 248 characters at most, so that a file's of the
// old kind fits behind it; Maximum Path Length Limitation: any other name has 260.
enum { PLAIN_PATH_MAX = 247 };

static bool begins(const wchar_t *text, const wchar_t *with) {
    return wcsncmp(text, with, wcslen(with)) == 0;
}

// learn: Naming Files, Paths, and Namespaces. Behind \\?\ a name may have 32767 characters whatever
// an administrator has set, but it must be a full one, without "/" and "..": that is what
// GetFullPathNameW makes of any name, and its own length has no limit. Names of devices (\\.\NUL)
// come out of it as they are.
bool win32_to_path(const char *name, wchar_t path[WIN32_PATH_ROOM], struct error *error) {
    wchar_t given[WIN32_PATH_ROOM], full[WIN32_PATH_ROOM];
    const size_t longest = WIN32_PATH_ROOM - 8; // leaves room for the longest prefix
    size_t length = 0;
    if (win32_to_wide(name, given, COUNT_OF(given)))
        length = GetFullPathNameW(given, COUNT_OF(full), full, NULL);
    if (length == 0 || length >= longest)
        return error_set(error, ERROR_KIND_FAILED, ERROR_INVALID_NAME,
                         "'%.200s' is no path: not UTF-8, or too long", name);
    const wchar_t *prefix = L"", *rest = full;
    if (length > PLAIN_PATH_MAX && !begins(full, L"\\\\?\\") && !begins(full, L"\\\\.\\")) {
        bool share = begins(full, L"\\\\"); // \\server\share
        prefix = share ? L"\\\\?\\UNC" : L"\\\\?\\";
        rest += share;
    }
    int written = swprintf(path, WIN32_PATH_ROOM, L"%ls%ls", prefix, rest);
    CHECK(written > 0);
    return true;
}

// "'NAME' cannot be WHAT: the system's words".
static bool failed(struct error *error, const char *name, const char *what, DWORD number) {
    char text[256];
    return error_set(error, ERROR_KIND_FAILED, number, "'%.300s' cannot be %s: %s (error %lu)",
                     name, what, os_error_text(number, text, sizeof text), (unsigned long)number);
}

// ---- files -----------------------------------------------------------------------------------

FILE *os_file_open(const char *name, const char *mode) {
    wchar_t path[WIN32_PATH_ROOM], wide_mode[8];
    struct error error;
    if (win32_to_path(name, path, &error) && win32_to_wide(mode, wide_mode, COUNT_OF(wide_mode)))
        return _wfopen(path, wide_mode);
    errno = EINVAL;
    return NULL;
}

void os_file_remove(const char *name) {
    wchar_t path[WIN32_PATH_ROOM];
    struct error ignored;
    if (win32_to_path(name, path, &ignored))
        DeleteFileW(path);
}

bool os_file_replace(const char *from, const char *to, struct error *error) {
    wchar_t from_path[WIN32_PATH_ROOM], to_path[WIN32_PATH_ROOM];
    if (!win32_to_path(from, from_path, error) || !win32_to_path(to, to_path, error))
        return false;
    if (MoveFileExW(from_path, to_path, MOVEFILE_REPLACE_EXISTING))
        return true;
    DWORD number = GetLastError();
    char text[256];
    return error_set(error, ERROR_KIND_FAILED, number, "'%.200s' cannot be renamed to '%.200s': %s",
                     from, to, os_error_text(number, text, sizeof text));
}

// learn: GetFileType: FILE_TYPE_DISK for a file on a disk; NUL, CON and pipes are of other types.
bool os_file_replaceable(const char *name) {
    wchar_t path[WIN32_PATH_ROOM];
    struct error ignored;
    if (!win32_to_path(name, path, &ignored))
        return true;
    DWORD attributes = GetFileAttributesW(path);
    if (attributes != INVALID_FILE_ATTRIBUTES && (attributes & FILE_ATTRIBUTE_REPARSE_POINT))
        return false;
    HANDLE file = CreateFileW(path, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    if (file == INVALID_HANDLE_VALUE)
        return true;
    bool on_disk = GetFileType(file) == FILE_TYPE_DISK;
    CloseHandle(file);
    return on_disk;
}

// learn: CreateFileW, CREATE_NEW: "Creates a new file, only if it does not already exist", and
// ERROR_FILE_EXISTS else.
bool os_file_claim(const char *name, bool *exists, struct error *error) {
    wchar_t path[WIN32_PATH_ROOM];
    *exists = false;
    if (!win32_to_path(name, path, error))
        return false;
    HANDLE file =
        CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file != INVALID_HANDLE_VALUE) {
        CloseHandle(file);
        return true;
    }
    DWORD number = GetLastError();
    *exists = number == ERROR_FILE_EXISTS;
    return failed(error, name, "created", number);
}

// learn: LockFileEx: what is locked cannot be read by others either, but "locking a region that
// goes beyond the current end-of-file position is not an error": so one byte that no file reaches
// is locked. It ends with the process; "explicitly unlock" for at once.
#define LOCKED_BYTE_HIGH 0x40000000u // offset 2^62

bool os_file_lock(struct os_file_lock *lock, const char *name, bool *held, struct error *error) {
    wchar_t path[WIN32_PATH_ROOM];
    char text[256];
    *lock = (struct os_file_lock){NULL};
    *held = false;
    if (!win32_to_path(name, path, error))
        return false;
    HANDLE file =
        CreateFileW(path, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
                    OPEN_ALWAYS, FILE_ATTRIBUTE_NORMAL, NULL);
    OVERLAPPED place = {.OffsetHigh = LOCKED_BYTE_HIGH};
    bool opened = file != INVALID_HANDLE_VALUE;
    if (opened &&
        LockFileEx(file, LOCKFILE_EXCLUSIVE_LOCK | LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &place)) {
        lock->handle = file;
        return true;
    }
    DWORD number = GetLastError();
    if (opened)
        CloseHandle(file);
    *held = opened && (number == ERROR_LOCK_VIOLATION || number == ERROR_IO_PENDING);
    return error_set(error, ERROR_KIND_FAILED, number, "cannot %s '%.300s': %s (error %lu)",
                     opened ? "lock" : "write to", name, os_error_text(number, text, sizeof text),
                     (unsigned long)number);
}

// learn: UnlockFileEx.
void os_file_unlock(struct os_file_lock *lock) {
    OVERLAPPED place = {.OffsetHigh = LOCKED_BYTE_HIGH};
    if (!lock->handle)
        return;
    UnlockFileEx(lock->handle, 0, 1, 0, &place);
    CloseHandle(lock->handle);
    lock->handle = NULL;
}

bool os_file_cut(const char *name, uint64_t bytes, struct error *error) {
    wchar_t path[WIN32_PATH_ROOM];
    if (!win32_to_path(name, path, error))
        return false;
    HANDLE file =
        CreateFileW(path, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                    FILE_ATTRIBUTE_NORMAL, NULL); // whoever locks it has it open
    LARGE_INTEGER end = {.QuadPart = (LONGLONG)bytes};
    bool cut = file != INVALID_HANDLE_VALUE && SetFilePointerEx(file, end, NULL, FILE_BEGIN) &&
               SetEndOfFile(file);
    DWORD number = GetLastError();
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return cut || failed(error, name, "shortened", number);
}

// ---- directories -----------------------------------------------------------------------------

// Only a file that is really made tells that one can be made (learn: CreateFileW; access rights,
// read-only media and quotas each have their say). DELETE_ON_CLOSE leaves nothing behind.
static bool check_writable(const char *name, struct error *error) {
    char probe[WIN32_PATH_ROOM];
    wchar_t path[WIN32_PATH_ROOM];
    snprintf(probe, sizeof probe, "%s/numaprobe-%lu.tmp", name,
             (unsigned long)GetCurrentProcessId());
    if (!win32_to_path(probe, path, error))
        return false;
    HANDLE file = CreateFileW(path, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        DWORD number = GetLastError();
        char text[256];
        return error_set(error, ERROR_KIND_FAILED, number,
                         "directory '%.300s' cannot be written to: %s (error %lu)", name,
                         os_error_text(number, text, sizeof text), (unsigned long)number);
    }
    CloseHandle(file);
    return true;
}

// learn: CreateDirectoryW: ERROR_ALREADY_EXISTS also when a file has that name.
bool os_directory_create(const char *name, struct error *error) {
    wchar_t path[WIN32_PATH_ROOM];
    if (!win32_to_path(name, path, error))
        return false;
    if (!CreateDirectoryW(path, NULL) && GetLastError() != ERROR_ALREADY_EXISTS) {
        DWORD number = GetLastError();
        char text[256];
        return error_set(error, ERROR_KIND_FAILED, number,
                         "directory '%.300s' cannot be created: %s (error %lu)", name,
                         os_error_text(number, text, sizeof text), (unsigned long)number);
    }
    DWORD attributes = GetFileAttributesW(path);
    if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return error_set(error, ERROR_KIND_FAILED, ERROR_DIRECTORY,
                         "'%.300s' exists and is not a directory", name);
    return check_writable(name, error);
}

bool os_directory_each(const char *name, void (*visit)(const char *name, void *context),
                       void *context, struct error *error) {
    char pattern[WIN32_PATH_ROOM], entry[1024];
    wchar_t path[WIN32_PATH_ROOM];
    WIN32_FIND_DATAW found;
    snprintf(pattern, sizeof pattern, "%s/*", name);
    if (!win32_to_path(pattern, path, error))
        return false;
    HANDLE search = FindFirstFileW(path, &found);
    if (search == INVALID_HANDLE_VALUE)
        return failed(error, name, "listed", GetLastError());
    do
        if (win32_to_utf8(found.cFileName, entry, sizeof entry))
            visit(entry, context);
    while (FindNextFileW(search, &found));
    FindClose(search);
    return true;
}
