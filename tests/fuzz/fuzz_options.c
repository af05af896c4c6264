// SPDX-License-Identifier: Apache-2.0
// A command line of anybody, one word a line: for each command it is taken, or refused with a
// sentence.
#include "fuzz.h"

#include "cli/command.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    char *words[FUZZ_WORDS_MAX];
    char *text = fuzz_text(data, length);
    int count = fuzz_words(text, words);
    for (size_t i = 0; i < command_count; i++) {
        const struct command *command = &commands[i];
        struct options options;
        struct error error = {0};
        bool taken = options_parse(&options, command->bit, command->name, command->operands_max,
                                   count, words, &error) &&
                     options_are_recorded(&options, &error);
        fuzz_must(taken || error.text[0]);
        options_free(&options);
    }
    free(text);
    return 0;
}
