// SPDX-License-Identifier: Apache-2.0
// Flags of a run: a healthy run of made-up rows raises none, and each fault in it exactly its own.
#include "analyse/cell_groups.h"
#include "analyse/invariants.h"
#include "analyse/memory_peak.h"
#include "report/text_checks.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

// ---- a run made by hand -------------------------------------------------------------------------

// A machine of two nodes with four CPUs each and a third, far one without CPUs.
enum { CXL = 2, NODES = 3, ALL = -1, SET = -2 }; // SET: 1:3+2:1

struct made_cell {
    const char *name, *test, *block, *kernel, *mix;
    int cpu_node, mem_node;
    double latency_ns, gigabytes_per_s;
    uint64_t buffer_bytes, threads, chains, load_delay_cycles, slot_bytes;
    const char *check, *check_of;
    double cycles;
    bool cached;
};

#define IDLE(name, cpu, mem, ns)                                                                   \
    {                                                                                              \
        name, "latency", "idle", "chase", "", cpu, mem, ns, NAN, GIB, 1, 1, NONE_U64, 128, "", "", \
            3 * (ns), false                                                                        \
    }
#define STREAM(name, block, kernel, mix, cpu, mem, rate, threads)                                  \
    {                                                                                              \
        name, "bandwidth", block, kernel, mix, cpu, mem, NAN, rate, GIB, threads, NONE_U64,        \
            NONE_U64, NONE_U64, "", "", NAN, false                                                 \
    }
#define SWEEP(name, bytes, ns)                                                                     \
    {                                                                                              \
        name, "latency", "sweep", "chase", "", 0, 0, ns, NAN, bytes, 1, 1, NONE_U64, 128, "", "",  \
            3 * (ns), true                                                                         \
    }
#define MLP(name, count, ns, rate)                                                                 \
    {                                                                                              \
        name, "latency", "mlp", "chase", "", 0, 0, ns, rate, GIB, 1, count, NONE_U64, 128, "", "", \
            NAN, false                                                                             \
    }
#define LOADED(name, delay, ns, rate)                                                              \
    {                                                                                              \
        name, "loaded", "loaded", "read.avx2", "reads", 0, 0, ns, rate, GIB, 4, 1, delay, 128, "", \
            "", NAN, false                                                                         \
    }
#define PAIR(name, ns)                                                                             \
    {                                                                                              \
        name, "c2c", "c2c", "exchange", "", 0, 0, ns, NAN, 4 * KIB, 2, NONE_U64, NONE_U64, 128,    \
            "", "", NAN, true                                                                      \
    }
#define CHECK_CELL(name, of, what, test, ns, rate)                                                 \
    {                                                                                              \
        name, test, "check", "chase", "", 0, 0, ns, rate, 2 * GIB, 1, 1, NONE_U64, 128, what, of,  \
            NAN, false                                                                             \
    }

static const struct made_cell healthy[] = {
    IDLE("idle00", 0, 0, 100), // the first of the run
    IDLE("idle01", 0, 1, 150),
    IDLE("idle02", 0, CXL, 500),
    IDLE("idle10", 1, 0, 152),
    IDLE("idle11", 1, 1, 101),
    IDLE("idle12", 1, CXL, 540),
    IDLE("idleset", 1, SET, 210),
    STREAM("read00", "matrix", "read.avx2", "", 0, 0, 50, 4),
    STREAM("read01", "matrix", "read.avx2", "", 0, 1, 25, 4),
    STREAM("read02", "matrix", "read.avx2", "", 0, CXL, 20, 4),
    STREAM("read10", "matrix", "read.avx2", "", 1, 0, 25.5, 4),
    STREAM("read11", "matrix", "read.avx2", "", 1, 1, 51, 4),
    STREAM("read12", "matrix", "read.avx2", "", 1, CXL, 18, 4),
    STREAM("read00t1", "matrix", "read.avx2", "", 0, 0, 20, 1),
    STREAM("write00", "matrix", "write.avx2", "", 0, 0, 22, 4),
    STREAM("write_nt00", "matrix", "write_nt.avx2", "", 0, 0, 40, 4),
    STREAM("peak_reads", "peak", "read.avx2", "reads", ALL, ALL, 100, 8),
    STREAM("peak_21", "peak", "copy.avx2", "2:1", ALL, ALL, 70, 8),
    STREAM("peak_nt", "peak", "triad_nt.avx2", "triad_nt", ALL, ALL, 90, 8),
    SWEEP("sweep16K", 16 * KIB, 1.34),
    SWEEP("sweep256K", 256 * KIB, 4.8),
    SWEEP("sweep8M", 8 * MIB, 20),
    MLP("mlp1", 1, 100, 0.64),
    MLP("mlp8", 8, 105, 4.9),
    LOADED("loaded20000", 20000, 101, 1),
    LOADED("loaded500", 500, 120, 40),
    LOADED("loaded0", 0, 300, 48),
    PAIR("pair01", 29),
    CHECK_CELL("double", "idle00", "size_doubled", "latency", 101, NAN),
    CHECK_CELL("slot", "idle00", "slot_doubled", "latency", 99, NAN),
    CHECK_CELL("first", "idle00", "first_walk", "latency", 98, NAN),
    CHECK_CELL("double_read", "read00", "size_doubled", "bandwidth", NAN, 49.5),
    CHECK_CELL("zero", "read00", "zero_fill", "bandwidth", NAN, 51),
};

