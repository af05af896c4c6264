// SPDX-License-Identifier: Apache-2.0
#include "run/choices.h"

#include "kernels/mix.h"
#include "run/memory.h"

#include <stdio.h>
#include <string.h>

enum { LOOP_BYTES = 64 };

// A size that was not measured is 0 in a session, and none in a file.
static uint64_t none_if_zero(uint64_t bytes) {
    return bytes ? bytes : NONE_U64;
}

static uint64_t zero_if_none(uint64_t bytes) {
    return bytes == NONE_U64 ? 0 : bytes;
}

void choices_tell(const struct session *session, struct machine_chosen *chosen) {
    const struct sizing *sizing = &session->sizing;
    *chosen = (struct machine_chosen){
        .outgrown_bytes = none_if_zero(sizing->outgrown_bytes),
        .array_outgrown_bytes = none_if_zero(sizing->array_outgrown_bytes),
        .array_probed_bytes = none_if_zero(sizing->array_probed_bytes),
        .loops = base_allocate(kernel_mix_count, sizeof *chosen->loops),
        .pages_left_out =
            base_allocate(session->pages_left_out_count, sizeof *chosen->pages_left_out),
        .pages_left_out_count = session->pages_left_out_count,
    };
    for (size_t i = 0; i < chosen->pages_left_out_count; i++)
        chosen->pages_left_out[i] =
            (struct told){.name = base_copy_text(session->pages_left_out[i].kind->name),
                          .value = base_copy_text(session->pages_left_out[i].why.text),
                          .available = true};
    for (size_t i = 0; i < kernel_mix_count; i++) {
        const struct kernel *loop = session->loops[i];
        char name[LOOP_BYTES];
        if (!loop)
            continue;
        snprintf(name, sizeof name, "%s.%s", loop->name, isa_names[loop->isa]);
        chosen->loops[chosen->loop_count++] =
            (struct told){.name = base_copy_text(kernel_mixes[i].name),
                          .value = base_copy_text(name),
                          .available = true};
    }
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

static bool take_chosen(struct session *session, const struct machine_chosen *chosen,
                        struct error *error) {
    struct sizing *sizing = &session->sizing;
    sizing->outgrown_bytes = zero_if_none(chosen->outgrown_bytes);
    sizing->array_outgrown_bytes = zero_if_none(chosen->array_outgrown_bytes);
    sizing->array_probed_bytes = zero_if_none(chosen->array_probed_bytes);
    for (size_t i = 0; i < kernel_mix_count; i++) {
        const char *mix = kernel_mixes[i].name;
        const char *loop = fields_told(chosen->loops, chosen->loop_count, mix);
        char name[LOOP_BYTES];
        if (!loop)
            continue;
        snprintf(name, sizeof name, "%s", loop);
        session->loops[i] = find_loop(name);
        if (!session->loops[i])
            return error_set(
                error, ERROR_KIND_USAGE, 0,
                "it used the loop %.60s for %s, which this program or processor does not have",
                loop, mix);
    }
    return true;
}

bool choices_restore(struct session *session, const struct machine_settings *settings,
                     struct error *error) {
    memory_restore(session, &settings->memory);
    return take_chosen(session, &settings->chosen, error);
}

static bool take_summary(struct session *session, const char *path, struct error *error) {
    struct document *summary = document_read(path, error);
    if (!summary)
        return false;
    struct machine_chosen chosen;
    fields_read(summary, "", &machine_chosen_shape, &chosen);
    bool taken = take_chosen(session, &chosen, error);
    fields_free(&machine_chosen_shape, &chosen);
    document_free(summary);
    return taken;
}

bool choices_take(struct session *session, const char *directory, struct error *error) {
    char machine_path[RUN_PATH_BYTES], summary_path[RUN_PATH_BYTES];
    struct error cause;
    struct machine_file machine;
    snprintf(machine_path, sizeof machine_path, "%.900s/machine.json", directory);
    snprintf(summary_path, sizeof summary_path, "%.900s/summary.json", directory);
    bool taken = machine_file_read(&machine, machine_path, &cause);
    if (taken) {
        memory_restore(session, &machine.settings.memory);
        taken = take_summary(session, summary_path, &cause);
    }
    machine_file_free(&machine);
    return taken ||
           error_set(error, ERROR_KIND_USAGE, 0, "--like: the run '%.200s' cannot be used: %.250s",
                     directory, cause.text);
}
