// SPDX-License-Identifier: Apache-2.0
#include "topology/xml_file.h"

#include "os/os.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

char *xml_file_read(const char *path, size_t *bytes) {
    FILE *file = os_file_open(path, "rb");
    if (!file)
        return NULL;
    size_t room = 1 << 16, used = 0, got;
    char *text = base_allocate(room, 1);
    while ((got = fread(text + used, 1, room - used - 1, file)) > 0) {
        used += got;
        if (room - used == 1)
            text = base_grow(text, room *= 2, 1);
    }
    text[used] = '\0';
    bool read = !ferror(file);
    fclose(file);
    *bytes = used;
    if (read)
        return text;
    free(text);
    return NULL;
}

unsigned xml_file_version(const char *path, char version[XML_VERSION_BYTES]) {
    static const char element[] = "<topology version=\"";
    size_t bytes;
    char *text = xml_file_read(path, &bytes);
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
