// SPDX-License-Identifier: Apache-2.0
#include "record/fields.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATH_BYTES = 512 };

// ---- the struct ---------------------------------------------------------------------------------

static const void *at(const struct field *field, const void *from) {
    return (const char *)from + field->offset;
}

static void *put(const struct field *field, void *to) {
    return (char *)to + field->offset;
}

static const char *string_of(const struct field *field, const void *from) {
    return *(char *const *)at(field, from);
}

static uint64_t u64_of(const struct field *field, const void *from) {
    return *(const uint64_t *)at(field, from);
}

static double f64_of(const struct field *field, const void *from) {
    return *(const double *)at(field, from);
}

static bool flag_of(const struct field *field, const void *from) {
    return *(const bool *)at(field, from);
}

static size_t count_of(const struct field *field, const void *from) {
    return *(const size_t *)((const char *)from + field->count_offset);
}

// The pointer of a list, whatever it points to: each kind of pointer is stored alike on the systems
// that this runs on, and memcpy asks no more.
static char *list_of(const struct field *field, const void *from) {
    char *list;
    memcpy(&list, at(field, from), sizeof list);
    return list;
}

static char *make_list(const struct field *field, void *to, size_t count, size_t element_bytes) {
    char *list = base_allocate(count, element_bytes);
    memcpy(put(field, to), &list, sizeof list);
    *(size_t *)(void *)((char *)to + field->count_offset) = count;
    return list;
}

const struct field *fields_find(const struct shape *shape, const char *name) {
    for (size_t i = 0; i < shape->field_count; i++)
        if (strcmp(shape->fields[i].name, name) == 0)
            return &shape->fields[i];
    return NULL;
}

const char *fields_told(const struct told *told, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(told[i].name, name) == 0)
            return told[i].available ? told[i].value : NULL;
    return NULL;
}

static const char *present(bool is_there, const char *text) {
    return is_there ? text : NULL;
}

const char *fields_text(const struct field *field, const void *from, char text[FIELD_VALUE_BYTES]) {
    switch (field->kind) {
    case FIELD_TEXT:
        return present(*(const char *)at(field, from), at(field, from));
    case FIELD_STRING:
        return string_of(field, from);
    case FIELD_U64:
        snprintf(text, FIELD_VALUE_BYTES, "%" PRIu64, u64_of(field, from));
        return present(u64_of(field, from) != NONE_U64, text);
    case FIELD_F64:
        snprintf(text, FIELD_VALUE_BYTES, "%.15g", f64_of(field, from));
        return present(!isnan(f64_of(field, from)), text);
    case FIELD_FLAG:
        return flag_of(field, from) ? "yes" : "no";
    default:
        return NULL;
    }
}

// ---- writing ------------------------------------------------------------------------------------

static void write_objects(struct document *document, const struct field *field, const void *from) {
    const char *list = list_of(field, from);
    bool named = field->kind == FIELD_MEMBERS;
    if (!named)
        document_open_array(document, field->name);
    for (size_t i = 0; i < count_of(field, from); i++) {
        const char *element = list + i * field->of->bytes;
        document_open_object(document, named ? element : NULL);
        fields_write(document, field->of, element);
        document_close(document);
    }
    if (!named)
        document_close(document);
}

static void write_told(struct document *document, const struct field *field, const void *from) {
    const struct told *told = (const void *)list_of(field, from);
    document_open_object(document, field->name);
    for (size_t i = 0; i < count_of(field, from); i++) {
        if (told[i].available && told[i].is_number) {
            document_u64(document, told[i].name, strtoull(told[i].value, NULL, 10));
        } else if (told[i].available) {
            document_text(document, told[i].name, told[i].value);
        } else {
            document_open_object(document, told[i].name);
            document_text(document, "unavailable", told[i].value);
            document_close(document);
        }
    }
    document_close(document);
}

static void write_list(struct document *document, const struct field *field, const void *from) {
    const void *list = list_of(field, from);
    document_open_array(document, field->name);
    for (size_t i = 0; i < count_of(field, from); i++) {
        if (field->kind == FIELD_STRINGS)
            document_text(document, NULL, ((char *const *)list)[i]);
        else
            document_u64(document, NULL, ((const uint64_t *)list)[i]);
    }
    document_close(document);
}

static void write_field(struct document *document, const struct field *field, const void *from) {
    char text[FIELD_VALUE_BYTES];
    if (field->optional && !fields_text(field, from, text))
        return;
    switch (field->kind) {
    case FIELD_TEXT:
        document_text(document, field->name, at(field, from));
        break;
    case FIELD_STRING:
        document_text(document, field->name, string_of(field, from));
        break;
    case FIELD_U64:
        document_u64(document, field->name, u64_of(field, from));
        break;
    case FIELD_F64:
        document_f64(document, field->name, f64_of(field, from));
        break;
    case FIELD_FLAG:
        document_flag(document, field->name, flag_of(field, from));
        break;
    case FIELD_OBJECT:
        document_open_object(document, field->name);
        fields_write(document, field->of, at(field, from));
        document_close(document);
        break;
    case FIELD_STRINGS:
    case FIELD_NUMBERS:
        write_list(document, field, from);
        break;
    case FIELD_OBJECTS:
    case FIELD_MEMBERS:
        write_objects(document, field, from);
        break;
    case FIELD_TOLD:
        write_told(document, field, from);
        break;
    }
}

