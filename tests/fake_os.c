// SPDX-License-Identifier: Apache-2.0
// clock_gettime and sched_yield in glibc's headers under -std=c11: feature_test_macros(7).
#define _POSIX_C_SOURCE 200809L

#include "fake_os.h"

#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct fake_os fake_os;

const char *const os_name = "simulated";
const char *const os_node_of_cpu_source = "the simulated table";
const char *const os_current_place_source = "the simulated place";
const char *const os_pages_locate_source = "simulated_pages";
const char *const os_memory_by_node_source = "simulated_counts";

void os_start(void) {}

static bool unavailable(struct error *error, const char *what) {
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0, "the simulated system does not tell %s",
                     what);
}

// ---- the machine --------------------------------------------------------------------------------

void fake_os_add_node(uint32_t id) {
    CHECK(fake_os.node_count < FAKE_NODES_MAX);
    fake_os.nodes[fake_os.node_count++] =
        (struct fake_node){.id = id, .total_bytes = 1024 * GIB, .free_bytes = 1024 * GIB};
}

void fake_os_add_cpu(uint32_t id, uint32_t node) {
    CHECK(fake_os.cpu_count < FAKE_CPUS_MAX);
    fake_os.cpus[fake_os.cpu_count++] =
        (struct fake_cpu){.id = id, .table_node = node, .place_node = node, .moves_to = NONE_U32};
}

static struct fake_cpu *find_cpu(uint32_t id) {
    for (size_t i = 0; i < fake_os.cpu_count; i++)
        if (fake_os.cpus[i].id == id)
            return &fake_os.cpus[i];
    return NULL;
}

struct fake_cpu *fake_os_cpu(uint32_t id) {
    struct fake_cpu *cpu = find_cpu(id);
    CHECK(cpu);
    return cpu;
}

static const struct fake_node *find_node(uint32_t id) {
    for (size_t i = 0; i < fake_os.node_count; i++)
        if (fake_os.nodes[i].id == id)
            return &fake_os.nodes[i];
    return NULL;
}

bool os_topology_readable(struct error *error) {
    if (fake_os.topology_error.kind == ERROR_KIND_NONE)
        return true;
    *error = fake_os.topology_error;
    return false;
}

bool os_nodes(struct id_set *nodes, struct error *error) {
    *nodes = (struct id_set){0};
    if (fake_os.nodes_unavailable)
        return unavailable(error, "its nodes");
    for (size_t i = 0; i < fake_os.node_count; i++)
        id_set_add(nodes, fake_os.nodes[i].id);
    return true;
}

bool os_cpus_online(struct id_set *cpus, struct error *error) {
    (void)error;
    *cpus = (struct id_set){0};
    for (size_t i = 0; i < fake_os.cpu_count; i++)
        id_set_add(cpus, fake_os.cpus[i].id);
    return true;
}

bool os_cpus_allowed(struct id_set *cpus, struct error *error) {
    *cpus = (struct id_set){0};
    if (fake_os.allowed_unavailable)
        return unavailable(error, "where this process may run");
    for (size_t i = 0; i < fake_os.cpu_count; i++)
        if (!fake_os.cpus[i].forbidden)
            id_set_add(cpus, fake_os.cpus[i].id);
    return true;
}

char *os_cpu_name(uint32_t cpu, char text[OS_CPU_NAME_BYTES]) {
    snprintf(text, OS_CPU_NAME_BYTES, "%u", cpu);
    return text;
}

bool os_cpu_parse(const char *text, uint32_t *cpu, struct error *error) {
    (void)error;
    *cpu = (uint32_t)strtoul(text, NULL, 10);
    return true;
}

bool os_node_of_cpu(uint32_t cpu, uint32_t *node, struct error *error) {
    const struct fake_cpu *found = find_cpu(cpu);
    if (fake_os.table_unavailable || !found)
        return unavailable(error, "the node of a CPU");
    *node = found->table_node;
    return true;
}

bool os_memory_room(uint32_t node, const struct page_kind *kind, uint64_t *bytes,
                    struct error *error) {
    uint64_t total_bytes;
    (void)kind;
    return os_node_memory(node, &total_bytes, bytes, error);
}

bool os_memory_check(uint64_t size_bytes, const struct page_kind *kind, uint32_t node,
                     struct error *error) {
    uint64_t room_bytes = 0;
    return os_memory_room(node, kind, &room_bytes, error) &&
           (size_bytes <= room_bytes ||
            error_set(error, ERROR_KIND_REFUSED, 0, "node %u has not so much", node));
}

uint64_t os_process_memory_left(void) {
    return fake_os.process_left_bytes;
}

size_t os_page_kinds(const struct page_kind *kinds[OS_PAGE_KINDS_MAX]) {
    size_t count = 0;
    kinds[count++] = page_kind_base();
    kinds[count++] = page_kind_of(PAGES_LARGE, 2 * MIB);
    if (fake_os.transparent_page_bytes)
        kinds[count++] = page_kind_of(PAGES_TRANSPARENT, 0);
    if (fake_os.mthp_bytes)
        kinds[count++] = page_kind_of(PAGES_MTHP, fake_os.mthp_bytes);
    return count;
}

