// SPDX-License-Identifier: Apache-2.0
// A struct and an object of JSON, held together by one table of fields: from it the object is
// written, read, documented and compared, so that what a file has is said once.
#ifndef NUMAPROBE_RECORD_FIELDS_H
#define NUMAPROBE_RECORD_FIELDS_H

#include "record/document.h"

enum field_kind {
    FIELD_TEXT,    // char[bytes]; longer ones are cut
    FIELD_STRING,  // char *, NULL: absent
    FIELD_U64,     // uint64_t, NONE_U64: absent
    FIELD_F64,     // double, NaN: absent
    FIELD_FLAG,    // bool
    FIELD_OBJECT,  // a struct of the shape `of`
    FIELD_STRINGS, // array of char *, none NULL; as all lists of a pointer and a size_t
    FIELD_NUMBERS, // array of uint64_t
    FIELD_OBJECTS, // array of structs of the shape `of`
    FIELD_MEMBERS, // the same, not as a list: each is a member of the object that the field is in,
                   // by the name that its struct begins with, a char[FIELD_NAME_BYTES]
    FIELD_TOLD,    // array of struct told, as an object; `of` has those of which more is said
};

enum { FIELD_NAME_BYTES = 32 };

// What another value means where two runs are compared.
enum field_compared {
    FIELD_FREE,
    FIELD_NAMED, // it is worth knowing
    FIELD_REFUSES,
};

struct shape;

struct field {
    const char *name; // of FIELD_MEMBERS "*"
    const char *meaning;
    enum field_kind kind;
    bool optional;   // absent is left out, and not null
    bool kept;       // a run that is resumed must have it as it was
    bool privileged; // a system may tell it to its administrator only
    enum field_compared compared;
    const char *what; // it is called where it differs; NULL where nobody asks
    const struct shape *of;
    size_t offset, bytes; // in the struct
    size_t count_offset;  // of a list
};

struct shape {
    const struct field *fields;
    size_t field_count;
    size_t bytes; // of the struct
};

// A text under a name of its own, or, as an object with "unavailable", why there is none.
struct told {
    char *name;
    char *value;
    bool available;
    bool is_number; // stands without quotation marks
};

// Adds the fields to the object that is open.
void fields_write(struct document *document, const struct shape *shape, const void *from);

// Fills the struct from the object at the path, "" for the root. What is not there is absent, or
// "", 0 and false. fields_free is due.
void fields_read(const struct document *document, const char *path, const struct shape *shape,
                 void *to);
void fields_free(const struct shape *shape, void *of);

// The field of a shape by its name, NULL when there is none.
const struct field *fields_find(const struct shape *shape, const char *name);

// A text, number or flag of the struct as text; NULL when it is absent. Lists have none.
enum { FIELD_VALUE_BYTES = 32 };
const char *fields_text(const struct field *field, const void *from, char text[FIELD_VALUE_BYTES]);

// The value that is told under a name, NULL when none is or it is not available.
const char *fields_told(const struct told *told, size_t count, const char *name);

// Calls for each kept field that differs, for the first element of a list that does. What is absent
// is NULL.
typedef void fields_differ(const char *what, const char *then, const char *now, void *context);
void fields_compare_kept(const struct shape *shape, const void *then, const void *now,
                         fields_differ *differs, void *context);

// ---- for tests ----------------------------------------------------------------------------------

// Calls for each field of the shape and of those in it, in the order of the file, with its path:
// "settings.memory.rooms[].bytes". A * stands for any name: "settings.chosen.loops.*".
typedef void fields_visit(const char *path, const struct field *field, void *context);
void fields_each(const struct shape *shape, fields_visit *visit, void *context);

#endif
