// SPDX-License-Identifier: Apache-2.0
#include "topology/xml_file.h"

#include "os/limited_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// hwloc's own reader of XML, which it has where it is built without libxml2, calls itself for each
// element within another.
enum { XML_BYTES_MAX = 64 << 20, XML_DEPTH_MAX = 100 };

// As that reader takes it: an element ends at the first '>', in a quoted value or not.
static bool is_too_deep(const char *text) {
    int depth = 0;
    const char *end = text;
    while (depth <= XML_DEPTH_MAX && (text = strchr(end, '<')) && (end = strchr(text, '>'))) {
        bool is_declaration = text[1] == '?' || text[1] == '!';
        bool is_empty = end[-1] == '/';
        if (text[1] == '/')
            depth--;
        else if (!is_declaration && !is_empty)
            depth++;
    }
    return depth > XML_DEPTH_MAX;
}

char *xml_file_read(const char *path, size_t *bytes, struct error *error) {
    FILE *file = os_file_read(path, error);
    if (!file)
        return NULL;
    struct limited_file limited = limited_file_begin(file, path, XML_BYTES_MAX);
    size_t room = 1 << 16, used = 0, length;
    char *text = base_allocate(room, 1);
    bool read;
    while ((read = limited_file_read(&limited, text + used, room - used - 1, &length, error)) &&
           length) {
        used += length;
        if (room - used == 1)
            text = base_grow(text, room *= 2, 1);
    }
    text[used] = '\0';
    fclose(file);
    *bytes = used;
    if (read && is_too_deep(text))
        read = error_set(error, ERROR_KIND_FAILED, 0,
                         "'%.300s' has elements within more than %d others, which no topology has",
                         path, XML_DEPTH_MAX);
    if (read)
        return text;
    free(text);
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
