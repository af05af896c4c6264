// SPDX-License-Identifier: Apache-2.0
#include "kernels/pair.h"

#include "base/random.h"
#include "kernels/chase.h"

#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

// ---- words of the lines -------------------------------------------------------------------------

// The first word of a line is the address of the next; the second is what the two write.
static _Atomic uint64_t *word_of(void *line) {
    return (_Atomic uint64_t *)line + 1;
}

// Whether the word was seen to be `expected`, and then is `next`. Two forms: look with plain loads
// and store, or try with the compare-and-swap itself.
typedef bool take_turn(_Atomic uint64_t *word, uint64_t expected, uint64_t next);

static bool wait_for(_Atomic uint64_t *word, uint64_t expected) {
    for (uint32_t i = 0; i < PAIR_SPINS; i++)
        if (atomic_load_explicit(word, memory_order_acquire) == expected)
            return true;
    return false;
}

static bool turn_by_store(_Atomic uint64_t *word, uint64_t expected, uint64_t next) {
    if (!wait_for(word, expected))
        return false;
    atomic_store_explicit(word, next, memory_order_release);
    return true;
}

static bool turn_by_cas(_Atomic uint64_t *word, uint64_t expected, uint64_t next) {
    for (uint32_t i = 0; i < PAIR_SPINS; i++) {
        uint64_t found = expected;
        if (atomic_compare_exchange_strong_explicit(word, &found, next, memory_order_acq_rel,
                                                    memory_order_acquire))
            return true;
    }
    return false;
}

// ---- ping-pong ----------------------------------------------------------------------------------

// Trip t is made by line t / PAIR_TRIPS_PER_LINE, round and round. The word counts the line's own
// ways: even, the reader may send; odd, the writer may.
struct turn {
    _Atomic uint64_t *word;
    uint64_t ways;
    uint64_t left; // trips of this line's turn, this one included
};

static struct turn turn_of(const struct pair *pair, uint64_t trip) {
    uint64_t turns = trip / PAIR_TRIPS_PER_LINE, inside = trip % PAIR_TRIPS_PER_LINE;
    uint64_t lap = turns / pair->protocol->lines;
    return (struct turn){
        .word = word_of(pair->lines[turns % pair->protocol->lines]),
        .ways = 2 * (lap * PAIR_TRIPS_PER_LINE + inside),
        .left = PAIR_TRIPS_PER_LINE - inside,
    };
}

// A trip is over when the next one of its line can begin. The last of a turn has no next: its
// answer is waited for before the next line is touched.
static bool settle(struct pair *pair, struct pair_side *side) {
    if (!side->asked)
        return true;
    struct turn turn = turn_of(pair, side->done - 1);
    side->asked = !wait_for(turn.word, turn.ways + 2);
    return !side->asked;
}

// mine is the parity of the ways on which this side takes its turn. Nothing is computed between two
// trips: what divides stands outside of the inner loop.
static inline uint64_t play(struct pair *pair, struct pair_side *side, uint64_t mine,
                            uint64_t units, take_turn *take) {
    uint64_t done = 0;
    bool answered = true;
    while (answered && done < units && settle(pair, side)) {
        struct turn turn = turn_of(pair, side->done);
        uint64_t count = units - done < turn.left ? units - done : turn.left, taken = 0;
        uint64_t ways = turn.ways + mine;
        for (; taken < count && take(turn.word, ways, ways + 1); ways += 2)
            taken++;
        side->done += taken;
        side->asked = mine == 0 && taken == turn.left;
        done += taken;
        answered = taken == count;
    }
    return done;
}

static uint64_t read_store(struct pair *pair, uint64_t units) {
    return play(pair, &pair->reader, 0, units, turn_by_store);
}

static uint64_t write_store(struct pair *pair, uint64_t units) {
    return play(pair, &pair->writer, 1, units, turn_by_store);
}

