// SPDX-License-Identifier: Apache-2.0
// usage: windows_console EVENT FILE LINES PROGRAM [ARGUMENT...]
//
// Starts a program in its own console, and once FILE has this many lines does to it what Windows
// does when a person presses Ctrl-Break (ctrl-break) or closes the window (close). Ends with the
// program's own status; 99 when something else went wrong.
#define _WIN32_WINNT 0x0A00
#include <windows.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { WENT_WRONG = 99, WAIT_MS = 60000 };

static void fail(const char *call) {
    fprintf(stderr, "windows_console: %s: error %lu\n", call, (unsigned long)GetLastError());
    ExitProcess(WENT_WRONG);
}

static HANDLE start(int count, char **words) {
    static char line[8192];
    size_t used = 0;
    STARTUPINFOA info = {.cb = sizeof info};
    PROCESS_INFORMATION program;
    for (int i = 0; i < count && used < sizeof line; i++)
        used += (size_t)snprintf(line + used, sizeof line - used, "\"%s\" ", words[i]);
    if (!CreateProcessA(NULL, line, NULL, NULL, FALSE, 0, NULL, NULL, &info, &program))
        fail("CreateProcess");
    CloseHandle(program.hThread);
    return program.hProcess;
}

static bool has_lines(const char *path, long wanted) {
    FILE *file = fopen(path, "rb");
    long found = 0;
    int byte;
    while (file && (byte = getc(file)) != EOF)
        found += byte == '\n';
    if (file)
        fclose(file);
    return found >= wanted;
}

static void wait_for_lines(HANDLE program, const char *path, long wanted) {
    for (int waited_ms = 0; !has_lines(path, wanted); waited_ms += 50)
        if (waited_ms > WAIT_MS || WaitForSingleObject(program, 50) == WAIT_OBJECT_0)
            fail("the program wrote too few lines");
}

// learn: HandlerRoutine: the system makes a thread in the process for it. That thread begins in
// kernelbase's CtrlRoutine with the event as its argument, on Windows (a debugger shows it) and in
// Wine, and this makes one like it: no call sends CTRL_CLOSE_EVENT, and GenerateConsoleCtrlEvent of
// Wine 8 fails with error 6 in every console that Wine itself opens.
static void send_event(HANDLE program, DWORD event) {
    FARPROC address = GetProcAddress(GetModuleHandleW(L"kernelbase.dll"), "CtrlRoutine");
    LPTHREAD_START_ROUTINE routine;
    memcpy(&routine, &address, sizeof routine);
    if (!routine ||
        !CreateRemoteThread(program, NULL, 0, routine, (void *)(ULONG_PTR)event, 0, NULL))
        fail("CtrlRoutine");
}

int main(int argument_count, char **arguments) {
    DWORD status;
    if (argument_count < 5)
        return WENT_WRONG;
    bool is_break = strcmp(arguments[1], "ctrl-break") == 0;
    HANDLE program = start(argument_count - 4, arguments + 4);
    wait_for_lines(program, arguments[2], strtol(arguments[3], NULL, 10));
    send_event(program, is_break ? CTRL_BREAK_EVENT : CTRL_CLOSE_EVENT);
    if (WaitForSingleObject(program, WAIT_MS) != WAIT_OBJECT_0) {
        TerminateProcess(program, WENT_WRONG);
        fail("the program does not end");
    }
    if (!GetExitCodeProcess(program, &status))
        fail("GetExitCodeProcess");
    return (int)status;
}
