// SPDX-License-Identifier: Apache-2.0
// The streaming kernels in NEON, which every AArch64 has.
//
// A vector here is a pair of 128-bit registers, because AArch64 loads and stores pairs (LDP, STP)
// and has its non-temporal store (STNP) only for pairs. STNP is a hint: Arm's manual lets a core
// treat it as STP, and then it reads the line first like any store. kernel_traffic counts that in.
#include "kernels/stream.h"

#if defined(__aarch64__)

#include <arm_neon.h>

struct pair_of_doubles {
    float64x2_t low, high;
};

struct pair_of_words {
    uint64x2_t low, high;
};

static inline struct pair_of_doubles pair_set_all(double number) {
    return (struct pair_of_doubles){vdupq_n_f64(number), vdupq_n_f64(number)};
}

static inline struct pair_of_doubles pair_load(const double *address) {
    return (struct pair_of_doubles){vld1q_f64(address), vld1q_f64(address + 2)};
}

static inline void pair_store(double *address, struct pair_of_doubles value) {
    vst1q_f64(address, value.low);
    vst1q_f64(address + 2, value.high);
}

static inline void pair_store_nt(double *address, struct pair_of_doubles value) {
    __asm__ volatile("stnp %q0, %q1, [%2]"
                     :
                     : "w"(value.low), "w"(value.high), "r"(address)
                     : "memory");
}

static inline struct pair_of_doubles pair_add(struct pair_of_doubles x, struct pair_of_doubles y) {
    return (struct pair_of_doubles){vaddq_f64(x.low, y.low), vaddq_f64(x.high, y.high)};
}

static inline struct pair_of_doubles pair_multiply(struct pair_of_doubles x,
                                                   struct pair_of_doubles y) {
    return (struct pair_of_doubles){vmulq_f64(x.low, y.low), vmulq_f64(x.high, y.high)};
}

// Assembly, because gcc 12 collects the loads of a whole iteration before it folds them into the
// sums, and with four streams that no longer fits into the registers: it spills to the stack.
#define DEFINE_XOR_LOAD(name, load_pair)                                                           \
    static inline struct pair_of_words name(struct pair_of_words sum, const double *address) {     \
        uint64x2_t low, high;                                                                      \
        __asm__ volatile(load_pair " %q2, %q3, [%4]\n\t"                                           \
                                   "eor %0.16b, %0.16b, %2.16b\n\t"                                \
                                   "eor %1.16b, %1.16b, %3.16b"                                    \
                         : "+w"(sum.low), "+w"(sum.high), "=&w"(low), "=&w"(high)                  \
                         : "r"(address),                                                           \
                           "m"(*(const struct pair_of_doubles *)(const void *)address));           \
        return sum;                                                                                \
    }
DEFINE_XOR_LOAD(pair_xor_load, "ldp")
DEFINE_XOR_LOAD(pair_xor_load_nt, "ldnp") // a hint, as STNP is

static inline uint64_t pair_fold(struct pair_of_words words) {
    uint64x2_t folded = veorq_u64(words.low, words.high);
    return vgetq_lane_u64(folded, 0) ^ vgetq_lane_u64(folded, 1);
}

#define ISA       neon
#define AVAILABLE true
#define ATTRIBUTES
#define VECTOR_BYTES             32
#define DOUBLES                  struct pair_of_doubles
#define WORDS                    struct pair_of_words
#define SET_ALL(number)          pair_set_all(number)
#define LOAD(address)            pair_load(address)
#define STORE(address, value)    pair_store(address, value)
#define STORE_NT(address, value) pair_store_nt(address, value)
#define ADD(x, y)                pair_add(x, y)
#define MULTIPLY(x, y)           pair_multiply(x, y)
#define ZERO_WORDS()                                                                               \
    { vdupq_n_u64(0), vdupq_n_u64(0) }
#define XOR_LOAD(sum, address)    ((sum) = pair_xor_load(sum, address))
#define XOR_LOAD_NT(sum, address) ((sum) = pair_xor_load_nt(sum, address))
#define FOLD(x, y, z, w)          (pair_fold(x) ^ pair_fold(y) ^ pair_fold(z) ^ pair_fold(w))
#define FENCE_NT()                __asm__ volatile("dmb ishst" : : : "memory")
#include "kernels/stream_template.h"

#endif
