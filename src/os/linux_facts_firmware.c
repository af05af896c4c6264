// SPDX-License-Identifier: Apache-2.0
// Memory modules: from udev's copy of the firmware's table, which everybody may read, else from the
// table itself, which the kernel shows to root alone; the channels of EDAC for lists without.
#define _GNU_SOURCE
#include "base/text_set.h"
#include "os/linux_facts.h"
#include "os/smbios.h"

#include <glob.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- udev's copy --------------------------------------------------------------------------------

// systemd 248 and newer: its dmi_memory_id prints what rules.d/70-memory.rules keeps as
// properties of the device +dmi:id, "E:MEMORY_DEVICE_0_SIZE=34359738368".
#define UDEV_DMI "/run/udev/data/+dmi:id"

// The module's property as one line; "" where it has none. Returns value.
static char *read_property(const char *text, uint32_t module, const char *property, char *value,
                           size_t value_bytes) {
    char key[96];
    int length = snprintf(key, sizeof key, "\nE:MEMORY_DEVICE_%" PRIu32 "_%s=", module, property);
    const char *found = strstr(text, key);
    if (found)
        linux_copy_line(value, value_bytes, found + length);
    else
        value[0] = '\0';
    return value;
}

static uint32_t read_number(const char *text, uint32_t module, const char *property) {
    char value[32];
    uint64_t number =
        strtoull(read_property(text, module, property, value, sizeof value), NULL, 10);
    return number < UINT32_MAX ? (uint32_t)number : 0;
}

static void read_udev_module(const char *text, uint32_t module, struct dimm *dimm) {
    char value[DIMM_CHANNEL_BYTES], bank[DIMM_CHANNEL_BYTES];
    // "PRESENT=0" is written for empty slots alone.
    dimm->populated = strcmp(read_property(text, module, "PRESENT", value, sizeof value), "0") != 0;
    uint64_t bytes = strtoull(read_property(text, module, "SIZE", value, sizeof value), NULL, 10);
    dimm->mib = (uint32_t)(bytes / MIB);
    dimm->type = dimm_type_find(read_property(text, module, "TYPE", value, sizeof value));
    dimm->rated_mts = read_number(text, module, "SPEED_MTS");
    dimm->configured_mts = read_number(text, module, "CONFIGURED_SPEED_MTS");
    dimm->width_bits = read_number(text, module, "DATA_WIDTH");
    read_property(text, module, "BANK_LOCATOR", bank, sizeof bank);
    dimm_set_channel(dimm, bank, read_property(text, module, "LOCATOR", value, sizeof value));
}

enum { UDEV_MODULES_MAX = 1024 };

static bool read_udev(struct dimm_list *list) {
    static const char count_key[] = "\nE:MEMORY_ARRAY_NUM_DEVICES=";
    char path[LINUX_PATH_BYTES];
    struct error error;
    char *text = linux_read(linux_path(path, UDEV_DMI), &error);
    const char *found = text ? strstr(text, count_key) : NULL;
    uint64_t count = found ? strtoull(found + strlen(count_key), NULL, 10) : 0;
    snprintf(list->source, sizeof list->source, "udev's database");
    for (uint32_t i = 0; i < count && i < UDEV_MODULES_MAX; i++)
        read_udev_module(text, i, dimm_add(list));
    free(text);
    return list->count > 0;
}

// ---- the table itself ---------------------------------------------------------------------------

// sysfs-firmware-dmi-tables: DMI has the structures, without the entry point.
static bool read_table(struct dimm_list *list, char *reason, size_t reason_bytes) {
    char path[LINUX_PATH_BYTES];
    size_t bytes;
    struct error error;
    char *table =
        linux_read_bytes(linux_path(path, "/sys/firmware/dmi/tables/DMI"), &bytes, &error);
    if (!table) {
        snprintf(reason, reason_bytes, "%.200s", error.text);
        return false;
    }
    bool read = smbios_read_modules((const uint8_t *)table, bytes, list, reason, reason_bytes);
    free(table);
    return read;
}

// ---- EDAC ---------------------------------------------------------------------------------------

// Linux kernel, Documentation/ABI/testing/sysfs-devices-edac: dimm_location is "channel 0 slot 1"
// or "csrow 2 channel 1", pairs of a layer's name and a number, within one memory controller. All
// of them but those within a channel make its name; "" where no layer is a channel.
static void name_edac_channel(const char *path, const char *location,
                              char channel[DIMM_CHANNEL_BYTES]) {
    char layer[16];
    unsigned number;
    int length;
    bool named = false;
    const char *controller = strstr(path, "/mc/mc");
    size_t used = (size_t)snprintf(channel, DIMM_CHANNEL_BYTES, "%.*s",
                                   (int)strcspn(controller + 4, "/"), controller + 4);
    while (sscanf(location, " %15s %u%n", layer, &number, &length) == 2) {
        location += length;
        if (strcmp(layer, "slot") == 0 || strcmp(layer, "csrow") == 0)
            continue;
        named = named || strcmp(layer, "channel") == 0;
        if (used < DIMM_CHANNEL_BYTES)
            used += (size_t)snprintf(channel + used, DIMM_CHANNEL_BYTES - used, " %s %u", layer,
                                     number);
    }
    if (!named)
        channel[0] = '\0';
}

// Kernel, drivers/edac/edac_mc.c: HBM is "High-bandwidth-memory-Gen2"; its stacks are no channels
// of modules.
static bool is_stacked(const char *location_path) {
    char path[LINUX_PATH_BYTES];
    struct error error;
    size_t directory = (size_t)(strrchr(location_path, '/') - location_path);
    snprintf(path, sizeof path, "%.*s/dimm_mem_type", (int)directory, location_path);
    char *type = linux_read(path, &error);
    bool stacked = type && strncmp(type, "High-bandwidth", strlen("High-bandwidth")) == 0;
    free(type);
    return stacked;
}

// EDAC lists what is populated, as modules (slot) or as ranks (csrow): only channels are counted.
static size_t count_edac_channels(void) {
    char pattern[LINUX_PATH_BYTES], channel[DIMM_CHANNEL_BYTES];
    struct text_set channels = {0};
    struct error error;
    glob_t found;
    linux_path(pattern, "/sys/devices/system/edac/mc/mc*/dimm*/dimm_location");
    if (glob(pattern, 0, NULL, &found) != 0)
        return 0;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *location = linux_read(found.gl_pathv[i], &error);
        channel[0] = '\0';
        if (location)
            name_edac_channel(found.gl_pathv[i], location, channel);
        if (channel[0] && !is_stacked(found.gl_pathv[i]))
            text_set_add(&channels, channel);
        free(location);
    }
    globfree(&found);
    size_t count = channels.used;
    text_set_free(&channels);
    return count;
}

void linux_read_dimms(const struct fact_source *source, struct os_fact *fact) {
    struct dimm_list list = {0};
    char text[sizeof fact->value];
    bool told = read_udev(&list) || read_table(&list, text, sizeof text);
    if (told) {
        list.edac_channels = count_edac_channels();
        told = dimm_tell(&list, source->name, text, sizeof text);
    }
    linux_fact_tell(fact, told, "%s", text);
    dimm_list_free(&list);
}
