// SPDX-License-Identifier: Apache-2.0
// Numbers as people write them: sizes, rates, shares, sets of CPUs and of nodes. What is read can
// be written, and is the same when it is read again; what is refused is refused with a sentence.
#include "fuzz.h"

#include "base/id_set.h"
#include "base/node_set.h"
#include "base/units.h"

enum { SET_TEXT_BYTES = 1 << 16 };

static bool told(bool read, const struct error *error) {
    fuzz_must(read || error->text[0]);
    return read;
}

static void read_units(const char *text) {
    struct error error = {0};
    char written[UNITS_TEXT_BYTES];
    uint64_t bytes, again;
    double value;
    if (told(units_parse_bytes(text, &bytes, &error), &error)) {
        fuzz_must(bytes > 0 && bytes <= UINT64_C(1) << 63);
        units_format_bytes_rounded(bytes, written);
        units_format_bytes(bytes, written);
        if (written[strlen(written) - 2] == 'i') // "100B" is for people
            fuzz_must(units_parse_bytes(written, &again, &error) && again == bytes);
    }
    if (told(units_parse_count(text, 3, 1000, &bytes, &error), &error))
        fuzz_must(bytes >= 3 && bytes <= 1000);
    if (told(units_parse_rate(text, &value, &error), &error))
        fuzz_must(value > 0 && value <= 1e17);
    if (told(units_parse_factor(text, &value, &error), &error))
        fuzz_must(value >= 1 && value <= 100);
    if (told(units_parse_percent(text, &value, &error), &error))
        fuzz_must(value >= 0.001 && value <= 1);
}

static void read_ids(const char *text) {
    struct error error = {0};
    struct id_set ids, again;
    static char written[SET_TEXT_BYTES];
    if (told(id_set_parse(&ids, text, &error), &error)) {
        for (size_t i = 0; i < ids.count; i++)
            fuzz_must(ids.ids[i] <= ID_SET_MAX && (!i || ids.ids[i - 1] < ids.ids[i]));
        id_set_format(&ids, written, sizeof written);
        if (!strstr(written, "...")) {
            fuzz_must(id_set_parse(&again, written, &error) && again.count == ids.count);
            fuzz_must(!ids.count || memcmp(ids.ids, again.ids, ids.count * sizeof *ids.ids) == 0);
            id_set_free(&again);
        }
    }
    id_set_free(&ids);
}

static void read_nodes(const char *text) {
    struct error error = {0};
    struct node_set set, again;
    char written[NODE_SET_TEXT_BYTES];
    if (told(node_set_parse(&set, text, &error), &error) && set.count) {
        node_set_format(&set, written);
        fuzz_must(node_set_parse(&again, written, &error) && node_set_same(&set, &again));
        fuzz_must(node_set_weight(&set) > 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    // A list of ranges of a million CPUs each is long work, and no other fault.
    char *text = fuzz_text(data, length < 100 ? length : 100);
    read_units(text);
    read_ids(text);
    read_nodes(text);
    free(text);
    return 0;
}
