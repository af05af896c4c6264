// SPDX-License-Identifier: Apache-2.0
// The one body of all streaming kernels. Private to this room. Include it once per instruction set,
// after defining
//
//   ISA                   the end of each function's name: sse2
//   AVAILABLE             whether this processor has it, and the system lets it be used
//   ATTRIBUTES            function attributes that allow its instructions; may be empty
//   VECTOR_BYTES          16, 32 or 64
//   DOUBLES               the type of a vector of doubles
//   WORDS                 the type of a vector of 64-bit words
//   SET_ALL(number)       DOUBLES with the number in each lane
//   LOAD(address)         DOUBLES from an aligned const double *
//   STORE(address, value) an ordinary aligned store
//   STORE_NT(address, value)  a non-temporal one
//   ADD(x, y), MULTIPLY(x, y) per lane, each rounded by itself
//   ZERO_WORDS()          WORDS of zero bits
//   XOR_LOAD(sum, address)    sum ^= the words at an aligned address, not to be left out
//   XOR_LOAD_NT(sum, address) the same by a non-temporal load; not needed where stream.h says so
//   FOLD(x, y, z, w)      the exclusive or of all words of four WORDS, as uint64_t
//   FENCE_NT()            makes the non-temporal stores before it visible before what follows
//
// All of them are undefined again at the end, so that the next instance starts clean.
//
// Every parameter of the body is a constant where it is inlined: what a kernel does not do leaves
// no trace in its loop. tests/check_kernel_code looks at the object code for that.

#define JOIN_THREE_(x, y, z) x##y##_##z
#define JOIN_THREE(x, y, z)  JOIN_THREE_(x, y, z)
#define INSTANCE(name)       JOIN_THREE(stream_, name, ISA)
#define INLINED              static inline __attribute__((always_inline)) ATTRIBUTES
#define VECTOR_ELEMENTS      (VECTOR_BYTES / sizeof(double))
#define LINE_VECTORS         (64 / VECTOR_BYTES)

#ifndef XOR_LOAD_NT // no kernel of this set asks for it
#define XOR_LOAD_NT XOR_LOAD
#endif

// The inner loops have constant bounds and must disappear.
#ifdef __clang__
#define UNROLL_FULLY _Pragma("clang loop unroll(full)")
#else
#define UNROLL_FULLY _Pragma("GCC unroll 64")
#endif

// Keeps the lines in the order of the source. Left alone, gcc 12 loads the upper half of an
// iteration before the lower one, and on a Zen 4 that plain AVX-512 read fell from 27 to 17-20
// GB/s: the hardware prefetchers see the order.
#define KEEP_ORDER() __asm__ volatile("" : : : "memory")

// The address may lie behind the end of the buffer: a prefetch never faults, and a kernel that
// stopped prefetching there would be another kernel on short buffers. As an integer, because C
// does not allow a pointer there.
INLINED void INSTANCE(prefetch)(const double *line, size_t distance_bytes) {
    if (distance_bytes)
        __builtin_prefetch((const void *)((uintptr_t)line + distance_bytes), 0, 3);
}

// Four sums take turns, so that the one-cycle exclusive ors never wait for each other and the
// loads alone set the pace, even out of the first-level cache.
INLINED void INSTANCE(read_line)(WORDS sums[4], const double *line, size_t line_number,
                                 enum stream_operation operation) {
    UNROLL_FULLY
    for (size_t vector = 0; vector < LINE_VECTORS; vector++) {
        const double *at = line + vector * VECTOR_ELEMENTS;
        size_t sum = (line_number * LINE_VECTORS + vector) % 4;
        if (operation == STREAM_READ_NT)
            XOR_LOAD_NT(sums[sum], at);
        else
            XOR_LOAD(sums[sum], at);
    }
}

INLINED DOUBLES INSTANCE(result)(enum stream_operation operation, const struct kernel_span *span,
                                 size_t element, DOUBLES written) {
    const double *a = span->a, *b = span->b, *c = span->c;
    switch (operation) {
    case STREAM_COPY:
        return LOAD(b + element);
    case STREAM_SCALE:
        return MULTIPLY(SET_ALL(KERNEL_SCALAR), LOAD(b + element));
    case STREAM_ADD:
        return ADD(LOAD(b + element), LOAD(c + element));
    case STREAM_TRIAD:
        return ADD(LOAD(b + element), MULTIPLY(SET_ALL(KERNEL_SCALAR), LOAD(c + element)));
    case STREAM_UPDATE:
        return MULTIPLY(SET_ALL(KERNEL_UPDATE_SCALAR), LOAD(a + element));
    case STREAM_DAXPY:
        return ADD(LOAD(a + element), MULTIPLY(SET_ALL(KERNEL_SCALAR), LOAD(b + element)));
    case STREAM_ACCUMULATE:
        return ADD(LOAD(a + element), ADD(LOAD(b + element), LOAD(c + element)));
    default:
        return written;
    }
}