bool os_page_kind_offered(const struct page_kind *kind, uint64_t *page_bytes, struct error *error) {
    *page_bytes = kind->bytes ? kind->bytes : fake_os.transparent_page_bytes;
    bool offered = kind->source != PAGES_ORDINARY || kind->bytes == fake_os.base_page_bytes;
    if (kind->source == PAGES_TRANSPARENT)
        offered = *page_bytes && !fake_os.transparent_off;
    else if (kind->source == PAGES_MTHP)
        offered = kind->bytes == fake_os.mthp_bytes && !fake_os.transparent_off;
    return offered || error_set(error, ERROR_KIND_REFUSED, 0, "no pages of kind %s", kind->name);
}

bool os_cpus_of_node(uint32_t node, struct id_set *cpus, struct error *error) {
    *cpus = (struct id_set){0};
    const struct fake_node *found = find_node(node);
    if (fake_os.table_unavailable || !found)
        return unavailable(error, "the CPUs of a node");
    for (size_t i = 0; i < fake_os.cpu_count; i++) {
        uint32_t own = fake_os.cpus[i].table_node;
        if (own == node || (found->lists_another && own == found->listed_as))
            id_set_add(cpus, fake_os.cpus[i].id);
    }
    return true;
}

bool os_only_memory_node(uint32_t *node) {
    size_t with_memory = 0;
    *node = NONE_U32;
    for (size_t i = 0; i < fake_os.node_count; i++) {
        if (fake_os.nodes[i].total_bytes == 0)
            continue;
        *node = fake_os.nodes[i].id;
        with_memory++;
    }
    if (with_memory == 1)
        return true;
    *node = NONE_U32;
    return false;
}

bool os_node_memory(uint32_t node, uint64_t *total_bytes, uint64_t *free_bytes,
                    struct error *error) {
    const struct fake_node *found = find_node(node);
    if (!found)
        return unavailable(error, "the memory of that node");
    *total_bytes = found->total_bytes;
    *free_bytes = found->free_bytes;
    return true;
}

// ---- memory -------------------------------------------------------------------------------------

enum { BUFFERS_MAX = 16 };

static struct buffer {
    struct os_memory memory; // base NULL: free
    void *allocation;
    uint8_t
        *times_asked; // in the latest proof; one per ordinary page, or per word if those are less
    uint64_t proofs;
    uint64_t times_counted; // in the latest proof
    uint32_t home;          // where its pages are by its placing; NONE_U32: not touched yet
} buffers[BUFFERS_MAX];

static void free_buffer(struct buffer *buffer) {
    free(buffer->allocation);
    free(buffer->times_asked);
    *buffer = (struct buffer){0};
}

// Frees what a failed test has left, so that the next one does not fail with it.
void fake_os_reset(uint32_t nodes, uint32_t cpus_per_node) {
    for (size_t i = 0; i < BUFFERS_MAX; i++)
        free_buffer(&buffers[i]);
    fake_os = (struct fake_os){
        .base_page_bytes = 4 * KIB,
        .transparent_page_bytes = 2 * MIB,
        .process_left_bytes = NONE_U64,
        .clock_read_ns = FAKE_STEP_NS,
        .clock_step_ns = 1,
        .spin_pause_ns = NS_PER_US,
        .interrupted_after = NONE_U64,
    };
    for (uint32_t node = 0; node < nodes; node++) {
        fake_os_add_node(node);
        for (uint32_t i = 0; i < cpus_per_node; i++)
            fake_os_add_cpu(node * cpus_per_node + i, node);
    }
}

uint64_t os_base_page_bytes(void) {
    return fake_os.base_page_bytes;
}

uint64_t os_transparent_page_bytes(void) {
    fake_os.page_size_questions++;
    return fake_os.transparent_page_bytes;
}

static struct buffer *find_buffer(const void *address) {
    for (size_t i = 0; i < BUFFERS_MAX; i++) {
        const char *base = buffers[i].memory.base;
        if (base && (const char *)address >= base &&
            (const char *)address < base + buffers[i].memory.size_bytes)
            return &buffers[i];
    }
    CHECK(false); // an address outside every buffer
    return NULL;
}

static bool refuse_memory(uint64_t size_bytes, const struct page_kind *kind, uint32_t node,
                          struct error *error) {
    const struct fake_node *found = find_node(node);
    if (fake_os.acquire_error.kind != ERROR_KIND_NONE)
        *error = fake_os.acquire_error;
    else if (!found)
        error_set(error, ERROR_KIND_REFUSED, 0, "there is no node %u", node);
    else if (found->free_bytes < size_bytes)
        error_set(error, ERROR_KIND_REFUSED, 0, "node %u has %llu bytes free", node,
                  (unsigned long long)found->free_bytes);
    else if (!kind->bytes && !fake_os.transparent_page_bytes)
        error_set(error, ERROR_KIND_REFUSED, 0, "there are no transparent huge pages");
    else
        return false;
    return true;
}

