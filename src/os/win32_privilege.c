// SPDX-License-Identifier: Apache-2.0
// Rights of the account, which a program must switch on before they count.
#include "os/win32.h"

static bool call_is_missing(struct error *error) {
    if (!win32_calls.OpenProcessToken)
        return !win32_absent(error, "OpenProcessToken");
    if (!win32_calls.LookupPrivilegeValueW)
        return !win32_absent(error, "LookupPrivilegeValueW");
    if (!win32_calls.AdjustTokenPrivileges)
        return !win32_absent(error, "AdjustTokenPrivileges");
    return false;
}

// learn: AdjustTokenPrivileges: succeeds also when it enabled nothing; only GetLastError tells
// (ERROR_NOT_ALL_ASSIGNED). A program can enable what its account was granted, and grant nothing.
bool win32_enable_privilege(const wchar_t *name, struct error *error) {
    HANDLE token;
    if (call_is_missing(error))
        return false;
    if (!win32_calls.OpenProcessToken(GetCurrentProcess(), TOKEN_ADJUST_PRIVILEGES | TOKEN_QUERY,
                                      &token))
        return win32_failed(error, "OpenProcessToken", GetLastError());
    TOKEN_PRIVILEGES wanted = {.PrivilegeCount = 1};
    wanted.Privileges[0].Attributes = SE_PRIVILEGE_ENABLED;
    const char *call = "LookupPrivilegeValueW";
    BOOL done = win32_calls.LookupPrivilegeValueW(NULL, name, &wanted.Privileges[0].Luid);
    if (done) {
        call = "AdjustTokenPrivileges";
        SetLastError(ERROR_SUCCESS);
        done = win32_calls.AdjustTokenPrivileges(token, FALSE, &wanted, 0, NULL, NULL);
    }
    DWORD number = GetLastError();
    CloseHandle(token);
    if (!done)
        return win32_failed(error, call, number);
    if (number != ERROR_NOT_ALL_ASSIGNED)
        return true;
    char text[64];
    return error_set(error, ERROR_KIND_REFUSED, number, "this account does not have the right %s",
                     win32_to_utf8(name, text, sizeof text) ? text : "asked for");
}

// learn: TOKEN_ELEVATION_TYPE: "limited" is the token of an administrator without what makes him
// one, rights among it, until a program is run as administrator.
static bool token_is_filtered(void) {
    HANDLE token;
    TOKEN_ELEVATION_TYPE type = TokenElevationTypeDefault;
    DWORD used;
    if (!win32_calls.GetTokenInformation || !win32_calls.OpenProcessToken ||
        !win32_calls.OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return false;
    bool told =
        win32_calls.GetTokenInformation(token, TokenElevationType, &type, sizeof type, &used);
    CloseHandle(token);
    return told && type == TokenElevationTypeLimited;
}

// learn: Enable the Lock Pages in Memory Option; "secpol.msc, Local Policies, User Rights
// Assignment". A token is made at sign-in, so the right counts from the next one.
bool win32_enable_lock_pages(struct error *error) {
    if (win32_enable_privilege(L"SeLockMemoryPrivilege", error))
        return true;
    if (error->kind != ERROR_KIND_REFUSED)
        return false;
    return error_set(error, ERROR_KIND_REFUSED, error->os_number,
                     "large and AWE pages need the right \"Lock pages in memory\" "
                     "(SeLockMemoryPrivilege), which %s (4K pages need no right)",
                     token_is_filtered()
                         ? "this prompt does not have, but the account may have: start an elevated "
                           "prompt (Run as administrator) and try again"
                         : "this account does not have: grant it in secpol.msc under Local "
                           "Policies, User Rights Assignment (on Windows Home: ntrights +r "
                           "SeLockMemoryPrivilege -u USER), then sign out and in again");
}
