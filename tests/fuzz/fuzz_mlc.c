// SPDX-License-Identifier: Apache-2.0
// A command line of Intel's MLC, one word a line: it is translated and printed, or refused.
#include "fuzz.h"

#include "cli/mlc.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    char *words[FUZZ_WORDS_MAX + 1] = {"--show-command"};
    char *text = fuzz_text(data, length);
    fuzz_silence();
    enum exit_code code = mlc_run(1 + fuzz_words(text, words + 1), words);
    fuzz_must(code == EXIT_CODE_OK || code == EXIT_CODE_USAGE);
    free(text);
    return 0;
}