static bool place(struct os_memory *memory, struct error *error) {
    uint32_t only;
    struct id_set cpus;
    if (!fake_os.bind_denied) {
        memory->placed_by =
            memory->nodes.policy == NODES_CHUNKS ? OS_PLACED_BIND : OS_PLACED_KERNEL;
        return true;
    }
    if (os_only_memory_node(&only) && only == node_set_only(&memory->nodes)) {
        memory->placed_by = OS_PLACED_ONLY_NODE;
        return true;
    }
    bool writable =
        os_usable_cpus_of_node(node_set_only(&memory->nodes), &cpus, error) && cpus.count > 0;
    id_set_free(&cpus);
    memory->placed_by = OS_PLACED_FIRST_TOUCH;
    return writable || error_set(error, ERROR_KIND_REFUSED, 0,
                                 "the simulated system binds nothing to node %u, which has no CPU",
                                 node_set_only(&memory->nodes));
}

// Pages that nobody has bound are where their writers are: those of the first thread after them.
static void touch_first(uint32_t node) {
    for (size_t i = 0; i < BUFFERS_MAX; i++)
        if (buffers[i].memory.base && buffers[i].home == NONE_U32)
            buffers[i].home = node;
}

static struct buffer *unused_buffer(void) {
    size_t i = 0;
    while (i < BUFFERS_MAX && buffers[i].memory.base)
        i++;
    CHECK(i < BUFFERS_MAX);
    return &buffers[i];
}

bool os_memory_acquire(struct os_memory *memory, uint64_t size_bytes, const struct page_kind *kind,
                       struct node_set nodes, struct error *error) {
    uint32_t node = nodes.shares[0].node;
    *memory = (struct os_memory){0};
    if (refuse_memory(size_bytes, kind, node, error))
        return false;
    if (kind->source == PAGES_PHYSICAL && fake_os.awe_max_bytes &&
        size_bytes > fake_os.awe_max_bytes) {
        memory->available_bytes = fake_os.awe_max_bytes;
        return error_set(error, ERROR_KIND_REFUSED, 0, "the simulated system gave a part");
    }
    struct os_memory placed = {.kind = kind, .nodes = nodes};
    if (!place(&placed, error))
        return false;
    struct buffer *buffer = unused_buffer();
    uint64_t page_bytes = kind->bytes ? kind->bytes : fake_os.transparent_page_bytes;
    uint64_t alignment = page_bytes > 2 * MIB ? page_bytes : 2 * MIB;
    uint64_t rounded = (size_bytes + page_bytes - 1) / page_bytes * page_bytes;
    // All zero, which is how a page that nobody wrote is recognised.
    buffer->allocation = base_allocate((size_t)(rounded + alignment), 1);
    buffer->times_asked = base_allocate((size_t)(rounded / fake_os.base_page_bytes), 1);
    buffer->proofs = 0;
    uint64_t past = (uintptr_t)buffer->allocation % alignment;
    *memory =
        (struct os_memory){.base = (char *)buffer->allocation + (alignment - past),
                           .size_bytes = rounded,
                           .page_bytes = page_bytes,
                           .kind = kind,
                           .nodes = nodes,
                           .turn_bytes = nodes.policy == NODES_CHUNKS ? 8 * page_bytes : page_bytes,
                           .placed_by = placed.placed_by};
    buffer->memory = *memory;
    buffer->home = placed.placed_by == OS_PLACED_FIRST_TOUCH ? NONE_U32 : node;
    fake_os.acquired++;
    return true;
}

bool os_node_weights(struct node_set *nodes, struct error *error) {
    (void)nodes;
    return unavailable(error, "weights of nodes");
}

bool os_firmware_memory(struct os_firmware_memory *memory, struct error *error) {
    *memory = (struct os_firmware_memory){0};
    if (!fake_os.firmware_path_count)
        return unavailable(error, "the firmware's HMAT");
    for (size_t i = 0; i < fake_os.firmware_path_count; i++) {
        memory->at = base_grow_by_one(memory->at, memory->count, sizeof *memory->at);
        memory->at[memory->count++] = fake_os.firmware_paths[i];
    }
    return true;
}

bool os_firmware_distances(const struct id_set *nodes, uint64_t *distances, struct error *error) {
    if (!fake_os.firmware_distances)
        return unavailable(error, "the firmware's SLIT");
    memcpy(distances, fake_os.firmware_distances, nodes->count * nodes->count * sizeof *distances);
    return true;
}

void os_memory_release(struct os_memory *memory) {
    if (!memory->base)
        return;
    if (fake_os.at_release)
        fake_os.at_release(memory);
    free_buffer(find_buffer(memory->base));
    *memory = (struct os_memory){0};
    fake_os.released++;
}

void os_memory_collapse(const struct os_memory *memory) {
    CHECK(find_buffer(memory->base));
    fake_os.collapsed++;
}

