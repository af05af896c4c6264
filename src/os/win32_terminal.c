// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: the terminal, Ctrl-C.
#include "os/win32.h"

#include <fcntl.h>
#include <io.h>
#include <stdio.h>
#include <stdlib.h>

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

// The code page belongs to the console, which outlives the program.
static UINT code_page_before; // 0: nothing to restore

static void restore_code_page(void) {
    if (code_page_before)
        SetConsoleOutputCP(code_page_before);
}

// learn: _setmode ("flush the stream before"), SetConsoleOutputCP (fails without a console, and
// then nobody needs it).
void os_stdout_binary(void) {
    fflush(stdout);
    _setmode(_fileno(stdout), _O_BINARY);
    UINT before = GetConsoleOutputCP();
    if (before && before != CP_UTF8 && SetConsoleOutputCP(CP_UTF8)) {
        code_page_before = before;
        atexit(restore_code_page);
    }
}

// learn: WriteFile: ERROR_BROKEN_PIPE where the reader of an anonymous pipe has closed it; System
// Error Codes: ERROR_NO_DATA where it is closing, and ERROR_PIPE_NOT_CONNECTED. The C runtime makes
// EPIPE of some, EINVAL of others, and forgets them; so the pipe is asked again.
bool os_stdout_is_unread(void) {
    HANDLE output = stream_handle(1);
    DWORD written;
    if (GetFileType(output) != FILE_TYPE_PIPE || WriteFile(output, "\n", 1, &written, NULL))
        return false;
    DWORD number = GetLastError();
    return number == ERROR_BROKEN_PIPE || number == ERROR_NO_DATA ||
           number == ERROR_PIPE_NOT_CONNECTED;
}

// learn: SetThreadExecutionState: ES_CONTINUOUS holds until the next call or the thread's end.
void os_keep_awake(bool awake) {
    if (win32_calls.SetThreadExecutionState)
        win32_calls.SetThreadExecutionState(awake ? ES_CONTINUOUS | ES_SYSTEM_REQUIRED
                                                  : ES_CONTINUOUS);
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
    if (event == CTRL_C_EVENT || event == CTRL_BREAK_EVENT) {
        if (count == 1)
            return TRUE;
        restore_code_page(); // the default handler ends the process without exit()
        return FALSE;
    }
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
