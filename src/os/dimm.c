// SPDX-License-Identifier: Apache-2.0
#include "os/dimm.h"

#include "os/counted.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- types --------------------------------------------------------------------------------------

// How modules of a type reach the processor.
enum wiring {
    WIRING_UNKNOWN,
    WIRING_CHANNEL, // several may share a channel of 64 bits (JEDEC's DDR modules; DDR5: 2 x 32)
    WIRING_OWN,     // soldered or stacked: each has its own data lines
    WIRING_BEHIND,  // persistent memory on a channel of others: counted as a module, adds no peak
    WIRING_NONE,    // no main memory at all: a chip for the firmware itself
};

// SMBIOS 7.18.2, Memory Device - Type; the names are those of systemd's dmi_memory_id too.
// clang-format off
static const struct {
    const char *name;
    enum wiring wiring;
} types[] = {
    [0x01] = {"other", WIRING_UNKNOWN},
    [DIMM_TYPE_UNKNOWN] = {"unknown", WIRING_UNKNOWN},
    [0x03] = {"DRAM", WIRING_UNKNOWN},
    [0x04] = {"EDRAM", WIRING_UNKNOWN},
    [0x05] = {"VRAM", WIRING_NONE},
    [0x06] = {"SRAM", WIRING_NONE},
    [0x07] = {"RAM", WIRING_UNKNOWN},
    [0x08] = {"ROM", WIRING_NONE},
    [0x09] = {"Flash", WIRING_NONE},
    [0x0A] = {"EEPROM", WIRING_NONE},
    [0x0B] = {"FEPROM", WIRING_NONE},
    [0x0C] = {"EPROM", WIRING_NONE},
    [0x0D] = {"CDRAM", WIRING_UNKNOWN},
    [0x0E] = {"3DRAM", WIRING_UNKNOWN},
    [0x0F] = {"SDRAM", WIRING_UNKNOWN},
    [0x10] = {"SGRAM", WIRING_UNKNOWN},
    [0x11] = {"RDRAM", WIRING_UNKNOWN},
    [0x12] = {"DDR", WIRING_CHANNEL},
    [0x13] = {"DDR2", WIRING_CHANNEL},
    [0x14] = {"DDR2 FB-DIMM", WIRING_UNKNOWN},
    [0x18] = {"DDR3", WIRING_CHANNEL},
    [0x19] = {"FBD2", WIRING_UNKNOWN},
    [0x1A] = {"DDR4", WIRING_CHANNEL},
    [0x1B] = {"LPDDR", WIRING_OWN},
    [0x1C] = {"LPDDR2", WIRING_OWN},
    [0x1D] = {"LPDDR3", WIRING_OWN},
    [0x1E] = {"LPDDR4", WIRING_OWN},
    [0x1F] = {"Logical non-volatile device", WIRING_BEHIND},
    [0x20] = {"HBM", WIRING_OWN},
    [0x21] = {"HBM2", WIRING_OWN},
    [0x22] = {"DDR5", WIRING_CHANNEL},
    [0x23] = {"LPDDR5", WIRING_OWN},
    [0x24] = {"HBM3", WIRING_OWN},
};
// clang-format on

static const char *type_name(uint32_t type) {
    return type < COUNT_OF(types) && types[type].name ? types[type].name : "unknown";
}

static enum wiring wiring_of(const struct dimm *dimm) {
    return dimm->type < COUNT_OF(types) ? types[dimm->type].wiring : WIRING_UNKNOWN;
}

uint8_t dimm_type_find(const char *name) {
    for (size_t i = 0; i < COUNT_OF(types); i++)
        if (types[i].name && strcmp(types[i].name, name) == 0)
            return (uint8_t)i;
    return DIMM_TYPE_UNKNOWN;
}

// ---- the list -----------------------------------------------------------------------------------

