// SPDX-License-Identifier: Apache-2.0
#include "plan/load.h"

#include <inttypes.h>
#include <stdio.h>

uint32_t load_burst_granules(const struct kernel *kernel) {
    return kernel->streams * (kernel->store == STORE_NONTEMPORAL ? 8U : 1U);
}

uint64_t load_burst_elements(const struct kernel *kernel) {
    return (uint64_t)KERNEL_GRANULE * load_burst_granules(kernel);
}

double load_period_ns(const struct cell_load *load) {
    double burst_bytes =
        (double)(load_burst_elements(load->kernel) * kernel_traffic(load->kernel).counted_bytes);
    return burst_bytes * (double)load->cpus.count * (double)NS_PER_S / load->offered_bytes_per_s;
}

char *load_name(const struct cell_load *load, char text[LOAD_NAME_BYTES]) {
    char pace[32];
    if (load->mode == LOAD_PACED)
        snprintf(pace, sizeof pace, "paced:%.4gGB/s", load->offered_bytes_per_s / 1e9);
    else
        snprintf(pace, sizeof pace, "delay:%" PRIu32, load->delay_cycles);
    snprintf(text, LOAD_NAME_BYTES, "load:%s.%s@%" PRIu32 "/threads:%zu/%s", load->kernel->name,
             isa_names[load->kernel->isa], load->node, load->cpus.count, pace);
    return text;
}
