// SPDX-License-Identifier: Apache-2.0
// A JSON document through jansson: built from the top down and written, or read (machine.json).
//
// Values go into the object or array that was opened last; inside an array `name` is NULL.
// Absent values (NULL, NONE_U64, NaN) become null. A u64 above 2^63 - 1 becomes text of its digits,
// because jansson has no such number and many readers lose digits from 2^53 on: a seed or an
// identifier is better added as text always.
#ifndef NUMAPROBE_RECORD_DOCUMENT_H
#define NUMAPROBE_RECORD_DOCUMENT_H

#include "base/error.h"

#include <stdio.h>

struct document;
struct os_file;

struct document *document_create(void);
void document_free(struct document *document);

// Numbers with a fraction are written with this many significant digits: for a file that people
// edit.
void document_round(struct document *document, unsigned digits);

void document_text(struct document *document, const char *name, const char *value);
void document_u64(struct document *document, const char *name, uint64_t value);
void document_f64(struct document *document, const char *name, double value);
void document_flag(struct document *document, const char *name, bool value);

void document_open_object(struct document *document, const char *name);
void document_open_array(struct document *document, const char *name);
void document_close(struct document *document);

// Writes the whole document, indented, with names in the order in which they were added. Text that
// is not UTF-8 (a strange DMI string) is written with replacement characters, never refused. False
// when the stream refused it.
bool document_print(const struct document *document, FILE *stream);

// The same to a file, which is finished then: it is on the disk, or the error says why not.
bool document_write(const struct document *document, struct os_file *file, struct error *error);

// ---- reading ------------------------------------------------------------------------------------

// Reads a JSON file whose root is an object. The sentence names line and column of what is wrong.
// Refused are files of more than 256 MiB: the plan of all pairs of 512 CPUs has less.
// NULL on error; document_free is due for the rest.
struct document *document_read(const char *path, struct error *error);

// The same from a stream, which stays open; the path is for sentences.
struct document *document_read_stream(FILE *stream, const char *path, struct error *error);

// A value is named by the names and numbers that lead to it: "facts/cpu_model", "nodes/0/cpus".
// Copies a text, or the digits of a number, or yes and no of a flag; false, and an empty text, when
// there is none there. Bytes of a text that are no UTF-8 cannot come: the reader refuses them.
bool document_get_text(const struct document *document, const char *path, char *text,
                       size_t text_bytes);

// The same in memory of its own, however long; NULL when there is none.
char *document_copy_text(const struct document *document, const char *path);

// Whether there is a text, and not a number or a flag.
bool document_is_text(const struct document *document, const char *path);

// NONE_U64: none. A text of digits is a number above 2^63 - 1 as it is written.
uint64_t document_get_u64(const struct document *document, const char *path);
double document_get_f64(const struct document *document, const char *path); // NaN: none

// Members of an object, or elements of an array; 0 for anything else.
size_t document_count(const struct document *document, const char *path);

// Asks for each text of the document, with its path as above. What the function returns takes its
// place, and is freed; NULL leaves it. It is UTF-8, as the text was.
typedef char *document_rewriter(const char *path, const char *text, void *context);
void document_rewrite(struct document *document, document_rewriter *rewrite, void *context);

// The names of the members of an object in the order of the file, in an array that the caller
// frees; anything else has none.
const char **document_members(const struct document *document, const char *path, size_t *count);

#endif