struct dimm *dimm_add(struct dimm_list *list) {
    list->at = base_grow_by_one(list->at, list->count, sizeof *list->at);
    list->at[list->count] = (struct dimm){.type = DIMM_TYPE_UNKNOWN};
    return &list->at[list->count++];
}

void dimm_list_free(struct dimm_list *list) {
    free(list->at);
    *list = (struct dimm_list){0};
}

// Where the word stands, in either case; NULL when it does not.
static const char *find_word(const char *text, const char *word) {
    for (; *text; text++) {
        size_t i = 0;
        while (word[i] && tolower((unsigned char)text[i]) == word[i])
            i++;
        if (!word[i])
            return text;
    }
    return NULL;
}

static bool read_channel(const char *locator, char channel[DIMM_CHANNEL_BYTES]) {
    const char *word = find_word(locator, "channel"), *slot = find_word(locator, "dimm");
    if (!word || (slot && slot < word))
        return false; // what stands behind the slot's number may be another channel's
    bool named = false;
    for (const char *at = locator; at < word; at++)
        named = named || isalnum((unsigned char)*at);
    const char *id = word + strlen("channel");
    id += strspn(id, " _-");
    size_t length = 0;
    while (isalnum((unsigned char)id[length]))
        length++;
    size_t whole = (size_t)(id - locator) + length;
    if (!named || length == 0 || length > 2 || whole >= DIMM_CHANNEL_BYTES)
        return false;
    memcpy(channel, locator, whole);
    channel[whole] = '\0';
    return true;
}

void dimm_set_channel(struct dimm *dimm, const char *bank_locator, const char *locator) {
    dimm->channel[0] = '\0';
    if (!read_channel(bank_locator, dimm->channel))
        read_channel(locator, dimm->channel);
}

// ---- channels -----------------------------------------------------------------------------------

struct channel {
    const char *name;
    uint32_t modules;
    uint32_t mts; // of its slowest module
};

struct channels {
    struct channel *at;
    size_t count, used;
};

enum { MODULES_OF_A_CHANNEL_MAX = 3 };

// False where a module reports none, or more share one than any processor allows: then the texts do
// not mean what they seem to.
static bool find_channels(const struct dimm_list *list, struct channels *channels) {
    bool told = true;
    *channels = (struct channels){.at = base_allocate(list->count + 1, sizeof *channels->at)};
    for (size_t i = 0; i < list->count && told; i++) {
        const struct dimm *dimm = &list->at[i];
        bool counts = dimm->populated && wiring_of(dimm) == WIRING_CHANNEL;
        if (dimm->populated && !counts)
            continue;
        size_t at = 0;
        while (at < channels->count && strcmp(channels->at[at].name, dimm->channel) != 0)
            at++;
        if (at == channels->count)
            channels->at[channels->count++] = (struct channel){.name = dimm->channel};
        struct channel *channel = &channels->at[at];
        if (counts && (channel->modules == 0 || dimm->configured_mts < channel->mts))
            channel->mts = dimm->configured_mts;
        channel->modules += counts;
        channels->used += counts && channel->modules == 1;
        told = dimm->channel[0] && channel->modules <= MODULES_OF_A_CHANNEL_MAX;
    }
    if (!told || !channels->used) {
        free(channels->at);
        *channels = (struct channels){0};
    }
    return channels->at != NULL;
}

// ---- what is told of all modules ----------------------------------------------------------------

struct part {
    const char *what; // a constant of parts_of
    uint32_t mts, bits;
    size_t count;
};

enum { PARTS_MAX = 8 };
struct parts {
    struct part at[PARTS_MAX];
    size_t count;
};

static bool add_parts(struct parts *parts, const char *what, uint32_t mts, uint32_t bits,
                      size_t count) {
    size_t i = 0;
    while (i < parts->count &&
           (parts->at[i].what != what || parts->at[i].mts != mts || parts->at[i].bits != bits))
        i++;
    if (i == PARTS_MAX)
        return false;
    parts->count += i == parts->count;
    parts->at[i] = (struct part){what, mts, bits, parts->at[i].count + count};
    return true;
}

