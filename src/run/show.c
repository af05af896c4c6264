// SPDX-License-Identifier: Apache-2.0
#include "run/show.h"

#include "os/os.h"
#include "record/document.h"
#include "record/run_directory.h"
#include "report/terminal.h"
#include "run/run_topology.h"

#include <stdio.h>

bool show_read(struct dataset *dataset, char *path, struct error *error) {
    const struct run_list list = {.paths = &path, .count = 1};
    return dataset_read(dataset, &list, DATA_ALL, error);
}

void show_tables(const struct dataset *dataset) {
    struct topology topology = {0};
    bool known = run_topology_load(dataset, &topology);
    terminal_print(&(struct terminal){
        .dataset = dataset,
        .topology = known ? &topology : NULL,
        .columns = os_terminal_columns(1),
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
