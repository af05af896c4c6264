// SPDX-License-Identifier: Apache-2.0
// Facts from the firmware's table, which the kernel shows to root alone. sysfs-firmware-dmi-tables:
// DMI has the structures, without the entry point.
#include "os/linux_facts.h"
#include "os/smbios.h"

#include <stdlib.h>

static void answer(const struct fact_source *source, enum smbios_fact question,
                   struct os_fact *fact) {
    char path[LINUX_PATH_BYTES], text[sizeof fact->value];
    size_t bytes;
    struct error error;
    char *table = linux_read_bytes(linux_path(path, "%s", source->path), &bytes, &error);
    if (!table) {
        linux_fact_tell(fact, false, "%s", error.text);
        return;
    }
    bool told = smbios_read((const uint8_t *)table, bytes, question, text, sizeof text);
    linux_fact_tell(fact, told, "%s", text);
    free(table);
}

void linux_read_dimm_slots(const struct fact_source *source, struct os_fact *fact) {
    answer(source, SMBIOS_SLOTS, fact);
}

void linux_read_dimm_speeds(const struct fact_source *source, struct os_fact *fact) {
    answer(source, SMBIOS_SPEEDS, fact);
}

void linux_read_dimm_configured_speeds(const struct fact_source *source, struct os_fact *fact) {
    answer(source, SMBIOS_CONFIGURED_SPEEDS, fact);
}
