// SPDX-License-Identifier: Apache-2.0
// The streaming kernels that zero a whole cache line by one instruction: CLZERO of AMD's x86-64
// processors, DC ZVA of AArch64. They know no other value and no register width, so they are a body
// of their own beside stream_template.h, with the same order of streams and lines.
#include "kernels/stream.h"

#define INLINED static inline __attribute__((always_inline))

#ifdef __clang__
#define UNROLL_FULLY _Pragma("clang loop unroll(full)")
#else
#define UNROLL_FULLY _Pragma("GCC unroll 64")
#endif

#if defined(__x86_64__)

#include <cpuid.h>

#define EACH_KERNEL(KERNEL) STREAM_KERNELS_OF(KERNEL, CLZERO, clzero)

// The line whose address is in RAX.
INLINED void zero_line(double *line) {
    __asm__ volatile("clzero" : : "a"(line) : "memory");
}

INLINED void fence(void) {
    __asm__ volatile("sfence" : : : "memory");
}

// CPUID 8000_0008h, EBX bit 0 (AMD64 Architecture Programmer's Manual, volume 3, appendix E).
bool isa_available_clzero(void) {
    unsigned eax, ebx, ecx, edx;
    return __get_cpuid(0x80000008, &eax, &ebx, &ecx, &edx) && (ebx & 1) != 0;
}

#elif defined(__aarch64__)

#define EACH_KERNEL(KERNEL) STREAM_KERNELS_OF(KERNEL, ZVA, zva)

INLINED void zero_line(double *line) {
    __asm__ volatile("dc zva, %0" : : "r"(line) : "memory");
}

INLINED void fence(void) {
    __asm__ volatile("dmb ishst" : : : "memory");
}

// DCZID_EL0, which programs may read: bit 4 (DZP) forbids the instruction, bits 3 to 0 are the
// block's size, as the power of two of words of 4 bytes. A larger block would reach behind the line
// that is to be zeroed.
bool isa_available_zva(void) {
    uint64_t register_value;
    __asm__("mrs %0, DCZID_EL0" : "=r"(register_value));
    bool forbidden = (register_value >> 4 & 1) != 0;
    uint64_t block_bytes = UINT64_C(4) << (register_value & 0xf);
    return !forbidden && block_bytes == STREAM_LINE_ELEMENTS * sizeof(double);
}

#endif

#ifdef EACH_KERNEL

INLINED uint64_t body(const struct kernel_span *of_caller, enum store_kind store, size_t streams) {
    const struct kernel_span span = *of_caller; // in registers, whatever the stores may hit
    for (size_t block = 0; block < span.count; block += STREAM_BLOCK_ELEMENTS) {
        UNROLL_FULLY
        for (size_t stream = 0; stream < streams; stream++) {
            UNROLL_FULLY
            for (size_t line = 0; line < STREAM_BLOCK_LINES; line++)
                zero_line(span.a + stream * span.stride + block + line * STREAM_LINE_ELEMENTS);
        }
    }
    if (store == STORE_NONTEMPORAL)
        fence();
    return 0;
}

#define DEFINE_KERNEL(set, isa, name, operation, store, loads, stores, streams, prefetch_bytes,    \
                      summary)                                                                     \
    uint64_t stream_##name##_##isa(const struct kernel_span *span) {                               \
        return body(span, store, streams);                                                         \
    }
EACH_KERNEL(DEFINE_KERNEL)

#endif
