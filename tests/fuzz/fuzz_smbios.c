// SPDX-License-Identifier: Apache-2.0
// The firmware's table of sockets and memory modules, of any firmware: what it says is told, or why
// it says nothing.
#include "fuzz.h"

#include "os/smbios.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    static const char *const facts[] = {
        "dimm_slots",           "dimm_sizes_mib",           "dimm_types",
        "dimm_speeds_mt_per_s", "dimm_configured_mt_per_s", "memory_channels",
        "dimms_per_channel",    "memory_channels_source",
    };
    char text[256];
    for (enum smbios_fact fact = SMBIOS_SOCKETS; fact <= SMBIOS_MAX_MHZ; fact++) {
        text[0] = '\0';
        smbios_read_processors(data, length, fact, text, sizeof text);
        fuzz_must(text[0]);
    }
    struct dimm_list list = {0};
    text[0] = '\0';
    if (smbios_read_modules(data, length, &list, text, sizeof text))
        for (size_t i = 0; i < COUNT_OF(facts); i++) {
            text[0] = '\0';
            dimm_tell(&list, facts[i], text, sizeof text);
            fuzz_must(text[0]);
        }
    fuzz_must(text[0]);
    dimm_list_free(&list);
    return 0;
}
