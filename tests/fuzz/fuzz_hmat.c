// SPDX-License-Identifier: Apache-2.0
// The firmware's table of latencies and bandwidths, of any firmware.
#include "fuzz.h"

#include "os/hmat.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    struct os_firmware_memory memory = {0};
    char reason[200] = "";
    bool read = hmat_read(data, length, &memory, reason, sizeof reason);
    fuzz_must(read ? memory.count > 0 : reason[0] != '\0');
    fuzz_must(memory.count <= HMAT_DOMAINS_MOST * HMAT_DOMAINS_MOST);
    os_firmware_memory_free(&memory);
    return 0;
}
