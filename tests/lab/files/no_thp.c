// SPDX-License-Identifier: Apache-2.0
// usage: no_thp PROGRAM [ARGUMENT...]
//
// Runs a program that gets no transparent huge pages, as some runtimes and service managers start
// theirs (man: PR_SET_THP_DISABLE in prctl(2), which a program's children inherit).
#include <sys/prctl.h>
#include <unistd.h>

int main(int argument_count, char **arguments) {
    if (argument_count < 2 || prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0))
        return 125;
    execvp(arguments[1], arguments + 1);
    return 127;
}
