// SPDX-License-Identifier: Apache-2.0
#include "topology/xml_file.h"

#include "os/limited_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// hwloc's own reader of XML, which it has where it is built without libxml2, calls itself for each
// element within another.
enum { XML_BYTES_MAX = 64 << 20, XML_DEPTH_MAX = 100, OS_INDEX_DIGITS_MAX = 5 };

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

bool xml_file_read(struct xml_text *xml, const char *path, struct error *error) {
    *xml = (struct xml_text){.path = path};
    FILE *file = os_file_read(path, error);
    if (!file)
        return false;
    xml->text = limited_file_text(file, path, XML_BYTES_MAX, &xml->bytes, error);
    fclose(file);
    if (!xml->text)
        return false;
    if (!is_too_deep(xml->text))
        return true;
    free(xml->text);
    xml->text = NULL;
    return error_set(error, ERROR_KIND_FAILED, 0,
                     "'%.300s' has elements within more than %d others, which no topology has",
                     path, XML_DEPTH_MAX);
}

// ---- what hwloc can bear ------------------------------------------------------------------------

// Whether an element has an attribute whose value is only these characters, at most this many.
static bool has_value(const char *element, const char *end, const char *name,
                      const char *characters, size_t most) {
    size_t length = strlen(name);
    for (const char *at = element; at < end; at++) {
        if (at[0] != ' ' || strncmp(at + 1, name, length) != 0 || at[1 + length] != '=' ||
            at[2 + length] != '"')
            continue;
        const char *value = at + length + 3;
        size_t count = strspn(value, characters);
        return count > 0 && count <= most && value[count] == '"';
    }
    return false;
}

static bool has_type(const char *element, const char *type) {
    const char *at = element + strlen("<object type=\"");
    size_t length = strlen(type);
    return strncmp(at, type, length) == 0 && at[length] == '"';
}

// hwloc follows pointers to sets that an object does not have, and counts to the number that a CPU
// does not have. A set without an end ("0xf...f") is none of a machine.
static bool is_whole_object(const char *element, const char *end) {
    static const char *const without_sets[] = {"Bridge", "PCIDev", "OSDev", "Misc"};
    static const char *const sets[] = {"cpuset", "complete_cpuset", "nodeset", "complete_nodeset"};
    if (strncmp(element, "<object type=\"", strlen("<object type=\"")) != 0)
        return false;
    for (size_t i = 0; i < COUNT_OF(without_sets); i++)
        if (has_type(element, without_sets[i]))
            return true;
    for (size_t i = 0; i < COUNT_OF(sets); i++)
        if (!has_value(element, end, sets[i], "0123456789abcdefABCDEFx,", XML_BYTES_MAX))
            return false;
    return (!has_type(element, "PU") && !has_type(element, "NUMANode")) ||
           has_value(element, end, "os_index", "0123456789", OS_INDEX_DIGITS_MAX);
}

// The first element that is cut, or is no whole object; NULL: all are whole.
static const char *find_damage(const char *text) {
    const char *at = text, *end;
    for (; (at = strchr(at, '<')); at = end) {
        size_t quotes = 0;
        const char *next = strchr(at + 1, '<');
        end = strchr(at, '>');
        if (!end || (next && next < end))
            return at;
        for (const char *mark = at; mark < end; mark++)
            quotes += *mark == '"';
        if (quotes % 2 || (strncmp(at, "<object", 7) == 0 && !is_whole_object(at, end)))
            return at;
    }
    return NULL;
}

static bool check_objects(const struct xml_text *xml, struct error *error) {
    const char *damage = find_damage(xml->text);
    uint64_t line = 1;
    for (const char *at = xml->text; damage && at < damage; at++)
        line += *at == '\n';
    return !damage ||
           error_set(
               error, ERROR_KIND_FAILED, 0,
               "hwloc cannot read '%.200s' (line %llu: an element that is cut, or without its "
               "sets or number): copy it again from where it was written",
               xml->path, (unsigned long long)line);
}

bool xml_file_try(const struct xml_text *xml, int (*read)(void *xml), int *answer,
                  struct error *error) {
    static const struct os_try_limits limits = {
        .memory_bytes = 1024 * (uint64_t)MIB, .cpu_s = 10, .wall_s = 60};
    struct xml_text copy = *xml;
    struct error reason;
    *answer = 0;
    if (os_try(read, &copy, &limits, answer, &reason))
        return true;
    if (reason.kind == ERROR_KIND_UNAVAILABLE)
        return check_objects(xml, error);
    return error_set(error, ERROR_KIND_FAILED, reason.os_number,
                     "hwloc cannot read '%.200s' (%.160s): copy it again from where it was written",
                     xml->path, reason.text);
}

bool xml_file_check_version(const char *path, unsigned version_max, struct error *error) {
    static const char element[] = "<topology version=\"";
    struct xml_text xml = {0};
    struct error ignored;
    char version[8] = "";
    bool fine = path && path[0] && xml_file_read(&xml, path, &ignored);
    const char *at = fine ? strstr(xml.text, element) : NULL;
    if (at) {
        at += strlen(element);
        size_t length = strspn(at, "0123456789.");
        snprintf(version, sizeof version, "%.*s", length < sizeof version ? (int)length : 0, at);
    }
    free(xml.text);
    if (strtoul(version, NULL, 10) <= version_max)
        return true;
    return error_set(error, ERROR_KIND_FAILED, 0,
                     "'%.300s' is in version %s of hwloc's XML, but the hwloc here reads only up "
                     "to version %u: write it with lstopo --export-xml-flags v%u of the newer one",
                     path, version, version_max, version_max);
}