struct run {
    struct made_cell cells[COUNT_OF(healthy)];
    double at_end_ns;     // of the first cell's last visit
    double pair_later_ns; // of the pair's third visit and those after it
    struct dataset dataset;
    struct topology topology;
    struct topology_node nodes[NODES];
    uint64_t distances[NODES * NODES];
    struct topology_cache caches[3];
    double peak_bytes_per_s;
    struct invariant invariants[INVARIANTS_MAX];
    size_t count;
};

static void begin(struct run *run) {
    static const uint64_t distances[NODES * NODES] = {10, 20, 30, 20, 10, 30, 30, 30, 10};
    *run = (struct run){.at_end_ns = 101, .pair_later_ns = 29, .peak_bytes_per_s = 120e9};
    memcpy(run->cells, healthy, sizeof healthy);
    memcpy(run->distances, distances, sizeof distances);
    for (uint32_t i = 0; i < NODES; i++)
        run->nodes[i] = (struct topology_node){.id = i, .has_memory = true, .has_cpus = i != CXL};
    run->caches[0] = (struct topology_cache){.level = 1, .size_bytes = 32 * KIB, .line_bytes = 64};
    run->caches[1] = (struct topology_cache){.level = 2, .size_bytes = MIB, .line_bytes = 64};
    run->caches[2] = (struct topology_cache){.level = 3, .size_bytes = 32 * MIB, .line_bytes = 64};
    run->topology = (struct topology){.nodes = run->nodes,
                                      .node_count = NODES,
                                      .caches = run->caches,
                                      .cache_count = 3,
                                      .distances = run->distances};
}

static struct made_cell *cell_of(struct run *run, const char *name) {
    for (size_t i = 0; i < COUNT_OF(run->cells); i++)
        if (strcmp(run->cells[i].name, name) == 0)
            return &run->cells[i];
    fail_msg("no cell is named %s", name);
    return NULL;
}

static void add_visit(struct run *run, const struct made_cell *cell, uint64_t visit, double ns) {
    struct row *row = base_allocate(1, sizeof *row);
    row_clear(row);
    row_set_name(row->cell, cell->name);
    row->test = (enum test)word_find(&words_test, cell->test);
    row->block = (enum block)word_find(&words_block, cell->block);
    // The kernel's name and its instruction set are columns of their own.
    char kernel[64];
    snprintf(kernel, sizeof kernel, "%s", cell->kernel);
    char *dot = strchr(kernel, '.');
    row_set_name(row->isa, dot ? dot + 1 : "");
    if (dot)
        *dot = '\0';
    row_set_name(row->kernel, kernel);
    row_set_name(row->pattern, strcmp(kernel, "chase") == 0 ? "structural" : "");
    row->store = strstr(kernel, "_nt") ? STORE_NONTEMPORAL : STORE_NONE;
    row_set_name(row->mix, cell->mix);
    row_set_name(row->pages, "thp");
    row->sized_for = cell->cached ? SIZED_FOR_CACHES : SIZED_FOR_MEMORY;
    row->check = (enum check)word_find(&words_check, cell->check);
    row_set_name(row->check_of, cell->check_of);
    if (row->test == TEST_LOADED)
        row->load_mode = LOAD_CLOSED;
    row->status = STATUS_OK;
    row->placement = VERDICT_VERIFIED;
    row->cpu_node = cell->cpu_node == ALL ? NONE_U64 : (uint64_t)cell->cpu_node;
    row->mem_node = node_set_of(cell->mem_node < 0 ? NONE_U32 : (uint32_t)cell->mem_node);
    struct error error;
    if (cell->mem_node == SET)
        assert_true(node_set_parse(&row->mem_node, "1:3+2:1", &error));
    row->buffer_bytes = cell->buffer_bytes;
    row->threads = cell->threads;
    row->chains = cell->chains;
    row->slot_bytes = cell->slot_bytes;
    row->load_delay_cycles = cell->load_delay_cycles;
    row->latency_ns = ns;
    row->latency_cycles = cell->cycles;
    row->bandwidth_bytes_per_s = cell->gigabytes_per_s * 1e9;
    row->visit = visit;
    dataset_add(&run->dataset, row);
    free(row);
}