// Whether any word of the page, as far as it belongs to the buffer, is not zero.
static bool is_written(const struct os_memory *memory, uint64_t page, uint64_t page_bytes) {
    const uint64_t *words = memory->base;
    uint64_t end = (page + 1) * page_bytes;
    if (end > memory->size_bytes)
        end = memory->size_bytes;
    for (uint64_t i = page * page_bytes / sizeof *words; i < end / sizeof *words; i++)
        if (words[i])
            return true;
    return false;
}

static const struct fake_proof *current_proof(const struct buffer *buffer) {
    uint64_t index = buffer->proofs ? buffer->proofs - 1 : 0;
    return &fake_os.proofs[index < FAKE_PROOFS ? index : FAKE_PROOFS - 1];
}

// The size of the pages that the buffer is found to have; mixed: of the smaller ones.
static uint64_t found_page_bytes(const struct buffer *buffer) {
    uint64_t base_bytes = fake_os.base_page_bytes, asked_bytes = buffer->memory.page_bytes;
    switch (current_proof(buffer)->sizes) {
    case FAKE_SIZES_OTHER:
        return asked_bytes > base_bytes ? base_bytes : fake_os.transparent_page_bytes;
    case FAKE_SIZES_MIXED:
        return base_bytes;
    default:
        return asked_bytes;
    }
}

bool os_memory_page_sizes(const struct os_memory *memory, struct os_page_sizes *sizes,
                          struct error *error) {
    struct buffer *buffer = find_buffer(memory->base);
    uint64_t base_bytes = fake_os.base_page_bytes;
    buffer->proofs++;
    buffer->times_counted = 0;
    if (buffer->home == NONE_U32) // written by the test's own thread
        touch_first(fake_os.cpus[0].place_node);
    memset(buffer->times_asked, 0, (size_t)(memory->size_bytes / base_bytes));
    const struct fake_proof *proof = current_proof(buffer);
    if (proof->sizes == FAKE_SIZES_UNAVAILABLE)
        return unavailable(error, "sizes of pages");
    uint64_t page_bytes = found_page_bytes(buffer);
    *sizes = (struct os_page_sizes){.base_page_bytes = base_bytes};
    for (uint64_t page = 0; page * page_bytes < memory->size_bytes; page++) {
        if (!is_written(memory, page, page_bytes))
            continue;
        uint64_t offset = page * page_bytes, rest = memory->size_bytes - offset;
        bool large = page_bytes > base_bytes ||
                     (proof->sizes == FAKE_SIZES_MIXED && offset < memory->size_bytes / 2);
        *(large ? &sizes->bytes_in_large : &sizes->bytes_in_base) +=
            rest < page_bytes ? rest : page_bytes;
    }
    if (sizes->bytes_in_large)
        sizes->large_page_bytes =
            page_bytes > base_bytes ? page_bytes : fake_os.transparent_page_bytes;
    return true;
}

// Where a page is by itself, however often it was asked for.
static int32_t page_place(const struct fake_proof *proof, const struct buffer *buffer,
                          uint64_t page) {
    if (!is_written(&buffer->memory, page, found_page_bytes(buffer)))
        return OS_PAGE_ABSENT;
    if (proof->stray_every && page >= proof->stray_first && page < proof->stray_end &&
        (page - proof->stray_first) % proof->stray_every == 0)
        return proof->stray_answer;
    const struct node_set *nodes = &buffer->memory.nodes;
    if (nodes->count == 1)
        return (int32_t)buffer->home;
    // In turn, which of the kernel's policies may begin with any node.
    uint64_t turn = page * found_page_bytes(buffer) / buffer->memory.turn_bytes;
    uint64_t place = (turn + fake_os.first_turn) % node_set_weight(nodes);
    size_t share = 0;
    for (; place >= nodes->shares[share].weight; share++)
        place -= nodes->shares[share].weight;
    return nodes->shares[share].node;
}

static int32_t locate(const struct fake_proof *proof, struct buffer *buffer, const void *address) {
    uint64_t offset = (uint64_t)((const char *)address - (const char *)buffer->memory.base);
    uint8_t *times_asked = &buffer->times_asked[offset / fake_os.base_page_bytes];
    CHECK(*times_asked < UINT8_MAX);
    ++*times_asked;
    int32_t place = page_place(proof, buffer, offset / found_page_bytes(buffer));
    return place != OS_PAGE_ABSENT && *times_asked <= proof->ask_again_times ? OS_PAGE_ASK_AGAIN
                                                                             : place;
}

bool os_pages_locate(void *const *addresses, size_t count, int32_t *nodes, struct error *error) {
    fake_os.locate_calls++;
    for (size_t i = 0; i < count; i++) {
        struct buffer *buffer = find_buffer(addresses[i]);
        const struct fake_proof *proof = current_proof(buffer);
        if (proof->locate_unavailable)
            return unavailable(error, "where pages are");
        nodes[i] = locate(proof, buffer, addresses[i]);
    }
    return true;
}

