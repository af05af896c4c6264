// SPDX-License-Identifier: Apache-2.0
#include "cli/defaults.h"

#include "os/os.h"
#include "plan/c2c.h"

// AVX2 drew as much as AVX-512 or a little more (docs/method.md). The row names it.
static enum isa default_isa(void) {
    return isa_available(ISA_AVX2) ? ISA_AVX2 : isa_widest();
}

// Eight streams with prefetch came within 3 % of the best loop on both cores that were tried: the
// best on a Cascade Lake, and on a Zen 4, where one stream loses a quarter with 4 KiB pages.
const struct kernel *default_kernel(void) {
    return kernel_find("read_8s_p512", default_isa());
}

const struct kernel *default_kernel_of_mix(const struct kernel_mix *mix) {
    const struct kernel *kernel = kernel_find(mix->loop, default_isa());
    CHECK(kernel);
    return kernel->stores ? kernel : default_kernel();
}

const struct chase_pattern *default_pattern(void) {
    return chase_pattern_find("structural");
}

const struct page_kind *default_ordinary_pages(void) {
    const struct page_kind *ordinary = page_kind_ordinary(os_base_page_bytes());
    return ordinary ? ordinary : page_kind_find("4K"); // which is then refused, with the size
}

// thp where this process can have them and they are of an ordinary size (2 MiB; kernels with 64 KiB
// pages have 512 MiB), else the system's own page. A choice that is made before the plan and named
// in it, not a way out when pages are short.
const struct page_kind *default_pages(void) {
    struct error why;
    uint64_t page_bytes;
    const struct page_kind *transparent = page_kind_find("thp");
    if (os_page_kind_offered(transparent, &page_bytes, &why) && page_bytes == 2 * MIB)
        return transparent;
    return default_ordinary_pages();
}

// A first look at a whole machine takes longer where there is more of it: eight nodes and one of
// CXL, 72 pairs, have three minutes. So have a matrix that is worth keeping and a sweep.
#define BUDGET_LOOK_NS  (30 * NS_PER_S)
#define BUDGET_NODE_NS  (20 * NS_PER_S)
#define BUDGET_TRACK_NS (180 * NS_PER_S)

uint64_t default_budget_ns(const struct topology *topology, enum command_bit command) {
    uint64_t look_ns = BUDGET_LOOK_NS;
    if (command == COMMAND_C2C)
        return C2C_BUDGET_NS;
    if (topology->node_count > 1)
        look_ns += (topology->node_count - 1) * BUDGET_NODE_NS;
    return command == COMMAND_QUICK && look_ns < BUDGET_TRACK_NS ? look_ns : BUDGET_TRACK_NS;
}