// Four visits of each cell, and the first once more.
static void find(struct run *run, bool with_topology) {
    uint64_t visit = 0;
    for (int round = 0; round < 4; round++)
        for (size_t i = 0; i < COUNT_OF(run->cells); i++) {
            const struct made_cell *cell = &run->cells[i];
            bool later = round >= 2 && strcmp(cell->test, "c2c") == 0;
            if (cell->name[0])
                add_visit(run, cell, ++visit, later ? run->pair_later_ns : cell->latency_ns);
        }
    add_visit(run, &run->cells[0], ++visit, run->at_end_ns);
    const struct invariants_input input = {.dataset = &run->dataset,
                                           .topology = with_topology ? &run->topology : NULL,
                                           .peak_bytes_per_s = run->peak_bytes_per_s};
    run->count = invariants_find(&input, run->invariants);
    dataset_free(&run->dataset);
}

// Of the flags of the table, those that a run raised without any other.
static bool raised_alone[64];

static void note_alone(const struct run *run) {
    size_t count = 0;
    const struct flag *flag = NULL;
    for (size_t i = 0; i < run->count; i++) {
        count += run->invariants[i].raised > 0;
        flag = run->invariants[i].raised ? run->invariants[i].flag : flag;
    }
    assert_true(flag_count <= COUNT_OF(raised_alone));
    if (count == 1)
        raised_alone[flag - flags] = true;
}

// The names of the raised ones, with spaces between.
static const char *raised(const struct run *run) {
    note_alone(run);
    static char text[512];
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < run->count; i++) {
        const struct invariant *invariant = &run->invariants[i];
        assert_true(invariant->raised <= invariant->compared);
        assert_int_equal(invariant->raised > 0, invariant->sentence[0] != '\0');
        if (invariant->raised)
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? " " : "",
                                     invariant->flag->name);
    }
    return text;
}

// ---- tests --------------------------------------------------------------------------------------

static void a_healthy_run_passes_every_check(void **state) {
    (void)state;
    struct run run;
    begin(&run);
    find(&run, true);
    assert_string_equal(raised(&run), "");
    for (size_t i = 0; i < run.count; i++)
        if (!run.invariants[i].compared)
            fail_msg("%s was not looked at", run.invariants[i].flag->name);
}

static void every_flag_of_a_run_has_an_invariant(void **state) {
    (void)state;
    struct run run;
    begin(&run);
    find(&run, true);
    size_t of_run = 0;
    for (size_t i = 0; i < flag_count; i++) {
        if (flags[i].level != FLAG_OF_RUN)
            continue;
        assert_ptr_equal(run.invariants[of_run].flag, &flags[i]); // and in that order
        of_run++;
    }
    assert_int_equal(of_run, run.count);
}

