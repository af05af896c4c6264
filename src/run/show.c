// SPDX-License-Identifier: Apache-2.0
#include "run/show.h"

#include "base/units.h"
#include "os/os.h"
#include "record/document.h"
#include "record/run_directory.h"
#include "report/terminal.h"
#include "run/run_topology.h"

#include <stdio.h>
#include <stdlib.h>

enum { STDOUT_STREAM = 1, COLUMNS_MAX = 10000 };

bool show_read(struct dataset *dataset, char *path, struct error *error) {
    const struct run_list list = {.paths = &path, .count = 1};
    return dataset_read(dataset, &list, DATA_ALL, error);
}

// A terminal knows its width. Elsewhere COLUMNS is what the user prefers (POSIX.1-2017, Base
// Definitions, 8.3); 0, and what is no number: any width.
static uint32_t table_columns(void) {
    const char *preferred = getenv("COLUMNS");
    uint64_t width;
    struct error ignored;
    if (os_is_terminal(STDOUT_STREAM))
        return os_terminal_columns(STDOUT_STREAM);
    return preferred && units_parse_count(preferred, 1, COLUMNS_MAX, &width, &ignored)
               ? (uint32_t)width
               : 0;
}

void show_tables(const struct dataset *dataset) {
    struct topology topology = {0};
    bool known = run_topology_load(dataset, &topology);
    terminal_print(&(struct terminal){
        .dataset = dataset,
        .topology = known ? &topology : NULL,
        .columns = table_columns(),
    });
    topology_free(&topology);
}

bool show_json(const char *path, struct error *error) {
    char file[RUN_PATH_BYTES];
    if (!run_has_file(path, "summary.json"))
        return error_set(error, ERROR_KIND_REFUSED, 0,
                         "--json: the run '%.400s' did not finish: it has no summary.json; resume "
                         "it with numaprobe --resume",
                         path);
    snprintf(file, sizeof file, "%.900s/summary.json", path);
    struct document *summary = document_read(file, error);
    bool printed = summary && (document_print(summary, stdout) ||
                               error_set(error, ERROR_KIND_FAILED, 0, "stdout is not writable"));
    document_free(summary);
    return printed;
}
