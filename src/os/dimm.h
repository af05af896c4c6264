// SPDX-License-Identifier: Apache-2.0
// Memory modules, as a firmware's table, udev's copy of it or EDAC reports them, and the facts
// that follow. Pure: each system fills the list in its own way. Private to this room.
//
// What identifies a single module (serial number, asset tag) is in no field.
#ifndef NUMAPROBE_OS_DIMM_H
#define NUMAPROBE_OS_DIMM_H

#include "base/base.h"

enum { DIMM_CHANNEL_BYTES = 64, DIMM_SOURCE_BYTES = 64 };

struct dimm {
    uint8_t type;                     // SMBIOS 7.18.2; DIMM_TYPE_UNKNOWN where it is unknown
    bool populated;                   // else an empty slot, of which the channel alone is used
    uint32_t mib;                     // 0: unknown, as for the next three
    uint32_t rated_mts;               // what the module can do, MT/s
    uint32_t configured_mts;          // what it does here
    uint32_t width_bits;              // of its data
    char channel[DIMM_CHANNEL_BYTES]; // the same text for modules that share one; "": unknown
};
enum { DIMM_TYPE_UNKNOWN = 2 };

struct dimm_list {
    struct dimm *at;
    size_t count;
    char source[DIMM_SOURCE_BYTES]; // who tells: "SMBIOS"
    size_t edac_channels;           // in use by the word of EDAC (Linux); 0: unknown
};

// Appends an empty entry and returns it.
struct dimm *dimm_add(struct dimm_list *list);
void dimm_list_free(struct dimm_list *list);

// The type of that name ("DDR4"); DIMM_TYPE_UNKNOWN when it is none.
uint8_t dimm_type_find(const char *name);

// Fills the module's channel from the two texts that firmware prints for people,
// "P0_Node0_Channel1_ Dimm0" or "P0 CHANNEL A". A text is believed only where it has that word, and
// before it something that distinguishes sockets, since two sockets may both have a "Channel A".
void dimm_set_channel(struct dimm *dimm, const char *bank_locator, const char *locator);

// Writes the fact of that name and returns true, or why it is unknown and false:
// dimm_slots                "2 of 3 populated"
// dimm_sizes_mib            "65536 (1), 16384 (1)", each value and how often
// dimm_types                "DDR5 (2)"
// dimm_speeds_mt_per_s      what modules can do
// dimm_configured_mt_per_s  and what they do here
// memory_channels           what transfers at the same time, each with MT/s and bits: "16 channels
// x
//                           4800 x 64, 4 stacks x 3200 x 1024"; "modules" instead of "channels"
//                           where it is unknown which of them share one
// memory_channels_source    who tells that
// dimms_per_channel         modules on a channel and how many such channels: "2 (14), 0 (2)"
bool dimm_tell(const struct dimm_list *list, const char *fact, char *text, size_t text_bytes);

#endif