static const struct {
    const char *cell;
    double latency_ns, gigabytes_per_s; // 0: as it is
    const char *raised;
} cases[] = {
    {"double",      102.1, 0,     "SIZE_NOT_CONVERGED"  },
    {"double",      97.9,  0,     "SIZE_NOT_CONVERGED"  },
    {"double",      101.9, 0,     ""                    },
    {"double_read", 0,     51.1,  "SIZE_NOT_CONVERGED"  },
    {"slot",        96.9,  0,     "PREFETCH_LEAK"       },
    {"slot",        97.1,  0,     ""                    },
    {"first",       103.1, 0,     "TEMPORAL_PREFETCH"   },
    {"first",       102.9, 0,     ""                    },
    {"zero",        0,     51.6,  "DATA_DEPENDENT"      },
    {"zero",        0,     51.4,  ""                    },
    {"idle01",      160,   0,     "ASYMMETRIC"          },
    {"idle01",      159,   0,     ""                    },
    {"read10",      0,     23.7,  "ASYMMETRIC"          },
    {"read10",      0,     23.9,  ""                    },
    {"read01",      0,     52,    "ASYMMETRIC DIAGONAL" },
    {"peak_reads",  0,     121,   "ABOVE_PEAK SUM_NODES"},
    {"peak_reads",  0,     104,   ""                    },
    {"peak_reads",  0,     95,    "SUM_NODES"           },
    {"peak_21",     0,     103.2, "MIX_ORDER"           },
    {"peak_21",     0,     103,   ""                    },
    {"peak_nt",     0,     119,   ""                    }, // stores that take no turn of reads
    {"write_nt00",  0,     19.7,  "MIX_ORDER"           },
    {"write_nt00",  0,     19.9,  ""                    },
    {"mlp1",        0,     0.66,  "LITTLE"              },
    {"mlp1",        0,     0.625, ""                    },
    {"mlp8",        0,     41.1,  "LITTLE"              }, // 64.2 lines
    {"mlp8",        0,     40.9,  ""                    },
    {"read00t1",    0,     51.1,  "SCALING"             },
    {"read00t1",    0,     50.9,  ""                    },
    {"loaded20000", 103.2, 0,     "CROSS"               },
    {"loaded20000", 102.9, 0,     ""                    },
    {"loaded0",     0,     102.1, "CROSS"               },
    {"loaded0",     0,     101.9, ""                    },
    {"loaded500",   500,   0,     ""                    },
    {"idle02",      140,   0,     "FIRMWARE_ORDER"      }, // nearer than node 1 with 150 ns
    {"idle02",      143,   0,     ""                    },
    {"idle02",      90,    0,     "FIRMWARE_ORDER"      }, // and no DIAGONAL: it has no CPUs
    {"idleset",     232,   0,     "SET_MEAN"            },
    {"idleset",     231.5, 0,     ""                    },
    {"idleset",     189.5, 0,     "SET_MEAN"            },
    {"idleset",     190,   0,     ""                    },
    {"sweep8M",     4.6,   0,     "ORDER"               },
    {"sweep8M",     4.8,   0,     ""                    },
    {"sweep8M",     102.5, 0,     "ORDER"               },
};

static void each_fault_raises_its_own_flag_and_no_other(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct run run;
        begin(&run);
        struct made_cell *cell = cell_of(&run, cases[i].cell);
        if (cases[i].latency_ns > 0)
            cell->latency_ns = cases[i].latency_ns;
        if (cases[i].gigabytes_per_s > 0)
            cell->gigabytes_per_s = cases[i].gigabytes_per_s;
        find(&run, true);
        if (strcmp(raised(&run), cases[i].raised) != 0)
            fail_msg("case %zu, %s: '%s' instead of '%s'", i, cases[i].cell, raised(&run),
                     cases[i].raised);
    }
}

// A mix beats reads where the cores' links are the limit, as the curve under load shows.
static void a_mix_may_beat_reads_where_the_memory_is_not_saturated(void **state) {
    (void)state;
    struct run run;
    begin(&run);
    cell_of(&run, "peak_21")->gigabytes_per_s = 103.2;
    cell_of(&run, "loaded500")->latency_ns = 102;
    cell_of(&run, "loaded0")->latency_ns = 124;
    find(&run, true);
    assert_string_equal(raised(&run), "");
    cell_of(&run, "loaded0")->latency_ns = 130; // more than 1.25 x idle
    find(&run, true);
    assert_string_equal(raised(&run), "MIX_ORDER");
}

static void a_pair_that_is_moved_has_two_levels(void **state) {
    (void)state;
    struct run run;
    begin(&run);
    run.pair_later_ns = 57.9;
    find(&run, true);
    assert_string_equal(raised(&run), "");
    begin(&run);
    run.pair_later_ns = 58.1;
    find(&run, true);
    assert_string_equal(raised(&run), "PAIR_LEVELS");
}

