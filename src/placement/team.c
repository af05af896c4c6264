// SPDX-License-Identifier: Apache-2.0
#include "placement/team.h"

#include "os/os.h"

#include <stdatomic.h>
#include <stdlib.h>

enum order { ORDER_WAIT, ORDER_WORK, ORDER_LEAVE };

struct team {
    void (*job)(void *context, size_t index);
    void *context;
    size_t count;
    _Atomic size_t arrived;
    _Atomic int order; // nobody works before everybody has arrived
};

struct member {
    struct team *team;
    struct os_thread thread;
    size_t index;
};

// The last to arrive releases the others. The thread that starts them must not: it may have no CPU
// left once one of them, of a higher priority (Windows), spins on each.
static void member_run(void *argument) {
    struct member *member = argument;
    int order;
    if (atomic_fetch_add(&member->team->arrived, 1) + 1 == member->team->count)
        atomic_store_explicit(&member->team->order, ORDER_WORK, memory_order_release);
    while ((order = atomic_load_explicit(&member->team->order, memory_order_acquire)) == ORDER_WAIT)
        os_spin_pause();
    if (order == ORDER_WORK)
        member->team->job(member->team->context, member->index);
}

bool team_run(const struct id_set *cpus, void (*job)(void *context, size_t index), void *context,
              struct error *error) {
    struct team team = {.job = job, .context = context, .count = cpus->count};
    struct member *members = base_allocate(cpus->count, sizeof *members);
    size_t started = 0;
    bool complete = true;
    for (; complete && started < cpus->count; started += complete) {
        members[started].team = &team;
        members[started].index = started;
        complete = os_thread_start(&members[started].thread, cpus->ids[started], member_run,
                                   &members[started], error);
    }
    if (!complete)
        atomic_store_explicit(&team.order, ORDER_LEAVE, memory_order_release);
    for (size_t i = 0; i < started; i++)
        os_thread_join(&members[i].thread);
    free(members);
    return complete;
}
