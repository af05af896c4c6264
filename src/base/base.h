// SPDX-License-Identifier: Apache-2.0
// The ground floor: fixed-width types, sizes and the check for our own bugs.
#ifndef NUMAPROBE_BASE_BASE_H
#define NUMAPROBE_BASE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define KIB ((uint64_t)1024)
#define MIB (KIB * 1024)
#define GIB (MIB * 1024)

#define NS_PER_US ((uint64_t)1000)
#define NS_PER_MS (NS_PER_US * 1000)
#define NS_PER_S  (NS_PER_MS * 1000)

#define COUNT_OF(array) (sizeof(array) / sizeof((array)[0]))

// What a noun ends in behind a number: "1 CPU", "2 CPUs".
#define PLURAL(count) ((count) == 1 ? "" : "s")

// A number that is not there: no node, no CPU, no count. In a row it becomes an empty field.
#define NONE_U32 UINT32_MAX
#define NONE_U64 UINT64_MAX

// printf checking also under MinGW, where the C99 functions are MinGW's own.
#if defined(__MINGW32__) && !defined(__clang__)
#define PRINTF_LIKE(format_index, first_argument)                                                  \
    __attribute__((format(gnu_printf, format_index, first_argument)))
#else
#define PRINTF_LIKE(format_index, first_argument)                                                  \
    __attribute__((format(printf, format_index, first_argument)))
#endif

// CHECK is for our own bugs only: it says where and aborts, in every build. What the world does
// wrong (a full disk, a denied call, a wrong option) is a struct error and never a CHECK.
#define CHECK(condition) ((condition) ? (void)0 : check_failed(#condition, __FILE__, __LINE__))

_Noreturn void check_failed(const char *condition, const char *file, int line);

// malloc and realloc for bookkeeping (never for a measured buffer): zeroed on first use, and out
// of memory ends the program with a sentence, because no caller could do better.
void *base_allocate(size_t count, size_t element_bytes);
void *base_grow(void *memory, size_t count, size_t element_bytes);

// Room for one element more behind `count` of them, in steps that double, so that n calls move less
// than 2n elements. The capacity is the next power of two and is kept nowhere: for an array that
// has grown from NULL by this function alone.
void *base_grow_by_one(void *memory, size_t count, size_t element_bytes);

// A copy of the text in memory of its own; the caller frees it. NULL has none.
char *base_copy_text(const char *text);

#endif