static void littles_law_does_not_hold_for_stores_past_the_caches(void **state) {
    (void)state;
    struct run run;
    begin(&run);
    run.peak_bytes_per_s = NAN;
    cell_of(&run, "write_nt00")->gigabytes_per_s = 330; // 129 lines a thread
    cell_of(&run, "write00")->gigabytes_per_s = 325;
    find(&run, true);
    assert_string_equal(raised(&run), "");
    begin(&run);
    run.peak_bytes_per_s = NAN;
    cell_of(&run, "write_nt00")->gigabytes_per_s = 330;
    cell_of(&run, "write00")->gigabytes_per_s = 330;
    find(&run, true);
    assert_string_equal(raised(&run), "LITTLE");
}

static void littles_law_counts_the_lines_that_are_read(void **state) {
    (void)state;
    for (int raises = 0; raises < 2; raises++) {
        struct run run;
        begin(&run);
        run.peak_bytes_per_s = NAN;
        struct made_cell *update = cell_of(&run, "write00");
        update->kernel = "update.avx2";
        update->mix = "1:1";
        update->gigabytes_per_s = raises ? 660 : 650; // half of it are reads: 127 lines a thread
        find(&run, true);
        assert_string_equal(raised(&run), raises ? "LITTLE" : "");
    }
}

static void remote_memory_better_than_its_own_is_on_the_wrong_diagonal(void **state) {
    (void)state;
    struct run run;
    begin(&run);
    cell_of(&run, "idle01")->latency_ns = 97;
    cell_of(&run, "idle10")->latency_ns = 97;
    find(&run, true);
    assert_string_equal(raised(&run), "DIAGONAL");
    begin(&run);
    cell_of(&run, "idle01")->latency_ns = 98.5;
    cell_of(&run, "idle10")->latency_ns = 99.5;
    find(&run, true);
    assert_string_equal(raised(&run), "");
}

static void remote_memory_more_than_four_times_as_far_is_out_of_order(void **state) {
    (void)state;
    struct run run;
    begin(&run);
    cell_of(&run, "idle01")->latency_ns = 410;
    cell_of(&run, "idle10")->latency_ns = 405;
    find(&run, true);
    assert_string_equal(raised(&run), "ORDER");
}

static void cache_latencies_are_checked_in_cycles_of_the_measured_clock(void **state) {
    (void)state;
    static const struct {
        const char *cell;
        double cycles;
        const char *raised;
    } levels[] = {
        {"sweep16K",  3.7,  "CAL_CYCLES"},
        {"sweep16K",  3.8,  ""          },
        {"sweep16K",  4.5,  "CAL_CYCLES"},
        {"sweep16K",  5.2,  ""          },
        {"sweep256K", 8.9,  "CAL_CYCLES"},
        {"sweep256K", 20.1, "CAL_CYCLES"},
        {"sweep8M",   200,  ""          },
        {"sweep16K",  NAN,  ""          },
    };
    for (size_t i = 0; i < COUNT_OF(levels); i++) {
        struct run run;
        begin(&run);
        cell_of(&run, levels[i].cell)->cycles = levels[i].cycles;
        find(&run, true);
        assert_string_equal(raised(&run), levels[i].raised);
    }
}

// A curve that was asked for without a long pause begins under load.
static void a_curve_without_an_idle_point_is_not_compared_with_idle(void **state) {
    (void)state;
    static const struct {
        double gigabytes_per_s; // at the longest pause, of 48 at most
        const char *raised;
    } loads[] = {
        {11.9, "CROSS"},
        {12.1, ""     }
    };
    for (size_t i = 0; i < COUNT_OF(loads); i++) {
        struct run run;
        begin(&run);
        cell_of(&run, "loaded20000")->latency_ns = 150;
        cell_of(&run, "loaded20000")->gigabytes_per_s = loads[i].gigabytes_per_s;
        find(&run, true);
        assert_string_equal(raised(&run), loads[i].raised);
    }
}

static void the_first_cell_repeated_last_shows_a_drift(void **state) {
    (void)state;
    static const struct {
        double at_end_ns;
        const char *raised;
    } ends[] = {
        {102.1, "DRIFT"},
        {97.9,  "DRIFT"},
        {101.9, ""     },
        {NAN,   ""     },
    };
    for (size_t i = 0; i < COUNT_OF(ends); i++) {
        struct run run;
        begin(&run);
        run.at_end_ns = ends[i].at_end_ns;
        find(&run, true);
        assert_string_equal(raised(&run), ends[i].raised);
    }
}

static void more_than_the_modules_carry_is_above_the_peak(void **state) {
    (void)state;
    struct run run;
    begin(&run);
    run.peak_bytes_per_s = 99e9;
    find(&run, true);
    assert_string_equal(raised(&run), "ABOVE_PEAK");
}

