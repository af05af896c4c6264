// SPDX-License-Identifier: Apache-2.0
// Whole visits on the real system, disturbed for real: a kernel that, in the middle of the window,
// meddles with the system once and otherwise does what the program's own kernels do. So the product
// has no hooks, and no test waits for the right moment.
//
// What else happens on the machine raises flags too (a busy one SCHED, a guest STEAL and GAP), so
// what is asked is that the injected disturbance is there, and of the flags that only a meddler can
// raise no other.
#define _GNU_SOURCE
#include <poll.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "measure/visit.h"
#include "os/os.h"
#include "own_kernel.h"

#define MS NS_PER_MS

// ---- the kernel that meddles --------------------------------------------------------------------

static const struct kernel *honest;
static void (*meddle)(const struct kernel_span *span);
static atomic_ullong elements_done;
static atomic_bool meddled;

// Far beyond the warm-up, and before the window closes: after 30 passes of 16 MiB at the latest.
static uint64_t run_and_meddle(const struct kernel_span *span) {
    static uint64_t started_ns;
    uint64_t done = atomic_fetch_add(&elements_done, span->count);
    if (done == 0)
        started_ns = os_clock_ns();
    if (!atomic_load(&meddled) && os_clock_ns() - started_ns > 150 * MS) {
        atomic_store(&meddled, true);
        meddle(span);
    }
    return honest->run(span);
}

static uint32_t first_cpu(struct id_set *allowed) {
    struct error error;
    assert_true(os_cpus_allowed(allowed, &error));
    return allowed->ids[0];
}

static void visit_once(const char *kernel, const char *pages,
                       void (*how)(const struct kernel_span *span), struct row *row) {
    struct id_set allowed;
    struct error error;
    uint32_t node;
    honest = kernel_find(kernel, ISA_PORTABLE);
    assert_non_null(honest);
    struct kernel meddling = *honest;
    meddling.run = run_and_meddle;
    meddle = how;
    atomic_store(&elements_done, 0);
    atomic_store(&meddled, false);
    struct cell cell = {.test = TEST_BANDWIDTH,
                        .kernel = &meddling,
                        .pages = page_kind_find(pages),
                        .page_bytes = strcmp(pages, "thp") == 0 ? os_transparent_page_bytes()
                                                                : os_base_page_bytes(),
                        .size_bytes = 16 * MIB};
    id_set_add(&cell.cpus, first_cpu(&allowed));
    assert_true(os_node_of_cpu(cell.cpus.ids[0], &node, &error));
    cell.cpu_node = node;
    cell.mem_node = node_set_of(node);
    const struct visit_request request = {
        .cell = &cell, .run_id = "run", .host = "host", .seed = 5, .round = 1, .visit = 1};
    visit_measure(&request, row);
    id_set_free(&cell.cpus);
    id_set_free(&allowed);
}

static bool has_flag(const struct row *row, const char *name) {
    char padded[ROW_TEXT_BYTES + 2], wanted[64];
    snprintf(padded, sizeof padded, " %s ", row->flags);
    snprintf(wanted, sizeof wanted, " %s ", name);
    return strstr(padded, wanted) != NULL;
}

// A machine may stand still from before the moment for meddling until the window has closed, and
// then nothing was disturbed. It does not do so again and again.
enum { ATTEMPTS = 5 };

static void visit_meddled(const char *kernel, const char *pages,
                          void (*how)(const struct kernel_span *span), struct row *row) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        visit_once(kernel, pages, how, row);
        if (row->status != STATUS_OK || atomic_load(&meddled))
            break;
    }
}

// The machine may meddle too: a page of the program itself that was taken away and comes back in
// the window is a fault, and of those that are asked for here none is.
static void visit_without_faults(void (*how)(const struct kernel_span *span), struct row *row) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
        visit_meddled("read", "4K", how, row);
        if (!has_flag(row, "FAULT"))
            break;
    }
}

