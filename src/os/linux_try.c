// SPDX-License-Identifier: Apache-2.0
// A function of a library that may crash, tried in a child of this process first.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

// AddressSanitizer and ThreadSanitizer map terabytes of addresses.
#if defined __SANITIZE_ADDRESS__ || defined __SANITIZE_THREAD__
#define LIMITS_ADDRESSES 0
#elif defined __has_feature
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LIMITS_ADDRESSES 0
#endif
#endif
#ifndef LIMITS_ADDRESSES
#define LIMITS_ADDRESSES 1
#endif

// Exit statuses of the child: from CAME_BACK on with its answer. Others end it with less: exit, and
// a sanitizer that finds a fault.
enum { CAME_BACK = 20, NO_LIMITS = CAME_BACK + OS_TRY_ANSWER_MAX + 1 };

// man: proc_pid_statm(5). The child begins with all that this process has mapped.
static bool address_space(uint64_t *bytes, struct error *error) {
    struct error reason;
    char *text = linux_read("/proc/self/statm", &reason);
    *bytes = text ? strtoull(text, NULL, 10) * os_base_page_bytes() : 0;
    free(text);
    return text || error_set(error, ERROR_KIND_FAILED, reason.os_number, "it was not tried: %.160s",
                             reason.text);
}

static bool limit(unsigned resource, uint64_t most) {
    struct rlimit now;
    if (getrlimit(resource, &now) != 0)
        return false;
    if (most < now.rlim_max)
        now.rlim_max = most;
    now.rlim_cur = now.rlim_max;
    return setrlimit(resource, &now) == 0;
}

// A core that goes to a program (man: core(5)) knows no limit, but asks whether it may be dumped.
static bool limit_all(const struct os_try_limits *limits, uint64_t address_bytes) {
    return limit(RLIMIT_CORE, 0) && limit(RLIMIT_CPU, limits->cpu_s) &&
           (!LIMITS_ADDRESSES || limit(RLIMIT_AS, address_bytes + limits->memory_bytes)) &&
           prctl(PR_SET_DUMPABLE, 0) == 0;
}

// What the child says of itself, a library's assertion or a sanitizer's report, helps nobody.
static void be_silent(void) {
    int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0)
        return;
    dup2(nowhere, STDOUT_FILENO);
    dup2(nowhere, STDERR_FILENO);
}

// Signals end the child, whatever this process does with them. _exit, because streams and what
// runs at an exit are this process's.
static _Noreturn void be_child(int (*function)(void *), void *context,
                               const struct os_try_limits *limits, uint64_t address_bytes) {
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP, SIGXCPU, SIGALRM};
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    for (size_t i = 0; i < COUNT_OF(ending); i++)
        signal(ending[i], SIG_DFL);
    be_silent();
    if (!limit_all(limits, address_bytes))
        _exit(NO_LIMITS);
    alarm(limits->wall_s);
    int answer = function(context);
    CHECK(answer >= 0 && answer <= OS_TRY_ANSWER_MAX);
    _exit(CAME_BACK + answer);
}

static bool judge(int status, const struct os_try_limits *limits, int *answer,
                  struct error *error) {
    int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
    *answer = WIFEXITED(status) ? WEXITSTATUS(status) - CAME_BACK : -1;
    if (*answer >= 0 && *answer <= OS_TRY_ANSWER_MAX)
        return true;
    if (WIFEXITED(status) && WEXITSTATUS(status) == NO_LIMITS)
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "it was not tried: a child process cannot be limited here (setrlimit)");
    if (number == SIGALRM || number == SIGXCPU || number == SIGKILL)
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "a child process that tried it had to be ended: more than %u s of CPU "
                         "time or %u s in all, or killed",
                         limits->cpu_s, limits->wall_s);
    return error_set(error, ERROR_KIND_FAILED, 0, "a child process that tried it crashed: %s",
                     number ? strsignal(number) : "it ended by itself");
}

bool os_try(int (*function)(void *context), void *context, const struct os_try_limits *limits,
            int *answer, struct error *error) {
    uint64_t address_bytes;
    char reason[128];
    int status = 0;
    if (!address_space(&address_bytes, error))
        return false;
    signal(SIGCHLD, SIG_DFL); // a parent that ignores it would have the status lost
    pid_t child = fork();
    if (child == 0)
        be_child(function, context, limits, address_bytes);
    int number = errno;
    if (child < 0)
        return error_set(error, ERROR_KIND_FAILED, (uint32_t)number,
                         "it was not tried: no child process can be started (fork: %s)",
                         os_error_text((uint32_t)number, reason, sizeof reason));
    pid_t ended;
    while ((ended = waitpid(child, &status, 0)) < 0 && errno == EINTR)
        ;
    number = errno;
    if (ended < 0)
        return error_set(error, ERROR_KIND_FAILED, (uint32_t)number,
                         "how the child process that tried it ended is unknown (waitpid: %s)",
                         os_error_text((uint32_t)number, reason, sizeof reason));
    return judge(status, limits, answer, error);
}