void fields_write(struct document *document, const struct shape *shape, const void *from) {
    for (size_t i = 0; i < shape->field_count; i++)
        write_field(document, &shape->fields[i], from);
}

// ---- reading ------------------------------------------------------------------------------------

static const char *join(char path[PATH_BYTES], const char *object, const char *name) {
    snprintf(path, PATH_BYTES, "%.240s%s%.240s", object, *object ? "/" : "", name);
    return path;
}

static const char *join_index(char path[PATH_BYTES], const char *list, size_t index) {
    snprintf(path, PATH_BYTES, "%.240s/%zu", list, index);
    return path;
}

static char *copy_text(const struct document *document, const char *path) {
    char *text = document_copy_text(document, path);
    return text ? text : base_copy_text("");
}

static void read_told(const struct document *document, const char *path, const struct field *field,
                      void *to) {
    size_t count;
    const char **names = document_members(document, path, &count);
    struct told *told = (void *)make_list(field, to, count, sizeof *told);
    for (size_t i = 0; i < count; i++) {
        char value[PATH_BYTES], reason[PATH_BYTES];
        told[i].name = base_copy_text(names[i]);
        join(value, path, told[i].name);
        told[i].value = document_copy_text(document, value);
        told[i].available = told[i].value != NULL;
        told[i].is_number =
            document_get_u64(document, value) != NONE_U64 && !document_is_text(document, value);
        if (!told[i].available)
            told[i].value = copy_text(document, join(reason, value, "unavailable"));
    }
    free(names);
}

static void read_list(const struct document *document, const char *path, const struct field *field,
                      void *to) {
    size_t count = document_count(document, path);
    char inner[PATH_BYTES];
    if (field->kind == FIELD_STRINGS) {
        char **texts = (void *)make_list(field, to, count, sizeof *texts);
        for (size_t i = 0; i < count; i++)
            texts[i] = copy_text(document, join_index(inner, path, i));
    } else if (field->kind == FIELD_NUMBERS) {
        uint64_t *numbers = (void *)make_list(field, to, count, sizeof *numbers);
        for (size_t i = 0; i < count; i++)
            numbers[i] = document_get_u64(document, join_index(inner, path, i));
    } else {
        char *objects = make_list(field, to, count, field->of->bytes);
        for (size_t i = 0; i < count; i++)
            fields_read(document, join_index(inner, path, i), field->of,
                        objects + i * field->of->bytes);
    }
}

// Every member of the object that no other field of the shape names.
static void read_members(const struct document *document, const char *object,
                         const struct shape *shape, const struct field *field, void *to) {
    size_t members, count = 0;
    const char **names = document_members(document, object, &members);
    char *list = make_list(field, to, members, field->of->bytes);
    for (size_t i = 0; i < members; i++) {
        const char *name = names[i];
        char path[PATH_BYTES], *element = list + count * field->of->bytes;
        if (!*name || fields_find(shape, name))
            continue;
        snprintf(element, FIELD_NAME_BYTES, "%s", name);
        fields_read(document, join(path, object, name), field->of, element);
        count++;
    }
    free(names);
    *(size_t *)(void *)((char *)to + field->count_offset) = count;
}

static void read_scalar(const struct document *document, const char *path,
                        const struct field *field, void *to) {
    char word[8], *text;
    switch (field->kind) {
    case FIELD_TEXT:
        document_get_text(document, path, put(field, to), field->bytes);
        break;
    case FIELD_STRING:
        text = document_copy_text(document, path);
        memcpy(put(field, to), &text, sizeof text);
        break;
    case FIELD_U64:
        *(uint64_t *)put(field, to) = document_get_u64(document, path);
        break;
    case FIELD_F64:
        *(double *)put(field, to) = document_get_f64(document, path);
        break;
    default:
        *(bool *)put(field, to) =
            document_get_text(document, path, word, sizeof word) && strcmp(word, "yes") == 0;
    }
}

void fields_read(const struct document *document, const char *path, const struct shape *shape,
                 void *to) {
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        char inner[PATH_BYTES];
        join(inner, path, field->name);
        if (field->kind == FIELD_OBJECT)
            fields_read(document, inner, field->of, put(field, to));
        else if (field->kind == FIELD_TOLD)
            read_told(document, inner, field, to);
        else if (field->kind == FIELD_MEMBERS)
            read_members(document, path, shape, field, to);
        else if (field->kind > FIELD_OBJECT)
            read_list(document, inner, field, to);
        else
            read_scalar(document, inner, field, to);
    }
}

