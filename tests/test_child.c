// SPDX-License-Identifier: Apache-2.0
// Programs that are started and waited for (os.h), on Linux.
#define _GNU_SOURCE
#include "os/os.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

static struct os_child_end run_shell(const char *script) {
    const char *const words[] = {"sh", "-c", script, "sh", "a b", NULL};
    struct os_child_end end;
    struct error error;
    assert_true(os_child_run(words, &end, &error));
    return end;
}

static void the_exit_status_is_that_of_the_program(void **state) {
    (void)state;
    assert_int_equal(run_shell("exit 0").status, 0);
    assert_int_equal(run_shell("exit 77").status, 77);
    assert_int_equal(run_shell("test \"$1\" = 'a b' && test $# = 1").status, 0);
    assert_false(run_shell("exit 3").interrupted);
}

static void a_program_that_a_signal_ended_has_the_status_that_a_shell_gives(void **state) {
    (void)state;
    const struct os_child_end end = run_shell("kill -KILL $$");
    assert_int_equal(end.status, 128 + SIGKILL);
    assert_false(end.interrupted);
}

static void what_cannot_be_started_is_an_error_that_names_it(void **state) {
    (void)state;
    const char *const words[] = {"/no/such/program", NULL};
    struct os_child_end end;
    struct error error;
    assert_false(os_child_run(words, &end, &error));
    assert_int_equal(error.os_number, ENOENT);
    assert_non_null(strstr(error.text, "/no/such/program"));
}

// The child sends the signal to this process alone; it has to come back to it.
static void a_signal_to_this_process_reaches_the_program_and_ends_it_alone(void **state) {
    (void)state;
    const struct os_child_end end =
        run_shell("trap 'exit 5' TERM; kill -TERM $PPID; while :; do sleep 0.05; done");
    assert_int_equal(end.status, 5);
    assert_true(end.interrupted);
}

static void a_parent_that_ignores_its_children_does_not_lose_the_status(void **state) {
    (void)state;
    signal(SIGCHLD, SIG_IGN);
    assert_int_equal(run_shell("exit 6").status, 6);
}

static void signals_are_as_they_were_afterwards(void **state) {
    (void)state;
    sigset_t before, after;
    sigprocmask(SIG_BLOCK, NULL, &before);
    run_shell("exit 0");
    sigprocmask(SIG_BLOCK, NULL, &after);
    const int signals[] = {SIGINT, SIGTERM, SIGHUP, SIGCHLD};
    for (size_t i = 0; i < COUNT_OF(signals); i++)
        assert_int_equal(sigismember(&after, signals[i]), sigismember(&before, signals[i]));
}

static void the_program_and_the_current_directory_are_named_from_the_root_on(void **state) {
    (void)state;
    char path[1024], here[1024];
    struct error error;
    assert_true(os_program_path(path, sizeof path, &error));
    assert_int_equal(path[0], '/');
    assert_int_equal(access(path, X_OK), 0);
    assert_true(os_current_directory(here, sizeof here, &error));
    assert_string_equal(here, getcwd(path, sizeof path));
    assert_false(os_program_path(path, 4, &error));
    assert_int_equal(error.os_number, ENAMETOOLONG);
    assert_false(os_current_directory(here, 1, &error));
    assert_int_equal(error.os_number, ERANGE);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exit_status_is_that_of_the_program),
        cmocka_unit_test(a_program_that_a_signal_ended_has_the_status_that_a_shell_gives),
        cmocka_unit_test(what_cannot_be_started_is_an_error_that_names_it),
        cmocka_unit_test(a_signal_to_this_process_reaches_the_program_and_ends_it_alone),
        cmocka_unit_test(a_parent_that_ignores_its_children_does_not_lose_the_status),
        cmocka_unit_test(signals_are_as_they_were_afterwards),
        cmocka_unit_test(the_program_and_the_current_directory_are_named_from_the_root_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
