// SPDX-License-Identifier: Apache-2.0
#include "run/outcome.h"

#include "os/os.h"
#include "report/escape.h"

#include <stdio.h>

enum exit_code outcome_of(const struct dataset *dataset, bool allow_unverified) {
    const size_t *statuses = dataset->statuses, *verdicts = dataset->verdicts;
    if (dataset->interrupted)
        return EXIT_CODE_INTERRUPTED;
    if (statuses[STATUS_FAILED] || dataset->elements_wrong)
        return EXIT_CODE_FAILURE;
    if (verdicts[VERDICT_MISPLACED] || verdicts[VERDICT_MIGRATED] ||
        verdicts[VERDICT_WRONG_PAGE_SIZE])
        return EXIT_CODE_NOT_VERIFIED;
    if (verdicts[VERDICT_UNVERIFIABLE] && !allow_unverified)
        return EXIT_CODE_NOT_VERIFIED;
    if (dataset->rows - statuses[STATUS_INTERRUPTED] == statuses[STATUS_REFUSED])
        return EXIT_CODE_NOTHING;
    return statuses[STATUS_REFUSED] ? EXIT_CODE_FAILURE : EXIT_CODE_OK;
}

// Whether the reader of what is printed had enough and closed it. SIGPIPE ends programs of Linux
// then, without a word.
static bool is_unread(void) {
    bool printed = fflush(stdout) == 0 && !ferror(stdout);
    return !printed && os_stdout_is_unread();
}

enum exit_code outcome_fail(const struct error *error) {
    if (!is_unread()) {
        fprintf(stderr, "numaprobe: ");
        put_plain(stderr, error->text); // in part of files
        fprintf(stderr, "\n");
    }
    return error->kind == ERROR_KIND_USAGE ? EXIT_CODE_USAGE : EXIT_CODE_FAILURE;
}

void outcome_warn(const char *sentence) {
    fprintf(stderr, "numaprobe: WARNING: ");
    put_plain(stderr, sentence); // in part of files
    fprintf(stderr, "\n");
}

int outcome_close_stdout(enum exit_code code) {
    if (is_unread())
        return EXIT_CODE_UNREAD;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return (int)code;
    fprintf(stderr, "numaprobe: standard output cannot be written\n");
    return (int)(code == EXIT_CODE_OK ? EXIT_CODE_FAILURE : code);
}
