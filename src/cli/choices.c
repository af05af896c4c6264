// SPDX-License-Identifier: Apache-2.0
#include "cli/choices.h"

#include "cli/memory.h"
#include "kernels/mix.h"

#include <stdio.h>
#include <string.h>

enum { LOOP_BYTES = 64 };

void choices_write(const struct session *session, struct document *document) {
    document_open_object(document, "chosen");
    document_u64(document, "outgrown_bytes",
                 session->sizing.outgrown_bytes ? session->sizing.outgrown_bytes : NONE_U64);
    document_open_object(document, "loops");
    for (size_t i = 0; i < kernel_mix_count; i++) {
        const struct kernel *loop = session->loops[i];
        char name[LOOP_BYTES];
        if (!loop)
            continue;
        snprintf(name, sizeof name, "%s.%s", loop->name, isa_names[loop->isa]);
        document_text(document, kernel_mixes[i].name, name);
    }
    document_close(document);
    document_close(document);
}

// "read_4s.avx512"; NULL when this program or processor has no such loop.
static const struct kernel *find_loop(char *name) {
    char *dot = strrchr(name, '.');
    if (!dot)
        return NULL;
    *dot = '\0';
    enum isa isa;
    return isa_find(dot + 1, &isa) && isa_available(isa) ? kernel_find(name, isa) : NULL;
}

static bool read_chosen(struct session *session, const struct document *document,
                        const char *object, struct error *error) {
    char path[128];
    snprintf(path, sizeof path, "%s/outgrown_bytes", object);
    uint64_t outgrown_bytes = document_get_u64(document, path);
    session->sizing.outgrown_bytes = outgrown_bytes == NONE_U64 ? 0 : outgrown_bytes;
    for (size_t i = 0; i < kernel_mix_count; i++) {
        char name[LOOP_BYTES], shown[LOOP_BYTES];
        snprintf(path, sizeof path, "%s/loops/%s", object, kernel_mixes[i].name);
        if (!document_get_text(document, path, name, sizeof name))
            continue;
        snprintf(shown, sizeof shown, "%s", name);
        session->loops[i] = find_loop(name);
        if (!session->loops[i])
            return error_set(error, ERROR_KIND_USAGE, 0,
                             "it took the loop %s for %s, which this program or processor has not",
                             shown, kernel_mixes[i].name);
    }
    return true;
}

bool choices_restore(struct session *session, const struct document *machine, struct error *error) {
    memory_restore(session, machine);
    return read_chosen(session, machine, "settings/chosen", error);
}

static struct document *read_file(const char *directory, const char *name, struct error *error) {
    char path[RUN_PATH_BYTES];
    snprintf(path, sizeof path, "%.900s/%s", directory, name);
    return document_read(path, error);
}

bool choices_take(struct session *session, const char *directory, struct error *error) {
    struct error cause;
    struct document *machine = read_file(directory, "machine.json", &cause);
    struct document *summary = machine ? read_file(directory, "summary.json", &cause) : NULL;
    bool taken = summary != NULL;
    if (taken)
        memory_restore(session, machine);
    taken = taken && read_chosen(session, summary, "chosen", &cause);
    document_free(machine);
    document_free(summary);
    return taken || error_set(error, ERROR_KIND_USAGE, 0,
                              "--like: nothing can be taken from the run '%.200s': %.250s",
                              directory, cause.text);
}
