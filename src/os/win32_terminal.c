// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: directories and files, the terminal, Ctrl-C.
#include "os/win32.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>

// ---- the process and its terminal ------------------------------------------------------------

// Only a file that is really made tells that one can be made (learn: CreateFileW; access rights,
// read-only media and quotas each have their say). DELETE_ON_CLOSE leaves nothing behind.
static bool check_writable(const char *path, const wchar_t *wide, struct error *error) {
    wchar_t probe[1100];
    int length = swprintf(probe, COUNT_OF(probe), L"%ls\\numaprobe-%lu.tmp", wide,
                          (unsigned long)GetCurrentProcessId());
    CHECK(length > 0);
    HANDLE file = CreateFileW(probe, GENERIC_WRITE, 0, NULL, CREATE_ALWAYS,
                              FILE_ATTRIBUTE_TEMPORARY | FILE_FLAG_DELETE_ON_CLOSE, NULL);
    if (file == INVALID_HANDLE_VALUE) {
        DWORD number = GetLastError();
        char text[256];
        return error_set(error, ERROR_KIND_FAILED, number,
                         "directory '%s' cannot be written to: %s (error %lu)", path,
                         os_error_text(number, text, sizeof text), (unsigned long)number);
    }
    CloseHandle(file);
    return true;
}

// learn: CreateDirectoryW: ERROR_ALREADY_EXISTS also when a file has that name.
bool os_directory_create(const char *path, struct error *error) {
    wchar_t wide[1024];
    if (!win32_to_wide(path, wide, COUNT_OF(wide)))
        return error_set(error, ERROR_KIND_FAILED, ERROR_INVALID_NAME,
                         "'%.200s' is no path: not UTF-8, or too long", path);
    if (!CreateDirectoryW(wide, NULL) && GetLastError() != ERROR_ALREADY_EXISTS) {
        DWORD number = GetLastError();
        char text[256];
        return error_set(error, ERROR_KIND_FAILED, number,
                         "directory '%s' cannot be created: %s (error %lu)", path,
                         os_error_text(number, text, sizeof text), (unsigned long)number);
    }
    DWORD attributes = GetFileAttributesW(wide);
    if (attributes == INVALID_FILE_ATTRIBUTES || !(attributes & FILE_ATTRIBUTE_DIRECTORY))
        return error_set(error, ERROR_KIND_FAILED, ERROR_DIRECTORY,
                         "'%s' exists and is not a directory", path);
    return check_writable(path, wide, error);
}

bool os_directory_each(const char *path, void (*visit)(const char *name, void *context),
                       void *context, struct error *error) {
    wchar_t wide[1024];
    char pattern[1024], name[1024], text[256];
    int length = snprintf(pattern, sizeof pattern, "%s/*", path);
    WIN32_FIND_DATAW found;
    if (length < 0 || (size_t)length >= sizeof pattern ||
        !win32_to_wide(pattern, wide, COUNT_OF(wide)))
        return error_set(error, ERROR_KIND_FAILED, ERROR_INVALID_NAME,
                         "'%.200s' is no path: not UTF-8, or too long", path);
    HANDLE search = FindFirstFileW(wide, &found);
    if (search == INVALID_HANDLE_VALUE) {
        DWORD number = GetLastError();
        return error_set(error, ERROR_KIND_FAILED, number, "'%s' cannot be listed: %s (error %lu)",
                         path, os_error_text(number, text, sizeof text), (unsigned long)number);
    }
    do
        if (win32_to_utf8(found.cFileName, name, sizeof name))
            visit(name, context);
    while (FindNextFileW(search, &found));
    FindClose(search);
    return true;
}

bool os_file_replace(const char *from, const char *to, struct error *error) {
    wchar_t wide_from[1024], wide_to[1024];
    if (!win32_to_wide(from, wide_from, COUNT_OF(wide_from)) ||
        !win32_to_wide(to, wide_to, COUNT_OF(wide_to)))
        return error_set(error, ERROR_KIND_FAILED, ERROR_INVALID_NAME,
                         "'%.200s' is no path: not UTF-8, or too long", to);
    if (MoveFileExW(wide_from, wide_to, MOVEFILE_REPLACE_EXISTING))
        return true;
    DWORD number = GetLastError();
    char text[256];
    return error_set(error, ERROR_KIND_FAILED, number, "'%s' cannot be renamed to '%s': %s", from,
                     to, os_error_text(number, text, sizeof text));
}

