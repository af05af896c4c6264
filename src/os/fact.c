// SPDX-License-Identifier: Apache-2.0
#include "os/os.h"

#include <string.h>

const char *os_fact_value(const struct os_fact *facts, size_t count, const char *name) {
    for (size_t i = 0; i < count; i++)
        if (strcmp(facts[i].name, name) == 0)
            return facts[i].available ? facts[i].value : NULL;
    return NULL;
}
