// SPDX-License-Identifier: Apache-2.0
#include "cli/anonymous_run.h"

#include "ask/options.h"
#include "os/limited_file.h"
#include "record/document.h"
#include "record/rows_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A run on its way from one directory to the other.
struct copy {
    struct os_directory from;
    const struct os_directory *to;
    const char *run; // its path
    struct anonymous *anonymous;
    char *run_id;
    bool path_follows; // the last argument was an option whose value is a path
};

// ---- machine.json and summary.json --------------------------------------------------------------

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

// Options whose values name files, ours and Google Benchmark's.
static bool takes_path(const char *option, size_t length) {
    static const char benchmark_out[] = "--benchmark_out";
    if ((length == 2 && begins(option, "-o")) ||
        (length == strlen(benchmark_out) && begins(option, benchmark_out)))
        return true;
    for (size_t i = 0; i < option_count; i++)
        if (strlen(option_table[i].name) == length &&
            strncmp(option_table[i].name, option, length) == 0)
            return option_table[i].value &&
                   (strstr(option_table[i].value, "DIR") || strstr(option_table[i].value, "FILE"));
    return false;
}

static char *rewrite_argument(struct copy *copy, const char *text) {
    size_t name_length = strcspn(text, "=");
    bool is_path = copy->path_follows || (text[0] != '-' && strpbrk(text, "/\\"));
    copy->path_follows = false;
    if (is_path) {
        anonymous_note(copy->anonymous, "path", text, "PATH");
        return base_copy_text("PATH");
    }
    if (text[0] != '-' || !takes_path(text, name_length))
        return anonymous_text(copy->anonymous, text);
    if (!text[name_length]) {
        copy->path_follows = true;
        return NULL;
    }
    char *changed = base_allocate(name_length + sizeof "=PATH", 1);
    snprintf(changed, name_length + sizeof "=PATH", "%.*s=PATH", (int)name_length, text);
    anonymous_note(copy->anonymous, "path", text + name_length + 1, "PATH");
    return changed;
}

// Cells, loops and kinds of page: a host of such a name must not be looked for in them. What the
// system said of a kind of page is not ours.
static bool is_name_of_ours(const char *path, const char *name) {
    return strcmp(name, "cell") == 0 ||
           ((begins(path, "settings/") || begins(path, "chosen/")) &&
            !strstr(path, "chosen/pages_left_out/"));
}

static char *rewrite_text(const char *path, const char *text, void *context) {
    struct copy *copy = context;
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char host[ANONYMOUS_HOST_BYTES];
    if (strcmp(name, "host") == 0)
        return base_copy_text(anonymous_host(copy->anonymous, text, host));
    if (strcmp(name, "kernel_command_line") == 0)
        return anonymous_command_line(copy->anonymous, text);
    if (begins(path, "settings/arguments/"))
        return rewrite_argument(copy, text);
    if (is_name_of_ours(path, name))
        return NULL;
    return anonymous_text(copy->anonymous, text);
}

static bool write_document(struct copy *copy, const char *name, const struct document *document,
                           struct error *error) {
    struct os_file file;
    bool exists;
    return os_file_create(&file, copy->to, name, NULL, &exists, error) &&
           document_write(document, &file, error);
}

static bool copy_document(struct copy *copy, const char *name, FILE *source, struct error *error) {
    struct document *document = document_read_stream(source, name, error);
    char text[RUN_ID_BYTES];
    if (!document)
        return false;
    if (document_get_text(document, "run_id", text, sizeof text) && run_id_is_usable(text))
        memcpy(copy->run_id, text, sizeof text);
    document_rewrite(document, rewrite_text, copy);
    bool written = write_document(copy, name, document, error);
    document_free(document);
    return written;
}

// ---- topology.xml -------------------------------------------------------------------------------

enum { TOPOLOGY_BYTES_MAX = 64 << 20 };

static bool copy_topology(struct copy *copy, const char *name, FILE *source, struct error *error) {
    struct os_file file;
    bool exists;
    size_t length;
    char *xml = limited_file_text(source, name, TOPOLOGY_BYTES_MAX, &length, error);
    if (!xml)
        return false;
    char *changed = anonymous_topology(copy->anonymous, xml);
    bool written = os_file_create(&file, copy->to, name, NULL, &exists, error);
    if (written) {
        fputs(changed, file.stream); // the stream keeps what it has met
        written = os_file_finish(&file, true, error);
    }
    free(changed);
    free(xml);
    return written;
}

