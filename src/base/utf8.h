// SPDX-License-Identifier: Apache-2.0
// Which bytes are characters: names of hosts and files may be in any encoding, what is written is
// UTF-8.
#ifndef NUMAPROBE_BASE_UTF8_H
#define NUMAPROBE_BASE_UTF8_H

#include "base/base.h"

// The bytes of the character that the text begins with; 0 where it begins with none (or is empty).
// Nothing behind the ending zero is read.
size_t utf8_length(const char *text);

// U+FFFD, which takes the place of a byte that belongs to no character.
extern const char utf8_replacement[4];

// Whether the text begins with a control character: of ASCII, U+0080 to U+009F (C1), with which
// escape codes of a terminal begin too, or one that changes the order or the lines of a text.
bool utf8_is_control(const char *text);

#endif
