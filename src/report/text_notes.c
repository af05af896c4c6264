// SPDX-License-Identifier: Apache-2.0
#include "report/text_notes.h"

struct note_place {
    const char *side;
    const struct marks *marks;
    FILE *stream;
    size_t count;
};

static void print_note(const char *sentence, void *context) {
    struct note_place *place = context;
    place->count++;
    fprintf(place->stream, "%sWARNING: %s", place->marks->item, place->side);
    place->marks->put(place->stream, sentence);
    fprintf(place->stream, "\n");
}

void text_notes_print(const struct dataset *dataset, const char *side, const struct marks *marks,
                      FILE *stream) {
    struct note_place place = {side, marks, stream, 0};
    notes_each(dataset, print_note, &place);
    if (place.count && marks->is_markdown)
        fprintf(stream, "\n"); // ends the list
}