// learn: CreateFileW, CREATE_NEW: "Creates a new file, only if it does not already exist", and
// ERROR_FILE_EXISTS else.
bool os_file_claim(const char *path, bool *exists, struct error *error) {
    wchar_t wide[1024];
    *exists = false;
    if (!win32_to_wide(path, wide, COUNT_OF(wide)))
        return error_set(error, ERROR_KIND_FAILED, ERROR_INVALID_NAME,
                         "'%.200s' is no path: not UTF-8, or too long", path);
    HANDLE file =
        CreateFileW(wide, GENERIC_WRITE, 0, NULL, CREATE_NEW, FILE_ATTRIBUTE_NORMAL, NULL);
    if (file != INVALID_HANDLE_VALUE) {
        CloseHandle(file);
        return true;
    }
    DWORD number = GetLastError();
    char text[256];
    *exists = number == ERROR_FILE_EXISTS;
    return error_set(error, ERROR_KIND_FAILED, number, "'%s' cannot be created: %s (error %lu)",
                     path, os_error_text(number, text, sizeof text), (unsigned long)number);
}

// learn: LockFileEx: what is locked cannot be read by others either, but "locking a region that
// goes beyond the current end-of-file position is not an error": so one byte that no file reaches
// is locked. It ends with the process; "explicitly unlock" for at once.
#define LOCKED_BYTE_HIGH 0x40000000u // offset 2^62

bool os_file_lock(struct os_file_lock *lock, const char *path, bool *held, struct error *error) {
    wchar_t wide[1024];
    char text[256];
    *lock = (struct os_file_lock){NULL};
    *held = false;
    if (!win32_to_wide(path, wide, COUNT_OF(wide)))
        return error_set(error, ERROR_KIND_FAILED, ERROR_INVALID_NAME,
                         "'%.200s' is no path: not UTF-8, or too long", path);
    HANDLE file =
        CreateFileW(wide, GENERIC_READ | GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL,
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
                     opened ? "lock" : "write to", path, os_error_text(number, text, sizeof text),
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

bool os_file_cut(const char *path, uint64_t bytes, struct error *error) {
    wchar_t wide[1024];
    char text[256];
    if (!win32_to_wide(path, wide, COUNT_OF(wide)))
        return error_set(error, ERROR_KIND_FAILED, ERROR_INVALID_NAME,
                         "'%.200s' is no path: not UTF-8, or too long", path);
    HANDLE file =
        CreateFileW(wide, GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE, NULL, OPEN_EXISTING,
                    FILE_ATTRIBUTE_NORMAL, NULL); // whoever locks it has it open
    LARGE_INTEGER end = {.QuadPart = (LONGLONG)bytes};
    bool cut = file != INVALID_HANDLE_VALUE && SetFilePointerEx(file, end, NULL, FILE_BEGIN) &&
               SetEndOfFile(file);
    DWORD number = GetLastError();
    if (file != INVALID_HANDLE_VALUE)
        CloseHandle(file);
    return cut ||
           error_set(error, ERROR_KIND_FAILED, number, "'%s' cannot be shortened: %s (error %lu)",
                     path, os_error_text(number, text, sizeof text), (unsigned long)number);
}

static HANDLE stream_handle(int stream) {
    CHECK(stream == 1 || stream == 2);
    return GetStdHandle(stream == 1 ? STD_OUTPUT_HANDLE : STD_ERROR_HANDLE);
}

// learn: GetConsoleMode: fails on anything but a console. Not _isatty, which also says yes to NUL.
bool os_is_terminal(int stream) {
    DWORD mode;
    return GetConsoleMode(stream_handle(stream), &mode) != 0;
}

// learn: GetConsoleScreenBufferInfo. The window, not the buffer, which may be wider.
uint32_t os_terminal_columns(int stream) {
    CONSOLE_SCREEN_BUFFER_INFO info;
    if (!GetConsoleScreenBufferInfo(stream_handle(stream), &info))
        return 0;
    return (uint32_t)(info.srWindow.Right - info.srWindow.Left + 1);
}

// learn: _setmode ("flush the stream before"), SetConsoleOutputCP (fails without a console, and
// then nobody needs it).
void os_stdout_binary(void) {
    fflush(stdout);
    _setmode(_fileno(stdout), _O_BINARY);
    SetConsoleOutputCP(CP_UTF8);
}

static volatile LONG interrupt_count;

// Longer than the system waits for the handler of a closing window (5 s), so that the program ends
// by itself within that time, or by the system after it.
enum { CLOSING_MS = 30000 };

// learn: HandlerRoutine: runs on a thread of its own; FALSE hands the event to the next handler,
// and the default one ends the process. Closing the window or signing out ends it as soon as the
// handler returns, so the handler waits while the row that is being measured is written.
BOOL WINAPI win32_on_console_event(DWORD event) {
    LONG count = InterlockedIncrement(&interrupt_count);
    if (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT)
        return count == 1;
    Sleep(CLOSING_MS);
    return FALSE;
}

void os_interrupt_catch(void) {
    // learn: SetConsoleCtrlHandler. NULL with FALSE undoes an ignored Ctrl-C, which a process
    // inherits from its parent.
    SetConsoleCtrlHandler(NULL, FALSE);
    SetConsoleCtrlHandler(win32_on_console_event, TRUE);
}

bool os_interrupted(void) {
    return InterlockedCompareExchange(&interrupt_count, 0, 0) > 0;
}
