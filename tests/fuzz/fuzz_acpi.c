// SPDX-License-Identifier: Apache-2.0
// The firmware's tables of memory, of any firmware: each name has its reader.
#include "fuzz.h"

#include "os/acpi.h"

static void try_hmat(const uint8_t *data, size_t length) {
    struct os_firmware_memory memory = {0};
    char reason[200] = "";
    bool read = hmat_read(data, length, &memory, reason, sizeof reason);
    fuzz_must(read ? memory.count > 0 : reason[0] != '\0');
    fuzz_must(memory.count <= HMAT_DOMAINS_MAX * HMAT_DOMAINS_MAX);
    os_firmware_memory_free(&memory);
}

static void try_srat(const uint8_t *data, size_t length) {
    size_t at = 0, count = 0;
    struct srat_range range;
    while (srat_next(data, length, &at, &range))
        count++;
    fuzz_must(at == length && count <= length / 40);
}

static void try_slit(const uint8_t *data, size_t length) {
    char reason[200] = "";
    uint32_t domains = slit_domains(data, length, reason, sizeof reason);
    fuzz_must(domains ? slit_distance(data, domains, domains - 1, domains - 1) == 10
                      : reason[0] != '\0');
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    try_hmat(data, length);
    try_srat(data, length);
    try_slit(data, length);
    return 0;
}
