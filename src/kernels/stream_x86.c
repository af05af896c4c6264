// SPDX-License-Identifier: Apache-2.0
// The streaming kernels in SSE2, AVX2 and AVX-512. Target attributes instead of -m flags: nothing
// but these functions may use the wide instructions, and the rest runs on any x86-64.
//
// Two operations are assembly, because the compilers spoil the intrinsics. XOR_LOAD: each load must
// be one instruction, exclusive or included, in the place where it stands; gcc 12 makes 2.5
// instructions per AVX-512 load. STORE_NT: clang 14 merges the two branches of store_line before
// it knows that one of them is dead, and the non-temporal store becomes an ordinary one.
//
// __builtin_cpu_supports asks XGETBV too: a CPU may have registers that the system does not save.
#include "kernels/stream.h"

#if defined(__x86_64__)

#include <immintrin.h>

static inline uint64_t fold_128(__m128i words) {
    __m128i high = _mm_unpackhi_epi64(words, words);
    return (uint64_t)_mm_cvtsi128_si64(words) ^ (uint64_t)_mm_cvtsi128_si64(high);
}

__attribute__((target("avx2"))) static inline uint64_t fold_256(__m256i words) {
    return fold_128(
        _mm_xor_si128(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1)));
}

__attribute__((target("avx512f"))) static inline uint64_t fold_512(__m512i words) {
    return fold_256(
        _mm256_xor_si256(_mm512_castsi512_si256(words), _mm512_extracti64x4_epi64(words, 1)));
}

#define ISA                   sse2
#define AVAILABLE             __builtin_cpu_supports("sse2") != 0
#define ATTRIBUTES            __attribute__((target("sse2")))
#define VECTOR_BYTES          16
#define DOUBLES               __m128d
#define WORDS                 __m128i
#define SET_ALL(number)       _mm_set1_pd(number)
#define LOAD(address)         _mm_load_pd(address)
#define STORE(address, value) _mm_store_pd(address, value)
#define STORE_NT(address, value)                                                                   \
    __asm__ volatile("movntpd %1, %0" : "=m"(*(__m128d *)(void *)(address)) : "x"(value))
#define ADD(x, y)      _mm_add_pd(x, y)
#define MULTIPLY(x, y) _mm_mul_pd(x, y)
#define ZERO_WORDS()   _mm_setzero_si128()
#define XOR_LOAD(sum, address)                                                                     \
    __asm__ volatile("pxor %1, %0" : "+x"(sum) : "m"(*(const __m128i *)(const void *)(address)))
#define FOLD(x, y, z, w) fold_128(_mm_xor_si128(_mm_xor_si128(x, y), _mm_xor_si128(z, w)))
#define FENCE_NT()       _mm_sfence()
#include "kernels/stream_template.h"

#define ISA                   avx2
#define AVAILABLE             __builtin_cpu_supports("avx2") != 0
#define ATTRIBUTES            __attribute__((target("avx2")))
#define VECTOR_BYTES          32
#define DOUBLES               __m256d
#define WORDS                 __m256i
#define SET_ALL(number)       _mm256_set1_pd(number)
#define LOAD(address)         _mm256_load_pd(address)
#define STORE(address, value) _mm256_store_pd(address, value)
#define STORE_NT(address, value)                                                                   \
    __asm__ volatile("vmovntpd %1, %0" : "=m"(*(__m256d *)(void *)(address)) : "x"(value))
#define ADD(x, y)      _mm256_add_pd(x, y)
#define MULTIPLY(x, y) _mm256_mul_pd(x, y)
#define ZERO_WORDS()   _mm256_setzero_si256()
#define XOR_LOAD(sum, address)                                                                     \
    __asm__ volatile("vpxor %1, %0, %0"                                                            \
                     : "+x"(sum)                                                                   \
                     : "m"(*(const __m256i *)(const void *)(address)))
#define XOR_LOAD_NT(sum, address)                                                                  \
    do {                                                                                           \
        __m256i words;                                                                             \
        __asm__ volatile("vmovntdqa %2, %1\n\t"                                                    \
                         "vpxor %1, %0, %0"                                                        \
                         : "+x"(sum), "=&x"(words)                                                 \
                         : "m"(*(const __m256i *)(const void *)(address)));                        \
    } while (0)
#define FOLD(x, y, z, w) fold_256(_mm256_xor_si256(_mm256_xor_si256(x, y), _mm256_xor_si256(z, w)))
#define FENCE_NT()       _mm_sfence()
#include "kernels/stream_template.h"

#define ISA                   avx512
#define AVAILABLE             __builtin_cpu_supports("avx512f") != 0
#define ATTRIBUTES            __attribute__((target("avx512f")))
#define VECTOR_BYTES          64
#define DOUBLES               __m512d
#define WORDS                 __m512i
#define SET_ALL(number)       _mm512_set1_pd(number)
#define LOAD(address)         _mm512_load_pd(address)
#define STORE(address, value) _mm512_store_pd(address, value)
#define STORE_NT(address, value)                                                                   \
    __asm__ volatile("vmovntpd %1, %0" : "=m"(*(__m512d *)(void *)(address)) : "v"(value))
#define ADD(x, y)      _mm512_add_pd(x, y)
#define MULTIPLY(x, y) _mm512_mul_pd(x, y)
#define ZERO_WORDS()   _mm512_setzero_si512()
#define XOR_LOAD(sum, address)                                                                     \
    __asm__ volatile("vpxorq %1, %0, %0"                                                           \
                     : "+v"(sum)                                                                   \
                     : "m"(*(const __m512i *)(const void *)(address)))
#define XOR_LOAD_NT(sum, address)                                                                  \
    do {                                                                                           \
        __m512i words;                                                                             \
        __asm__ volatile("vmovntdqa %2, %1\n\t"                                                    \
                         "vpxorq %1, %0, %0"                                                       \
                         : "+v"(sum), "=&v"(words)                                                 \
                         : "m"(*(const __m512i *)(const void *)(address)));                        \
    } while (0)
#define FOLD(x, y, z, w) fold_512(_mm512_xor_si512(_mm512_xor_si512(x, y), _mm512_xor_si512(z, w)))
#define FENCE_NT()       _mm_sfence()
#include "kernels/stream_template.h"

#endif
