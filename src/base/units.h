// SPDX-License-Identifier: Apache-2.0
// Sizes, times and counts as people write them, and back.
#ifndef NUMAPROBE_BASE_UNITS_H
#define NUMAPROBE_BASE_UNITS_H

#include "base/base.h"
#include "base/error.h"

enum { UNITS_TEXT_BYTES = 32 };

// "64K", "2M", "1G", "1T", "1GiB", "4096": binary multiples, as fio and numactl read them. Refuses
// zero, signs, fractions, other units (GB is decimal, so it is refused rather than guessed) and
// anything above 2^63. The error sentence is a fragment: "'10XB' is not a size such as 64K, ...".
bool units_parse_bytes(const char *text, uint64_t *bytes, struct error *error);

// A whole number from minimum to maximum, in decimal; nothing else. Same kind of error fragment.
bool units_parse_count(const char *text, uint64_t minimum, uint64_t maximum, uint64_t *count,
                       struct error *error);

// "5GB/s", "1.5GB/s", "1500MB/s", "1500" (MB/s): decimal, up to three places after the point.
// Refuses zero and anything above 1e17. Same kind of error fragment.
bool units_parse_rate(const char *text, double *bytes_per_s, struct error *error);

// "1.5x", "2x", "1.25": a factor of at least 1 and at most 100, as above.
bool units_parse_factor(const char *text, double *factor, struct error *error);

// "3%", "3", "0.5%": a share from 0.001 to 1, given as a percentage, as above.
bool units_parse_percent(const char *text, double *share, struct error *error);

// "1GiB", "1536MiB", "100B": exact, in the largest unit that divides. Returns text.
char *units_format_bytes(uint64_t bytes, char text[UNITS_TEXT_BYTES]);

// "23.4 GiB": rounded to four digits, for people. Returns text.
char *units_format_bytes_rounded(uint64_t bytes, char text[UNITS_TEXT_BYTES]);

// "45 s", "2 min 05 s", "1 h 10 min". Returns text.
char *units_format_duration(uint64_t duration_ns, char text[UNITS_TEXT_BYTES]);

#endif
