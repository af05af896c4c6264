// SPDX-License-Identifier: Apache-2.0
#include "measure/core_clock.h"

#include "kernels/kernel.h"
#include "os/os.h"

#include <math.h>

// 20 tries of about 50 us: a try is short enough to fall between two timer ticks, and long enough
// that a clock of 100 ns steps (QPC) errs by 0.2 %.
enum { TRIES = 20, ADDS = 200000 };

double core_clock_hz(void) {
    uint64_t best_ns = NONE_U64;
    for (int i = 0; i < TRIES; i++) {
        uint64_t begin_ns = os_clock_ns();
        volatile uint64_t sink = kernel_add_chain(ADDS);
        (void)sink;
        uint64_t elapsed_ns = os_clock_ns() - begin_ns;
        if (elapsed_ns && elapsed_ns < best_ns)
            best_ns = elapsed_ns;
    }
    if (best_ns == NONE_U64) // a clock of such coarse steps times nothing here
        return NAN;
    return (double)ADDS * (double)NS_PER_S / (double)best_ns;
}