static void free_list(const struct field *field, void *of) {
    void *list = list_of(field, of);
    for (size_t i = 0; i < count_of(field, of); i++) {
        if (field->kind == FIELD_STRINGS) {
            free(((char **)list)[i]);
        } else if (field->kind == FIELD_TOLD) {
            free(((struct told *)list)[i].name);
            free(((struct told *)list)[i].value);
        } else if (field->kind != FIELD_NUMBERS) {
            fields_free(field->of, (char *)list + i * field->of->bytes);
        }
    }
    free(list);
}

void fields_free(const struct shape *shape, void *of) {
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        if (field->kind == FIELD_STRING)
            free(*(char **)put(field, of));
        else if (field->kind == FIELD_OBJECT)
            fields_free(field->of, put(field, of));
        else if (field->kind > FIELD_OBJECT)
            free_list(field, of);
    }
}

// ---- comparing ----------------------------------------------------------------------------------

struct difference_sink {
    fields_differ *differs;
    void *context;
};

// False, after saying so, where the texts differ.
static bool same_text(const struct difference_sink *sink, const char *what, const char *then,
                      const char *now) {
    if (then == now || (then && now && strcmp(then, now) == 0))
        return true;
    sink->differs(what, then, now, sink->context);
    return false;
}

static bool same_element(const struct difference_sink *sink, const struct field *field,
                         size_t index, const char *then, const char *now) {
    char what[160], left[FIELD_VALUE_BYTES], right[FIELD_VALUE_BYTES];
    snprintf(what, sizeof what, "%s, number %zu,", field->what, index + 1);
    if (field->kind == FIELD_STRINGS)
        return same_text(sink, what, ((char *const *)(const void *)then)[index],
                         ((char *const *)(const void *)now)[index]);
    CHECK(field->kind == FIELD_OBJECTS);
    for (size_t i = 0; i < field->of->field_count; i++) {
        const struct field *inner = &field->of->fields[i];
        if (!inner->kept)
            continue;
        snprintf(what, sizeof what, "%s, number %zu, %s,", field->what, index + 1, inner->name);
        if (!same_text(sink, what, fields_text(inner, then + index * field->of->bytes, left),
                       fields_text(inner, now + index * field->of->bytes, right)))
            return false;
    }
    return true;
}

static void compare_list(const struct difference_sink *sink, const struct field *field,
                         const void *then, const void *now) {
    char left[FIELD_VALUE_BYTES], right[FIELD_VALUE_BYTES];
    size_t count = count_of(field, now);
    snprintf(left, sizeof left, "%zu", count_of(field, then));
    snprintf(right, sizeof right, "%zu", count);
    bool same = same_text(sink, field->what, left, right);
    for (size_t i = 0; same && i < count; i++)
        same = same_element(sink, field, i, list_of(field, then), list_of(field, now));
}

static void compare_told(const struct difference_sink *sink, const struct field *field,
                         const void *then, const void *now) {
    const struct told *left = (const void *)list_of(field, then);
    const struct told *right = (const void *)list_of(field, now);
    for (size_t i = 0; i < field->of->field_count; i++) {
        const struct field *member = &field->of->fields[i];
        if (member->kept)
            same_text(sink, member->what, fields_told(left, count_of(field, then), member->name),
                      fields_told(right, count_of(field, now), member->name));
    }
}

void fields_compare_kept(const struct shape *shape, const void *then, const void *now,
                         fields_differ *differs, void *context) {
    const struct difference_sink sink = {differs, context};
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        char left[FIELD_VALUE_BYTES], right[FIELD_VALUE_BYTES];
        if (field->kind == FIELD_OBJECT)
            fields_compare_kept(field->of, at(field, then), at(field, now), differs, context);
        else if (field->kind == FIELD_TOLD && field->of)
            compare_told(&sink, field, then, now);
        else if (field->kept && field->kind > FIELD_OBJECT)
            compare_list(&sink, field, then, now);
        else if (field->kept)
            same_text(&sink, field->what, fields_text(field, then, left),
                      fields_text(field, now, right));
    }
}

// ---- documenting --------------------------------------------------------------------------------

static void visit_shape(const struct shape *shape, const char *prefix, fields_visit *visit,
                        void *context) {
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct field *field = &shape->fields[i];
        bool is_list = field->kind == FIELD_STRINGS || field->kind == FIELD_NUMBERS ||
                       field->kind == FIELD_OBJECTS;
        bool is_told = field->kind == FIELD_TOLD;
        char path[PATH_BYTES], inner[PATH_BYTES];
        snprintf(path, sizeof path, "%.240s%.240s%s", prefix, field->name,
                 is_list   ? "[]"
                 : is_told ? ".*"
                           : "");
        visit(path, field, context);
        snprintf(inner, sizeof inner, "%.480s.", path);
        if (is_told)
            snprintf(inner, sizeof inner, "%.240s%.240s.", prefix, field->name);
        if (field->of)
            visit_shape(field->of, inner, visit, context);
    }
}

void fields_each(const struct shape *shape, fields_visit *visit, void *context) {
    visit_shape(shape, "", visit, context);
}
