// SPDX-License-Identifier: Apache-2.0
#include "record/ustar.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { BLOCK_BYTES = 512 };

struct header {
    char name[USTAR_NAME_BYTES];
    char mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8];
    char type;
    char link[100], magic[6], version[2], owner[32], group[32], device[16], prefix[155], rest[12];
};
_Static_assert(sizeof(struct header) == BLOCK_BYTES, "a header is one block");

// The sum of all bytes, those of the sum itself taken as spaces.
static void seal(struct header *header) {
    unsigned sum = 0;
    memset(header->checksum, ' ', sizeof header->checksum);
    for (size_t i = 0; i < sizeof *header; i++)
        sum += ((const unsigned char *)header)[i];
    snprintf(header->checksum, sizeof header->checksum, "%06o", sum);
}

static bool put_header(FILE *archive, const char *name, uint64_t bytes) {
    struct header header = {
        .mode = "0000644",
        .uid = "0000000",
        .gid = "0000000",
        .mtime = "00000000000",
        .type = '0',
        .magic = "ustar",
        .version = {'0', '0'}
    };
    CHECK(strlen(name) < sizeof header.name);
    memcpy(header.name, name, strlen(name));
    snprintf(header.size, sizeof header.size, "%011" PRIo64, bytes);
    seal(&header);
    return fwrite(&header, sizeof header, 1, archive) == 1;
}

// How much of the file is left; NONE_U64 where the C library cannot tell.
static uint64_t bytes_left(FILE *from) {
    long here = ftell(from), end;
    if (here < 0 || fseek(from, 0, SEEK_END) != 0)
        return NONE_U64;
    end = ftell(from);
    return end >= here && fseek(from, here, SEEK_SET) == 0 ? (uint64_t)(end - here) : NONE_U64;
}

bool ustar_add(FILE *archive, const char *name, FILE *from, struct error *error) {
    char block[BLOCK_BYTES];
    uint64_t bytes = bytes_left(from), read = 0;
    if (bytes >= 8 * GIB)
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "'%.100s' cannot be put into an archive: it has 8 GiB or more, or no size",
                         name);
    bool written = put_header(archive, name, bytes);
    while (written && read < bytes) {
        uint64_t left = bytes - read;
        size_t wanted = left < sizeof block ? (size_t)left : sizeof block;
        memset(block, 0, sizeof block);
        if (fread(block, 1, wanted, from) != wanted)
            return error_set_errno(error, ERROR_KIND_FAILED, errno, "cannot read '%.100s'", name);
        written = fwrite(block, sizeof block, 1, archive) == 1;
        read += wanted;
    }
    return true;
}

void ustar_end(FILE *archive) {
    static const char zeros[2 * BLOCK_BYTES];
    fwrite(zeros, sizeof zeros, 1, archive);
}