static uint64_t read_cas(struct pair *pair, uint64_t units) {
    return play(pair, &pair->reader, 0, units, turn_by_cas);
}

static uint64_t write_cas(struct pair *pair, uint64_t units) {
    return play(pair, &pair->writer, 1, units, turn_by_cas);
}

// ---- loads --------------------------------------------------------------------------------------

// Takes a line out of all caches, written back where it was dirty.
#if defined(__x86_64__)
#define CAN_FLUSH        1
#define FLUSH_LINE(line) __asm__ volatile("clflush (%0)" : : "r"(line) : "memory")
#define FLUSH_DONE()     __asm__ volatile("mfence" : : : "memory")
#elif defined(__aarch64__)
#define CAN_FLUSH        1
#define FLUSH_LINE(line) __asm__ volatile("dc civac, %0" : : "r"(line) : "memory")
#define FLUSH_DONE()     __asm__ volatile("dsb sy" : : : "memory")
#else
#define CAN_FLUSH        0
#define FLUSH_LINE(line) ((void)(line))
#define FLUSH_DONE()     ((void)0)
#endif

static void flush_lines(const struct pair *pair) {
    for (uint32_t i = 0; i < pair->protocol->lines; i++)
        FLUSH_LINE(pair->lines[i]);
    FLUSH_DONE();
}

static void dirty_lines(const struct pair *pair, uint64_t value) {
    for (uint32_t i = 0; i < pair->protocol->lines; i++)
        atomic_store_explicit(word_of(pair->lines[i]), value, memory_order_relaxed);
}

// What two readings of the clock take by themselves is measured just before, and taken off.
static void time_loads(struct pair *pair) {
    uint64_t before_ns = pair->clock_ns();
    uint64_t begin_ns = pair->clock_ns();
    void *end = chase_walk(pair->lines[0], pair->protocol->lines);
    uint64_t end_ns = pair->clock_ns();
    CHECK(end == pair->lines[0]);
    uint64_t loads_ns = end_ns - begin_ns, clock_ns = begin_ns - before_ns;
    pair->reader.timed_ns += loads_ns > clock_ns ? loads_ns - clock_ns : 0;
}

// A request is an odd number at the handshake, its answer the next even one. The request is made
// when no line is in the reader's caches that the protocol does not want there.
static uint64_t read_lines(struct pair *pair, uint64_t units, bool flush) {
    struct pair_side *side = &pair->reader;
    uint64_t loads = 0;
    while (loads < units) {
        if (!side->asked) {
            if (flush)
                flush_lines(pair);
            atomic_store_explicit(word_of(pair->handshake), 2 * side->done + 1,
                                  memory_order_release);
            side->asked = true;
        }
        if (!wait_for(word_of(pair->handshake), 2 * side->done + 2))
            break;
        side->asked = false;
        time_loads(pair);
        side->done++;
        loads += pair->protocol->lines;
    }
    return loads;
}

static uint64_t read_dirty(struct pair *pair, uint64_t units) {
    return read_lines(pair, units, false); // the writer's stores invalidate what the reader has
}

static uint64_t read_clean(struct pair *pair, uint64_t units) {
    return read_lines(pair, units, true);
}

static uint64_t prepare_lines(struct pair *pair, uint64_t units, bool dirty) {
    struct pair_side *side = &pair->writer;
    uint64_t done = 0;
    for (; done < units; done++, side->done++) {
        if (!wait_for(word_of(pair->handshake), 2 * side->done + 1))
            break;
        if (dirty)
            dirty_lines(pair, side->done + 1);
        else
            CHECK(chase_walk(pair->lines[0], pair->protocol->lines) == pair->lines[0]);
        atomic_store_explicit(word_of(pair->handshake), 2 * side->done + 2, memory_order_release);
    }
    return done;
}

static uint64_t write_dirty(struct pair *pair, uint64_t units) {
    return prepare_lines(pair, units, true);
}

