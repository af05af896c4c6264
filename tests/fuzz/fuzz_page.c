// SPDX-License-Identifier: Apache-2.0
// Texts of anybody on a page: whatever they are, its tags and their attributes are those of the
// same page with harmless texts.
#include "fuzz.h"

#include "report/page.h"

enum { TEXTS = 12, ELEMENTS_BYTES = 1 << 16 };

// A dataset of a few rows, each text of which is one of these.
static void fill(struct dataset *dataset, const char *const texts[TEXTS]) {
    static const enum test tests[] = {TEST_LATENCY, TEST_BANDWIDTH, TEST_C2C};
    *dataset = (struct dataset){.proof = DATA_ALL};
    for (size_t i = 0; i < 2 * COUNT_OF(tests); i++) {
        struct row *row = base_allocate(1, sizeof *row);
        row_clear(row);
        const char *const *text = texts;
        row->test = tests[i % COUNT_OF(tests)];
        row->visit = i + 1;
        row->cpu_node = row->writer_cpu = 0;
        row->reader_cpu = 1;
        row->mem_node = node_set_of((uint32_t)i / 3);
        row->latency_ns = 100 + (double)i;
        row->bandwidth_bytes_per_s = 1e9;
        row->placement = VERDICT_VERIFIED;
        row->status = i % 2 ? STATUS_OK : STATUS_FAILED;
        // The name of a cell tells cells apart, so it begins with a number of its own.
        snprintf(row->cell, sizeof row->cell, "%zu%s", i, *text++);
#define TEXT(field) snprintf(row->field, sizeof row->field, "%s", *text++)
        TEXT(host), TEXT(run_id), TEXT(kernel), TEXT(isa), TEXT(pattern), TEXT(pages);
        TEXT(protocol), TEXT(cpus), TEXT(nodes_seen), TEXT(reason), TEXT(timestamp_utc);
#undef TEXT
        dataset_add(dataset, row);
        free(row);
    }
}

static char *write_page(const char *const texts[TEXTS]) {
    struct dataset dataset;
    char *html = NULL;
    size_t length;
    FILE *stream = open_memstream(&html, &length);
    fill(&dataset, texts);
    page_write(&(struct page){.shown = &dataset}, stream);
    fclose(stream);
    dataset_free(&dataset);
    return html;
}

// Skips the value of an attribute; what follows it, or the attribute's name where it has none.
static const char *skip_value(const char *at) {
    if (*at != '=')
        return at;
    char quote = *++at;
    fuzz_must(quote == '"' || quote == '\'');
    at = strchr(at + 1, quote);
    fuzz_must(at != NULL);
    return at + 1;
}

// Each tag with the names of its attributes, one after the other: "<p class>".
static char *elements_of(const char *html) {
    char *elements = base_allocate(ELEMENTS_BYTES, 1);
    size_t used = 0;
    for (const char *at = strchr(html, '<'); at; at = strchr(at, '<')) {
        while (*at != '>') {
            size_t name = strcspn(at, " \n=>");
            fuzz_must(*at && used + name + 2 < ELEMENTS_BYTES);
            memcpy(elements + used, at, name);
            used += name;
            at = skip_value(at + name);
            at += strspn(at, " \n");
            elements[used++] = ' ';
        }
    }
    return elements;
}

// Parts of the data, between its line feeds; those that are missing are the last one.
static void cut(char *text, const char *texts[TEXTS]) {
    for (size_t i = 0; i < TEXTS; i++) {
        size_t length = strcspn(text, "\n");
        texts[i] = text;
        if (text[length]) {
            text[length] = '\0';
            text += length + 1;
        }
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t length) {
    const char *texts[TEXTS], *harmless[TEXTS];
    char *text = fuzz_text(data, length);
    cut(text, texts);
    // Where texts are the same, or absent, is part of the page's shape.
    for (size_t i = 0; i < TEXTS; i++)
        harmless[i] = *texts[i] ? "a" : "";
    char *page = write_page(texts), *other = write_page(harmless);
    char *elements = elements_of(page), *expected = elements_of(other);
    fuzz_must(strcmp(elements, expected) == 0);
    free(elements), free(expected), free(page), free(other), free(text);
    return 0;
}
