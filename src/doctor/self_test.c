// SPDX-License-Identifier: Apache-2.0
#include "doctor/self_test.h"

#include "doctor/detectors.h"
#include "record/document.h"
#include "record/run_directory.h"

#include <stdio.h>
#include <string.h>

struct self_test {
    struct document *document;
    size_t outcomes[OS_OUTCOME_COUNT];
};

static void show(void *context, const struct os_check *check) {
    struct self_test *test = context;
    const char *outcome = os_outcome_names[check->outcome];
    test->outcomes[check->outcome]++;
    printf("%-11s %s\n", outcome, check->name);
    if (check->outcome != OS_AGREES)
        printf("%11s expected: %s (%s)\n", "", check->expected, check->document);
    printf("%11s found: %s\n", "", check->found);
    document_open_object(test->document, NULL);
    document_text(test->document, "name", check->name);
    document_text(test->document, "outcome", outcome);
    document_text(test->document, "document", check->document);
    document_text(test->document, "expected", check->expected);
    document_text(test->document, "found", check->found);
    document_close(test->document);
}

static const char host_name[] = "host";

static void write_facts(struct document *document, const struct self_test_subject *subject) {
    document_open_object(document, "facts");
    for (size_t i = 0; i < subject->fact_count; i++) {
        const struct os_fact *fact = &subject->facts[i];
        bool left_out = subject->no_host && strcmp(fact->name, host_name) == 0;
        document_text(document, fact->name, fact->available && !left_out ? fact->value : NULL);
    }
    document_close(document);
}

// What a user wants to know before he sends it.
static void describe_file(const struct self_test *test, const struct self_test_subject *subject) {
    const char *host = os_fact_value(subject->facts, subject->fact_count, host_name);
    size_t checks = 0;
    for (size_t i = 0; i < OS_OUTCOME_COUNT; i++)
        checks += test->outcomes[i];
    printf("It has the %zu checks above and %zu facts about processor, firmware and system; ",
           checks, subject->fact_count);
    if (subject->no_host || !host)
        printf("the host name was left out");
    else
        printf("the host name '%s' is one of them (--no-host leaves it out)", host);
    printf(".\nSerial numbers and names of users are not in it. To send it, attach it to "
           "an issue\nof the repository that this program comes from.\n");
}

// One document and not lines, so that a script can read what a user sends.
static bool write_document(const struct document *document, const char *directory, const char *name,
                           struct error *error) {
    struct os_directory here;
    struct os_file file;
    bool exists;
    if (!os_directory_open(&here, directory, OS_DIRECTORY_OLD, &exists, error))
        return false;
    bool written = os_file_create(&file, &here, name, NULL, &exists, error) &&
                   document_write(document, &file, error);
    os_directory_close(&here);
    return written;
}

bool self_test_run(const struct self_test_subject *subject, size_t *differences,
                   struct error *error) {
    struct self_test test = {.document = document_create()};
    char directory[RUN_PATH_BYTES / 2], file[RUN_PATH_BYTES];
    if (!os_default_directory(directory, sizeof directory, error)) {
        document_free(test.document);
        return false;
    }
    snprintf(file, sizeof file, "numaprobe-self-test-%s.json", subject->run_id);
    document_text(test.document, "tool", "numaprobe " NUMAPROBE_VERSION);
    document_text(test.document, "system", os_name);
    document_text(test.document, "timestamp_utc", subject->started_utc);
    write_facts(test.document, subject);
    document_open_array(test.document, "checks");
    os_self_test(show, &test);
    detectors_try(show, &test);
    document_close(test.document);
    printf("\n%zu agree, %zu differ, %zu could not be tested\n", test.outcomes[OS_AGREES],
           test.outcomes[OS_DIFFERS], test.outcomes[OS_UNAVAILABLE]);
    bool written = write_document(test.document, directory, file, error);
    document_free(test.document);
    if (!written)
        return false;
    bool is_here = strcmp(directory, ".") == 0;
    printf("Saved %s%s%s. If anything differs, please attach this file to an issue.\n",
           is_here ? "" : directory, is_here ? "" : "/", file);
    describe_file(&test, subject);
    *differences = test.outcomes[OS_DIFFERS];
    return true;
}
