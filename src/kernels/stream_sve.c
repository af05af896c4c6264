// SPDX-License-Identifier: Apache-2.0
// The streaming kernels in SVE, whatever the length of its vectors: 128 to 2048 bits, and the
// processor alone knows. So this is a body of its own beside stream_template.h: a vector has no
// size that the compiler knows, is in no array and no struct.
//
// As in the template, each stream's share of an iteration is four lines. They are passed four
// vectors at a time; where that divides them (all lengths that are built: 128, 256, 512 bits) whole
// vectors are used, else each has the lanes that are left. STNT1D is a hint like NEON's STNP.
#include "kernels/stream.h"

#if defined(KERNELS_SVE)

#include <arm_sve.h>

#define ATTRIBUTES __attribute__((target("+sve")))
#define INLINED    static inline __attribute__((always_inline)) ATTRIBUTES

#ifdef __clang__
#define UNROLL_FULLY _Pragma("clang loop unroll(full)")
#else
#define UNROLL_FULLY _Pragma("GCC unroll 64")
#endif

enum { VECTORS_AT_A_TIME = 4 };

// One call's constants, and where a stream's share of an iteration begins in each array.
struct share {
    enum stream_operation operation;
    enum store_kind store;
    bool whole; // whole vectors
    double *a;
    const double *b, *c;
};

// The lanes of a vector that begins `element` elements after the share.
INLINED svbool_t lanes(const struct share *share, size_t element) {
    return share->whole ? svptrue_b64()
                        : svwhilelt_b64_u64(element, (uint64_t)STREAM_BLOCK_ELEMENTS);
}

INLINED svfloat64_t result(const struct share *share, svbool_t on, size_t element, int64_t vector,
                           svfloat64_t written) {
    const double *a = share->a + element, *b = share->b + element, *c = share->c + element;
    switch (share->operation) {
    case STREAM_COPY:
        return svld1_vnum_f64(on, b, vector);
    case STREAM_SCALE:
        return svmul_n_f64_x(on, svld1_vnum_f64(on, b, vector), KERNEL_SCALAR);
    case STREAM_ADD:
        return svadd_f64_x(on, svld1_vnum_f64(on, b, vector), svld1_vnum_f64(on, c, vector));
    case STREAM_TRIAD:
        return svadd_f64_x(on, svld1_vnum_f64(on, b, vector),
                           svmul_n_f64_x(on, svld1_vnum_f64(on, c, vector), KERNEL_SCALAR));
    case STREAM_UPDATE:
        return svmul_n_f64_x(on, svld1_vnum_f64(on, a, vector), KERNEL_UPDATE_SCALAR);
    case STREAM_DAXPY:
        return svadd_f64_x(on, svld1_vnum_f64(on, a, vector),
                           svmul_n_f64_x(on, svld1_vnum_f64(on, b, vector), KERNEL_SCALAR));
    case STREAM_ACCUMULATE:
        return svadd_f64_x(
            on, svld1_vnum_f64(on, a, vector),
            svadd_f64_x(on, svld1_vnum_f64(on, b, vector), svld1_vnum_f64(on, c, vector)));
    default:
        return written;
    }
}

INLINED void store_share(const struct share *share, svfloat64_t written) {
    const size_t step = svcntd();
    for (size_t element = 0; element < STREAM_BLOCK_ELEMENTS; element += VECTORS_AT_A_TIME * step) {
        UNROLL_FULLY
        for (int64_t vector = 0; vector < VECTORS_AT_A_TIME; vector++) {
            svbool_t on = lanes(share, element + (size_t)vector * step);
            svfloat64_t value = result(share, on, element, vector, written);
            if (share->store == STORE_NONTEMPORAL)
                svstnt1_vnum_f64(on, share->a + element, vector, value);
            else
                svst1_vnum_f64(on, share->a + element, vector, value);
        }
    }
}

// Lanes that are off load zero, which changes no exclusive or.
INLINED svuint64_t xor_load(const struct share *share, svuint64_t sum, size_t element,
                            int64_t vector) {
    svbool_t on = lanes(share, element + (size_t)vector * svcntd());
    const uint64_t *words = (const uint64_t *)(const void *)(share->a + element);
    svuint64_t loaded = share->operation == STREAM_READ_NT ? svldnt1_vnum_u64(on, words, vector)
                                                           : svld1_vnum_u64(on, words, vector);
    return sveor_u64_x(svptrue_b64(), sum, loaded);
}

