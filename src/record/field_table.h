// SPDX-License-Identifier: Apache-2.0
// How the table of a file's fields is written down. Private to this room.
#ifndef NUMAPROBE_RECORD_FIELD_TABLE_H
#define NUMAPROBE_RECORD_FIELD_TABLE_H

#include "record/fields.h"

// A value, and a list with its count; behind the meaning, what another value does.
#define VALUE(in, member, kind_, meaning_, ...)                                                    \
    {                                                                                              \
        .name = #member, .meaning = meaning_, .kind = kind_,                                       \
        .offset = offsetof(struct in, member), .bytes = sizeof(((struct in *)0)->member),          \
        __VA_ARGS__                                                                                \
    }
#define LIST(in, name_, list, count_, kind_, meaning_, ...)                                        \
    {                                                                                              \
        .name = name_, .meaning = meaning_, .kind = kind_, .offset = offsetof(struct in, list),    \
        .count_offset = offsetof(struct in, count_), __VA_ARGS__                                   \
    }
#define SHAPE(table, in)                                                                           \
    { .fields = table, .field_count = COUNT_OF(table), .bytes = sizeof(struct in) }

// Whether another value refuses a comparison is a matter of docs/method.md, Comparing runs.
#define FREE           .compared = FIELD_FREE
#define NAMED(what_)   .compared = FIELD_NAMED, .what = what_
#define REFUSES(what_) .compared = FIELD_REFUSES, .what = what_
#define PRIVILEGED     .privileged = true
#define KEPT           .kept = true
#define KEPT_AS(what_) .kept = true, .what = what_
#define OPTIONAL       .optional = true
#define OF(shape)      .of = &shape

#endif
