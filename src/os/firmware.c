// SPDX-License-Identifier: Apache-2.0
#include "os/os.h"

#include <stdlib.h>

void os_firmware_memory_free(struct os_firmware_memory *memory) {
    free(memory->at);
    *memory = (struct os_firmware_memory){0};
}
