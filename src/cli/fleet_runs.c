// SPDX-License-Identifier: Apache-2.0
#include "cli/fleet_runs.h"

#include "report/escape.h"

#include <stdio.h>

enum { SHOWN_MAX = 10 };

bool fleet_runs_read(const struct options *options, struct fleet *fleet, struct error *error) {
    struct run_list list = {0};
    bool found = true;
    *fleet = (struct fleet){0};
    for (size_t i = 0; found && i < options->operand_count; i++)
        found = run_list_add(&list, options->operands[i], error);
    if (found)
        fleet_read(fleet, &list, options->allow_unverified ? DATA_NOT_REFUTED : DATA_VERIFIED);
    run_list_free(&list);
    return found;
}

void fleet_runs_print_left_out(const struct fleet *fleet) {
    for (size_t i = 0; i < fleet->left_out_count && i < SHOWN_MAX; i++) {
        fprintf(stderr, "numaprobe: WARNING: left out: '");
        put_plain(stderr, fleet->left_out[i].path);
        fprintf(stderr, "': ");
        put_plain(stderr, fleet->left_out[i].reason);
        fprintf(stderr, "\n");
    }
    if (fleet->left_out_count > SHOWN_MAX)
        fprintf(stderr, "numaprobe: WARNING: left out: %zu more runs\n",
                fleet->left_out_count - SHOWN_MAX);
}