// Of the flags that nothing but meddling raises, exactly those named, in this order.
static void assert_meddled(const struct row *row, const char *expected) {
    static const char *const exact[] = {"FAULT", "CPU_MOVED", "MIGRATED", "PAGESIZE", "DATA"};
    char found[128] = "";
    for (size_t i = 0; i < COUNT_OF(exact); i++) {
        size_t used = strlen(found);
        if (has_flag(row, exact[i]))
            snprintf(found + used, sizeof found - used, "%s%s", used ? " " : "", exact[i]);
    }
    if (row->status != STATUS_OK || strcmp(found, expected) != 0)
        fail_msg("flags '%s' (of all: '%s') instead of '%s', status %s: %s", found, row->flags,
                 expected, row->status, row->reason);
    assert_true(atomic_load(&meddled));
}

// ---- how it meddles -----------------------------------------------------------------------------

static void do_nothing(const struct kernel_span *span) {
    (void)span;
}

static char *page_of(const double *address) {
    return (char *)((uintptr_t)address & ~(uintptr_t)(os_base_page_bytes() - 1));
}

static void drop_pages(const struct kernel_span *span) {
    assert_int_equal(madvise(page_of(span->a), 16 * os_base_page_bytes(), MADV_DONTNEED), 0);
}

// Locking one page of a huge one needs a mapping of its own, so the huge page's entry is split.
static void split_a_large_page(const struct kernel_span *span) {
    assert_int_equal(mlock(page_of(span->a), os_base_page_bytes()), 0);
}

// What meddles without dropping pages must not fault itself: its helper is there before the visit,
// and each call has been made once.
static int to_helper[2];
static pid_t helper;

// Two seconds after the word for it tells this process to go on, and every two seconds again: on a
// busy machine the process may stop later than that.
static void start_helper(void) {
    char word = 0;
    assert_int_equal(pipe(to_helper), 0);
    helper = fork();
    assert_true(helper >= 0);
    if (helper == 0) {
        const struct timespec a_while = {.tv_sec = 2};
        struct pollfd words = {.fd = to_helper[0], .events = POLLIN};
        close(to_helper[1]);
        while (read(to_helper[0], &word, 1) == 1 && word != 's')
            ;
        do {
            nanosleep(&a_while, NULL);
            kill(getppid(), SIGCONT);
        } while (poll(&words, 1, 0) == 0); // until the other end is closed
        _exit(0);
    }
    assert_int_equal(write(to_helper[1], &word, 1), 1);
    kill(getpid(), 0);
}

static void end_helper(void) {
    close(to_helper[1]);
    waitpid(helper, NULL, 0);
    close(to_helper[0]);
}

// All of the process stands still, as under a debugger, until the helper says go on.
static void stop_the_program(const struct kernel_span *span) {
    (void)span;
    if (write(to_helper[1], "s", 1) == 1)
        kill(getpid(), SIGSTOP);
}

static cpu_set_t elsewhere;

static void choose_another_cpu(const struct id_set *allowed) {
    cpu_set_t now;
    CPU_ZERO(&elsewhere);
    CPU_SET(allowed->ids[1], &elsewhere);
    assert_int_equal(sched_getaffinity(0, sizeof now, &now), 0);
    assert_int_equal(sched_setaffinity(0, sizeof now, &now), 0);
}

static void go_to_another_cpu(const struct kernel_span *span) {
    (void)span;
    sched_setaffinity(0, sizeof elsewhere, &elsewhere); // 0: the calling thread
}

// ---- tests --------------------------------------------------------------------------------------

static struct row *new_row(void) {
    return base_allocate(1, sizeof(struct row));
}

static void an_undisturbed_visit_has_no_flags(void **state) {
    (void)state;
    struct row *row = new_row();
    visit_without_faults(do_nothing, row);
    assert_meddled(row, "");
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    free(row);
}

// The pages come back with the next stores, on the node that they are bound to.
static void pages_dropped_and_written_again_are_faults(void **state) {
    (void)state;
    struct row *row = new_row();
    visit_meddled("write", "4K", drop_pages, row);
    assert_meddled(row, "FAULT");
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    assert_true(row->minor_faults >= 16);
    free(row);
}

