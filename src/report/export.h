// SPDX-License-Identifier: Apache-2.0
// Runs in the forms that other programs read. Each form names its consumer in docs/files.md.
#ifndef NUMAPROBE_REPORT_EXPORT_H
#define NUMAPROBE_REPORT_EXPORT_H

#include "analyse/dataset.h"

#include <stdio.h>

struct export_form {
    const char *name;
    const char *summary;
    bool (*write)(const struct dataset *dataset, FILE *stream, struct error *error);
    bool has_notes; // it begins with the notes on its runs; the others have no place for them
};
extern const struct export_form export_forms[];
extern const size_t export_form_count;

// The forms that files of their own write.
bool export_prom(const struct dataset *dataset, FILE *stream, struct error *error);
bool export_nfd(const struct dataset *dataset, FILE *stream, struct error *error);
bool export_hwloc(const struct dataset *dataset, FILE *stream, struct error *error);
bool export_mlc(const struct dataset *dataset, FILE *stream, struct error *error);
bool export_markdown(const struct dataset *dataset, FILE *stream, struct error *error);

#endif