static const char by_channels[] = "channels", by_modules[] = "modules", by_stacks[] = "stacks";
static const uint32_t channel_bits = 64;

// One speed of all modules on channels; 0 when there are several.
static uint32_t common_speed(const struct dimm_list *list) {
    uint32_t speed = 0;
    for (size_t i = 0; i < list->count; i++) {
        const struct dimm *dimm = &list->at[i];
        if (!dimm->populated || wiring_of(dimm) != WIRING_CHANNEL)
            continue;
        if (speed && dimm->configured_mts != speed)
            return 0;
        speed = dimm->configured_mts;
    }
    return speed;
}

// Who says which modules share a channel. EDAC counts channels without the speed of each.
enum teller { TELLER_LOCATORS, TELLER_EDAC, TELLER_NOBODY };

static enum teller find_teller(const struct dimm_list *list, struct channels *channels) {
    if (find_channels(list, channels))
        return TELLER_LOCATORS;
    return list->edac_channels && common_speed(list) ? TELLER_EDAC : TELLER_NOBODY;
}

static bool add_channels(const struct dimm_list *list, struct parts *parts) {
    struct channels channels;
    enum teller teller = find_teller(list, &channels);
    bool fits = true;
    for (size_t i = 0; i < channels.count && fits; i++)
        fits = !channels.at[i].modules ||
               add_parts(parts, by_channels, channels.at[i].mts, channel_bits, 1);
    free(channels.at);
    if (teller == TELLER_EDAC)
        return add_parts(parts, by_channels, common_speed(list), channel_bits, list->edac_channels);
    for (size_t i = 0; i < list->count && fits && teller == TELLER_NOBODY; i++)
        if (list->at[i].populated && wiring_of(&list->at[i]) == WIRING_CHANNEL)
            fits = add_parts(parts, by_modules, list->at[i].configured_mts, channel_bits, 1);
    return fits;
}

// Why a module keeps the peak from being known; NULL when it does not.
static const char *obstacle_of(const struct dimm *dimm) {
    enum wiring wiring = wiring_of(dimm);
    if (!dimm->populated || wiring == WIRING_BEHIND || wiring == WIRING_NONE)
        return NULL;
    if (wiring == WIRING_UNKNOWN)
        return "a memory module has an unknown type";
    if (!dimm->configured_mts)
        return "a memory module does not report its configured speed";
    if (wiring == WIRING_OWN && (!dimm->width_bits || dimm->width_bits == 0xFFFF))
        return "a memory module does not report its width";
    return NULL;
}

static bool tell_channels(const struct dimm_list *list, char *text, size_t text_bytes) {
    struct parts parts = {0};
    const char *obstacle = NULL;
    for (size_t i = 0; i < list->count && !obstacle; i++)
        obstacle = obstacle_of(&list->at[i]);
    bool fits = !obstacle && add_channels(list, &parts);
    for (size_t i = 0; i < list->count && fits; i++)
        if (list->at[i].populated && wiring_of(&list->at[i]) == WIRING_OWN)
            fits =
                add_parts(&parts, by_stacks, list->at[i].configured_mts, list->at[i].width_bits, 1);
    size_t used = 0;
    for (size_t i = 0; i < parts.count && fits && used < text_bytes; i++)
        used += (size_t)snprintf(
            text + used, text_bytes - used, "%s%zu %s x %" PRIu32 " x %" PRIu32, i ? ", " : "",
            parts.at[i].count, parts.at[i].what, parts.at[i].mts, parts.at[i].bits);
    if (used && used < text_bytes)
        return true;
    snprintf(text, text_bytes, "%s",
             obstacle ? obstacle : "the memory modules have too many speeds, or there are none");
    return false;
}

