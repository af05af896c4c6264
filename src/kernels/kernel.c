// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/stream.h"

// The rows of one instruction set, from the one list of kernels.
// clang-format off
#define ROW(isa, suffix, name, store, loads, stores, streams, prefetch_bytes, summary)             \
    {#name, isa, store, loads, stores, streams, prefetch_bytes, summary,                           \
     stream_##name##_##suffix},
#define ROW_PORTABLE(name, operation, ...) ROW(ISA_PORTABLE, portable, name, __VA_ARGS__)
#define ROW_SSE2(name, operation, ...)     ROW(ISA_SSE2, sse2, name, __VA_ARGS__)
#define ROW_AVX2(name, operation, ...)     ROW(ISA_AVX2, avx2, name, __VA_ARGS__)
#define ROW_AVX512(name, operation, ...)   ROW(ISA_AVX512, avx512, name, __VA_ARGS__)
#define ROW_NEON(name, operation, ...)     ROW(ISA_NEON, neon, name, __VA_ARGS__)
#define ROW_SVE(name, operation, ...)      ROW(ISA_SVE, sve, name, __VA_ARGS__)

const struct kernel kernels[] = {
    STREAM_KERNELS_PORTABLE(ROW_PORTABLE)
#if defined(__x86_64__)
    STREAM_KERNELS(ROW_SSE2)
    STREAM_KERNELS(ROW_AVX2)
    STREAM_KERNELS(ROW_AVX512)
#elif defined(__aarch64__)
    STREAM_KERNELS(ROW_NEON)
#endif
#if defined(KERNELS_SVE)
    STREAM_KERNELS(ROW_SVE)
#endif
};
// clang-format on
const size_t kernel_count = COUNT_OF(kernels);

const char *const isa_names[ISA_COUNT] = {
    [ISA_PORTABLE] = "portable", [ISA_SSE2] = "sse2", [ISA_AVX2] = "avx2",
    [ISA_AVX512] = "avx512",     [ISA_NEON] = "neon", [ISA_SVE] = "sve",
};

const char *const store_names[STORE_KIND_COUNT] = {
    [STORE_NONE] = "",
    [STORE_ORDINARY] = "ordinary",
    [STORE_NONTEMPORAL] = "nontemporal",
    [STORE_IN_PLACE] = "in_place",
};

// Whether a name stands in a comma-separated list.
static bool list_contains(const char *list, const char *name) {
    size_t name_length = strlen(name);
    for (;;) {
        size_t length = strcspn(list, ",");
        if (length == name_length && memcmp(list, name, length) == 0)
            return true;
        if (list[length] == '\0')
            return false;
        list += length + 1;
    }
}

#if defined(KERNELS_SVE)
// The kernel answers this instruction for user programs (Linux 4.11 and later), and names only what
// it lets them use: "ARM64 CPU Feature Registers" in the kernel's documentation.
static bool processor_has_sve(void) {
    uint64_t features;
    __asm__("mrs %0, ID_AA64PFR0_EL1" : "=r"(features));
    return ((features >> 32) & 0xf) != 0;
}
#endif

// __builtin_cpu_supports asks XGETBV too: a CPU may have registers that the system does not save.
static bool processor_has(enum isa isa) {
    switch (isa) {
    case ISA_PORTABLE:
        return true;
#if defined(__x86_64__)
    case ISA_SSE2:
        return __builtin_cpu_supports("sse2") != 0;
    case ISA_AVX2:
        return __builtin_cpu_supports("avx2") != 0;
    case ISA_AVX512:
        return __builtin_cpu_supports("avx512f") != 0;
#elif defined(__aarch64__)
    case ISA_NEON:
        return true;
#endif
#if defined(KERNELS_SVE)
    case ISA_SVE:
        return processor_has_sve();
#endif
    default:
        return false;
    }
}

bool isa_available(enum isa isa) {
    CHECK(isa < ISA_COUNT);
    const char *disabled = getenv(KERNEL_DISABLE_ISA_VARIABLE);
    if (isa != ISA_PORTABLE && disabled && list_contains(disabled, isa_names[isa]))
        return false;
    return processor_has(isa);
}

enum isa isa_widest(void) {
    enum isa isa = ISA_COUNT - 1;
    while (isa != ISA_PORTABLE && !isa_available(isa))
        isa--;
    return isa;
}

const struct kernel *kernel_find(const char *name, enum isa isa) {
    for (size_t i = 0; i < kernel_count; i++)
        if (kernels[i].isa == isa && strcmp(kernels[i].name, name) == 0)
            return &kernels[i];
    return NULL;
}

// Each load has an array of its own, and so has each store that is not in place.
static unsigned arrays_touched(const struct kernel *kernel) {
    return (unsigned)kernel->loads + (kernel->store == STORE_IN_PLACE ? 0 : kernel->stores);
}

unsigned kernel_array_count(const struct kernel *kernel) {
    unsigned touched = arrays_touched(kernel);
    return touched > 0 ? touched : 1;
}

struct kernel_traffic kernel_traffic(const struct kernel *kernel) {
    const uint32_t element_bytes = sizeof(double);
    uint32_t counted_bytes = ((uint32_t)kernel->loads + kernel->stores) * element_bytes;
    // Arm's STNP and STNT1D are hints: a core may take them for ordinary stores.
    bool only_hint = kernel->isa == ISA_NEON || kernel->isa == ISA_SVE;
    bool may_read_first =
        kernel->store == STORE_ORDINARY || (kernel->store == STORE_NONTEMPORAL && only_hint);
    uint32_t read_first_bytes = may_read_first ? kernel->stores * element_bytes : 0;
    return (struct kernel_traffic){
        .touched_bytes = arrays_touched(kernel) * element_bytes,
        .counted_bytes = counted_bytes,
        .least_bytes = counted_bytes,
        .most_bytes = counted_bytes + read_first_bytes,
    };
}

bool isa_find(const char *name, enum isa *isa) {
    for (*isa = 0; *isa < ISA_COUNT; ++*isa)
        if (strcmp(isa_names[*isa], name) == 0)
            return true;
    return false;
}
