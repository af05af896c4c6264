// SPDX-License-Identifier: Apache-2.0
// Files of the user on Linux (os.h), in directories where others have planted what they can.
#define _GNU_SOURCE
#include "os/os.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "file_limit.h"

enum { PATH_BYTES = 300, NOBODY = 65534 };

// ---- helpers ------------------------------------------------------------------------------------

static char root[64];

static int make_root(void **state) {
    (void)state;
    umask(022);
    snprintf(root, sizeof root, "/tmp/numaprobe-test-XXXXXX");
    return mkdtemp(root) ? 0 : 1;
}

static int remove_root(void **state) {
    (void)state;
    char command[PATH_BYTES];
    snprintf(command, sizeof command, "rm -rf %s", root);
    return system(command);
}

static const char *at(const char *name) {
    static char paths[4][PATH_BYTES];
    static size_t next;
    char *path = paths[next++ % COUNT_OF(paths)];
    snprintf(path, PATH_BYTES, "%s/%s", root, name);
    return path;
}

static void put(const char *name, const char *text, mode_t mode) {
    int file = open(at(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(file >= 0);
    assert_int_equal(write(file, text, strlen(text)), strlen(text));
    assert_int_equal(fchmod(file, mode), 0);
    assert_int_equal(close(file), 0);
}

static void assert_holds(const char *name, const char *text) {
    char found[64] = "";
    FILE *file = fopen(at(name), "rb");
    assert_non_null(file);
    found[fread(found, 1, sizeof found - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(found, text);
}

static mode_t mode_of(const char *name) {
    struct stat status;
    assert_int_equal(lstat(at(name), &status), 0);
    return status.st_mode & 07777;
}

static bool is_there(const char *name) {
    struct stat status;
    return lstat(at(name), &status) == 0;
}

static void count_name(const char *name, void *context) {
    (void)name;
    ++*(size_t *)context;
}

// With "." and "..".
static size_t count_entries(const char *name) {
    size_t count = 0;
    struct error error;
    assert_true(os_directory_each(at(name), count_name, &count, &error));
    return count;
}

static bool open_as(struct os_directory *directory, const char *name, enum os_directory_use use,
                    struct error *error) {
    bool exists;
    return os_directory_open(directory, at(name), use, &exists, error);
}

static struct os_directory open_good(const char *name) {
    struct os_directory directory;
    struct error error;
    if (!open_as(&directory, name, OS_DIRECTORY_ANY, &error))
        fail_msg("%s", error.text);
    return directory;
}

static void assert_refused(const char *name, enum os_directory_use use, const char *word) {
    struct os_directory directory;
    struct error error;
    assert_false(open_as(&directory, name, use, &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    if (!strstr(error.text, word))
        fail_msg("no '%s' in: %s", word, error.text);
}

// Writes a file by the name that a user gives.
static bool output(const char *path, const char *text, struct error *error) {
    struct os_file file;
    if (!os_file_output(&file, path, error))
        return false;
    fputs(text, file.stream);
    return os_file_finish(&file, true, error);
}

static void output_good(const char *path, const char *text) {
    struct error error;
    if (!output(path, text, &error))
        fail_msg("%s", error.text);
}

static void need_root(void) {
    if (geteuid() == 0)
        return;
    print_message("skipped: only root can have files of another user\n");
    skip();
}

// ---- reading ------------------------------------------------------------------------------------

static void only_regular_files_are_read_and_nothing_is_waited_for(void **state) {
    (void)state;
    static const struct {
        const char *name, *kind;
    } others[] = {
        {"pipe",      "a pipe"     },
        {"directory", "a directory"},
        {"null",      "a device"   },
        {"socket",    "socket"     }
    };
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s/socket", root);
    int server = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(bind(server, (struct sockaddr *)&address, sizeof address), 0);
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    assert_int_equal(mkdir(at("directory"), 0700), 0);
    assert_int_equal(symlink("/dev/null", at("null")), 0);
    for (size_t i = 0; i < COUNT_OF(others); i++) {
        struct error error;
        assert_null(os_file_read(at(others[i].name), &error));
        assert_int_equal(error.kind, ERROR_KIND_FAILED);
        assert_non_null(strstr(error.text, others[i].name));
        if (i < 3)
            assert_non_null(strstr(error.text, others[i].kind));
    }
    close(server);
}

static void missing_and_unreadable_are_distinguished(void **state) {
    (void)state;
    struct error error;
    assert_null(os_file_read(at("nothing"), &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_int_equal(error.os_number, ENOENT);
    assert_false(os_file_is_there(at("nothing")));
    put("file", "text", 0600);
    assert_false(os_file_is_there(at("file/below")));
    assert_true(os_file_is_there(at("file")));
    assert_int_equal(symlink("nowhere", at("dangling")), 0);
    assert_true(os_file_is_there(at("dangling")));
    assert_int_equal(symlink("loop", at("loop")), 0);
    assert_true(os_file_is_there(at("loop")));
    assert_null(os_file_read(at("loop"), &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
}

static void a_link_is_read_through_but_not_as_a_file_of_a_directory(void **state) {
    (void)state;
    struct error error;
    put("secret", "text", 0600);
    struct os_directory directory = open_good("run");
    assert_int_equal(symlink("../secret", at("run/link")), 0);
    FILE *file = os_file_read(at("run/link"), &error);
    assert_non_null(file);
    fclose(file);
    assert_null(os_file_read_in(&directory, "link", &error));
    assert_int_equal(error.kind, ERROR_KIND_FAILED);
    assert_non_null(strstr(error.text, "run/link' is a link"));
    os_directory_close(&directory);
}

// ---- directories --------------------------------------------------------------------------------

static void a_directory_that_was_opened_stays_the_one_wherever_its_name_leads_later(void **state) {
    (void)state;
    struct os_directory directory;
    struct os_file file;
    struct error error;
    bool exists;
    // As a volume of a container is: all may write, without the sticky bit.
    assert_int_equal(mkdir(at("volume"), 0777), 0);
    assert_int_equal(chmod(at("volume"), 0777), 0);
    assert_int_equal(mkdir(at("elsewhere"), 0777), 0);
    assert_true(os_directory_open(&directory, at("volume/run"), OS_DIRECTORY_NEW, &exists, &error));
    assert_int_equal(rename(at("volume/run"), at("volume/moved")), 0);
    assert_int_equal(symlink("../elsewhere", at("volume/run")), 0);
    assert_true(os_file_create(&file, &directory, "rows.csv", NULL, &exists, &error));
    assert_true(os_file_finish(&file, true, &error));
    os_directory_close(&directory);
    assert_false(is_there("elsewhere/rows.csv"));
    assert_true(is_there("volume/moved/rows.csv"));
}

static void a_directory_or_a_link_of_another_user_is_refused(void **state) {
    (void)state;
    need_root();
    assert_int_equal(mkdir(at("theirs"), 0755), 0);
    assert_int_equal(chown(at("theirs"), NOBODY, NOBODY), 0);
    assert_refused("theirs", OS_DIRECTORY_ANY, "another user (uid 65534)");
    assert_refused("theirs", OS_DIRECTORY_OLD, "another user (uid 65534)");
    assert_int_equal(mkdir(at("mine"), 0755), 0);
    assert_int_equal(symlink("mine", at("link")), 0);
    struct os_directory directory = open_good("link");
    os_directory_close(&directory);
    assert_int_equal(lchown(at("link"), NOBODY, NOBODY), 0);
    assert_refused("link", OS_DIRECTORY_ANY, "is a link");
    assert_refused("link/", OS_DIRECTORY_ANY, "is a link");
}

static void a_file_gets_its_name_only_when_it_is_complete(void **state) {
    (void)state;
    struct os_directory draft;
    struct os_file file;
    struct error error = {0};
    bool exists;
    for (int i = 0; i < 3; i++) { // the second finds it there, the third is not kept
        assert_true(os_directory_draft(&draft, at("runs"), &error));
        assert_int_equal(count_entries("runs"), 3 + (i > 0));
        assert_true(os_file_create(&file, &draft, "rows.csv", NULL, &exists, &error));
        fprintf(file.stream, "%d", i);
        assert_true(os_file_finish(&file, true, &error));
        assert_int_equal(os_directory_finish(&draft, "id", i < 2, &exists, &error), i != 1);
        assert_int_equal(exists, i == 1);
        assert_int_equal(count_entries("runs"), 3);
    }
    assert_holds("runs/id/rows.csv", "0");
}

// ---- files that are made ------------------------------------------------------------------------

static void a_planted_name_is_never_created_over(void **state) {
    (void)state;
    struct os_directory directory = open_good("run");
    struct os_file file;
    struct error error;
    bool exists;
    assert_int_equal(symlink("../victim", at("run/link")), 0);
    assert_int_equal(mkfifo(at("run/pipe"), 0600), 0);
    put("run/file", "mine", 0600);
    static const char *const names[] = {"link", "pipe", "file"};
    for (size_t i = 0; i < COUNT_OF(names); i++) {
        assert_false(os_file_create(&file, &directory, names[i], NULL, &exists, &error));
        assert_true(exists);
    }
    assert_false(os_file_hold(&file, &directory, "link", &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(error.text, "is a link"));
    assert_false(os_file_hold(&file, &directory, "pipe", &error));
    assert_non_null(strstr(error.text, "is a pipe"));
    assert_false(is_there("victim"));
    assert_holds("run/file", "mine");
    os_directory_close(&directory);
}

static void a_file_with_a_second_name_is_not_written_to(void **state) {
    (void)state;
    struct os_directory directory = open_good("run");
    struct os_file file;
    struct error error;
    put("precious", "", 0644);
    assert_int_equal(link(at("precious"), at("run/rows.csv")), 0);
    assert_false(os_file_hold(&file, &directory, "rows.csv", &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_non_null(strstr(error.text, "hard link"));
    assert_int_equal(unlink(at("precious")), 0);
    assert_true(os_file_hold(&file, &directory, "rows.csv", &error));
    struct os_file second;
    assert_false(os_file_hold(&second, &directory, "rows.csv", &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_true(os_file_finish(&file, true, &error));
    if (geteuid() == 0) {
        assert_int_equal(chown(at("run/rows.csv"), NOBODY, NOBODY), 0);
        assert_false(os_file_hold(&file, &directory, "rows.csv", &error));
        assert_non_null(strstr(error.text, "another user"));
    }
    os_directory_close(&directory);
}

static void a_copy_is_not_more_readable_than_its_original(void **state) {
    (void)state;
    struct os_directory directory = open_good("run");
    struct os_file file;
    struct error error;
    bool exists;
    static const mode_t modes[][2] = {
        {0600, 0600},
        {0666, 0644},
        {0755, 0644},
        {0440, 0440}
    };
    for (size_t i = 0; i < COUNT_OF(modes); i++) {
        put("source", "text", modes[i][0]);
        FILE *source = fopen(at("source"), "rb");
        assert_non_null(source);
        assert_true(os_file_create(&file, &directory, "copy", source, &exists, &error));
        assert_true(os_file_finish(&file, true, &error));
        fclose(source);
        assert_int_equal(mode_of("run/copy"), modes[i][1]);
        assert_int_equal(unlink(at("run/copy")), 0);
        assert_int_equal(unlink(at("source")), 0);
    }
    os_directory_close(&directory);
}

// ---- files that take the place of others --------------------------------------------------------

static void replacing_a_file_is_atomic_and_keeps_its_mode(void **state) {
    (void)state;
    struct os_file file;
    struct error error;
    put("page", "old", 0640);
    assert_true(os_file_output(&file, at("page"), &error));
    fputs("new", file.stream);
    fflush(file.stream);
    assert_holds("page", "old");
    assert_true(os_file_finish(&file, true, &error));
    assert_holds("page", "new");
    assert_int_equal(mode_of("page"), 0640);
    output_good(at("fresh"), "text");
    assert_int_equal(mode_of("fresh"), 0644);
    assert_true(os_file_output(&file, at("page"), &error));
    assert_true(os_file_finish(&file, false, &error));
    assert_holds("page", "new");
    assert_int_equal(count_entries(""), 4); // no draft is left
}

static void the_mode_that_another_user_chose_is_narrowed(void **state) {
    (void)state;
    need_root();
    put("page", "old", 0666);
    assert_int_equal(chown(at("page"), NOBODY, NOBODY), 0);
    output_good(at("page"), "new");
    assert_int_equal(mode_of("page"), 0644);
    put("private", "old", 0600);
    assert_int_equal(chown(at("private"), NOBODY, NOBODY), 0);
    output_good(at("private"), "new");
    assert_int_equal(mode_of("private"), 0600);
}

static void a_link_of_the_user_is_followed_and_one_of_another_is_not(void **state) {
    (void)state;
    struct error error;
    assert_int_equal(mkdir(at("www"), 0755), 0);
    put("www/page", "old", 0600);
    assert_int_equal(symlink("www/again", at("page")), 0);
    assert_int_equal(symlink("page", at("www/again")), 0);
    output_good(at("page"), "new");
    assert_holds("www/page", "new");
    assert_int_equal(mode_of("page") & 0777, 0777); // it is a link still
    assert_int_equal(unlink(at("www/again")), 0);
    assert_int_equal(symlink("again", at("www/again")), 0);
    assert_false(output(at("www/again"), "new", &error));
    assert_int_equal(error.os_number, ELOOP);
    need_root();
    assert_int_equal(symlink("www/page", at("theirs")), 0);
    assert_int_equal(lchown(at("theirs"), NOBODY, NOBODY), 0);
    assert_false(output(at("theirs"), "bad", &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_holds("www/page", "new");
}

static void devices_and_stdout_are_written_in_place(void **state) {
    (void)state;
    struct stat status;
    output_good("/dev/null", "text");
    assert_int_equal(stat("/dev/null", &status), 0);
    assert_true(S_ISCHR(status.st_mode));
    int saved = dup(1);
    int file = open(at("out"), O_RDWR | O_CREAT, 0600);
    assert_true(saved >= 0 && file >= 0 && dup2(file, 1) == 1);
    assert_int_equal(unlink(at("out")), 0); // as tmpfile(3) has it
    struct error error;
    bool written = output("/dev/stdout", "text", &error);
    assert_int_equal(dup2(saved, 1), 1);
    if (!written)
        fail_msg("%s", error.text);
    assert_int_equal(fstat(file, &status), 0);
    assert_int_equal(status.st_size, 4);
    close(file);
    close(saved);
}

static void a_pipe_without_a_reader_and_a_directory_are_errors(void **state) {
    (void)state;
    struct error error;
    assert_int_equal(mkfifo(at("pipe"), 0600), 0);
    assert_false(output(at("pipe"), "text", &error));
    assert_int_equal(error.os_number, ENXIO);
    int reader = open(at("pipe"), O_RDONLY | O_NONBLOCK);
    assert_true(reader >= 0);
    output_good(at("pipe"), "text");
    char text[8];
    assert_int_equal(read(reader, text, sizeof text), 4);
    close(reader);
    assert_int_equal(mkdir(at("directory"), 0700), 0);
    assert_false(output(at("directory"), "text", &error));
    assert_int_equal(error.os_number, EISDIR);
    assert_false(output(at("none/page"), "text", &error));
    assert_int_equal(error.os_number, ENOENT);
}

static void what_could_not_be_written_replaces_nothing(void **state) {
    (void)state;
    struct os_file file;
    struct error error;
    put("page", "old", 0600);
    assert_true(os_file_output(&file, at("page"), &error));
    int full = open("/dev/full", O_WRONLY);
    if (full < 0)
        skip();
    assert_true(dup2(full, fileno(file.stream)) >= 0);
    close(full);
    fputs("new", file.stream);
    assert_false(os_file_finish(&file, true, &error));
    assert_int_equal(error.os_number, ENOSPC);
    assert_non_null(strstr(error.text, "page"));
    assert_holds("page", "old");
    assert_int_equal(count_entries(""), 3);
}

// There is room again when it is finished, and nothing is left to be written that could fail then.
static void what_could_not_be_written_once_is_an_error_at_the_end(void **state) {
    (void)state;
    struct os_directory directory = open_good("");
    struct os_file file;
    struct error error;
    assert_true(os_file_hold(&file, &directory, "rows", &error));
    if (!file_limit_set(4)) {
        os_file_finish(&file, false, &error);
        os_directory_close(&directory);
        skip();
    }
    fputs("too long", file.stream);
    file_limit_clear();
    bool finished = os_file_finish(&file, true, &error);
    os_directory_close(&directory);
    assert_false(finished);
    assert_non_null(strstr(error.text, "an earlier write failed"));
}

static void a_name_in_a_directory_is_changed_and_none_is_replaced(void **state) {
    (void)state;
    struct os_directory directory;
    struct error error;
    bool exists;
    put("old", "old", 0644);
    assert_int_equal(mkdir(at("run"), 0755), 0);
    put("run/rows", "rows", 0644);
    assert_int_equal(mkdir(at("taken"), 0755), 0);
    put("taken/rows", "others", 0644);
    assert_true(os_directory_open(&directory, root, OS_DIRECTORY_OLD, &exists, &error));
    assert_false(os_directory_rename(&directory, "run", "taken", &exists, &error));
    assert_true(exists);
    assert_false(os_directory_rename(&directory, "run", "old", &exists, &error));
    assert_true(exists);
    assert_false(os_directory_rename(&directory, "absent", "new", &exists, &error));
    assert_false(exists);
    assert_true(os_directory_rename(&directory, "run", "new", &exists, &error));
    assert_holds("new/rows", "rows");
    assert_holds("taken/rows", "others");
    os_directory_close(&directory);
}

static void programs_to_run_must_not_be_writable_by_others(void **state) {
    (void)state;
    struct os_directory directory;
    struct os_file file;
    struct error error;
    bool exists;
    umask(0);
    assert_true(os_directory_open(&directory, root, OS_DIRECTORY_OLD, &exists, &error));
    assert_true(os_file_hold(&file, &directory, "made", &error));
    assert_true(os_file_is_own(&file, &error));
    assert_true(os_file_finish(&file, true, &error));
    assert_int_equal(mode_of("made"), 0644);
    put("shared", "", 0664);
    assert_true(os_file_hold(&file, &directory, "shared", &error));
    assert_false(os_file_is_own(&file, &error));
    assert_int_equal(error.kind, ERROR_KIND_REFUSED);
    assert_true(os_file_finish(&file, true, &error));
    os_directory_close(&directory);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_root, remove_root)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(only_regular_files_are_read_and_nothing_is_waited_for),
        TEST(missing_and_unreadable_are_distinguished),
        TEST(a_link_is_read_through_but_not_as_a_file_of_a_directory),
        TEST(a_directory_that_was_opened_stays_the_one_wherever_its_name_leads_later),
        TEST(a_directory_or_a_link_of_another_user_is_refused),
        TEST(a_file_gets_its_name_only_when_it_is_complete),
        TEST(a_planted_name_is_never_created_over),
        TEST(a_file_with_a_second_name_is_not_written_to),
        TEST(a_copy_is_not_more_readable_than_its_original),
        TEST(replacing_a_file_is_atomic_and_keeps_its_mode),
        TEST(the_mode_that_another_user_chose_is_narrowed),
        TEST(a_link_of_the_user_is_followed_and_one_of_another_is_not),
        TEST(devices_and_stdout_are_written_in_place),
        TEST(a_pipe_without_a_reader_and_a_directory_are_errors),
        TEST(what_could_not_be_written_replaces_nothing),
        TEST(what_could_not_be_written_once_is_an_error_at_the_end),
        TEST(a_name_in_a_directory_is_changed_and_none_is_replaced),
        TEST(programs_to_run_must_not_be_writable_by_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
