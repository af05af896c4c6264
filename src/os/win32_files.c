// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: directories and files.
#include "os/win32.h"

#include <fcntl.h>
#include <io.h>
#include <limits.h>
#include <stdio.h>
#include <wchar.h>

// ---- names --------------------------------------------------------------------------------------

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
                         "'%.200s' is not a valid path: not UTF-8, or too long", name);
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

bool win32_cannot(struct error *error, const char *name, const char *what, DWORD number) {
    char text[256];
    return error_set(error, ERROR_KIND_FAILED, number, "'%.300s' cannot be %s: %s (error %lu)",
                     name, what, os_error_text(number, text, sizeof text), (unsigned long)number);
}

// What the system says of a name that nothing has, or can have (learn: System Error Codes).
static bool says_absent(DWORD number) {
    static const DWORD numbers[] = {ERROR_FILE_NOT_FOUND, ERROR_PATH_NOT_FOUND,
                                    ERROR_INVALID_NAME,   ERROR_BAD_PATHNAME,
                                    ERROR_DIRECTORY,      ERROR_FILENAME_EXCED_RANGE};
    for (size_t i = 0; i < COUNT_OF(numbers); i++)
        if (number == numbers[i])
            return true;
    return false;
}

static bool cannot_read(struct error *error, const char *name, const char *what, DWORD number) {
    win32_cannot(error, name, what, number);
    error->kind = says_absent(number) ? ERROR_KIND_USAGE : ERROR_KIND_FAILED;
    return false;
}

// learn: FILE_ATTRIBUTE_TAG_INFO, https://learn.microsoft.com/windows/win32/api/winbase/
// ns-winbase-file_attribute_tag_info; IsReparseTagNameSurrogate,
// https://learn.microsoft.com/windows/win32/api/winnt/nf-winnt-isreparsetagnamesurrogate: a file of
// a cloud's folder is a reparse point too, but it leads to no other name.
bool win32_is_link(HANDLE file) {
    FILE_ATTRIBUTE_TAG_INFO info;
    return GetFileInformationByHandleEx(file, FileAttributeTagInfo, &info, sizeof info) &&
           (info.FileAttributes & FILE_ATTRIBUTE_REPARSE_POINT) &&
           IsReparseTagNameSurrogate(info.ReparseTag);
}

// learn: GetFileType, https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-getfiletype:
// FILE_TYPE_DISK for a file on a disk; NUL, CON and pipes are of other types.
bool win32_is_regular(HANDLE file) {
    FILE_ATTRIBUTE_TAG_INFO info;
    return GetFileType(file) == FILE_TYPE_DISK &&
           GetFileInformationByHandleEx(file, FileAttributeTagInfo, &info, sizeof info) &&
           !(info.FileAttributes & FILE_ATTRIBUTE_DIRECTORY);
}

// ---- reading ------------------------------------------------------------------------------------

// learn: _open_osfhandle, https://learn.microsoft.com/cpp/c-runtime-library/reference/
// open-osfhandle: closing the stream closes the handle.
FILE *win32_stream(HANDLE file, const char *mode) {
    int descriptor = _open_osfhandle((intptr_t)file, _O_BINARY);
    FILE *stream = descriptor < 0 ? NULL : _fdopen(descriptor, mode);
    CHECK(stream || descriptor < 0); // else the handle would be closed behind the caller
    return stream;
}

// learn: CreateFileW, https://learn.microsoft.com/windows/win32/api/fileapi/nf-fileapi-createfilew:
// FILE_FLAG_OPEN_REPARSE_POINT opens a link itself.
FILE *win32_file_read(const char *name, bool follow, struct error *error) {
    wchar_t path[WIN32_PATH_ROOM];
    if (!win32_to_path(name, path, error))
        return NULL;
    HANDLE file = CreateFileW(
        path, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
        OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL | (follow ? 0 : FILE_FLAG_OPEN_REPARSE_POINT), NULL);
    if (file == INVALID_HANDLE_VALUE) {
        cannot_read(error, name, "opened", GetLastError());
        return NULL;
    }
    FILE *stream = NULL;
    if (!win32_is_regular(file) || (!follow && win32_is_link(file)))
        error_set(error, ERROR_KIND_FAILED, 0,
                  "'%.300s' is a link, a device or a pipe: only regular files are read", name);
    else if (!(stream = win32_stream(file, "rb")))
        error_set(error, ERROR_KIND_FAILED, 0, "'%.300s' cannot be opened: too many open files",
                  name);
    if (!stream)
        CloseHandle(file);
    return stream;
}

FILE *os_file_read(const char *name, struct error *error) {
    return win32_file_read(name, true, error);
}

// learn: _read, https://learn.microsoft.com/cpp/c-runtime-library/reference/read: at most INT_MAX
// bytes, and 0 at the end.
bool os_file_part(FILE *stream, void *data, size_t room, size_t *length) {
    int got = _read(_fileno(stream), data, room < INT_MAX ? (unsigned)room : INT_MAX);
    *length = got > 0 ? (size_t)got : 0;
    return got >= 0;
}

// learn: GetFileAttributesW, https://learn.microsoft.com/windows/win32/api/fileapi/
// nf-fileapi-getfileattributesw: of a link its own.
bool os_file_is_there(const char *name) {
    wchar_t path[WIN32_PATH_ROOM];
    struct error ignored; // a name that is none
    return win32_to_path(name, path, &ignored) &&
           (GetFileAttributesW(path) != INVALID_FILE_ATTRIBUTES || !says_absent(GetLastError()));
}

// learn: FindNextFileW, https://learn.microsoft.com/windows/win32/api/fileapi/
// nf-fileapi-findnextfilew: ERROR_NO_MORE_FILES at the end.
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
        return cannot_read(error, name, "listed", GetLastError());
    do
        if (win32_to_utf8(found.cFileName, entry, sizeof entry))
            visit(entry, context);
    while (FindNextFileW(search, &found));
    DWORD number = GetLastError();
    FindClose(search);
    return number == ERROR_NO_MORE_FILES || win32_cannot(error, name, "listed", number);
}
