// SPDX-License-Identifier: Apache-2.0
#include "analyse/memory_peak.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- processors ---------------------------------------------------------------------------------

// Channels of a package, from the makers' documents of each processor. The numbers
// are those of the identifier: family and model, or implementer and part.
static const struct {
    uint32_t first, second_from, second_to;
    const char *model_part; // of the model's name; "": any
    struct cpu_channels channels;
} processors[] = {
  // Intel: family 6 and the model. E7 have twice the channels behind buffers.
    {6,    0x2D,  0x2D,  "",     {4, 4}  }, // Sandy Bridge-EP
    {6,    0x3E,  0x3E,  "E7-",  {8, 8}  }, // Ivy Bridge-EX
    {6,    0x3E,  0x3E,  "",     {4, 4}  }, // Ivy Bridge-EP
    {6,    0x3F,  0x3F,  "E7-",  {8, 8}  }, // Haswell-EX
    {6,    0x3F,  0x3F,  "",     {4, 4}  }, // Haswell-EP
    {6,    0x4F,  0x4F,  "E7-",  {8, 8}  }, // Broadwell-EX
    {6,    0x4F,  0x4F,  "",     {4, 4}  }, // Broadwell-EP
    {6,    0x55,  0x55,  "",     {4, 6}  }, // Skylake, Cascade Lake, Cooper Lake; D and W: 4
    {6,    0x6A,  0x6A,  "",     {8, 8}  }, // Ice Lake-SP
    {6,    0x6C,  0x6C,  "",     {2, 4}  }, // Ice Lake-D
    {6,    0x8F,  0x8F,  "",     {4, 8}  }, // Sapphire Rapids; W-2400: 4
    {6,    0xCF,  0xCF,  "",     {8, 8}  }, // Emerald Rapids
    {6,    0xAF,  0xAF,  "",     {8, 12} }, // Sierra Forest, SP and AP
    {6,    0xAD,  0xAD,  "",     {8, 12} }, // Granite Rapids, SP and AP
    {6,    0xAE,  0xAE,  "",     {4, 8}  }, // Granite Rapids-D
    {6,    0xDD,  0xDD,  "",     {12, 12}}, // Clearwater Forest
  // AMD: the family and the model.
    {0x17, 0x01,  0x01,  "EPYC", {8, 8}  }, // Naples
    {0x17, 0x31,  0x31,  "EPYC", {8, 8}  }, // Rome
    {0x19, 0x01,  0x01,  "EPYC", {8, 8}  }, // Milan
    {0x19, 0x11,  0x11,  "EPYC", {12, 12}}, // Genoa
    {0x19, 0xA0,  0xAF,  "EPYC", {6, 12} }, // Bergamo; Siena: 6
    {0x1A, 0x02,  0x11,  "EPYC", {12, 12}}, // Turin
  // Arm: the implementer and the part.
    {0x41, 0xD0C, 0xD0C, "",     {8, 8}  }, // Neoverse N1: Altra, Graviton2
    {0x41, 0xD40, 0xD40, "",     {8, 8}  }, // Neoverse V1: Graviton3
    {0xC0, 0xAC3, 0xAC4, "",     {8, 12} }, // AmpereOne
};

// The number behind a word of letters of the identifier, in either case (ASCII): "cpu family 6,
// model 85" on Linux, "Intel64 Family 6 Model 85" on Windows.
static bool read_number(const char *text, const char *word, uint32_t *number) {
    size_t length = strlen(word);
    for (; *text; text++) {
        size_t i = 0;
        while (i < length && (text[i] | 0x20) == word[i])
            i++;
        if (i < length || text[i] != ' ')
            continue;
        char *end;
        unsigned long value = strtoul(text + i, &end, 0);
        *number = (uint32_t)value;
        return end != text + i;
    }
    return false;
}

bool memory_peak_cpu_channels(const char *cpu_model, const char *cpu_identifier,
                              struct cpu_channels *channels) {
    uint32_t first, second;
    if (!cpu_identifier || !cpu_model)
        return false;
    bool arm = read_number(cpu_identifier, "implementer", &first);
    if (!(arm ? read_number(cpu_identifier, "part", &second)
              : read_number(cpu_identifier, "family", &first) &&
                    read_number(cpu_identifier, "model", &second)))
        return false;
    for (size_t i = 0; i < COUNT_OF(processors); i++) {
        if (processors[i].first != first || second < processors[i].second_from ||
            second > processors[i].second_to || !strstr(cpu_model, processors[i].model_part))
            continue;
        *channels = processors[i].channels;
        return true;
    }
    return false;
}

// ---- the fact -----------------------------------------------------------------------------------

struct part {
    uint32_t count, mts, bits;
    char what[16];
};

