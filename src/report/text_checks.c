// SPDX-License-Identifier: Apache-2.0
#include "report/text_checks.h"

#include "report/escape.h"

void text_checks_print(const struct invariant *invariants, size_t count, FILE *stream) {
    size_t made = 0, raised = 0;
    for (size_t i = 0; i < count; i++) {
        made += invariants[i].compared > 0;
        raised += invariants[i].raised > 0;
    }
    fprintf(stream, "Checks     %zu of %zu were possible, %zu of them %s raised%s\n", made, count,
            raised, raised == 1 ? "is" : "are",
            raised ? " (numaprobe list flags says what to do)" : "");
    for (size_t i = 0; i < count; i++) {
        if (!invariants[i].raised)
            continue;
        fprintf(stream, "  %s: ", invariants[i].flag->name);
        put_plain(stream, invariants[i].sentence); // names of cells, which may be somebody else's
        if (invariants[i].raised > 1)
            fprintf(stream, "; %zu more of %zu do so too", invariants[i].raised - 1,
                    invariants[i].compared);
        fprintf(stream, "\n");
    }
}
