// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: where this program is, where files go, and what is wrong with a place.
#include "os/win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <wchar.h>

static bool to_text(const wchar_t *wide, DWORD length, const char *what, char *text,
                    size_t text_bytes, struct error *error) {
    return (length && length < WIN32_PATH_ROOM && win32_to_utf8(wide, text, text_bytes)) ||
           error_set(error, ERROR_KIND_FAILED, 0, "%s has no name that can be used: too long?",
                     what);
}

// learn: GetModuleFileNameW, GetCurrentDirectoryW: their length, and more where it does not fit.
bool os_program_path(char *path, size_t path_bytes, struct error *error) {
    wchar_t wide[WIN32_PATH_ROOM];
    DWORD length = GetModuleFileNameW(NULL, wide, WIN32_PATH_ROOM);
    return to_text(wide, length, "this program", path, path_bytes, error);
}

bool os_current_directory(char *path, size_t path_bytes, struct error *error) {
    wchar_t wide[WIN32_PATH_ROOM];
    DWORD length = GetCurrentDirectoryW(WIN32_PATH_ROOM, wide);
    return to_text(wide, length, "the current directory", path, path_bytes, error);
}

// Whether a full name is that directory or lies below it. One of no characters has nothing below.
static bool is_below(const wchar_t *name, const wchar_t *directory) {
    size_t length = wcslen(directory);
    while (length && directory[length - 1] == L'\\')
        length--;
    return length && _wcsnicmp(name, directory, length) == 0 &&
           (name[length] == L'\\' || !name[length]);
}

// learn: GetSystemWindowsDirectoryW: "C:\\Windows", whose System32 an elevated prompt starts in.
static bool is_of_windows(const wchar_t *directory) {
    wchar_t windows[WIN32_PATH_ROOM];
    UINT length = GetSystemWindowsDirectoryW(windows, WIN32_PATH_ROOM);
    return length && length < WIN32_PATH_ROOM && is_below(directory, windows);
}

// learn: GetFullPathNameW: by the current directory.
static bool to_full(const char *path, wchar_t full[WIN32_PATH_ROOM]) {
    wchar_t wide[WIN32_PATH_ROOM];
    DWORD length = win32_to_wide(path, wide, WIN32_PATH_ROOM)
                       ? GetFullPathNameW(wide, WIN32_PATH_ROOM, full, NULL)
                       : 0;
    return length && length < WIN32_PATH_ROOM;
}

bool os_path_is_of_system(const char *path) {
    wchar_t full[WIN32_PATH_ROOM];
    return to_full(path, full) && is_of_windows(full);
}

// learn: GetDriveTypeW: of the root of a drive; Naming Files, Paths, and Namespaces:
// \\\\server\\share has no drive, and \\\\?\\ and \\\\.\\ are no servers.
static bool is_on_network(const wchar_t *full) {
    if (wcsncmp(full, L"\\\\?\\", 4) == 0)
        full += 4;
    else if (wcsncmp(full, L"\\\\", 2) == 0)
        return full[2] != L'.';
    const wchar_t root[] = {full[0], L':', L'\\', L'\0'};
    return _wcsnicmp(full, L"UNC\\", 4) == 0 ||
           (full[0] && full[1] == L':' && win32_calls.GetDriveTypeW &&
            win32_calls.GetDriveTypeW(root) == DRIVE_REMOTE);
}

// OneDrive tells its folders to all programs by these variables; no document of Microsoft's
// describes them.
static bool is_in_onedrive(const wchar_t *full) {
    static const wchar_t *const variables[] = {L"OneDrive", L"OneDriveCommercial",
                                               L"OneDriveConsumer"};
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        const wchar_t *folder = _wgetenv(variables[i]);
        if (folder && is_below(full, folder))
            return true;
    }
    return false;
}

const char *os_path_disturbance(const char *path) {
    wchar_t full[WIN32_PATH_ROOM];
    if (!to_full(path, full))
        return NULL;
    if (is_on_network(full))
        return "lies on a network drive: each row waits for the network, and its traffic is work "
               "for this machine";
    if (is_in_onedrive(full))
        return "lies in a folder of OneDrive, which copies each file away while it is written";
    return NULL;
}

// learn: RegGetValueW: RRF_RT_REG_SZ takes an expandable text too, and expands it. The documents of
// a user stand under that name, redirected or not (learn: Folder Redirection).
static bool read_documents(wchar_t documents[WIN32_PATH_ROOM]) {
    DWORD bytes = WIN32_PATH_ROOM * sizeof *documents;
    return win32_calls.RegGetValueW &&
           win32_calls.RegGetValueW(
               HKEY_CURRENT_USER,
               L"Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders",
               L"Personal", RRF_RT_REG_SZ, NULL, documents, &bytes) == ERROR_SUCCESS &&
           documents[0];
}

// The documents of SYSTEM and of the service accounts lie below C:\Windows as well, where nobody
// looks for them; %ProgramData% is no way out, since any user may make directories there.
bool os_default_directory(char *path, size_t path_bytes, struct error *error) {
    wchar_t current[WIN32_PATH_ROOM], documents[WIN32_PATH_ROOM];
    DWORD length = GetCurrentDirectoryW(WIN32_PATH_ROOM, current);
    if (!length || length >= WIN32_PATH_ROOM || !is_of_windows(current)) {
        snprintf(path, path_bytes, ".");
        return true;
    }
    return (read_documents(documents) && !is_of_windows(documents) &&
            win32_to_utf8(documents, path, path_bytes)) ||
           error_set(error, ERROR_KIND_USAGE, 0,
                     "the current directory belongs to Windows, and this account has no folder of "
                     "documents elsewhere: name a directory (--output), or change to one of your "
                     "own (cd)");
}