INLINED void INSTANCE(store_line)(const struct kernel_span *span, size_t element,
                                  enum stream_operation operation, enum store_kind store,
                                  size_t prefetch_bytes, DOUBLES written) {
    if (operation != STREAM_WRITE && operation != STREAM_UPDATE)
        INSTANCE(prefetch)(span->b + element, prefetch_bytes);
    if (operation == STREAM_ADD || operation == STREAM_TRIAD || operation == STREAM_ACCUMULATE)
        INSTANCE(prefetch)(span->c + element, prefetch_bytes);
    UNROLL_FULLY
    for (size_t vector = 0; vector < LINE_VECTORS; vector++) {
        size_t at = element + vector * VECTOR_ELEMENTS;
        DOUBLES value = INSTANCE(result)(operation, span, at, written);
        if (store == STORE_NONTEMPORAL)
            STORE_NT(span->a + at, value);
        else
            STORE(span->a + at, value);
    }
}

INLINED uint64_t INSTANCE(body)(const struct kernel_span *of_caller,
                                enum stream_operation operation, enum store_kind store,
                                size_t streams, size_t prefetch_bytes) {
    const struct kernel_span span = *of_caller; // in registers, whatever the stores may hit
    WORDS sums[4] = {ZERO_WORDS(), ZERO_WORDS(), ZERO_WORDS(), ZERO_WORDS()};
    DOUBLES written = SET_ALL(stream_first_written(&span));
    for (size_t block = 0; block < span.count; block += STREAM_BLOCK_ELEMENTS) {
        UNROLL_FULLY
        for (size_t stream = 0; stream < streams; stream++) {
            UNROLL_FULLY
            for (size_t line = 0; line < STREAM_BLOCK_LINES; line++) {
                size_t element = stream * span.stride + block + line * STREAM_LINE_ELEMENTS;
                KEEP_ORDER();
                if (store == STORE_NONE) {
                    INSTANCE(prefetch)(span.a + element, prefetch_bytes);
                    INSTANCE(read_line)(sums, span.a + element, line, operation);
                } else {
                    INSTANCE(store_line)(&span, element, operation, store, prefetch_bytes, written);
                }
            }
        }
        if (operation == STREAM_WRITE)
            written = ADD(written, SET_ALL(1.0));
    }
    if (store == STORE_NONTEMPORAL)
        FENCE_NT();
    return store == STORE_NONE ? FOLD(sums[0], sums[1], sums[2], sums[3]) : 0;
}

bool JOIN_THREE(isa_, available, ISA)(void) {
    return AVAILABLE;
}

#define DEFINE_KERNEL(set, isa, name, operation, store, loads, stores, streams, prefetch_bytes,    \
                      summary)                                                                     \
    ATTRIBUTES uint64_t INSTANCE(name)(const struct kernel_span *span) {                           \
        return INSTANCE(body)(span, operation, store, streams, prefetch_bytes);                    \
    }
#define KERNELS_OF(isa) STREAM_KERNELS_OF(DEFINE_KERNEL, , isa)
KERNELS_OF(ISA)

#undef JOIN_THREE_
#undef JOIN_THREE
#undef INSTANCE
#undef INLINED
#undef VECTOR_ELEMENTS
#undef LINE_VECTORS
#undef UNROLL_FULLY
#undef KEEP_ORDER
#undef DEFINE_KERNEL
#undef KERNELS_OF
#undef ISA
#undef AVAILABLE
#undef ATTRIBUTES
#undef VECTOR_BYTES
#undef DOUBLES
#undef WORDS
#undef SET_ALL
#undef LOAD
#undef STORE
#undef STORE_NT
#undef ADD
#undef MULTIPLY
#undef ZERO_WORDS
#undef XOR_LOAD
#undef XOR_LOAD_NT
#undef FOLD
#undef FENCE_NT
