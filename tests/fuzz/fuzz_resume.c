// SPDX-License-Identifier: Apache-2.0
// machine.json of anybody, of a run that is to be resumed: its command and options are taken, or
// refused with a sentence.
#include "fuzz.h"

#include "cli/resume.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    const struct options options = {.resume = fuzz_directory()};
    struct resume resume;
    struct error error = {0};
    fuzz_write("machine.json", data, length);
    if (resume_read(&resume, &options, &error))
        fuzz_must((resume.command->bit & COMMAND_MEASURING) && !resume.options.output &&
                  !resume.options.resume && !resume.options.help);
    else
        fuzz_must(error.text[0]);
    resume_free(&resume);
    return 0;
}