static void missing_settings_are_not_checked(void **state) {
    (void)state;
    struct run run;
    begin(&run);
    for (size_t i = 1; i < COUNT_OF(run.cells); i++)
        run.cells[i].name = ""; // only the first cell is left
    run.peak_bytes_per_s = NAN;
    find(&run, false);
    assert_string_equal(raised(&run), "");
    for (size_t i = 0; i < run.count; i++)
        assert_int_equal(run.invariants[i].compared,
                         strcmp(run.invariants[i].flag->name, "DRIFT") == 0);
}

static void the_worst_case_is_named_and_the_others_counted(void **state) {
    (void)state;
    struct run run;
    begin(&run);
    cell_of(&run, "idle01")->latency_ns = 300;
    cell_of(&run, "read01")->gigabytes_per_s = 20;
    find(&run, true);
    assert_string_equal(raised(&run), "ASYMMETRIC");
    for (size_t i = 0; i < run.count; i++) {
        if (!run.invariants[i].raised)
            continue;
        assert_int_equal(run.invariants[i].raised, 2);
        assert_string_equal(run.invariants[i].sentence, "idle01 has 300.0 ns, idle10 has 152.0 ns");
    }
}

// ---- the theoretical peak -----------------------------------------------------------------------

static const char milan[] = "cpu family 25, model 1, stepping 1";

// clang-format off
#define MILANS(channels, packages) {channels, "SMBIOS", "none", "AMD EPYC 7763", milan, packages}
#define OTHER(channels, model, identifier) {channels, NULL, "none", model, identifier, 1}

static const struct {
    struct memory_peak_input input;
    double gigabytes_per_s; // NaN: unknown
    const char *part;       // of the sentence
} peaks[] = {
    // One module on each channel, and two: the same peak.
    {MILANS("16 channels x 3200 x 64", 2), 409.6, "SMBIOS"},
    {MILANS("16 modules x 3200 x 64", 2), 409.6, "SMBIOS"},
    {MILANS("32 modules x 3200 x 64", 2), 409.6,
     "on the 16 channels that 2 processors of this kind have at most"},
    {MILANS("15 channels x 3200 x 64", 2), 384, "15 channels"},
    // Of mixed speeds the fastest, since it is the most that can be.
    {MILANS("8 modules x 2933 x 64, 4 modules x 3200 x 64", 1), 4 * 25.6 + 4 * 23.464,
     "on the 8 channels"},
    {OTHER("1 channels x 4800 x 64, 1 channels x 4400 x 64", NULL, NULL), 73.6, "4400"},
    {OTHER("8 channels x 4800 x 64, 4 stacks x 3200 x 1024", "Xeon",
           "Intel64 Family 6 Model 143 Stepping 8"), 307.2 + 1638.4, "stacks"},
    {OTHER("32 stacks x 6400 x 32", "Neoverse", "CPU implementer 0x41, CPU part 0xd4f"),
     819.2, "source unknown"},
    {OTHER("16 modules x 3200 x 64", "Neoverse", "CPU implementer 0x41, CPU part 0xd0c"),
     204.8, "8 channels"},
    // What cannot be known is unknown.
    {MILANS("32 modules x 3200 x 64", 0), NAN, "share"},
    {OTHER("32 modules x 3200 x 64", "Ryzen", "cpu family 25, model 33"), NAN, "share"},
    {{"1 channels x 3200 x 64", "SMBIOS", "KVMKVMKVM", "AMD EPYC", milan, 1}, NAN, "guest"},
    {MILANS(NULL, 2), NAN, "does not record"},
    {MILANS("", 2), NAN, "does not record"},
    {MILANS("16 x 3200", 2), NAN, "does not record"},
};
// clang-format on

static void the_theoretical_peak_names_its_source(void **state) {
    (void)state;
    for (size_t i = 0; i < COUNT_OF(peaks); i++) {
        struct memory_peak peak = memory_peak_find(&peaks[i].input);
        double difference = peak.bytes_per_s / 1e9 - peaks[i].gigabytes_per_s;
        if (isnan(peaks[i].gigabytes_per_s) != isnan(peak.bytes_per_s) || fabs(difference) > 1e-6 ||
            !strstr(peak.sentence, peaks[i].part))
            fail_msg("case %zu: %g GB/s, %s", i, peak.bytes_per_s / 1e9, peak.sentence);
    }
}