static bool tell_source(const struct dimm_list *list, char *text, size_t text_bytes) {
    static const char *const tellers[] = {
        [TELLER_LOCATORS] = "channels by the modules' locators",
        [TELLER_EDAC] = "channels by EDAC",
        [TELLER_NOBODY] = "which modules share a channel is unknown",
    };
    struct channels channels;
    enum teller teller = find_teller(list, &channels);
    free(channels.at);
    snprintf(text, text_bytes, "%s; %s", list->source, tellers[teller]);
    return true;
}

static bool tell_per_channel(const struct dimm_list *list, char *text, size_t text_bytes) {
    struct channels channels;
    if (find_teller(list, &channels) != TELLER_LOCATORS) {
        snprintf(text, text_bytes, "which memory modules share a channel is unknown");
        return false;
    }
    size_t used = 0;
    for (uint32_t modules = 0; modules <= MODULES_OF_A_CHANNEL_MAX; modules++) {
        size_t count = 0;
        for (size_t i = 0; i < channels.count; i++)
            count += channels.at[i].modules == modules;
        if (count && used < text_bytes)
            used += (size_t)snprintf(text + used, text_bytes - used, "%s%" PRIu32 " (%zu)",
                                     used ? ", " : "", modules, count);
    }
    free(channels.at);
    return true;
}

// ---- each fact ----------------------------------------------------------------------------------

static bool tell_slots(const struct dimm_list *list, char *text, size_t text_bytes) {
    size_t all = 0, there = 0;
    for (size_t i = 0; i < list->count; i++) {
        bool memory = wiring_of(&list->at[i]) != WIRING_NONE;
        all += memory;
        there += memory && list->at[i].populated;
    }
    snprintf(text, text_bytes, "%zu of %zu populated", there, all);
    return true;
}

static uint32_t mib_of(const struct dimm *dimm) {
    return dimm->mib;
}

static uint32_t type_of(const struct dimm *dimm) {
    return dimm->type;
}

static uint32_t rated_of(const struct dimm *dimm) {
    return dimm->rated_mts;
}

static uint32_t configured_of(const struct dimm *dimm) {
    return dimm->configured_mts;
}

static const struct fact_of_dimms {
    const char *name;
    bool (*tell)(const struct dimm_list *list, char *text, size_t text_bytes);
    uint32_t (*value)(const struct dimm *dimm); // without tell: of each module
    const char *(*value_name)(uint32_t value);
} facts[] = {
    {"dimm_slots",               tell_slots,       NULL,          NULL     },
    {"dimm_sizes_mib",           NULL,             mib_of,        NULL     },
    {"dimm_types",               NULL,             type_of,       type_name},
    {"dimm_speeds_mt_per_s",     NULL,             rated_of,      NULL     },
    {"dimm_configured_mt_per_s", NULL,             configured_of, NULL     },
    {"memory_channels",          tell_channels,    NULL,          NULL     },
    {"memory_channels_source",   tell_source,      NULL,          NULL     },
    {"dimms_per_channel",        tell_per_channel, NULL,          NULL     },
};

static bool tell_values(const struct fact_of_dimms *fact, const struct dimm_list *list, char *text,
                        size_t text_bytes) {
    struct counted counted = {0};
    for (size_t i = 0; i < list->count; i++)
        if (list->at[i].populated && wiring_of(&list->at[i]) != WIRING_NONE)
            counted_add(&counted, fact->value(&list->at[i]));
    if (!counted.different) {
        snprintf(text, text_bytes, "%s names no populated module", list->source);
        return false;
    }
    counted_format(&counted, fact->value_name, text, text_bytes);
    return true;
}

bool dimm_tell(const struct dimm_list *list, const char *fact, char *text, size_t text_bytes) {
    size_t i = 0;
    while (i < COUNT_OF(facts) && strcmp(facts[i].name, fact) != 0)
        i++;
    CHECK(i < COUNT_OF(facts));
    return facts[i].tell ? facts[i].tell(list, text, text_bytes)
                         : tell_values(&facts[i], list, text, text_bytes);
}
