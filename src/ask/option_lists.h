// SPDX-License-Identifier: Apache-2.0
// Values that are lists of names or numbers, separated by commas. Private to options.c. Private to
// this room.
#ifndef NUMAPROBE_ASK_OPTION_LISTS_H
#define NUMAPROBE_ASK_OPTION_LISTS_H

#include "ask/options.h"

// A whole number from 1 to maximum.
bool options_take_count(const char *value, uint64_t maximum, uint32_t *count, struct error *error);

// Each appends the names of `value` to its list. ERROR_KIND_USAGE, as a fragment of a sentence,
// when one of them does not exist, is unavailable here or is named twice.
bool options_take_cpu_nodes(struct options *options, const char *value, struct error *error);
bool options_take_mem_nodes(struct options *options, const char *value, struct error *error);
bool options_take_load_nodes(struct options *options, const char *value, struct error *error);
bool options_take_mixes(struct options *options, const char *value, struct error *error);
bool options_take_delays(struct options *options, const char *value, struct error *error);
bool options_take_rates(struct options *options, const char *value, struct error *error);
bool options_take_protocols(struct options *options, const char *value, struct error *error);
bool options_take_homes(struct options *options, const char *value, struct error *error);
bool options_take_kernels(struct options *options, const char *value, struct error *error);
bool options_take_threads(struct options *options, const char *value, struct error *error);
bool options_take_chains(struct options *options, const char *value, struct error *error);
bool options_take_patterns(struct options *options, const char *value, struct error *error);
bool options_take_pages(struct options *options, const char *value, struct error *error);

#endif
