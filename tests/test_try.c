// SPDX-License-Identifier: Apache-2.0
// What may crash, tried in a child (os_try in os.h), on Linux.
#define _GNU_SOURCE
#include "os/os.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "denied.h"

enum { MEMORY_BYTES = 64 << 20 };

static const struct os_try_limits a_second = {
    .memory_bytes = MEMORY_BYTES, .cpu_s = 60, .wall_s = 1};

static bool try(int (*function)(void *), void *context, int *answer, struct error *error) {
    // Time that a loaded machine has too, for all but the loop that has no end.
    const struct os_try_limits limits = {.memory_bytes = MEMORY_BYTES, .cpu_s = 1, .wall_s = 60};
    *error = (struct error){0};
    return os_try(function, context, &limits, answer, error);
}

static int add_one(void *number) {
    return ++*(int *)number;
}

static int crash(void *context) {
    (void)context;
    raise(SIGSEGV);
    return 0;
}

static int assert_wrongly(void *context) {
    (void)context;
    abort();
}

static int end(void *context) {
    (void)context;
    exit(3);
}

static int loop(void *context) {
    (void)context;
    for (volatile uint32_t i = 0;; i++)
        ;
    return 0;
}

static int sleep_on(void *context) {
    (void)context;
    for (;;)
        pause();
    return 0;
}

static int take_too_much(void *context) {
    (void)context;
    char *volatile memory = malloc(2 * (size_t)MEMORY_BYTES);
    if (!memory)
        abort();
    free(memory);
    return 0;
}

static void what_comes_back_leaves_nothing_in_this_process(void **state) {
    (void)state;
    int answer;
    struct error error;
    for (int number = 0; number <= OS_TRY_ANSWER_MAX; number++) {
        int context = number - 1;
        assert_true(try(add_one, &context, &answer, &error));
        assert_int_equal(answer, number);
        assert_int_equal(context, number - 1);
    }
    assert_int_equal(error.kind, ERROR_KIND_NONE);
}

static void a_crashing_child_is_an_error_for_its_parent(void **state) {
    (void)state;
    struct error error;
    int answer;
    assert_false(try(crash, NULL, &answer, &error));
    assert_non_null(strstr(error.text, "crashed: "));
    assert_false(try(assert_wrongly, NULL, &answer, &error));
    assert_non_null(strstr(error.text, "crashed: "));
    assert_false(try(end, NULL, &answer, &error));
    assert_non_null(strstr(error.text, "crashed: it ended by itself"));
}

static void what_takes_no_end_is_ended(void **state) {
    (void)state;
    struct error error;
    int answer;
    assert_false(try(loop, NULL, &answer, &error));
    assert_non_null(strstr(error.text, "had to be ended: more than 1 s of CPU time"));
    assert_false(os_try(sleep_on, NULL, &a_second, &answer, &error));
    assert_non_null(strstr(error.text, "or 1 s in all"));
}

// Signals that this process holds back, or takes for itself, end the child.
static void what_this_process_does_with_signals_keeps_no_child_alive(void **state) {
    (void)state;
    struct error error;
    sigset_t all, before;
    int answer;
    sigfillset(&all);
    os_interrupt_catch();
    sigprocmask(SIG_SETMASK, &all, &before);
    bool came_back = os_try(sleep_on, NULL, &a_second, &answer, &error);
    sigprocmask(SIG_SETMASK, &before, NULL);
    assert_false(came_back);
    assert_non_null(strstr(error.text, "had to be ended"));
    assert_false(os_interrupted());
}

// Neither AddressSanitizer nor qemu has limits of addresses.
static void what_takes_too_much_memory_gets_none(void **state) {
    (void)state;
#ifdef NUMAPROBE_ADDRESSES_ARE_LIMITED
    struct error error;
    int answer;
    assert_false(try(take_too_much, NULL, &answer, &error));
    assert_non_null(strstr(error.text, "crashed: "));
#else
    (void)take_too_much;
    skip();
#endif
}

static int without_fork(void) {
    struct error error;
    int number = 1, answer;
    deny(SYS_clone, EPERM);
    EXPECT(!try(add_one, &number, &answer, &error));
    EXPECT(number == 1 && strstr(error.text, "no child process can be started (fork: "));
    return 0;
}

static int without_limits(void) {
    struct error error;
    int number = 1, answer;
    deny(SYS_prlimit64, EPERM);
    EXPECT(!try(add_one, &number, &answer, &error));
    EXPECT(strstr(error.text, "cannot be limited"));
    return 0;
}

static void where_a_sandbox_denies_children_or_limits_nothing_is_tried(void **state) {
    (void)state;
    assert_child_succeeds(without_fork);
    assert_child_succeeds(without_limits);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_comes_back_leaves_nothing_in_this_process),
        cmocka_unit_test(a_crashing_child_is_an_error_for_its_parent),
        cmocka_unit_test(what_takes_no_end_is_ended),
        cmocka_unit_test(what_this_process_does_with_signals_keeps_no_child_alive),
        cmocka_unit_test(what_takes_too_much_memory_gets_none),
        cmocka_unit_test(where_a_sandbox_denies_children_or_limits_nothing_is_tried),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
