// SPDX-License-Identifier: Apache-2.0
#include "topology/xml_file.h"

#include "os/os.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { XML_BYTES_MAX = 64 << 20 };

char *xml_file_read(const char *path, size_t *bytes, struct error *error) {
    FILE *file = os_file_read(path, error);
    if (!file)
        return NULL;
    size_t room = 1 << 16, used = 0, got;
    char *text = base_allocate(room, 1);
    while (used <= XML_BYTES_MAX && (got = fread(text + used, 1, room - used - 1, file)) > 0) {
        used += got;
        if (room - used == 1)
            text = base_grow(text, room *= 2, 1);
    }
    text[used] = '\0';
    bool read = !ferror(file) && used <= XML_BYTES_MAX;
    int number = ferror(file) ? errno : 0;
    fclose(file);
    *bytes = used;
    if (read)
        return text;
    free(text);
    error_set(error, ERROR_KIND_FAILED, (uint32_t)number, "cannot read '%.300s': %s", path,
              number ? strerror(number) : "it has more than 64 MiB, so it is not a topology");
    return NULL;
}

unsigned xml_file_version(const char *path, char version[XML_VERSION_BYTES]) {
    static const char element[] = "<topology version=\"";
    size_t bytes;
    struct error ignored;
    char *text = xml_file_read(path, &bytes, &ignored);
    const char *at = text ? strstr(text, element) : NULL;
    version[0] = '\0';
    if (at) {
        at += strlen(element);
        size_t length = strspn(at, "0123456789.");
        snprintf(version, XML_VERSION_BYTES, "%.*s", length < 8 ? (int)length : 0, at);
    }
    free(text);
    return (unsigned)strtoul(version, NULL, 10);
}
