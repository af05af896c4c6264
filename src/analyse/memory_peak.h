// SPDX-License-Identifier: Apache-2.0
// What the memory of a machine can carry at most: the channels in use, by the words of its
// firmware, bounded by what its processors have.
#ifndef NUMAPROBE_ANALYSE_MEMORY_PEAK_H
#define NUMAPROBE_ANALYSE_MEMORY_PEAK_H

#include "analyse/dataset.h"
#include "topology/topology.h"

// Facts of os.h, NULL where they are unknown.
struct memory_peak_input {
    const char *channels;       // memory_channels
    const char *source;         // memory_channels_source
    const char *hypervisor;     // a guest is shown modules that its hypervisor makes up
    const char *cpu_model;      // "Intel(R) Xeon(R) ..."
    const char *cpu_identifier; // "cpu family 25, model 1, stepping 1"
    size_t packages;            // 0: unknown
};

enum { MEMORY_PEAK_SENTENCE_BYTES = 320 };

struct memory_peak {
    double bytes_per_s; // NaN: unknown
    // "16 channels x 3200 MT/s x 64 bits (udev's database; channels by EDAC)", or why it is
    // unknown.
    char sentence[MEMORY_PEAK_SENTENCE_BYTES];
};

// Of the machine of a run; topology NULL: unknown.
struct memory_peak memory_peak_of_run(const struct data_run *run, const struct topology *topology);

// Channels of memory modules that a package of this processor has, least and most over the models
// that identify themselves so; false where the table does not know it.
struct cpu_channels {
    uint32_t least, most;
};
bool memory_peak_cpu_channels(const char *cpu_model, const char *cpu_identifier,
                              struct cpu_channels *channels);

// The channels of a memory_channels fact that can be in use at most, one for each module where it
// is unknown which of them share one; 0 where it does not tell them.
uint32_t memory_peak_channels_max(const char *channels);

// ---- for tests ----------------------------------------------------------------------------------

struct memory_peak memory_peak_find(const struct memory_peak_input *input);

#endif