uint32_t fake_os_node_of(const void *address) {
    const struct buffer *buffer = find_buffer(address);
    uint64_t offset = (uint64_t)((const char *)address - (const char *)buffer->memory.base);
    int32_t place = page_place(current_proof(buffer), buffer, offset / found_page_bytes(buffer));
    CHECK(place >= 0);
    return (uint32_t)place;
}

// By node number, which the simulation counts up to FAKE_NODES_MAX for this.
struct tally {
    uint64_t pages[FAKE_NODES_MAX];
};

static uint32_t other_node(uint32_t node) {
    for (size_t i = 0; i < fake_os.node_count; i++)
        if (fake_os.nodes[i].id != node)
            return fake_os.nodes[i].id;
    CHECK(false); // there is no other node
    return NONE_U32;
}

static void tally_pages(const struct fake_proof *proof, enum fake_counts counts,
                        const struct buffer *buffer, struct tally *tally) {
    uint32_t asked_node = node_set_only(&buffer->memory.nodes);
    uint64_t page_bytes = found_page_bytes(buffer);
    for (uint64_t page = 0; page * page_bytes < buffer->memory.size_bytes; page++) {
        int32_t place = page_place(proof, buffer, page);
        if (place == OS_PAGE_ABSENT || (page == 0 && counts == FAKE_COUNTS_SHORT))
            continue;
        uint32_t node = place < 0 ? asked_node : (uint32_t)place;
        if (counts != FAKE_COUNTS_ALIKE)
            node = asked_node;
        if (page == 0 && counts == FAKE_COUNTS_ELSEWHERE)
            node = other_node(asked_node);
        CHECK(node < FAKE_NODES_MAX);
        tally->pages[node]++;
    }
}

bool os_memory_by_node(const struct os_memory *memory, struct os_node_bytes **nodes, size_t *count,
                       struct error *error) {
    struct buffer *buffer = find_buffer(memory->base);
    const struct fake_proof *proof = current_proof(buffer);
    enum fake_counts counts = proof->counts;
    fake_os.count_calls++;
    if (proof->counts_change_after && ++buffer->times_counted > proof->counts_change_after)
        counts = FAKE_COUNTS_ALIKE;
    if (counts == FAKE_COUNTS_UNAVAILABLE)
        return unavailable(error, "how many pages are on which node");
    struct tally tally = {{0}};
    tally_pages(proof, counts, buffer, &tally);
    *nodes = base_allocate(FAKE_NODES_MAX, sizeof **nodes);
    *count = 0;
    for (uint32_t node = 0; node < FAKE_NODES_MAX; node++)
        if (tally.pages[node])
            (*nodes)[(*count)++] =
                (struct os_node_bytes){node, tally.pages[node] * found_page_bytes(buffer)};
    return true;
}

unsigned fake_os_times_asked(const struct os_memory *memory, uint64_t page) {
    return find_buffer(memory->base)->times_asked[page];
}

// ---- threads and their clock --------------------------------------------------------------------

enum { THREADS_MAX = FAKE_CPUS_MAX };

struct fake_thread {
    _Atomic bool ended;
    void (*run)(void *argument);
    void *argument;
    pthread_t handle;
    const struct fake_cpu *cpu;
    uint64_t place_questions, usage_questions;
    uint64_t now_ns;     // of its simulated clock
    uint64_t lost_ns;    // of that, not on its CPU
    pthread_cond_t turn; // it has become the earliest
};

static struct {
    pthread_mutex_t lock;
    struct fake_thread *threads[THREADS_MAX]; // those that live, in order of their start
    size_t count;
    uint64_t now_ns; // of the thread that goes on
} simulation = {.lock = PTHREAD_MUTEX_INITIALIZER};

static _Thread_local struct fake_thread *this_thread; // NULL: the test's own

// Of equals the one that started first, so that the order is the same each time.
static struct fake_thread *earliest_thread(void) {
    struct fake_thread *earliest = NULL;
    for (size_t i = 0; i < simulation.count; i++)
        if (!earliest || simulation.threads[i]->now_ns < earliest->now_ns)
            earliest = simulation.threads[i];
    return earliest;
}

static void wait_for_turn(struct fake_thread *thread) {
    struct fake_thread *earliest;
    while ((earliest = earliest_thread()) != thread) {
        pthread_cond_signal(&earliest->turn);
        pthread_cond_wait(&thread->turn, &simulation.lock);
    }
    simulation.now_ns = thread->now_ns;
}

void fake_os_spend(uint64_t duration_ns) {
    if (fake_os.clock_is_real)
        return;
    pthread_mutex_lock(&simulation.lock);
    if (this_thread) {
        this_thread->now_ns += duration_ns;
        wait_for_turn(this_thread);
    } else {
        simulation.now_ns += duration_ns;
    }
    pthread_mutex_unlock(&simulation.lock);
}

void fake_os_lose(uint64_t duration_ns) {
    if (this_thread)
        this_thread->lost_ns += duration_ns;
    fake_os_spend(duration_ns);
}

