// SPDX-License-Identifier: Apache-2.0
#include "kernels/kernel.h"

#include <stdlib.h>
#include <string.h>

#include "kernels/stream.h"

// clang-format off
#define ROW(set, isa, name, operation, store, loads, stores, streams, prefetch_bytes, summary)     \
    {#name, ISA_##set, operation, store, loads, stores, streams, prefetch_bytes, summary,          \
     stream_##name##_##isa},
#define ROWS(set, isa) STREAM_KERNELS_OF(ROW, set, isa)

const struct kernel kernels[] = {
    ROWS(PORTABLE, portable)
    STREAM_SETS(ROWS)
};

#define AVAILABLE(set, isa) [ISA_##set] = isa_available_##isa,
#define NAME(set, isa)      [ISA_##set] = #isa,

// NULL: not compiled for this processor; plain C is asked for nothing.
static bool (*const processor_has[ISA_COUNT])(void) = {
    [ISA_PORTABLE] = NULL,
    STREAM_SETS(AVAILABLE)
};
const char *const isa_names[ISA_COUNT] = {INSTRUCTION_SETS(NAME, NAME, NAME, NAME)};
// clang-format on

const size_t kernel_count = COUNT_OF(kernels);

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

bool isa_available(enum isa isa) {
    CHECK(isa < ISA_COUNT);
    if (isa == ISA_PORTABLE)
        return true;
    const char *disabled = getenv(KERNEL_DISABLE_ISA_VARIABLE);
    if (disabled && list_contains(disabled, isa_names[isa]))
        return false;
    return processor_has[isa] && processor_has[isa]();
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

const struct kernel *kernel_find_widest(const char *name) {
    const struct kernel *found = NULL;
    for (enum isa isa = ISA_COUNT; isa-- > 0;) {
        const struct kernel *kernel = kernel_find(name, isa);
        if (kernel && isa_available(isa))
            return kernel;
        found = found ? found : kernel;
    }
    return found;
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
        .min_bytes = counted_bytes,
        .max_bytes = counted_bytes + read_first_bytes,
    };
}

bool isa_find(const char *name, enum isa *isa) {
    for (*isa = 0; *isa < ISA_COUNT; ++*isa)
        if (strcmp(isa_names[*isa], name) == 0)
            return true;
    return false;
}