INLINED void prefetch_share(const double *line, size_t distance_bytes) {
    UNROLL_FULLY
    for (size_t i = 0; distance_bytes && i < STREAM_BLOCK_LINES; i++)
        __builtin_prefetch(
            (const void *)((uintptr_t)(line + i * STREAM_LINE_ELEMENTS) + distance_bytes), 0, 3);
}

INLINED uint64_t read_body(const struct kernel_span *span, bool whole,
                           enum stream_operation operation, size_t streams, size_t prefetch_bytes) {
    svuint64_t s0 = svdup_n_u64(0), s1 = s0, s2 = s0, s3 = s0;
    const size_t step = svcntd();
    for (size_t block = 0; block < span->count; block += STREAM_BLOCK_ELEMENTS) {
        UNROLL_FULLY
        for (size_t stream = 0; stream < streams; stream++) {
            double *first = span->a + stream * span->stride + block;
            const struct share share = {.operation = operation, .whole = whole, .a = first};
            prefetch_share(first, prefetch_bytes);
            for (size_t i = 0; i < STREAM_BLOCK_ELEMENTS; i += VECTORS_AT_A_TIME * step) {
                s0 = xor_load(&share, s0, i, 0);
                s1 = xor_load(&share, s1, i, 1);
                s2 = xor_load(&share, s2, i, 2);
                s3 = xor_load(&share, s3, i, 3);
            }
        }
    }
    svbool_t all = svptrue_b64();
    return sveorv_u64(all, sveor_u64_x(all, sveor_u64_x(all, s0, s1), sveor_u64_x(all, s2, s3)));
}

INLINED uint64_t store_body(const struct kernel_span *span, bool whole,
                            enum stream_operation operation, enum store_kind store, size_t streams,
                            size_t prefetch_bytes) {
    svfloat64_t written = svdup_n_f64(stream_first_written(span));
    for (size_t block = 0; block < span->count; block += STREAM_BLOCK_ELEMENTS) {
        UNROLL_FULLY
        for (size_t stream = 0; stream < streams; stream++) {
            size_t first = stream * span->stride + block;
            const struct share share = {operation,       store,           whole,
                                        span->a + first, span->b + first, span->c + first};
            if (operation != STREAM_WRITE && operation != STREAM_UPDATE)
                prefetch_share(share.b, prefetch_bytes);
            store_share(&share, written);
        }
        if (operation == STREAM_WRITE)
            written = svadd_n_f64_x(svptrue_b64(), written, 1.0);
    }
    if (store == STORE_NONTEMPORAL)
        __asm__ volatile("dmb ishst" : : : "memory");
    return 0;
}

INLINED uint64_t body(const struct kernel_span *of_caller, enum stream_operation operation,
                      enum store_kind store, size_t streams, size_t prefetch_bytes) {
    const struct kernel_span span = *of_caller; // in registers, whatever the stores may hit
    bool whole = STREAM_BLOCK_ELEMENTS % (VECTORS_AT_A_TIME * svcntd()) == 0;
    if (store == STORE_NONE)
        return whole ? read_body(&span, true, operation, streams, prefetch_bytes)
                     : read_body(&span, false, operation, streams, prefetch_bytes);
    return whole ? store_body(&span, true, operation, store, streams, prefetch_bytes)
                 : store_body(&span, false, operation, store, streams, prefetch_bytes);
}

// The kernel answers this instruction for user programs (Linux 4.11 and later), and names only what
// it lets them use: "ARM64 CPU Feature Registers" in the kernel's documentation.
bool isa_available_sve(void) {
    uint64_t features;
    __asm__("mrs %0, ID_AA64PFR0_EL1" : "=r"(features));
    return ((features >> 32) & 0xf) != 0;
}

#define DEFINE_KERNEL(set, isa, name, operation, store, loads, stores, streams, prefetch_bytes,    \
                      summary)                                                                     \
    ATTRIBUTES uint64_t stream_##name##_##isa(const struct kernel_span *span) {                    \
        return body(span, operation, store, streams, prefetch_bytes);                              \
    }
STREAM_KERNELS_OF(DEFINE_KERNEL, SVE, sve)

#endif
