// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: the clock.
#include "os/win32.h"

const char *const os_name = "windows";

static uint64_t clock_frequency_hz; // set once
static uint64_t clock_start_ticks;

// learn: Acquiring high-resolution time stamps; QueryPerformanceCounter: "on systems that run
// Windows XP or later, the function will always succeed".
static uint64_t clock_ticks(void) {
    LARGE_INTEGER ticks;
    BOOL told = QueryPerformanceCounter(&ticks);
    CHECK(told);
    return (uint64_t)ticks.QuadPart;
}

// learn: QueryPerformanceFrequency: fixed at boot, so it is asked once.
void win32_start_clock(void) {
    LARGE_INTEGER frequency;
    BOOL told = QueryPerformanceFrequency(&frequency);
    CHECK(told);
    clock_frequency_hz = (uint64_t)frequency.QuadPart;
    clock_start_ticks = clock_ticks();
}

uint64_t win32_ticks_to_ns(uint64_t ticks, uint64_t frequency_hz) {
    // Whole seconds and the rest apart: the rest times 10^9 fits up to 18 GHz.
    CHECK(frequency_hz > 0 && frequency_hz <= UINT64_MAX / NS_PER_S);
    return ticks / frequency_hz * NS_PER_S + ticks % frequency_hz * NS_PER_S / frequency_hz;
}

// What only reads files may ask for the time before os_start.
uint64_t os_clock_ns(void) {
    if (!clock_frequency_hz)
        win32_start_clock();
    return win32_ticks_to_ns(clock_ticks() - clock_start_ticks, clock_frequency_hz);
}

uint64_t os_clock_step_ns(void) {
    return (NS_PER_S + clock_frequency_hz - 1) / clock_frequency_hz;
}
