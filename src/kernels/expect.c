// SPDX-License-Identifier: Apache-2.0
// What the streaming kernels must leave behind, from their definitions alone.
#include "kernels/kernel.h"

static double element_after(enum stream_operation operation, double times, size_t place, double a,
                            double b, double c) {
    switch (operation) {
    case STREAM_WRITE:
        return 1.0 + (double)(place / KERNEL_WRITE_ELEMENTS);
    case STREAM_COPY:
        return b;
    case STREAM_SCALE:
        return KERNEL_SCALAR * b;
    case STREAM_ADD:
        return b + c;
    case STREAM_TRIAD:
        return b + KERNEL_SCALAR * c;
    case STREAM_DAXPY:
        return a + times * (KERNEL_SCALAR * b);
    case STREAM_ACCUMULATE:
        return a + times * (b + c);
    default:
        return a;
    }
}

void kernel_expect(const struct kernel *kernel, uint64_t times, size_t first,
                   double a[KERNEL_GRANULE], const double b[KERNEL_GRANULE],
                   const double c[KERNEL_GRANULE]) {
    const enum stream_operation operation = kernel->operation;
    if (times == 0)
        return;
    if (operation == STREAM_UPDATE && times % 2 == 0) // it undoes itself
        return;
    for (size_t i = 0; i < KERNEL_GRANULE; i++)
        a[i] = operation == STREAM_UPDATE
                   ? KERNEL_UPDATE_SCALAR * a[i]
                   : element_after(operation, (double)times, first + i, a[i], b[i], c[i]);
}

// Each pass rounds a sum that is no larger than the last one, by half a unit in the last place at
// most; what is expected is rounded three times itself.
double kernel_expect_tolerance(const struct kernel *kernel, uint64_t times) {
    const double half_unit = 0x1p-53;
    bool adds = kernel->operation == STREAM_DAXPY || kernel->operation == STREAM_ACCUMULATE;
    return adds ? ((double)times + 4) * half_unit : 0;
}