// ---- rows.csv -----------------------------------------------------------------------------------

struct rows_copy {
    struct copy *copy;
    struct rows_writer *writer;
    struct row *row;
    struct error *error;
    bool fine;
};

// Each of them is looked for in each text, and a file of anybody may have another in each row.
enum { HOSTS_MAX = 1000 };

static bool copy_row(const struct row *row, void *context) {
    struct rows_copy *rows = context;
    struct anonymous *anonymous = rows->copy->anonymous;
    char host[ANONYMOUS_HOST_BYTES];
    *rows->row = *row;
    if (*row->host)
        row_set_name(rows->row->host, anonymous_host(anonymous, row->host, host));
    rows->fine = anonymous->hosts.used <= HOSTS_MAX ||
                 error_set(rows->error, ERROR_KIND_FAILED, 0,
                           "'%.200s': more than %d hosts in one archive: submit fewer runs at once",
                           rows->copy->run, HOSTS_MAX);
    if (!rows->fine)
        return false;
    char *reason = anonymous_text(anonymous, row->reason);
    row_set_text(rows->row->reason, reason);
    free(reason);
    rows->fine = rows_writer_append(rows->writer, rows->row, rows->error);
    return rows->fine;
}

static bool copy_rows(struct copy *copy, struct error *error) {
    char path[RUN_PATH_BYTES + 16];
    struct rows_copy rows = {.copy = copy, .error = error, .fine = true};
    struct error ignored;
    snprintf(path, sizeof path, "%s/rows.csv", copy->run);
    rows.writer = rows_writer_open(copy->to, "rows.csv", error);
    if (!rows.writer)
        return false;
    rows.row = base_allocate(1, sizeof *rows.row);
    bool fine = rows_read(path, copy_row, &rows, NULL, error) && rows.fine;
    free(rows.row);
    return rows_writer_close(rows.writer, fine, fine ? error : &ignored) && fine;
}

// ---- the run ------------------------------------------------------------------------------------

// The machine first: from it on its name is known in the other files.
const char *const anonymous_files[] = {"machine.json", "summary.json", "topology.xml", "rows.csv"};
const size_t anonymous_file_count = COUNT_OF(anonymous_files);

static bool copy_file(struct copy *copy, const char *name, struct error *error) {
    if (strcmp(name, "rows.csv") == 0)
        return copy_rows(copy, error);
    FILE *source = os_file_read_in(&copy->from, name, error);
    if (!source)
        return error->kind == ERROR_KIND_USAGE && strcmp(name, "machine.json") != 0;
    bool is_topology = strcmp(name, "topology.xml") == 0;
    bool copied = is_topology ? copy_topology(copy, name, source, error)
                              : copy_document(copy, name, source, error);
    fclose(source);
    return copied;
}

static void note_other(const char *name, void *context) {
    struct copy *copy = context;
    bool known = strcmp(name, ".") == 0 || strcmp(name, "..") == 0;
    for (size_t i = 0; i < anonymous_file_count; i++)
        known = known || strcmp(name, anonymous_files[i]) == 0;
    if (!known)
        anonymous_note(copy->anonymous, "file", name, "");
}

bool anonymous_run(const char *run, const struct os_directory *to, struct anonymous *anonymous,
                   char run_id[RUN_ID_BYTES], struct error *error) {
    struct copy copy = {.to = to, .run = run, .anonymous = anonymous, .run_id = run_id};
    bool exists;
    run_id[0] = '\0';
    if (!os_directory_open(&copy.from, run, OS_DIRECTORY_READ, &exists, error))
        return false;
    bool fine = os_directory_each(run, note_other, &copy, error);
    for (size_t i = 0; fine && i < anonymous_file_count; i++)
        fine = copy_file(&copy, anonymous_files[i], error);
    os_directory_close(&copy.from);
    return fine && (*run_id || error_set(error, ERROR_KIND_FAILED, 0,
                                         "'%.200s': its run_id is no name for a folder", run));
}