uint32_t fake_os_own_cpu(void) {
    return this_thread ? this_thread->cpu->id : fake_os.cpus[0].id;
}

static uint64_t now_ns(void) {
    if (fake_os.clock_is_real) {
        struct timespec now;
        clock_gettime(CLOCK_MONOTONIC, &now);
        return (uint64_t)now.tv_sec * NS_PER_S + (uint64_t)now.tv_nsec;
    }
    pthread_mutex_lock(&simulation.lock);
    uint64_t now = this_thread ? this_thread->now_ns : simulation.now_ns;
    pthread_mutex_unlock(&simulation.lock);
    return now;
}

uint64_t os_clock_ns(void) {
    uint64_t every = fake_os.clock_stall_every;
    uint64_t readings = atomic_fetch_add(&fake_os.clock_readings, 1) + 1;
    bool stalls = every && readings % every == 0;
    bool changed = fake_os.clock_changes_after && readings > fake_os.clock_changes_after;
    fake_os_spend((changed ? fake_os.clock_changed_read_ns : fake_os.clock_read_ns) +
                  (stalls ? fake_os.clock_stall_ns : 0));
    return now_ns();
}

uint64_t os_clock_step_ns(void) {
    return fake_os.clock_step_ns;
}

// A thread of the simulation has given way when its clock is no longer the earliest. Yielding
// besides would let each loop of another program have its whole turn before every pause: beside
// three of them a test took minutes. Others wait for real threads, often more than there are CPUs.
void os_spin_pause(void) {
    fake_os_spend(fake_os.spin_pause_ns);
    if (fake_os.clock_is_real || !this_thread)
        sched_yield();
}

static void join_simulation(struct fake_thread *thread) {
    pthread_mutex_lock(&simulation.lock);
    CHECK(simulation.count < THREADS_MAX);
    thread->now_ns = simulation.now_ns;
    simulation.threads[simulation.count++] = thread;
    pthread_mutex_unlock(&simulation.lock);
}

static void leave_simulation(const struct fake_thread *thread) {
    pthread_mutex_lock(&simulation.lock);
    size_t i = 0;
    while (simulation.threads[i] != thread)
        i++;
    simulation.count--;
    memmove(&simulation.threads[i], &simulation.threads[i + 1],
            (simulation.count - i) * sizeof simulation.threads[0]);
    if (simulation.count)
        pthread_cond_signal(&earliest_thread()->turn);
    pthread_mutex_unlock(&simulation.lock);
}

static void *run_thread(void *argument) {
    this_thread = argument;
    fake_os_spend(0);
    this_thread->run(this_thread->argument);
    leave_simulation(this_thread);
    this_thread->ended = true;
    return NULL;
}

static void wait_for_end(const struct fake_thread *thread) {
    const struct timespec moment = {.tv_nsec = 1000000};
    for (unsigned i = 0; i < 20000 && !thread->ended; i++)
        nanosleep(&moment, NULL);
    fake_os.starters_starved += !thread->ended;
}

bool os_thread_start(struct os_thread *thread, uint32_t cpu, void (*run)(void *argument),
                     void *argument, struct error *error) {
    const struct fake_cpu *found = find_cpu(cpu);
    if (!found || found->forbidden || found->cannot_start)
        return error_set(error, ERROR_KIND_FAILED, 22, "no thread can be started on CPU %u", cpu);
    touch_first(found->place_node);
    struct fake_thread *fresh = base_allocate(1, sizeof *fresh);
    *fresh = (struct fake_thread){.run = run, .argument = argument, .cpu = found};
    CHECK(pthread_cond_init(&fresh->turn, NULL) == 0);
    join_simulation(fresh);
    CHECK(pthread_create(&fresh->handle, NULL, run_thread, fresh) == 0);
    thread->handle = fresh;
    if (!fake_os.threads_started++)
        fake_os.acquired_before_threads = fake_os.acquired;
    if (found->starves_starter)
        wait_for_end(fresh);
    return true;
}

void os_thread_join(struct os_thread *thread) {
    struct fake_thread *ended = thread->handle;
    CHECK(pthread_join(ended->handle, NULL) == 0);
    pthread_cond_destroy(&ended->turn);
    free(ended);
    thread->handle = NULL;
}

bool os_current_place(uint32_t *cpu, uint32_t *node, struct error *error) {
    if (fake_os.place_unavailable)
        return unavailable(error, "where a thread is");
    const struct fake_cpu *own = this_thread ? this_thread->cpu : &fake_os.cpus[0];
    const struct fake_cpu *seen = own;
    uint64_t questions = this_thread ? ++this_thread->place_questions : 0;
    if (own->moves_to != NONE_U32 && questions > own->moves_after)
        seen = fake_os_cpu(own->moves_to);
    if (own->stall_ns && questions == own->stalls_after + 1)
        fake_os_spend(own->stall_ns);
    *cpu = seen->id;
    *node = seen->place_node;
    return true;
}

