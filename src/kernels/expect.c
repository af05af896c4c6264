// SPDX-License-Identifier: Apache-2.0
// What the streaming kernels must leave behind, from their definitions alone.
#include "kernels/kernel.h"

void kernel_expect(const struct kernel *kernel, uint64_t times, size_t first,
                   double a[KERNEL_GRANULE], const double b[KERNEL_GRANULE],
                   const double c[KERNEL_GRANULE]) {
    const double count = (double)times;
    if (times == 0)
        return;
#define EACH(value)                                                                                \
    for (size_t i = 0; i < KERNEL_GRANULE; i++)                                                    \
        a[i] = (value);                                                                            \
    break
    switch (kernel->operation) {
    case STREAM_NOTHING:
    case STREAM_READ:
    case STREAM_READ_NT:
        break;
    case STREAM_WRITE:
        EACH(1.0 + (double)((first + i) / KERNEL_WRITE_ELEMENTS));
    case STREAM_ZERO:
        EACH(0.0);
    case STREAM_COPY:
        EACH(b[i]);
    case STREAM_SCALE:
        EACH(KERNEL_SCALAR * b[i]);
    case STREAM_ADD:
        EACH(b[i] + c[i]);
    case STREAM_TRIAD:
        EACH(b[i] + KERNEL_SCALAR * c[i]);
    case STREAM_UPDATE: // the second pass undoes the first
        EACH(times % 2 ? KERNEL_UPDATE_SCALAR * a[i] : a[i]);
    case STREAM_DAXPY:
        EACH(a[i] + count * (KERNEL_SCALAR * b[i]));
    case STREAM_ACCUMULATE:
        EACH(a[i] + count * (b[i] + c[i]));
    }
#undef EACH
}

// Each pass rounds a sum that is no larger than the last one, by half a unit in the last place at
// most; what is expected is rounded three times itself.
double kernel_expect_tolerance(const struct kernel *kernel, uint64_t times) {
    const double half_unit = 0x1p-53;
    bool adds = kernel->operation == STREAM_DAXPY || kernel->operation == STREAM_ACCUMULATE;
    return adds ? ((double)times + 4) * half_unit : 0;
}
