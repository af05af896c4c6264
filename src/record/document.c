// SPDX-License-Identifier: Apache-2.0
#include "record/document.h"

#include <jansson.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/units.h"
#include "base/utf8.h"
#include "os/limited_file.h"

enum { DEPTH_MAX = 16 };

struct document {
    json_t *open[DEPTH_MAX]; // the root object first, the innermost last; the root owns them all
    size_t depth;
    unsigned digits; // of its numbers when it is written; 0: as many as reading back exactly needs
};

// In one place for all calls of jansson: it asks for memory as the rest of the program does, and so
// fails for want of it nowhere. (A dump that did would leave the stream without an error.)
static void *allocate(size_t bytes) {
    return base_allocate(bytes, 1);
}

// Takes the root over.
static struct document *own(json_t *root) {
    struct document *document = base_allocate(1, sizeof *document);
    document->open[0] = root;
    document->depth = 1;
    return document;
}

struct document *document_create(void) {
    json_set_alloc_funcs(allocate, free);
    return own(json_object());
}

void document_free(struct document *document) {
    if (!document)
        return;
    json_decref(document->open[0]);
    free(document);
}

// The text with a replacement character for each byte that belongs to no character and each control
// character beyond ASCII, and room for one more.
static char *clean_text(const char *text) {
    char *clean = base_allocate(strlen(text) + 2, strlen(utf8_replacement));
    size_t clean_length = 0;
    while (*text) {
        size_t length = utf8_length(text);
        // Of the control characters jansson writes those of ASCII as \u00XX, and the others as they
        // are: a terminal would take them.
        bool kept = length == 1 || (length && !utf8_is_control(text));
        const char *from = kept ? text : utf8_replacement;
        size_t from_length = kept ? length : strlen(utf8_replacement);
        memcpy(clean + clean_length, from, from_length);
        clean_length += from_length;
        text += length ? length : 1;
    }
    return clean;
}

// Names may come from files of others (the cells of an export). Two that differed only in what was
// replaced are kept apart by more replacement characters.
static char *unused_name(const json_t *container, const char *name) {
    char *clean = clean_text(name);
    while (strstr(clean, utf8_replacement) && json_object_get(container, clean)) {
        size_t length = strlen(clean);
        clean = base_grow(clean, length + 2 * strlen(utf8_replacement) + 1, 1);
        memcpy(clean + length, utf8_replacement, sizeof utf8_replacement);
    }
    return clean;
}

// Takes the value over. A name twice in one object would lose the first value: our bug.
static void add(struct document *document, const char *name, json_t *value) {
    json_t *container = document->open[document->depth - 1];
    CHECK(value);
    if (json_is_array(container)) {
        CHECK(!name);
        CHECK(json_array_append_new(container, value) == 0);
        return;
    }
    CHECK(name);
    char *unused = unused_name(container, name);
    CHECK(!json_object_get(container, unused));
    CHECK(json_object_set_new(container, unused, value) == 0);
    free(unused);
}

static json_t *text_value(const char *text) {
    char *clean = clean_text(text);
    json_t *value = json_string(clean);
    free(clean);
    return value;
}

void document_round(struct document *document, unsigned digits) {
    document->digits = digits;
}

void document_text(struct document *document, const char *name, const char *value) {
    add(document, name, value ? text_value(value) : json_null());
}

void document_u64(struct document *document, const char *name, uint64_t value) {
    char digits[32];
    if (value == NONE_U64) {
        add(document, name, json_null());
    } else if (value <= INT64_MAX) {
        add(document, name, json_integer((json_int_t)value));
    } else {
        snprintf(digits, sizeof digits, "%llu", (unsigned long long)value);
        add(document, name, json_string(digits));
    }
}

void document_f64(struct document *document, const char *name, double value) {
    CHECK(!isinf(value));
    add(document, name, isnan(value) ? json_null() : json_real(value));
}

void document_flag(struct document *document, const char *name, bool value) {
    add(document, name, json_boolean(value));
}

static void open_container(struct document *document, const char *name, json_t *container) {
    CHECK(document->depth < DEPTH_MAX);
    add(document, name, container);
    document->open[document->depth++] = container;
}

void document_open_object(struct document *document, const char *name) {
    open_container(document, name, json_object());
}

void document_open_array(struct document *document, const char *name) {
    open_container(document, name, json_array());
}

void document_close(struct document *document) {
    CHECK(document->depth > 1);
    document->depth--;
}

bool document_print(const struct document *document, FILE *stream) {
    size_t form = JSON_INDENT(2) | JSON_REAL_PRECISION(document->digits);
    return json_dumpf(document->open[0], stream, form) == 0 && fputc('\n', stream) != EOF;
}

bool document_write(const struct document *document, struct os_file *file, struct error *error) {
    document_print(document, file->stream); // the stream keeps what it has met
    return os_file_finish(file, true, error);
}

// ---- reading ------------------------------------------------------------------------------------

enum { DOCUMENT_BYTES_MAX = 256 << 20 };

struct source {
    struct limited_file file;
    bool failed; // and error says why
    struct error error;
};

// For json_load_callback, which takes (size_t)-1 for a failure.
static size_t read_part(void *data, size_t room, void *context) {
    struct source *source = context;
    size_t length;
    source->failed = !limited_file_read(&source->file, data, room, &length, &source->error);
    return source->failed ? (size_t)-1 : length;
}

