// SPDX-License-Identifier: Apache-2.0
// The kernels in plain C, the way the definition reads: what the others are tested against, and
// what is left on a processor that has no kernels of its own.
#include "kernels/stream.h"

#include <string.h>

uint64_t stream_nothing_portable(const struct kernel_span *span) {
    (void)span;
    return 0;
}

uint64_t stream_read_portable(const struct kernel_span *span) {
    const double *a = span->a;
    uint64_t checksum = 0;
    for (size_t i = 0; i < span->count; i++) {
        uint64_t word;
        memcpy(&word, &a[i], sizeof word);
        checksum ^= word;
    }
    return checksum;
}

uint64_t stream_write_portable(const struct kernel_span *span) {
    double *a = span->a;
    for (size_t i = 0; i < span->count; i++)
        a[i] = stream_first_written(span) + (double)(i / STREAM_BLOCK_ELEMENTS);
    return 0;
}

uint64_t stream_copy_portable(const struct kernel_span *span) {
    double *a = span->a;
    const double *b = span->b;
    for (size_t i = 0; i < span->count; i++)
        a[i] = b[i];
    return 0;
}

uint64_t stream_scale_portable(const struct kernel_span *span) {
    double *a = span->a;
    const double *b = span->b;
    for (size_t i = 0; i < span->count; i++)
        a[i] = KERNEL_SCALAR * b[i];
    return 0;
}

uint64_t stream_add_portable(const struct kernel_span *span) {
    double *a = span->a;
    const double *b = span->b, *c = span->c;
    for (size_t i = 0; i < span->count; i++)
        a[i] = b[i] + c[i];
    return 0;
}

uint64_t stream_triad_portable(const struct kernel_span *span) {
    double *a = span->a;
    const double *b = span->b, *c = span->c;
    for (size_t i = 0; i < span->count; i++)
        a[i] = b[i] + KERNEL_SCALAR * c[i];
    return 0;
}

uint64_t stream_update_portable(const struct kernel_span *span) {
    double *a = span->a;
    for (size_t i = 0; i < span->count; i++)
        a[i] = KERNEL_UPDATE_SCALAR * a[i];
    return 0;
}

uint64_t stream_accumulate_portable(const struct kernel_span *span) {
    double *a = span->a;
    const double *b = span->b, *c = span->c;
    for (size_t i = 0; i < span->count; i++)
        a[i] = a[i] + (b[i] + c[i]);
    return 0;
}

uint64_t stream_daxpy_portable(const struct kernel_span *span) {
    double *a = span->a;
    const double *b = span->b;
    for (size_t i = 0; i < span->count; i++)
        a[i] = a[i] + KERNEL_SCALAR * b[i];
    return 0;
}
