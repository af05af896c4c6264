// SPDX-License-Identifier: Apache-2.0
#include "os/limited_file.h"

#include <errno.h>
#include <stdlib.h>

struct limited_file limited_file_begin(FILE *stream, const char *path, uint64_t bytes_max) {
    return (struct limited_file){
        .stream = stream, .path = path, .bytes_max = bytes_max, .begin_ns = os_clock_ns()};
}

static bool check_length(const struct limited_file *file, struct error *error) {
    return file->bytes <= file->bytes_max ||
           error_set(error, ERROR_KIND_FAILED, 0,
                     "'%.300s' has more than %llu MiB, which no file of numaprobe has", file->path,
                     (unsigned long long)(file->bytes_max / MIB));
}

static bool check_time(const struct limited_file *file, struct error *error) {
    uint64_t spent_s = (os_clock_ns() - file->begin_ns) / NS_PER_S;
    return spent_s <= LIMITED_FILE_S + file->bytes / MIB ||
           error_set(error, ERROR_KIND_FAILED, 0,
                     "'%.300s' is read too slowly: %llu bytes took %llu s, where %d s and one more "
                     "for each MiB are allowed; copy it to a local disk and read it there",
                     file->path, (unsigned long long)file->bytes, (unsigned long long)spent_s,
                     LIMITED_FILE_S);
}

bool limited_file_read(struct limited_file *file, void *data, size_t room, size_t *length,
                       struct error *error) {
    if (!os_file_part(file->stream, data, room, length))
        return error_set_errno(error, ERROR_KIND_FAILED, errno, "cannot read '%.300s'", file->path);
    file->bytes += *length;
    return check_length(file, error) && (!*length || check_time(file, error));
}

char *limited_file_text(FILE *stream, const char *path, uint64_t bytes_max, size_t *length,
                        struct error *error) {
    struct limited_file file = limited_file_begin(stream, path, bytes_max);
    size_t room = 1 << 16, part;
    char *text = base_allocate(room, 1);
    bool read;
    *length = 0;
    while ((read = limited_file_read(&file, text + *length, room - *length - 1, &part, error)) &&
           part) {
        *length += part;
        if (room - *length == 1)
            text = base_grow(text, room *= 2, 1);
    }
    text[*length] = '\0';
    if (read)
        return text;
    free(text);
    return NULL;
}