static void say_fault(const char *path, const struct source *source, const json_t *root,
                      const json_error_t *fault, struct error *error) {
    if (source->failed)
        *error = source->error;
    else
        error_set(error, ERROR_KIND_FAILED, 0, "'%.200s', line %d, column %d: %.150s", path,
                  root ? 1 : fault->line, root ? 1 : fault->column,
                  root ? "not an object, so numaprobe did not write it" : fault->text);
}

struct document *document_read_stream(FILE *stream, const char *path, struct error *error) {
    struct source source = {.file = limited_file_begin(stream, path, DOCUMENT_BYTES_MAX)};
    json_error_t fault;
    json_set_alloc_funcs(allocate, free);
    json_t *root = json_load_callback(read_part, &source, JSON_REJECT_DUPLICATES, &fault);
    if (!json_is_object(root)) {
        say_fault(path, &source, root, &fault, error);
        json_decref(root);
        return NULL;
    }
    return own(root);
}

struct document *document_read(const char *path, struct error *error) {
    FILE *file = os_file_read(path, error);
    struct document *document = file ? document_read_stream(file, path, error) : NULL;
    if (file)
        fclose(file);
    return document;
}

static const json_t *find_value(const struct document *document, const char *path) {
    const json_t *value = document->open[0];
    char name[128];
    while (value && *path) {
        size_t length = strcspn(path, "/");
        if (length >= sizeof name)
            return NULL;
        memcpy(name, path, length);
        name[length] = '\0';
        path += length + (path[length] == '/');
        value = json_is_array(value) ? json_array_get(value, strtoul(name, NULL, 10))
                                     : json_object_get(value, name);
    }
    return value;
}

// The text of a value, in the string itself or made in `made`; NULL when it has none.
static const char *value_text(const json_t *value, char made[32]) {
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_integer(value))
        snprintf(made, 32, "%lld", (long long)json_integer_value(value));
    else if (json_is_real(value))
        snprintf(made, 32, "%.15g", json_real_value(value));
    else if (json_is_boolean(value))
        snprintf(made, 32, "%s", json_is_true(value) ? "yes" : "no");
    else
        return NULL;
    return made;
}

bool document_get_text(const struct document *document, const char *path, char *text,
                       size_t text_bytes) {
    char made[32];
    const char *found = value_text(find_value(document, path), made);
    CHECK(text_bytes > 0);
    snprintf(text, text_bytes, "%s", found ? found : "");
    return found != NULL;
}

char *document_copy_text(const struct document *document, const char *path) {
    char made[32];
    const char *found = value_text(find_value(document, path), made);
    return found ? base_copy_text(found) : NULL;
}

bool document_is_text(const struct document *document, const char *path) {
    return json_is_string(find_value(document, path));
}

uint64_t document_get_u64(const struct document *document, const char *path) {
    const json_t *value = find_value(document, path);
    struct error ignored;
    uint64_t number;
    if (json_is_string(value))
        return units_parse_count(json_string_value(value), 0, NONE_U64 - 1, &number, &ignored)
                   ? number
                   : NONE_U64;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return NONE_U64;
    return (uint64_t)json_integer_value(value);
}

double document_get_f64(const struct document *document, const char *path) {
    const json_t *value = find_value(document, path);
    return json_is_number(value) ? json_number_value(value) : NAN;
}

size_t document_count(const struct document *document, const char *path) {
    const json_t *value = find_value(document, path);
    return json_is_array(value) ? json_array_size(value) : json_object_size(value);
}

const char **document_members(const struct document *document, const char *path, size_t *count) {
    json_t *object = (json_t *)(uintptr_t)find_value(document, path);
    const char **names = base_allocate(json_object_size(object), sizeof *names);
    *count = 0;
    for (void *at = json_object_iter(object); at; at = json_object_iter_next(object, at))
        names[(*count)++] = json_object_iter_key(at);
    return names;
}

// ---- changing -----------------------------------------------------------------------------------

struct rewriting {
    char path[512]; // of what is looked at; a longer one is cut
    document_rewriter *rewrite;
    void *context;
};

static void rewrite_members(struct rewriting *rewriting, json_t *container, size_t length);

// The value under one name; the new one, or NULL where it stays.
static json_t *rewrite_value(struct rewriting *rewriting, json_t *value, size_t length,
                             const char *name) {
    size_t room = sizeof rewriting->path - length;
    size_t added =
        (size_t)snprintf(rewriting->path + length, room, "%s%s", length ? "/" : "", name);
    json_t *changed = NULL;
    if (json_is_string(value)) {
        char *text =
            rewriting->rewrite(rewriting->path, json_string_value(value), rewriting->context);
        changed = text ? json_string(text) : NULL;
        CHECK(!text || changed);
        free(text);
    } else {
        rewrite_members(rewriting, value, length + (added < room ? added : room - 1));
    }
    rewriting->path[length] = '\0';
    return changed;
}

static void rewrite_members(struct rewriting *rewriting, json_t *container, size_t length) {
    char number[24];
    json_t *changed;
    for (void *at = json_object_iter(container); at; at = json_object_iter_next(container, at))
        if ((changed = rewrite_value(rewriting, json_object_iter_value(at), length,
                                     json_object_iter_key(at))) != NULL)
            json_object_iter_set_new(container, at, changed);
    for (size_t i = 0; i < json_array_size(container); i++) {
        snprintf(number, sizeof number, "%zu", i);
        if ((changed = rewrite_value(rewriting, json_array_get(container, i), length, number)) !=
            NULL)
            json_array_set_new(container, i, changed);
    }
}

void document_rewrite(struct document *document, document_rewriter *rewrite, void *context) {
    struct rewriting rewriting = {.rewrite = rewrite, .context = context};
    rewrite_members(&rewriting, document->open[0], 0);
}