static void the_printed_list_names_every_check(void **state) {
    (void)state;
    const char *directory = getenv("NUMAPROBE_TEST_DIRECTORY");
    char path[384], text[2048];
    snprintf(path, sizeof path, "%s/invariants.txt", directory ? directory : ".");
    FILE *file = fopen(path, "w+b");
    assert_non_null(file);
    struct run run;
    begin(&run);
    cell_of(&run, "slot")->latency_ns = 90;
    find(&run, true);
    text_checks_print(run.invariants, run.count, file);
    rewind(file);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    assert_string_equal(text, "Checks     18 of 18 were possible, 1 of them is raised (numaprobe "
                              "list flags says what to do)\n  PREFETCH_LEAK: slot has 90.0 ns, "
                              "idle00 has 100.0 ns (-10.0 %)\n");
}

static int by_threads(const struct data_cell *a, const struct data_cell *b) {
    return (a->threads > b->threads) - (a->threads < b->threads);
}

static bool has_threads(const struct data_cell *cell) {
    return cell->threads != NONE_U64;
}

// In a group the cells stand as in the dataset, whatever qsort does with equals.
static void groups_are_found_by_what_their_cells_share(void **state) {
    (void)state;
    enum { MANY = 1000 };
    static struct data_cell cells[MANY];
    const struct dataset dataset = {.cells = cells, .cell_count = MANY};
    struct data_cell like = {0};
    struct cell_groups groups;
    for (size_t i = 0; i < MANY; i++)
        cells[i].threads = i % 8 == 7 ? NONE_U64 : 2 * (i % 8);
    cell_groups_build(&groups, &dataset, has_threads, by_threads);
    assert_int_equal(groups.count, 7);
    for (size_t group = 0; group < groups.count; group++) {
        like.threads = 2 * group;
        assert_int_equal(cell_groups_find(&groups, &like), group);
        assert_ptr_equal(cell_groups_first(&groups, &like), &cells[group]);
        assert_int_equal(groups.begins[group + 1] - groups.begins[group], MANY / 8);
        for (size_t i = 0; i < MANY / 8; i++)
            assert_ptr_equal(groups.members[groups.begins[group] + i].cell, &cells[8 * i + group]);
        like.threads = 2 * group + 1;
        assert_int_equal(cell_groups_find(&groups, &like), groups.count);
        assert_null(cell_groups_first(&groups, &like));
    }
    cell_groups_free(&groups);
}

// The last of the tests: what the others raised. Each has its silent twin just below the limit.
static void every_flag_of_a_run_was_raised_alone(void **state) {
    (void)state;
    for (size_t i = 0; i < flag_count; i++)
        if (flags[i].level == FLAG_OF_RUN && !raised_alone[i])
            fail_msg("%s was raised by no test, or never without another", flags[i].name);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_healthy_run_passes_every_check),
        cmocka_unit_test(every_flag_of_a_run_has_an_invariant),
        cmocka_unit_test(each_fault_raises_its_own_flag_and_no_other),
        cmocka_unit_test(a_mix_may_beat_reads_where_the_memory_is_not_saturated),
        cmocka_unit_test(a_pair_that_is_moved_has_two_levels),
        cmocka_unit_test(littles_law_does_not_hold_for_stores_past_the_caches),
        cmocka_unit_test(littles_law_counts_the_lines_that_are_read),
        cmocka_unit_test(remote_memory_better_than_its_own_is_on_the_wrong_diagonal),
        cmocka_unit_test(remote_memory_more_than_four_times_as_far_is_out_of_order),
        cmocka_unit_test(cache_latencies_are_checked_in_cycles_of_the_measured_clock),
        cmocka_unit_test(a_curve_without_an_idle_point_is_not_compared_with_idle),
        cmocka_unit_test(the_first_cell_repeated_last_shows_a_drift),
        cmocka_unit_test(more_than_the_modules_carry_is_above_the_peak),
        cmocka_unit_test(missing_settings_are_not_checked),
        cmocka_unit_test(the_worst_case_is_named_and_the_others_counted),
        cmocka_unit_test(the_theoretical_peak_names_its_source),
        cmocka_unit_test(the_printed_list_names_every_check),
        cmocka_unit_test(groups_are_found_by_what_their_cells_share),
        cmocka_unit_test(every_flag_of_a_run_was_raised_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
