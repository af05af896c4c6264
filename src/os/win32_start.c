// SPDX-License-Identifier: Apache-2.0
// Where a Windows program starts: arguments come in UTF-16, the one form that can hold every name,
// and what each file keeps of the system is read, or forgotten.
#include "os/win32.h"

#include <stdlib.h>
#include <wchar.h>

int main(int argument_count, char **arguments);
int wmain(int argument_count, wchar_t **wide);

// A name on a disk may be no valid UTF-16. Its text gets a byte in front that no UTF-8 has, so that
// it is refused where it is used and never taken for another name.
char *win32_argument(const wchar_t *wide) {
    // learn: Command-line syntax key: "/?" asks for help. No file has that name.
    if (wcscmp(wide, L"/?") == 0)
        wide = L"--help";
    size_t room = 1 + 3 * wcslen(wide) + 1; // a unit of UTF-16 has at most 3 bytes of UTF-8
    char *text = base_allocate(room, 1);
    if (!win32_to_utf8(wide, text, room)) {
        text[0] = '\xff';
        WideCharToMultiByte(CP_UTF8, 0, wide, -1, text + 1, (int)room - 1, NULL, NULL);
    }
    return text;
}

void os_start(void) {
    win32_load_calls();
    win32_start_clock();
    win32_forget_cycle_rate();
    win32_forget_awe();
    win32_forget_counters();
    win32_start_groups();
    win32_start_node_memory();
}

// learn: main function and command-line arguments: wmain. main's own arguments are in the process's
// code page, which is UTF-8 only where the manifest can say so (Windows 10 1903); before that, what
// the code page lacks comes out as question marks.
int wmain(int argument_count, wchar_t **wide) {
    char **arguments = base_allocate((size_t)argument_count + 1, sizeof *arguments);
    for (int i = 0; i < argument_count; i++)
        arguments[i] = win32_argument(wide[i]);
    int status = main(argument_count, arguments);
    for (int i = 0; i < argument_count; i++)
        free(arguments[i]);
    free(arguments);
    return status;
}