void os_thread_usage(struct os_usage *usage) {
    const struct os_usage *step = &fake_os.usage_step;
    uint64_t questions = this_thread ? ++this_thread->usage_questions : 1;
    if (this_thread && questions == 2)
        fake_os_spend(this_thread->cpu->held_up_ns);
    *usage = (struct os_usage){
        // Far from zero, so that what falls behind does not fall below it.
        .cpu_ns = 1000 * NS_PER_S + now_ns() - questions * step->cpu_ns -
                  (this_thread ? this_thread->lost_ns : 0),
        .run_delay_ns = questions * step->run_delay_ns,
        .involuntary_switches = questions * step->involuntary_switches,
        .minor_faults = questions * step->minor_faults,
        .major_faults = questions * step->major_faults,
        .cycles = questions * step->cycles,
    };
    if (fake_os.run_delay_unknown)
        usage->run_delay_ns = NONE_U64;
    if (fake_os.usage_unknown)
        *usage = (struct os_usage){NONE_U64, NONE_U64, NONE_U64, NONE_U64, NONE_U64, NONE_U64};
}

// What grows by one step with each question.
static uint64_t step_on(uint64_t *count, uint64_t step) {
    return step == NONE_U64 ? NONE_U64 : (*count += step);
}

uint64_t os_steal_ns(const struct id_set *cpus) {
    static uint64_t stolen_ns;
    CHECK(cpus->count > 0);
    return step_on(&stolen_ns, fake_os.steal_step_ns);
}

uint64_t os_interrupt_ns(const struct id_set *cpus) {
    static uint64_t interrupted_ns;
    CHECK(cpus->count > 0);
    return step_on(&interrupted_ns, fake_os.interrupt_step_ns);
}

uint64_t os_throttle_events(const struct id_set *cpus) {
    static uint64_t events;
    CHECK(cpus->count > 0);
    return step_on(&events, fake_os.throttle_step);
}

uint64_t os_migrated_pages(void) {
    static uint64_t pages;
    return step_on(&pages, fake_os.migrated_step);
}

// ---- the bus ------------------------------------------------------------------------------------

struct os_bus_kind {
    const char *source;
    struct fake_bus *bus;
};
static const struct os_bus_kind bus_kinds[] = {
    {"first",  &fake_os.bus[0]},
    {"second", &fake_os.bus[1]},
};
const size_t os_bus_kind_count = COUNT_OF(bus_kinds);

bool os_bus_open(struct os_bus *bus, size_t kind, struct error *error) {
    *bus = (struct os_bus){.kind = &bus_kinds[kind], .source = bus_kinds[kind].source};
    return (bus->kind->bus->open = bus->kind->bus->there) ||
           unavailable(error, "what the bus carried");
}

bool os_bus_join(const struct os_bus *bus, struct error *error) {
    bus->kind->bus->joined++;
    return !bus->kind->bus->join_fails || unavailable(error, "the traffic of a thread");
}

bool os_bus_read(const struct os_bus *bus, const struct id_set *cpus, struct os_bus_count *count,
                 struct error *error) {
    struct fake_bus *fake = bus->kind->bus;
    CHECK(fake->open && cpus->count > 0);
    if (fake->readings++ >= fake->fails_after)
        return unavailable(error, "what the bus carried");
    double own = (double)fake_os.bus_moved_bytes * fake->factor;
    double others = (double)now_ns() / (double)NS_PER_S * (double)fake->others_bytes_per_s;
    uint64_t bytes = fake->goes_back ? 1000 - fake->readings : (uint64_t)(own + others);
    for (unsigned amount = 0; amount < OS_BUS_AMOUNTS; amount++)
        count->bytes[amount] = !fake->told[amount]      ? NONE_U64
                               : amount == OS_BUS_ALL   ? bytes
                               : amount == OS_BUS_LOCAL ? bytes / 4
                                                        : bytes / 2;
    return true;
}

void os_bus_close(struct os_bus *bus) {
    CHECK(bus->kind->bus->open);
    bus->kind->bus->open = false;
}

// ---- the self-test ------------------------------------------------------------------------------

const char *const os_outcome_names[OS_OUTCOME_COUNT] = {"agrees", "differs", "unavailable"};

void os_self_test(void (*report)(void *context, const struct os_check *check), void *context) {
    for (enum os_outcome outcome = 0; outcome < OS_OUTCOME_COUNT; outcome++) {
        struct os_check check = {.name = "the_simulation_is_simulated",
                                 .document = "fake_os.h",
                                 .expected = "nothing",
                                 .outcome = outcome,
                                 .found = "a simulation"};
        report(context, &check);
    }
}

// ---- facts and the process ----------------------------------------------------------------------

// clang-format off
static const struct os_fact facts_known[] = {
    {.name = "cpu_model", .available = true, .value = "a simulated processor"},
    {.name = "kernel", .available = true, .value = "none"},
    {.name = "clocksource", .available = true, .value = "a simulated clock"},
    {.name = "governor", .value = "there is no such thing here"},
};
// clang-format on