// Reading maps the page of zeros in their place, which is memory of no node. A kernel without one
// makes new pages, on the node that they are bound to.
static void pages_dropped_and_only_read_are_gone_where_there_is_a_zero_page(void **state) {
    (void)state;
    bool gone = kernel_shares_a_zero_page();
    struct row *row = new_row();
    visit_meddled("read", "4K", drop_pages, row);
    assert_meddled(row, gone ? "FAULT MIGRATED DATA" : "FAULT DATA");
    assert_int_equal(row->placement, gone ? VERDICT_MIGRATED : VERDICT_VERIFIED);
    assert_true(row->minor_faults >= 16);
    free(row);
}

static void a_large_page_that_is_split_has_another_size(void **state) {
    (void)state;
    struct row *row = new_row();
    visit_meddled("read", "thp", split_a_large_page, row);
    if (row->status == STATUS_REFUSED) {
        print_message("skipped: %s\n", row->reason);
        free(row);
        skip();
    }
    assert_true(has_flag(row, "PAGESIZE") && !has_flag(row, "MIGRATED"));
    assert_int_equal(row->placement, VERDICT_WRONG_PAGE_SIZE);
    free(row);
}

static void a_program_that_was_stopped_has_a_gap_and_nothing_has_moved(void **state) {
    (void)state;
    struct row *row = new_row();
    // Where the machine lets the thread have its first steps only when it is to stop, no usual step
    // is known that it could be longer than.
    int attempts = 0;
    do {
        start_helper();
        visit_once("read", "4K", stop_the_program, row);
        end_helper();
    } while (++attempts < ATTEMPTS &&
             (has_flag(row, "FAULT") || !has_flag(row, "GAP") || row->gap_max_ns <= NS_PER_S));
    assert_meddled(row, "");
    if (!has_flag(row, "GAP"))
        fail_msg("no GAP but %s: gap %llu ns, unexplained %llu ns, run delay %llu ns", row->flags,
                 (unsigned long long)row->gap_max_ns, (unsigned long long)row->gap_unexplained_ns,
                 (unsigned long long)row->run_delay_ns);
    assert_true(row->gap_max_ns > NS_PER_S);
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    free(row);
}

static void a_thread_that_leaves_its_cpu_has_moved(void **state) {
    (void)state;
    struct id_set allowed;
    first_cpu(&allowed);
    if (allowed.count < 2 || allowed.ids[1] >= CPU_SETSIZE) {
        print_message("skipped: there is no other CPU here\n");
        id_set_free(&allowed);
        skip();
    }
    choose_another_cpu(&allowed);
    id_set_free(&allowed);
    struct row *row = new_row();
    visit_without_faults(go_to_another_cpu, row);
    assert_meddled(row, "CPU_MOVED");
    free(row);
}

static atomic_bool enough;

static void spin(void *argument) {
    (void)argument;
    uint64_t sum = 0;
    while (!atomic_load_explicit(&enough, memory_order_relaxed))
        sum += kernel_add_chain(100000);
    assert_true(sum > 0);
}

static void a_program_on_the_same_cpu_makes_it_wait(void **state) {
    (void)state;
    struct id_set allowed;
    struct os_thread thread;
    struct error error;
    uint32_t cpu = first_cpu(&allowed);
    id_set_free(&allowed);
    atomic_store(&enough, false);
    assert_true(os_thread_start(&thread, cpu, spin, NULL, &error));
    struct row *row = new_row();
    visit_without_faults(do_nothing, row);
    atomic_store(&enough, true);
    os_thread_join(&thread);
    assert_meddled(row, "");
    assert_true(has_flag(row, "SCHED"));
    assert_int_equal(row->placement, VERDICT_VERIFIED);
    free(row);
}

int main(void) {
    os_start();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_undisturbed_visit_has_no_flags),
        cmocka_unit_test(pages_dropped_and_written_again_are_faults),
        cmocka_unit_test(pages_dropped_and_only_read_are_gone_where_there_is_a_zero_page),
        cmocka_unit_test(a_large_page_that_is_split_has_another_size),
        cmocka_unit_test(a_program_that_was_stopped_has_a_gap_and_nothing_has_moved),
        cmocka_unit_test(a_thread_that_leaves_its_cpu_has_moved),
        cmocka_unit_test(a_program_on_the_same_cpu_makes_it_wait),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
