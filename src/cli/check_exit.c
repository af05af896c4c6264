// SPDX-License-Identifier: Apache-2.0
#include "cli/check_exit.h"

#include "report/escape.h"

#include <stdio.h>

enum exit_code check_end(enum check_exit status, const char *sentence) {
    put_plain(stdout, sentence);
    printf("\n");
    // Else a full disk behind stdout would end as another status.
    if (fflush(stdout) != 0 || ferror(stdout))
        status = CHECK_EXIT_ERROR;
    return (enum exit_code)status;
}

enum exit_code check_fail(const struct error *error) {
    char sentence[600];
    snprintf(sentence, sizeof sentence, "ERROR: %s", error->text);
    return check_end(CHECK_EXIT_ERROR, sentence);
}