size_t os_facts(struct os_fact *facts, size_t room) {
    for (size_t i = 0; i < room && i < COUNT_OF(facts_known); i++)
        facts[i] = facts_known[i];
    return COUNT_OF(facts_known);
}

// Files are read, and what is written goes nowhere: the simulated system has no directories.
static bool no_files(struct error *error, const char *path) {
    return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                     "cannot open %s: the simulated system has no files", path);
}

FILE *os_file_read(const char *path, struct error *error) {
    FILE *file = fopen(path, "rb");
    if (!file)
        error_set(error, ERROR_KIND_USAGE, 0, "cannot open '%s'", path);
    return file;
}

bool os_file_part(FILE *stream, void *data, size_t room, size_t *length) {
    *length = fread(data, 1, room, stream);
    return !ferror(stream);
}

bool os_file_is_there(const char *path) {
    FILE *file = fopen(path, "rb");
    if (file)
        fclose(file);
    return file != NULL;
}

bool os_directory_each(const char *path, void (*visit)(const char *name, void *context),
                       void *context, struct error *error) {
    (void)visit, (void)context;
    return no_files(error, path);
}

bool os_directory_open(struct os_directory *directory, const char *path, enum os_directory_use use,
                       bool *exists, struct error *error) {
    (void)use;
    *directory = (struct os_directory){NULL};
    *exists = false;
    return no_files(error, path);
}

void os_directory_close(struct os_directory *directory) {
    CHECK(!directory->own);
}

bool os_directory_draft(struct os_directory *draft, const char *above, struct error *error) {
    *draft = (struct os_directory){NULL};
    return no_files(error, above);
}

bool os_directory_finish(struct os_directory *draft, const char *name, bool keep, bool *exists,
                         struct error *error) {
    (void)draft, (void)keep;
    *exists = false;
    return no_files(error, name);
}

FILE *os_file_read_in(const struct os_directory *directory, const char *name, struct error *error) {
    (void)directory;
    no_files(error, name);
    return NULL;
}

bool os_file_create(struct os_file *file, const struct os_directory *directory, const char *name,
                    FILE *like, bool *exists, struct error *error) {
    (void)file, (void)directory, (void)like;
    *exists = false;
    return no_files(error, name);
}

bool os_file_hold(struct os_file *file, const struct os_directory *directory, const char *name,
                  struct error *error) {
    (void)file, (void)directory;
    return no_files(error, name);
}

bool os_file_is_own(const struct os_file *file, struct error *error) {
    return no_files(error, file->path);
}

bool os_directory_rename(const struct os_directory *directory, const char *name,
                         const char *new_name, bool *exists, struct error *error) {
    (void)directory, (void)new_name;
    *exists = false;
    return no_files(error, name);
}

bool os_program_path(char *path, size_t path_bytes, struct error *error) {
    snprintf(path, path_bytes, "numaprobe");
    (void)error;
    return true;
}

bool os_current_directory(char *path, size_t path_bytes, struct error *error) {
    snprintf(path, path_bytes, "simulated");
    (void)error;
    return true;
}

bool os_child_run(const char *const *words, struct os_child_end *end, struct error *error) {
    *end = (struct os_child_end){0};
    return unavailable(error, words[0]);
}

bool os_try(int (*function)(void *context), void *context, const struct os_try_limits *limits,
            int *answer, struct error *error) {
    (void)limits;
    if (fake_os.try_error.kind)
        *error = fake_os.try_error;
    else
        *answer = function(context);
    return !fake_os.try_error.kind;
}

bool os_file_sync(struct os_file *file, struct error *error) {
    ;
    return no_files(error, file->path);
}

bool os_file_cut(struct os_file *file, uint64_t bytes, struct error *error) {
    (void)bytes;
    return no_files(error, file->path);
}

bool os_file_replace(struct os_file *file, const struct os_directory *directory, const char *name,
                     struct error *error) {
    (void)file, (void)directory;
    return no_files(error, name);
}

bool os_file_output(struct os_file *file, const char *path, struct error *error) {
    (void)file;
    return no_files(error, path);
}

bool os_file_finish(struct os_file *file, bool keep, struct error *error) {
    (void)keep, (void)error;
    CHECK(!file->own);
    return true;
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

bool os_is_terminal(int stream) {
    (void)stream;
    return false;
}

uint32_t os_terminal_columns(int stream) {
    (void)stream;
    return 0;
}

void os_stdout_binary(void) {}

bool os_stdout_is_unread(void) {
    return false;
}

void os_keep_awake(bool awake) {
    (void)awake;
}

void os_interrupt_catch(void) {}

bool os_interrupted(void) {
    return atomic_fetch_add(&fake_os.interrupted_questions, 1) >= fake_os.interrupted_after;
}

char *os_error_text(uint32_t os_number, char *text, size_t text_bytes) {
    snprintf(text, text_bytes, "%s", strerror((int)os_number));
    return text;
}
