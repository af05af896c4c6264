// SPDX-License-Identifier: Apache-2.0
// A JSON document built from the top down (machine.json), through jansson.
//
// Values go into the object or array that was opened last; inside an array `name` is NULL.
// Absent values (NULL, NONE_U64, NaN) become null. A u64 above 2^63 - 1 becomes text of its digits,
// because jansson has no such number and many readers lose digits from 2^53 on: a seed or an
// identifier is better added as text always.
#ifndef NUMAPROBE_RECORD_DOCUMENT_H
#define NUMAPROBE_RECORD_DOCUMENT_H

#include "base/error.h"

struct document;

struct document *document_create(void);
void document_free(struct document *document);

void document_text(struct document *document, const char *name, const char *value);
void document_u64(struct document *document, const char *name, uint64_t value);
void document_f64(struct document *document, const char *name, double value);
void document_flag(struct document *document, const char *name, bool value);

void document_open_object(struct document *document, const char *name);
void document_open_array(struct document *document, const char *name);
void document_close(struct document *document);

// Writes the whole document, indented, with names in the order in which they were added. Text that
// is not UTF-8 (a strange DMI string) is written with replacement characters, never refused.
bool document_write(const struct document *document, const char *path, struct error *error);

#endif
