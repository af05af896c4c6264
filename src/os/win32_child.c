// SPDX-License-Identifier: Apache-2.0
// Programs that this one starts and waits for.
#include "os/win32.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <wchar.h>

enum { LINE_ROOM = 32768 }; // learn: CreateProcessW: a command line has at most 32767 characters

// learn: Parsing C command-line arguments: between quotation marks a backslash is one, unless a
// quotation mark follows: before it, and before the closing one, each is doubled.
static char *put_quoted(char *to, const char *word) {
    size_t backslashes = 0;
    *to++ = '"';
    for (;; word++) {
        bool doubled = *word == '"' || !*word;
        for (size_t i = 0; doubled && i < backslashes; i++)
            *to++ = '\\';
        backslashes = *word == '\\' ? backslashes + 1 : 0;
        if (!*word)
            break;
        if (*word == '"')
            *to++ = '\\';
        *to++ = *word;
    }
    *to++ = '"';
    return to;
}

char *win32_command_line(const char *const *words) {
    size_t room = 1;
    for (size_t i = 0; words[i]; i++)
        room += 2 * strlen(words[i]) + 3;
    char *line = base_allocate(room, 1), *to = line;
    for (size_t i = 0; words[i]; i++) {
        if (i)
            *to++ = ' ';
        to = put_quoted(to, words[i]);
    }
    *to = '\0';
    return line;
}

// learn: CreateProcessW: without a name of its own the first word is looked for beside this
// program, in the current and the system's directories and in PATH, with .exe behind it.
// STARTF_USESTDHANDLES hands the streams over, and handles that are to be inherited must say so.
static bool start(wchar_t *line, PROCESS_INFORMATION *program) {
    SECURITY_ATTRIBUTES inherited = {.nLength = sizeof inherited, .bInheritHandle = TRUE};
    STARTUPINFOW startup = {.cb = sizeof startup,
                            .dwFlags = STARTF_USESTDHANDLES,
                            .hStdInput = GetStdHandle(STD_INPUT_HANDLE),
                            .hStdError = GetStdHandle(STD_ERROR_HANDLE)};
    startup.hStdOutput = CreateFileW(L"NUL", GENERIC_WRITE, FILE_SHARE_READ | FILE_SHARE_WRITE,
                                     &inherited, OPEN_EXISTING, FILE_ATTRIBUTE_NORMAL, NULL);
    if (startup.hStdOutput == INVALID_HANDLE_VALUE)
        return false;
    bool started = CreateProcessW(NULL, line, NULL, NULL, TRUE, 0, NULL, NULL, &startup, program);
    DWORD number = GetLastError();
    CloseHandle(startup.hStdOutput);
    SetLastError(number);
    return started;
}

// learn: GetExitCodeProcess. Ctrl-C reaches all processes of the console by itself.
bool os_child_run(const char *const *words, struct os_child_end *end, struct error *error) {
    PROCESS_INFORMATION program;
    DWORD status = 0;
    wchar_t *wide = base_allocate(LINE_ROOM, sizeof *wide);
    char *line = win32_command_line(words);
    bool started = false;
    *end = (struct os_child_end){0};
    if (!win32_to_wide(line, wide, LINE_ROOM))
        error_set(error, ERROR_KIND_FAILED, ERROR_FILENAME_EXCED_RANGE,
                  "cannot start '%.200s': its arguments are too long, or not UTF-8", words[0]);
    else if (!(started = start(wide, &program)))
        win32_cannot(error, words[0], "started", GetLastError());
    free(line);
    free(wide);
    if (!started)
        return false;
    CloseHandle(program.hThread);
    WaitForSingleObject(program.hProcess, INFINITE);
    GetExitCodeProcess(program.hProcess, &status);
    CloseHandle(program.hProcess);
    *end = (struct os_child_end){.status = (int)status, .interrupted = os_interrupted()};
    return true;
}

// No call of Windows copies a process.
bool os_try(int (*function)(void *context), void *context, const struct os_try_limits *limits,
            int *answer, struct error *error) {
    (void)function, (void)context, (void)limits, (void)answer;
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                     "it was not tried: Windows cannot copy a process");
}
