// SPDX-License-Identifier: Apache-2.0
// Programs that this one starts and waits for.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// The signals that wake the waiting process: the end of the child, and what asks this process to
// end, unless that is ignored as under nohup(1).
static void awaited_signals(sigset_t *awaited) {
    static const int ending[] = {SIGINT, SIGTERM, SIGHUP};
    sigemptyset(awaited);
    sigaddset(awaited, SIGCHLD);
    for (size_t i = 0; i < COUNT_OF(ending); i++) {
        struct sigaction action;
        if (sigaction(ending[i], NULL, &action) == 0 && action.sa_handler != SIG_IGN)
            sigaddset(awaited, ending[i]);
    }
}

// Waits without polling, because a measurement is running. Ctrl-C reaches both processes from the
// terminal (si_code above 0); what somebody sent to this process alone is passed on.
static int await(pid_t child, const sigset_t *awaited, struct os_child_end *end) {
    int status = 0;
    while (waitpid(child, &status, WNOHANG) == 0) {
        siginfo_t info;
        int number = sigwaitinfo(awaited, &info);
        if (number < 0 && errno != EINTR) {
            waitpid(child, &status, 0);
            break;
        }
        if (number <= 0 || number == SIGCHLD)
            continue;
        end->interrupted = true;
        if (info.si_code <= 0)
            kill(child, number);
    }
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// posix_spawn returns what is wrong with the program too (man: posix_spawn(3)). The child gets the
// signals as a shell would give them: os_start ignores SIGXFSZ, and this file blocks some.
static int start(const char *const *words, const sigset_t *mask, pid_t *child) {
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGXFSZ);
    CHECK(posix_spawn_file_actions_init(&files) == 0 && posix_spawnattr_init(&attributes) == 0);
    posix_spawnattr_setsigmask(&attributes, mask);
    posix_spawnattr_setsigdefault(&attributes, &defaults);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    int number = posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (!number)
        number = posix_spawnp(child, words[0], &files, &attributes, (char *const *)words, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&files);
    return number;
}

bool os_child_run(const char *const *words, struct os_child_end *end, struct error *error) {
    sigset_t awaited, before;
    char reason[128];
    pid_t child;
    *end = (struct os_child_end){0};
    awaited_signals(&awaited);
    signal(SIGCHLD, SIG_DFL); // a parent that ignores it would have the status lost
    sigprocmask(SIG_BLOCK, &awaited, &before);
    int number = start(words, &before, &child);
    if (!number)
        end->status = await(child, &awaited, end);
    sigprocmask(SIG_SETMASK, &before, NULL);
    return !number ||
           error_set(error, ERROR_KIND_FAILED, (uint32_t)number, "cannot start '%.200s': %s",
                     words[0], os_error_text((uint32_t)number, reason, sizeof reason));
}

static bool told(const char *what, bool fine, struct error *error) {
    char reason[128];
    return fine || error_set(error, ERROR_KIND_FAILED, (uint32_t)errno, "%s: %s", what,
                             os_error_text((uint32_t)errno, reason, sizeof reason));
}

// man: proc(5). A program that was deleted meanwhile has a name that leads nowhere, and does not
// start.
bool os_program_path(char *path, size_t path_bytes, struct error *error) {
    ssize_t length = readlink("/proc/self/exe", path, path_bytes);
    if (length >= 0 && (size_t)length == path_bytes) {
        errno = ENAMETOOLONG;
        length = -1;
    }
    path[length < 0 ? 0 : length] = '\0';
    return told("this program's own file (/proc/self/exe) is unknown", length > 0, error);
}

bool os_current_directory(char *path, size_t path_bytes, struct error *error) {
    return told("the current directory has no path", getcwd(path, path_bytes) != NULL, error);
}

bool os_default_directory(char *path, size_t path_bytes, struct error *error) {
    (void)error;
    snprintf(path, path_bytes, ".");
    return true;
}

bool os_path_is_of_system(const char *path) {
    (void)path;
    return false;
}

const char *os_path_disturbance(const char *path) {
    (void)path;
    return NULL;
}

void os_keep_awake(bool awake) {
    (void)awake;
}
