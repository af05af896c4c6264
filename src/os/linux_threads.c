// SPDX-License-Identifier: Apache-2.0
// Threads that are pinned before they work.
#define _GNU_SOURCE
#include "os/linux.h"

#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdlib.h>

struct linux_thread {
    pthread_t id;
    void (*run)(void *argument);
    void *argument;
    cpu_set_t *cpus; // its one CPU, until it is pinned
    size_t cpus_bytes;
    int pin_number; // errno of pinning it, or 0
    sem_t pinned;   // the pinning has succeeded or failed
};

// The thread pins itself, because some sandboxes let no thread pin another one
// (snap: dotnet/runtime, issue 40205). The
// kernel has moved it to its CPU when the call returns (man: sched_setaffinity(2)).
static void *thread_main(void *pointer) {
    struct linux_thread *thread = pointer;
    bool pinned = sched_setaffinity(0, thread->cpus_bytes, thread->cpus) == 0;
    thread->pin_number = pinned ? 0 : errno;
    CHECK(sem_post(&thread->pinned) == 0);
    if (pinned)
        thread->run(thread->argument);
    return NULL;
}

// The kernel says EINVAL both for a CPU that is not online and for one that a cpuset withholds.
static bool cpu_refused(uint32_t cpu, struct error *error) {
    struct id_set online = {0}, allowed = {0};
    char list[128];
    if (!os_cpus_online(&online, error) || !os_cpus_allowed(&allowed, error))
        error_set(error, ERROR_KIND_REFUSED, EINVAL, "no thread may run on CPU %u", cpu);
    else if (!id_set_contains(&online, cpu))
        error_set(error, ERROR_KIND_REFUSED, EINVAL, "CPU %u is not online (online: %s)", cpu,
                  id_set_format(&online, list, sizeof list));
    else
        error_set(error, ERROR_KIND_REFUSED, EINVAL,
                  "CPU %u is online, but this process may not run on it (allowed: %s)", cpu,
                  id_set_format(&allowed, list, sizeof list));
    id_set_free(&online);
    id_set_free(&allowed);
    return false;
}

// Of the first number that is not 0: what pthread_create said, and what pinning.
static bool start_refused(uint32_t cpu, int start_number, int pin_number, struct error *error) {
    char reason[128];
    int number = start_number ? start_number : pin_number;
    os_error_text((uint32_t)number, reason, sizeof reason);
    if (pin_number == EINVAL)
        return cpu_refused(cpu, error);
    if (linux_is_denied(pin_number))
        return error_set(error, ERROR_KIND_REFUSED, (uint32_t)number,
                         "no thread can be pinned to CPU %u: a sandbox or the seccomp profile of a "
                         "container denies sched_setaffinity(2) (%s); run numaprobe outside of it, "
                         "or with a profile that allows the call",
                         cpu, reason);
    // EPERM is no answer of clone(2) or clone3(2) for a plain thread (man: clone(2)). Profiles that
    // are older than clone3 say it (moby, issue 42680), and glibc takes clone only after ENOSYS.
    if (linux_is_denied(start_number))
        return error_set(
            error, ERROR_KIND_REFUSED, (uint32_t)number,
            "cannot start a thread on CPU %u: a sandbox or the seccomp profile of an old container "
            "runtime denies clone3(2) (%s); use a newer runtime and libseccomp, or start the "
            "container with --security-opt seccomp=unconfined",
            cpu, reason);
    return error_set(error, ERROR_KIND_FAILED, (uint32_t)number,
                     "cannot start a thread on CPU %u: %s%s", cpu, reason,
                     start_number == EAGAIN ? " (limits: ulimit -u, pids.max of the control group)"
                                            : "");
}

// The set of CPUs is made here, so that the thread allocates nothing.
static struct linux_thread *prepare_thread(uint32_t cpu) {
    struct linux_thread *thread = base_allocate(1, sizeof *thread);
    thread->cpus_bytes = CPU_ALLOC_SIZE(cpu + 1);
    thread->cpus = base_allocate(1, thread->cpus_bytes);
    CPU_SET_S(cpu, thread->cpus_bytes, thread->cpus);
    CHECK(sem_init(&thread->pinned, 0, 0) == 0);
    return thread;
}

static void free_thread(struct linux_thread *thread) {
    CHECK(sem_destroy(&thread->pinned) == 0);
    free(thread->cpus);
    free(thread);
}

bool os_thread_start(struct os_thread *thread, uint32_t cpu, void (*run)(void *argument),
                     void *argument, struct error *error) {
    thread->handle = NULL;
    if (cpu > ID_SET_MAX)
        return cpu_refused(cpu, error);
    struct linux_thread *started = prepare_thread(cpu);
    started->run = run;
    started->argument = argument;
    int number = pthread_create(&started->id, NULL, thread_main, started);
    if (number == 0) {
        while (sem_wait(&started->pinned) != 0)
            CHECK(errno == EINTR);
        if (started->pin_number == 0) {
            thread->handle = started;
            return true;
        }
        CHECK(pthread_join(started->id, NULL) == 0);
    }
    start_refused(cpu, number, started->pin_number, error);
    free_thread(started);
    return false;
}

void os_thread_join(struct os_thread *thread) {
    struct linux_thread *started = thread->handle;
    CHECK(started != NULL);
    CHECK(pthread_join(started->id, NULL) == 0);
    free_thread(started);
    thread->handle = NULL;
}
