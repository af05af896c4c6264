// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share: a directory of their own, and a stream that leads nowhere.
#ifndef NUMAPROBE_TESTS_FUZZ_H
#define NUMAPROBE_TESTS_FUZZ_H

#include "base/error.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length);

// The working directory of the process: scripts/test gives each target its own.
static inline const char *fuzz_directory(void) {
    return ".";
}

static inline void fuzz_write(const char *name, const uint8_t *data, size_t length) {
    FILE *file = fopen(name, "wb");
    if (!file || fwrite(data, 1, length, file) != length || fclose(file) != 0)
        exit(2);
}

static inline FILE *fuzz_stream(void) {
    static FILE *stream;
    if (!stream)
        stream = fopen("/dev/null", "wb");
    return stream;
}

// ---- files that are read together ---------------------------------------------------------------

struct fuzz_file {
    const char *path;
    const char *text; // while another one is tried
};

static inline void fuzz_put(const struct fuzz_file *file) {
    fuzz_write(file->path, (const uint8_t *)file->text, strlen(file->text));
}

// All of them in their directories, at the first call.
static inline void fuzz_put_all(const struct fuzz_file *files, size_t count) {
    static bool there;
    char path[128];
    for (size_t i = 0; !there && i < count; i++) {
        snprintf(path, sizeof path, "%s", files[i].path);
        for (char *slash = strchr(path, '/'); slash; slash = strchr(slash + 1, '/')) {
            *slash = '\0';
            if (mkdir(path, 0700) != 0 && errno != EEXIST)
                exit(2);
            *slash = '/';
        }
        fuzz_put(&files[i]);
    }
    there = true;
}

// The file that the first byte chooses has what is behind that; fuzz_put puts it right again.
static inline const struct fuzz_file *fuzz_choose(const struct fuzz_file *files, size_t count,
                                                  const uint8_t *data, size_t length) {
    const struct fuzz_file *file = &files[data[0] % count];
    fuzz_put_all(files, count);
    fuzz_write(file->path, data + 1, length - 1);
    return file;
}

// ---- texts --------------------------------------------------------------------------------------

// What does not hold is a find.
static inline void fuzz_must(bool holds) {
    if (!holds)
        abort();
}

// The data as text, up to its first zero; free is due.
static inline char *fuzz_text(const uint8_t *data, size_t length) {
    char *text = base_allocate(length + 1, 1);
    memcpy(text, data, length);
    return text;
}

// Its lines as the words of a command line, without those that are too many. The text is cut.
enum { FUZZ_WORDS_MAX = 32 };
static inline int fuzz_words(char *text, char *words[FUZZ_WORDS_MAX]) {
    int count = 0;
    for (char *word = strtok(text, "\n"); word && count < FUZZ_WORDS_MAX; word = strtok(NULL, "\n"))
        words[count++] = word;
    return count;
}

// From now on what is printed goes nowhere. libFuzzer and the sanitizers have streams of their own.
static inline void fuzz_silence(void) {
    stdout = stderr = fuzz_stream();
}

#endif