static uint64_t write_clean(struct pair *pair, uint64_t units) {
    return prepare_lines(pair, units, false);
}

// ---- the table ----------------------------------------------------------------------------------

// 64 lines make a whole lap of ping-pong within a visit; 256 lines of 64 bytes are half of a small
// first-level cache, and their loads take long against the clock.
// clang-format off
const struct pair_protocol pair_protocols[] = {
    {"store_ping_pong", "two CPUs store to a line in turn; one way: half a round trip",
     64, 2, false, read_store, write_store},
    {"cas_ping_pong", "two CPUs compare-and-swap a line in turn; one way: half a round trip",
     64, 2, false, read_cas, write_cas},
    {"hitm_read", "a dependent load of a line that the writer has just modified (hit modified)",
     256, 1, true, read_dirty, write_dirty},
    {"clean_read", "a dependent load of a line that the writer has just read from memory",
     256, 1, true, read_clean, write_clean},
};
// clang-format on
const size_t pair_protocol_count = COUNT_OF(pair_protocols);

const struct pair_protocol *pair_protocol_find(const char *name) {
    for (size_t i = 0; i < pair_protocol_count; i++)
        if (strcmp(pair_protocols[i].name, name) == 0)
            return &pair_protocols[i];
    return NULL;
}

bool pair_protocol_available(const struct pair_protocol *protocol) {
    return protocol->read != read_clean || CAN_FLUSH;
}

// ---- the lines ----------------------------------------------------------------------------------

uint64_t pair_min_bytes(const struct pair_protocol *protocol) {
    return (uint64_t)(protocol->lines + 1) * PAIR_BLOCK_BYTES;
}

// The first `count` of a random order of the blocks: a partial Fisher-Yates shuffle.
static void choose_blocks(uint64_t *blocks, uint64_t block_count, uint64_t count,
                          struct random *random) {
    for (uint64_t i = 0; i < block_count; i++)
        blocks[i] = i;
    for (uint64_t i = 0; i < count; i++) {
        uint64_t other = i + random_below(random, block_count - i);
        uint64_t chosen = blocks[other];
        blocks[other] = blocks[i];
        blocks[i] = chosen;
    }
}

void pair_build(struct pair *pair, const struct pair_protocol *protocol, void *base,
                uint64_t size_bytes, uint64_t line_bytes, uint64_t seed,
                uint64_t (*clock_ns)(void)) {
    CHECK(size_bytes >= pair_min_bytes(protocol) && line_bytes <= PAIR_BLOCK_BYTES);
    *pair = (struct pair){.protocol = protocol, .clock_ns = clock_ns};
    struct random random;
    random_seed(&random, seed);
    uint64_t block_count = size_bytes / PAIR_BLOCK_BYTES, count = protocol->lines + 1;
    uint64_t *blocks = base_allocate(block_count, sizeof *blocks);
    choose_blocks(blocks, block_count, count, &random);
    pair->lines = base_allocate(count, sizeof *pair->lines);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t line = random_below(&random, PAIR_BLOCK_BYTES / line_bytes);
        pair->lines[i] = (char *)base + blocks[i] * PAIR_BLOCK_BYTES + line * line_bytes;
        atomic_init(word_of(pair->lines[i]), 0);
    }
    free(blocks);
    for (uint32_t i = 0; i < protocol->lines; i++)
        *(void **)pair->lines[i] = pair->lines[(i + 1) % protocol->lines];
    pair->handshake = pair->lines[protocol->lines];
}

uint64_t pair_lines_used(const struct pair *pair) {
    uint64_t lines = pair->protocol->lines;
    if (pair->protocol->ways_per_unit == 1)
        return pair->reader.done ? lines : 0;
    uint64_t turns = (pair->reader.done + PAIR_TRIPS_PER_LINE - 1) / PAIR_TRIPS_PER_LINE;
    return turns < lines ? turns : lines;
}
