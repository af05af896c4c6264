// SPDX-License-Identifier: Apache-2.0
// Which runs make the level that counts, run by run. Private to this room.
#ifndef NUMAPROBE_ANALYSE_HISTORY_LEVEL_H
#define NUMAPROBE_ANALYSE_HISTORY_LEVEL_H

#include "analyse/history.h"

// As many runs of a level tell it as exactly as anybody needs.
enum { HISTORY_WINDOW = 50 };

// Of all changes of level that a history shows, in both directions.
#define HISTORY_CHANGE_LEVEL 0.005

// Judges each run as if it were the newest: sets the roles of all series of history->order, and
// what stands at the last run. The series have their runs, medians and changes.
void history_judge(struct history *history, const struct history_rules *rules);

#endif
