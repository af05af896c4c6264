// SPDX-License-Identifier: Apache-2.0
// Rights of the account, which a program must switch on before they count.
#include "os/win32.h"

#include <ntsecapi.h>
#include <stdio.h>
#include <string.h>
#include <wchar.h>

static const wchar_t lock_pages[] = L"SeLockMemoryPrivilege";

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

static bool read_token(TOKEN_INFORMATION_CLASS kind, void *value, DWORD bytes,
                       struct error *error) {
    HANDLE token;
    DWORD used;
    if (!win32_calls.OpenProcessToken)
        return win32_absent(error, "OpenProcessToken");
    if (!win32_calls.GetTokenInformation)
        return win32_absent(error, "GetTokenInformation");
    if (!win32_calls.OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
        return win32_failed(error, "OpenProcessToken", GetLastError());
    bool told = win32_calls.GetTokenInformation(token, kind, value, bytes, &used);
    DWORD number = GetLastError();
    CloseHandle(token);
    return told || win32_failed(error, "GetTokenInformation", number);
}

// learn: TOKEN_ELEVATION_TYPE: "limited" is the token of an administrator without what makes him
// one, rights among it, until a program is run as administrator.
static bool token_is_filtered(void) {
    TOKEN_ELEVATION_TYPE type;
    struct error ignored_error;
    return read_token(TokenElevationType, &type, sizeof type, &ignored_error) &&
           type == TokenElevationTypeLimited;
}

// learn: Enable the Lock Pages in Memory Option; "secpol.msc, Local Policies, User Rights
// Assignment". A token is made at sign-in, so the right counts from the next one.
bool win32_enable_lock_pages(struct error *error) {
    if (win32_enable_privilege(lock_pages, error))
        return true;
    if (error->kind != ERROR_KIND_REFUSED)
        return false;
    return error_set(error, ERROR_KIND_REFUSED, error->os_number,
                     "large and AWE pages need the right \"Lock pages in memory\" "
                     "(SeLockMemoryPrivilege), which %s (4K pages need no right)",
                     token_is_filtered()
                         ? "this prompt does not have, but the account may have: start an elevated "
                           "prompt (Run as administrator) and try again"
                         : "this account does not have: grant it in an elevated prompt "
                           "(numaprobe doctor --grant-lock-pages), then sign out and in again");
}

// ---- granting -----------------------------------------------------------------------------------

static const char *missing_for_granting(void) {
    if (!win32_calls.LookupAccountSidW)
        return "LookupAccountSidW";
    if (!win32_calls.LsaOpenPolicy)
        return "LsaOpenPolicy";
    if (!win32_calls.LsaAddAccountRights)
        return "LsaAddAccountRights";
    if (!win32_calls.LsaClose)
        return "LsaClose";
    return win32_calls.LsaNtStatusToWinError ? NULL : "LsaNtStatusToWinError";
}

// learn: TOKEN_USER: a SID stands behind the structure.
union token_user {
    TOKEN_USER user;
    char room[256];
};

// learn: LookupAccountSidW. The account of an elevated prompt may be another than the one that is
// signed in, so it is named before anything is granted.
static void name_account(void *sid, char *account, size_t account_bytes) {
    wchar_t name[64], domain[64], both[130];
    DWORD name_room = COUNT_OF(name), domain_room = COUNT_OF(domain);
    SID_NAME_USE use;
    account[0] = '\0';
    if (win32_calls.LookupAccountSidW(NULL, sid, name, &name_room, domain, &domain_room, &use) &&
        swprintf(both, COUNT_OF(both), L"%ls\\%ls", domain, name) > 0 &&
        !win32_to_utf8(both, account, account_bytes))
        account[0] = '\0';
}

// learn: TOKEN_ELEVATION.
bool os_large_page_right(struct os_right *right, struct error *error) {
    union token_user token;
    TOKEN_ELEVATION elevation;
    struct error missing;
    if (missing_for_granting())
        return win32_absent(error, missing_for_granting());
    if (!read_token(TokenUser, &token, sizeof token, error) ||
        !read_token(TokenElevation, &elevation, sizeof elevation, error))
        return false;
    name_account(token.user.User.Sid, right->account, sizeof right->account);
    right->held = win32_enable_privilege(lock_pages, &missing);
    return right->held || elevation.TokenIsElevated ||
           error_set(error, ERROR_KIND_REFUSED, 0,
                     "--grant-lock-pages: only an administrator grants rights: start an elevated "
                     "prompt (Run as administrator) and try again");
}

// learn: Managing Account Permissions; LsaOpenPolicy: "the structure's members are not used:
// initialize them to NULL or zero"; LSA_UNICODE_STRING: lengths in bytes, without the zero at the
// end.
bool os_large_page_right_grant(struct error *error) {
    union token_user token;
    LSA_OBJECT_ATTRIBUTES attributes = {0};
    wchar_t name[COUNT_OF(lock_pages)];
    memcpy(name, lock_pages, sizeof name);
    LSA_UNICODE_STRING right = {
        .Length = sizeof name - sizeof *name, .MaximumLength = sizeof name, .Buffer = name};
    void *policy;
    if (!read_token(TokenUser, &token, sizeof token, error))
        return false;
    const char *call = "LsaOpenPolicy";
    LONG status = win32_calls.LsaOpenPolicy(NULL, &attributes,
                                            POLICY_CREATE_ACCOUNT | POLICY_LOOKUP_NAMES, &policy);
    if (!status) {
        call = "LsaAddAccountRights";
        status = win32_calls.LsaAddAccountRights(policy, token.user.User.Sid, &right, 1);
        win32_calls.LsaClose(policy);
    }
    return !status || win32_failed(error, call, win32_calls.LsaNtStatusToWinError(status));
}