enum { PARTS_MAX = 8 };
struct parts {
    struct part at[PARTS_MAX];
    size_t count;
};

// "16 channels x 4800 x 64, 4 stacks x 3200 x 1024".
static bool read_parts(const char *text, struct parts *parts) {
    parts->count = 0;
    while (*text) {
        struct part part;
        int length = 0;
        if (parts->count == PARTS_MAX ||
            sscanf(text, "%9" SCNu32 " %15s x %9" SCNu32 " x %9" SCNu32 "%n", &part.count,
                   part.what, &part.mts, &part.bits, &length) != 4)
            return false;
        parts->at[parts->count++] = part;
        text += length;
        text += strspn(text, ", ");
    }
    return parts->count > 0;
}

static uint32_t sum_of(const struct parts *parts, const char *what) {
    uint32_t sum = 0;
    for (size_t i = 0; i < parts->count; i++)
        sum += strcmp(parts->at[i].what, what) == 0 ? parts->at[i].count : 0;
    return sum;
}

static uint32_t channels_max(const struct parts *parts) {
    return sum_of(parts, "channels") + sum_of(parts, "modules");
}

uint32_t memory_peak_channels_max(const char *channels) {
    struct parts parts;
    return channels && read_parts(channels, &parts) ? channels_max(&parts) : 0;
}

// ---- the peak -----------------------------------------------------------------------------------

static double part_bytes_per_s(const struct part *part) {
    return part->mts * 1e6 * (part->bits / 8.0);
}

// Of those on channels the fastest first, since this is the most that can be; stacks as they are.
static double sum_bytes_per_s(const struct parts *parts, uint32_t channels_left) {
    double sum = 0;
    bool taken[PARTS_MAX] = {false};
    for (size_t round = 0; round < parts->count; round++) {
        size_t best = SIZE_MAX;
        for (size_t i = 0; i < parts->count; i++)
            if (!taken[i] && (best == SIZE_MAX ||
                              part_bytes_per_s(&parts->at[i]) > part_bytes_per_s(&parts->at[best])))
                best = i;
        const struct part *part = &parts->at[best];
        bool stacked = strcmp(part->what, "stacks") == 0;
        uint32_t count = stacked || part->count < channels_left ? part->count : channels_left;
        channels_left -= stacked ? 0 : count;
        sum += count * part_bytes_per_s(part);
        taken[best] = true;
    }
    return sum;
}

static struct memory_peak PRINTF_LIKE(2, 3) peak_of(double bytes_per_s, const char *format, ...) {
    struct memory_peak peak = {.bytes_per_s = bytes_per_s};
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(peak.sentence, sizeof peak.sentence, format, arguments);
    va_end(arguments);
    return peak;
}

struct memory_peak memory_peak_find(const struct memory_peak_input *input) {
    struct parts parts;
    struct cpu_channels of_package;
    if (input->hypervisor && strcmp(input->hypervisor, "none") != 0)
        return peak_of(NAN, "the hypervisor shows its guest invented memory modules (%.60s)",
                       input->hypervisor);
    if (!input->channels || !read_parts(input->channels, &parts))
        return peak_of(NAN, "the run does not record the channels of its memory and their speed");
    uint32_t on_channels = channels_max(&parts);
    bool bounded = input->packages &&
                   memory_peak_cpu_channels(input->cpu_model, input->cpu_identifier, &of_package);
    uint32_t most = bounded ? of_package.most * (uint32_t)input->packages : UINT32_MAX;
    if (sum_of(&parts, "modules") && !bounded)
        return peak_of(NAN,
                       "it is unknown which of the memory modules (%.80s) share a channel, "
                       "and how many channels this processor has",
                       input->channels);
    const char *source = input->source ? input->source : "source unknown";
    if (on_channels > most)
        return peak_of(sum_bytes_per_s(&parts, most),
                       "%.80s MT/s and bits, on the %" PRIu32 " channels that %zu processor%s of "
                       "this kind have at most; %.100s",
                       input->channels, most, input->packages, PLURAL(input->packages), source);
    return peak_of(sum_bytes_per_s(&parts, most), "%.120s MT/s and bits; %.100s", input->channels,
                   source);
}

struct memory_peak memory_peak_of_run(const struct data_run *run, const struct topology *topology) {
    const struct machine_file *machine = &run->machine;
    const struct memory_peak_input input = {
        .channels = machine_file_fact(machine, "memory_channels"),
        .source = machine_file_fact(machine, "memory_channels_source"),
        .hypervisor = machine_file_fact(machine, "hypervisor"),
        .cpu_model = machine_file_fact(machine, "cpu_model"),
        .cpu_identifier = machine_file_fact(machine, "cpu_identifier"),
        .packages = topology ? topology_package_count(topology) : 0,
    };
    return memory_peak_find(&input);
}
