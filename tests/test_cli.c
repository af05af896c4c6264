// SPDX-License-Identifier: Apache-2.0
// What the terminal is told of rows: exit codes, matrices, the summary. Rows are made by hand.
#include "ask/defaults.h"
#include "ask/options.h"
#include "fake_os.h"
#include "plan/cell.h"
#include "report/matrix.h"
#include "report/terminal.h"
#include "report/terminal_text.h"
#include "run/outcome.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { CPU_NODES = 2, MEMORY_NODES = 9, CELLS = CPU_NODES * MEMORY_NODES, ROUNDS = 6 };

// A latency matrix of two nodes with CPUs and nine with memory, whose numbers have gaps; its rows
// as a run gives them.
struct fixture {
    struct cell cells[CELLS];
    struct dataset dataset;
};

static uint32_t memory_node(size_t column) {
    return (uint32_t)(3 * column);
}

static void begin(struct fixture *fixture) {
    *fixture = (struct fixture){0};
    for (size_t i = 0; i < CELLS; i++)
        fixture->cells[i] = (struct cell){
            .test = TEST_LATENCY,
            .pattern = chase_pattern_find("structural"),
            .cpu_node = (uint32_t)(i / MEMORY_NODES * 4),
            .mem_node = node_set_of(memory_node(i % MEMORY_NODES)),
            .pages = page_kind_find("4K"),
            .size_bytes = 256 * MIB,
            .chains = 1,
            .shape = chase_shape_of(chase_pattern_find("structural"), CHASE_LINE_BYTES),
        };
}

static void finish(struct fixture *fixture) {
    dataset_free(&fixture->dataset);
    for (size_t i = 0; i < CELLS; i++) {
        id_set_free(&fixture->cells[i].cpus);
        id_set_free(&fixture->cells[i].load.cpus);
    }
}

static void describe_load(const struct cell_load *load, struct row *row) {
    row_set_name(row->kernel, load->kernel->name);
    row_set_name(row->isa, isa_names[load->kernel->isa]);
    row_set_name(row->mix, load->mix->name);
    row->load_node = load->node;
    row->load_mode = load->mode;
    id_set_format(&load->cpus, row->load_cpus, sizeof row->load_cpus);
    if (load->mode == LOAD_PACED)
        row->offered_bytes_per_s = load->offered_bytes_per_s;
    else
        row->load_delay_cycles = load->delay_cycles;
}

static void describe_pair(const struct cell_pair *pair, struct row *row) {
    row_set_name(row->protocol, pair->protocol->name);
    row->home = pair->home;
    row->pair_class = pair->pair_class;
    row->writer_cpu = pair->writer_cpu;
    row->reader_cpu = pair->reader_cpu;
}

static struct row *row_of(const struct cell *cell) {
    struct row *row = malloc(sizeof *row);
    char name[CELL_NAME_BYTES];
    assert_non_null(row);
    row_clear(row);
    row_set_name(row->cell, cell_name(cell, name));
    row->test = cell->test;
    row->block = cell->block;
    row->cpu_node = cell->cpu_node;
    row->mem_node = cell->mem_node;
    row_set_name(row->pages, cell->pages->name);
    row->buffer_bytes = row->buffer_asked_bytes = cell->size_bytes;
    if (cell->test == TEST_LATENCY || cell->test == TEST_LOADED) {
        row_set_name(row->pattern, cell->pattern->name);
        row->chains = cell->chains;
        row->slot_bytes = cell->shape.slot_bytes;
        row->touched_bytes = cell->size_bytes / cell->shape.slot_bytes * cell->shape.line_bytes;
    }
    if (cell->test == TEST_LOADED)
        describe_load(&cell->load, row);
    if (cell->test == TEST_C2C)
        describe_pair(&cell->pair, row);
    if (cell->mix)
        row_set_name(row->mix, cell->mix->name);
    id_set_format(&cell->cpus, row->cpus, sizeof row->cpus);
    row->status = STATUS_OK;
    row->placement = VERDICT_VERIFIED;
    return row;
}

static void take(struct fixture *fixture, struct row *row) {
    dataset_add(&fixture->dataset, row);
    free(row);
}

static void add(struct fixture *fixture, size_t cell, enum status status, enum verdict placement,
                double latency_ns) {
    struct row *row = row_of(&fixture->cells[cell]);
    row->status = status;
    row->placement = placement;
    row_set_text(row->reason, placement == VERDICT_VERIFIED ? "" : "for a reason");
    row->latency_ns = latency_ns;
    take(fixture, row);
}

// ---- exit codes ---------------------------------------------------------------------------------

static void the_exit_code_is_the_worst_one(void **state) {
    (void)state;
    static const struct {
        enum status status;
        enum verdict placement;
        enum exit_code code;
        bool accepted; // where what cannot be verified is allowed
    } cases[] = {
        {STATUS_OK,          VERDICT_VERIFIED,        EXIT_CODE_OK,           true },
        {STATUS_OK,          VERDICT_UNVERIFIABLE,    EXIT_CODE_NOT_VERIFIED, true },
        {STATUS_OK,          VERDICT_MIGRATED,        EXIT_CODE_NOT_VERIFIED, false},
        {STATUS_OK,          VERDICT_WRONG_PAGE_SIZE, EXIT_CODE_NOT_VERIFIED, false},
        {STATUS_REFUSED,     VERDICT_MISPLACED,       EXIT_CODE_NOT_VERIFIED, false},
        {STATUS_REFUSED,     VERDICT_COUNT,           EXIT_CODE_FAILURE,      false},
        {STATUS_FAILED,      VERDICT_COUNT,           EXIT_CODE_FAILURE,      false},
        {STATUS_INTERRUPTED, VERDICT_VERIFIED,        EXIT_CODE_INTERRUPTED,  false},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture fixture;
        begin(&fixture);
        add(&fixture, 0, STATUS_OK, VERDICT_VERIFIED, 100);
        add(&fixture, 1, cases[i].status, cases[i].placement, 100);
        assert_int_equal(outcome_of(&fixture.dataset, false), cases[i].code);
        assert_int_equal(outcome_of(&fixture.dataset, true),
                         cases[i].accepted ? EXIT_CODE_OK : cases[i].code);
        finish(&fixture);
    }
}

static void refusals_alone_are_nothing_measured(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add(&fixture, 0, STATUS_REFUSED, VERDICT_COUNT, 100);
    assert_int_equal(outcome_of(&fixture.dataset, false), EXIT_CODE_NOTHING);
    finish(&fixture);
}

// ---- what is printed ----------------------------------------------------------------------------

static const struct topology *told_topology;

// Sends stdout to a file while print runs, and returns what was written.
static char *printed(void (*print)(const struct terminal *terminal), struct dataset *dataset,
                     uint32_t width) {
    static char text[32768];
    const char *directory = getenv("NUMAPROBE_TEST_DIRECTORY");
    char path[384];
    snprintf(path, sizeof path, "%s/printed.txt", directory ? directory : ".");
    fflush(stdout);
    assert_non_null(freopen(path, "w+b", stdout));
    print(&(struct terminal){.dataset = dataset, .topology = told_topology, .columns = width});
    rewind(stdout);
    text[fread(text, 1, sizeof text - 1, stdout)] = '\0';
    remove(path); // which Windows does not do while it is open
    return text;
}

static size_t count_of(const char *text, const char *part) {
    size_t count = 0;
    for (const char *at = strstr(text, part); at; at = strstr(at + 1, part))
        count++;
    return count;
}

static size_t widest_line(const char *text) {
    size_t widest = 0;
    for (const char *line = text; *line;) {
        size_t length = strcspn(line, "\r\n");
        widest = length > widest ? length : widest;
        line += length + (line[length] != '\0');
    }
    return widest;
}

static void fill(struct fixture *fixture) {
    begin(fixture);
    for (size_t cell = 0; cell < CELLS; cell++)
        for (int round = 0; round < ROUNDS; round++)
            add(fixture, cell, STATUS_OK, VERDICT_VERIFIED, 1000 + (double)cell + round - 2.5);
}

static void a_matrix_has_each_cell_under_the_systems_numbers(void **state) {
    (void)state;
    struct fixture fixture;
    fill(&fixture);
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "  cpu 0 "), 1);
    assert_int_equal(count_of(text, "  cpu 4 "), 1);
    for (size_t column = 0; column < MEMORY_NODES; column++) {
        char label[32];
        snprintf(label, sizeof label, " mem %u", memory_node(column));
        assert_true(count_of(text, label) >= 1);
    }
    assert_int_equal(count_of(text, " 1000.0"), 2); // median of the first cell and of local ones
    assert_int_equal(count_of(text, " 1017.0"), 1);
    finish(&fixture);
}

static void a_set_of_nodes_is_a_column_of_the_matrix(void **state) {
    (void)state;
    struct fixture fixture;
    struct error error;
    begin(&fixture);
    assert_true(node_set_parse(&fixture.cells[1].mem_node, "0:3+12:1@weighted", &error));
    add(&fixture, 0, STATUS_OK, VERDICT_VERIFIED, 100);
    add(&fixture, 1, STATUS_OK, VERDICT_VERIFIED, 125);
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    const char *head = strstr(text, "  mem 0  mem 0:3+12:1@weighted\n");
    assert_non_null(head);
    assert_non_null(strstr(head, "  125.0\n"));
    finish(&fixture);
}

// A copy, which has two arrays, in one part of a run.
static void add_copy(struct fixture *fixture, enum block block, uint64_t cpu_node) {
    struct cell cell = fixture->cells[0];
    cell.test = TEST_BANDWIDTH;
    cell.block = block;
    cell.pattern = NULL;
    cell.kernel = kernel_find("copy", ISA_PORTABLE);
    cell.mix = block == BLOCK_PEAK ? mix_find("copy_nt") : NULL;
    cell.cpu_node = (uint32_t)cpu_node;
    struct row *row = row_of(&cell);
    row->cpu_node = cpu_node;
    row->buffer_bytes = row->buffer_asked_bytes = 2 * cell.size_bytes;
    row_set_name(row->kernel, cell.kernel->name);
    row_set_name(row->isa, isa_names[cell.kernel->isa]);
    row->bandwidth_bytes_per_s = 10e9;
    take(fixture, row);
}

static void the_heading_of_a_matrix_has_the_size_that_is_in_the_names_of_its_cases(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add(&fixture, 0, STATUS_OK, VERDICT_VERIFIED, 100);
    add_copy(&fixture, BLOCK_MATRIX, 0);
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "structural chain of 256MiB, 4K pages\n"), 1);
    assert_int_equal(count_of(text, "copy.portable, array size 256MiB, 4K pages\n"), 1);
    add_copy(&fixture, BLOCK_PEAK, 0); // whose matrix is on the page only
    struct matrix_list list;
    char title[MATRIX_TITLE_BYTES];
    matrix_list_build(&list, &fixture.dataset);
    assert_int_equal(list.count, 3);
    assert_string_equal(
        matrix_title(&list.at[2], title),
        "Peak bandwidth, GB/s: copy.portable (mix copy_nt), array size 256MiB, 4K pages");
    matrix_list_free(&list);
    finish(&fixture);
}

static void a_run_with_peaks_and_a_matrix_says_which_to_quote(void **state) {
    (void)state;
    static const char same[] = "the difference is noise. Quote the peak.";
    static const char together[] = "A peak is of all CPU nodes at once: quote it for the machine.";
    static const struct {
        uint64_t peak, matrix; // the CPU node of each; NONE_U32: there is none
        const char *note;
    } cases[] = {
        {0,        0,        same    },
        {NONE_U64, 0,        together},
        {4,        0,        NULL    },
        {0,        NONE_U32, NULL    },
        {NONE_U64, NONE_U32, NULL    },
        {NONE_U32, 0,        NULL    },
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct fixture fixture;
        begin(&fixture);
        if (cases[i].peak != NONE_U32)
            add_copy(&fixture, BLOCK_PEAK, cases[i].peak);
        if (cases[i].matrix != NONE_U32)
            add_copy(&fixture, BLOCK_MATRIX, cases[i].matrix);
        const char *text = printed(terminal_print, &fixture.dataset, 0);
        assert_int_equal(count_of(text, same), cases[i].note == same);
        assert_int_equal(count_of(text, together), cases[i].note == together);
        finish(&fixture);
    }
}

static void a_narrow_terminal_gets_several_tables(void **state) {
    (void)state;
    struct fixture fixture;
    fill(&fixture);
    const char *text = printed(terminal_print, &fixture.dataset, 60);
    assert_int_equal(count_of(text, "  cpu 0 "), 3); // four columns fit, nine are there
    char *end = strstr(text, "\nIn a matrix");
    assert_non_null(end);
    *end = '\0';
    char *title = strchr(text + 1, '\n'); // the title may be longer, the tables not
    assert_non_null(title);
    assert_true(widest_line(title + 1) <= 60);
    finish(&fixture);
    fill(&fixture);
    text = printed(terminal_print, &fixture.dataset, 1); // not even one fits
    assert_int_equal(count_of(text, "  cpu 0 "), MEMORY_NODES);
    finish(&fixture);
}

static void the_summary_names_unverified_rows(void **state) {
    (void)state;
    struct fixture fixture;
    fill(&fixture);
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "VERIFIED: in all repetitions (108)"), 1);
    assert_int_equal(count_of(text, "NOT VERIFIED"), 0);
    assert_int_equal(count_of(text, "for a reason"), 0);
    add(&fixture, 3, STATUS_OK, VERDICT_MIGRATED, 100);
    text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(
        count_of(text, "NOT VERIFIED: verified in 108 of 109 repetitions, migrated in 1"), 1);
    assert_int_equal(count_of(text, "latency/structural/cpu:0/mem:9/size:256MiB/page:4K: for a"),
                     1);
    finish(&fixture);
}

static void add_flagged(struct fixture *fixture, const char *words) {
    struct row *row = row_of(&fixture->cells[0]);
    row_set_text(row->flags, words);
    take(fixture, row);
}

static void the_summary_names_the_most_frequent_flags(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_flagged(&fixture, "");
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "Flags      0 of 1 row is flagged\n"), 1);
    add_flagged(&fixture, "SCHED STEAL");
    add_flagged(&fixture, "SCHED WARMUP CACHED");
    add_flagged(&fixture, "SCHED STEAL");
    add_flagged(&fixture, "WARMUP STEAL SCHED");
    text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "4 of 5 rows are flagged, most often SCHED 4, STEAL 3, "
                                    "WARMUP 2 (numaprobe list flags)\n"),
                     1);
    finish(&fixture);
}

static void add_timed(struct fixture *fixture, enum block block, uint64_t visit_ns,
                      uint64_t window_ns) {
    struct row *row = row_of(&fixture->cells[0]);
    row->block = block;
    row->visit_ns = visit_ns;
    row->wall_ns = window_ns;
    take(fixture, row);
}

// What a probe took was spent, and its windows gave no result.
static void the_summary_shows_the_share_of_measuring_time(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_timed(&fixture, BLOCK_IDLE, NONE_U64, NONE_U64); // as of an older program
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "Time "), 0);
    add_timed(&fixture, BLOCK_IDLE, 30 * NS_PER_S, 20 * NS_PER_S);
    add_timed(&fixture, BLOCK_IDLE, 30 * NS_PER_S, NONE_U64); // refused after its memory was made
    add_timed(&fixture, BLOCK_PROBE, 4 * NS_PER_S, 3 * NS_PER_S);
    text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "Time       1 min 04 s in repetitions, 31 % of it"), 1);
    finish(&fixture);
}

static void a_run_that_was_stopped_says_so(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add(&fixture, 0, STATUS_OK, VERDICT_VERIFIED, 100);
    add(&fixture, 2, STATUS_FAILED, VERDICT_COUNT, NAN);
    add(&fixture, 3, STATUS_REFUSED, VERDICT_COUNT, NAN);
    add(&fixture, 1, STATUS_INTERRUPTED, VERDICT_VERIFIED, NAN);
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "    stopped"), 1);
    assert_int_equal(count_of(text, "     failed"), 1);
    assert_int_equal(count_of(text, "    refused"), 1);
    text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "Stopped    after 3 repetitions, before the end"), 1);
    finish(&fixture);
}

static void an_interval_wider_than_its_median_has_no_digits(void **state) {
    (void)state;
    char text[HALF_WIDTH_TEXT_BYTES];
    assert_string_equal(terminal_half_width(0.0123, text), "+-1.2 %");
    assert_string_equal(terminal_half_width(1, text), "+-100.0 %");
    assert_string_equal(terminal_half_width(102591.29, text), "> 100 %");
}

static void an_interval_needs_six_visits(void **state) {
    (void)state;
    struct fixture fixture;
    fill(&fixture);
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "widest 95 % interval of a median: +-0.2 %"), 1);
    finish(&fixture);
    begin(&fixture);
    for (int round = 0; round < ROUNDS - 1; round++)
        add(&fixture, 0, STATUS_OK, VERDICT_VERIFIED, 100 + round);
    text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "no interval"), 1);
    finish(&fixture);
}

// The cells of the fixture as pairs: three refused ones of two packages, the others sharing a cache
// at 1, 2, 3 ... ns; the last of these has its lines at the reader's.
static void pairs_are_shown_by_class(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    for (size_t i = 0; i < CELLS; i++) {
        fixture.cells[i].test = TEST_C2C;
        fixture.cells[i].pair = (struct cell_pair){
            .protocol = pair_protocol_find("hitm_read"),
            .writer_cpu = (uint32_t)i,
            .reader_cpu = CELLS,
            .home = i == CELLS - 1 ? HOME_READER : HOME_WRITER,
            .pair_class = i < 3 ? PAIR_REMOTE : PAIR_L3,
        };
        for (int visit = -1; i >= 3 && visit <= 1; visit++)
            add(&fixture, i, STATUS_OK, VERDICT_VERIFIED, (double)(i - 2) + visit / 4.0);
        if (i < 3)
            add(&fixture, i, STATUS_REFUSED, VERDICT_COUNT, NAN);
    }
    const char *text = printed(terminal_pair_classes, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "Core to core, ns: "), 2);
    assert_int_equal(count_of(text, "hitm_read, lines in memory of the writer's node, 4K"), 1);
    assert_int_equal(count_of(text, "  a dependent load of a line that the writer has just mod"),
                     2);
    assert_int_equal(count_of(text, "  l3              7.5       1.0      14.0      14 of 14"), 1);
    assert_int_equal(count_of(text, "  remote            -         -         -       0 of 3"), 1);
    assert_int_equal(count_of(text, "hitm_read, lines in memory of the reader's node"), 1);
    assert_int_equal(count_of(text, "  l3             15.0      15.0      15.0       1 of 1"), 1);
    assert_int_equal(count_of(text, "  smt"), 0);
    finish(&fixture);
}

// Four CPUs with gaps; of loads both directions, of a ping-pong one. (i, j) takes 100 i + j ns.
enum { PAIR_CPUS = 4 };
static uint32_t pair_cpu(size_t place) {
    return (uint32_t)(3 * place + 1);
}

static void make_pairs(struct fixture *fixture) {
    size_t count = 0;
    begin(fixture);
    for (size_t writer = 0; writer < PAIR_CPUS; writer++) {
        for (size_t reader = 0; reader < PAIR_CPUS; reader++) {
            for (int ways = 1; ways <= 2; ways++) {
                if (writer == reader || (ways == 2 && writer > reader))
                    continue;
                assert_true(count < CELLS);
                fixture->cells[count].test = TEST_C2C;
                fixture->cells[count].pair = (struct cell_pair){
                    .protocol = pair_protocol_find(ways == 2 ? "store_ping_pong" : "hitm_read"),
                    .writer_cpu = pair_cpu(writer),
                    .reader_cpu = pair_cpu(reader),
                };
                bool failed = writer == 3 && reader == 2;
                add(fixture, count++, failed ? STATUS_FAILED : STATUS_OK, VERDICT_VERIFIED,
                    failed ? NAN : 100.0 * (double)writer + (double)reader);
            }
        }
    }
    fixture->dataset.runs[0].path = base_allocate(8, 1);
    memcpy(fixture->dataset.runs[0].path, "run", 3);
    struct machine_settings *settings = &fixture->dataset.runs[0].machine.settings;
    settings->arguments = base_allocate(1, sizeof *settings->arguments);
    settings->arguments[settings->argument_count++] = base_copy_text("--full");
}

static void all_pairs_are_a_matrix_of_writers_and_readers(void **state) {
    (void)state;
    struct fixture fixture;
    make_pairs(&fixture);
    const char *text = printed(terminal_pair_matrices, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "              cpu 1    cpu 4    cpu 7   cpu 10\n"), 2);
    assert_int_equal(count_of(text, "  cpu 4       100.0             102.0    103.0\n"), 1);
    assert_int_equal(count_of(text, "  cpu 4                         102.0    103.0\n"), 1);
    assert_int_equal(count_of(text, "  cpu 10      300.0    301.0   failed         \n"), 1);
    assert_int_equal(count_of(text, "both directions are one pair"), 1);
    assert_int_equal(count_of(text, "run/rows.csv"), 0);
    text = printed(terminal_pair_matrices, &fixture.dataset, 30); // two columns fit, four are there
    assert_int_equal(count_of(text, "  cpu 4   "), 2 * 2);
    text = printed(terminal_pair_classes, &fixture.dataset, 0); // not asked for
    assert_int_equal(count_of(text, "cpu 4"), 0);
    finish(&fixture);
}

// Loads from the first CPU to as many others, and no more.
static const char *print_pairs_of(size_t cpus) {
    struct fixture fixture;
    make_pairs(&fixture);
    for (uint32_t i = 1; i < cpus; i++) {
        struct row *row = row_of(&fixture.cells[0]);
        row_set_name(row->protocol, "cas_ping_pong");
        snprintf(row->cell, sizeof row->cell, "pair %u", i);
        row->writer_cpu = 0;
        row->reader_cpu = i;
        take(&fixture, row);
    }
    const char *text = printed(terminal_pair_matrices, &fixture.dataset, 0);
    finish(&fixture);
    return text;
}

static void all_pairs_of_many_cpus_are_in_the_file(void **state) {
    (void)state;
    const char *text = print_pairs_of(TERMINAL_PAIRS_CPUS_MAX);
    assert_int_equal(count_of(text, "\n  cpu 0 "), 1);
    assert_int_equal(count_of(text, "run/rows.csv"), 0);
    text = print_pairs_of(TERMINAL_PAIRS_CPUS_MAX + 1);
    assert_int_equal(count_of(text, "\n  cpu 0 "), 0);
    assert_int_equal(count_of(text, "A matrix of more than 32 CPUs is not printed: run/rows.csv"),
                     1);
}

// Three of them as walks of one chain, of eight, and of eight in other pages, which have no chain
// walked alone to multiply by.
static void chains_are_shown_with_the_lines_in_flight(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    for (size_t i = 0; i < 3; i++) {
        fixture.cells[i].block = BLOCK_MLP;
        fixture.cells[i].mem_node = node_set_of(0);
        fixture.cells[i].chains = i ? 8 : 1;
    }
    fixture.cells[2].pages = page_kind_find("2M");
    add(&fixture, 0, STATUS_OK, VERDICT_VERIFIED, 100); // each load of 8 chains waits for 160 ns,
    add(&fixture, 1, STATUS_OK, VERDICT_VERIFIED, 160); // in which 8 lines come: 5 in 100 ns
    add(&fixture, 2, STATUS_OK, VERDICT_VERIFIED, 160);
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "       1     100.0      0.64      1.00  latency/"), 1);
    assert_int_equal(count_of(text, "       8     160.0      3.20      5.00  latency/"), 1);
    assert_int_equal(count_of(text, "       8     160.0      3.20         -  latency/"), 1);
    finish(&fixture);
}

// Two sizes of page and one that nothing proves; the last cell has a buffer of another size.
static void latencies_stand_together_by_size_of_page(void **state) {
    (void)state;
    static const struct {
        const char *pages;
        uint64_t found_bytes;
        double latency_ns;
        const char *line;
    } cells[] = {
        {"2M",       2 * MIB,  100, "  2M             2MiB   256 MiB     100.0       +0.0  "},
        {"4K",       4 * KIB,  160, "  4K             4KiB   256 MiB     160.0      +60.0  "},
        {"mthp-64K", NONE_U64, 110, "  mthp-64K   unproven   256 MiB     110.0          -  "},
        {"thp",      2 * MIB,  50,  "  thp            2MiB  64.0 MiB      50.0       +0.0  "},
    };
    struct fixture fixture;
    begin(&fixture);
    for (size_t i = 0; i < COUNT_OF(cells); i++) {
        fixture.cells[i].mem_node = node_set_of(0);
        fixture.cells[i].pages = page_kind_find(cells[i].pages);
        fixture.cells[i].size_bytes = i == 3 ? 64 * MIB : 256 * MIB;
        struct row *row = row_of(&fixture.cells[i]);
        row->size_rule = SIZE_BY_MEMORY;
        row->latency_ns = cells[i].latency_ns;
        row->page_found_bytes = cells[i].found_bytes;
        take(&fixture, row);
    }
    const char *text = printed(terminal_pages, &fixture.dataset, 0);
    for (size_t i = 0; i < COUNT_OF(cells); i++)
        if (count_of(text, cells[i].line) != 1)
            fail_msg("'%s' is not once in: %s", cells[i].line, text);
    assert_true(strstr(text, "  mthp-64K") < strstr(text, "  4K"));
    assert_true(strstr(text, "  4K") < strstr(text, "  2M"));
    finish(&fixture);
}

static void sizes_that_may_fit_caches_of_a_hypervisor_say_why(void **state) {
    (void)state;
    static const char why[] = "(flag SIZE_LIMITED): a hypervisor shows the caches";
    struct fixture fixture;
    begin(&fixture);
    struct row *row = row_of(&fixture.cells[0]);
    row->latency_ns = 100;
    row->sized_for = SIZED_FOR_UNPROVEN;
    take(&fixture, row);
    struct data_run *run = &fixture.dataset.runs[0];
    assert_int_equal(count_of(printed(terminal_print, &fixture.dataset, 0), why), 0);
    run->machine.settings.memory.caches_doubted = true;
    assert_int_equal(count_of(printed(terminal_print, &fixture.dataset, 0), why), 1);
    run->chosen.outgrown_bytes = run->chosen.array_outgrown_bytes = 64 * MIB;
    assert_int_equal(count_of(printed(terminal_print, &fixture.dataset, 0), why), 0);
    finish(&fixture);
}

static void reasons_stand_below_a_line_of_their_own(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add(&fixture, 0, STATUS_OK, VERDICT_VERIFIED, 100);
    assert_int_equal(count_of(printed(terminal_print, &fixture.dataset, 0), "\nReasons "), 0);
    struct row *row = row_of(&fixture.cells[1]);
    row->status = STATUS_REFUSED;
    row_set_text(row->reason, "no huge page is free");
    take(&fixture, row);
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "\nReasons "), 1);
    assert_true(strstr(text, "\nReasons ") < strstr(text, "no huge page is free"));
    finish(&fixture);
}

static void one_kind_of_page_has_no_table_of_pages(void **state) {
    (void)state;
    struct fixture fixture;
    fill(&fixture);
    assert_string_equal(printed(terminal_pages, &fixture.dataset, 0), "");
    finish(&fixture);
}

static void add_peak(struct fixture *fixture) {
    fixture->cells[0].test = TEST_BANDWIDTH;
    fixture->cells[0].block = BLOCK_PEAK;
    fixture->cells[0].mix = mix_find("reads");
    fixture->cells[0].kernel = kernel_find("read", ISA_PORTABLE);
    struct row *row = row_of(&fixture->cells[0]);
    row->bandwidth_bytes_per_s = 38.4e9;
    row_set_text(row->nodes_seen, "0");
    take(fixture, row);
}

static void add_of_set(struct fixture *fixture, size_t cell, const char *nodes, double rate) {
    struct error error;
    struct cell *made = &fixture->cells[cell];
    made->test = TEST_BANDWIDTH;
    made->block = BLOCK_SET;
    made->cpu_node = 0;
    made->mix = mix_find("reads");
    made->kernel = kernel_find("read", ISA_PORTABLE);
    assert_true(node_set_parse(&made->mem_node, nodes, &error));
    struct row *row = row_of(made);
    row->bandwidth_bytes_per_s = rate;
    take(fixture, row);
}

// The first set lost after one visit, though that one was the best of all.
static void the_best_set_is_shown_beside_the_best_node_with_its_command(void **state) {
    (void)state;
    struct told facts[] = {
        {.name = "interleave_weights", .value = "0:1+2:1", .available = true},
        {.name = "interleave_auto",    .value = "true",    .available = true},
    };
    struct fixture fixture;
    begin(&fixture);
    for (int visit = 0; visit < 8; visit++) {
        add_of_set(&fixture, 0, "0", 40e9);
        add_of_set(&fixture, 1, "0:3+2:1", 50e9);
    }
    add_of_set(&fixture, 2, "0+2", 51e9);
    add_of_set(&fixture, 2, "2", 10e9);
    fixture.dataset.runs[0].machine.facts = facts;
    fixture.dataset.runs[0].machine.fact_count = COUNT_OF(facts);
    const char *text = printed(terminal_sets, &fixture.dataset, 0);
    static const char *const lines[] = {
        "reads, CPUs of node 0: the best set gives +25 %\n",
        "  best node                        40.00 +-0.0 %   0\n",
        "  best set                         50.00 +-0.0 %   0:3+2:1\n",
        "  equal parts (interleave)         51.00           0+2\n",
        "  the kernel's weights (auto)      51.00           0+2\n",
        "    numactl --weighted-interleave=0,2 PROGRAM, after (Linux 6.9 and newer)\n",
        "    echo 3 | sudo tee /sys/kernel/mm/mempolicy/weighted_interleave/node0\n",
        "    echo 1 | sudo tee /sys/kernel/mm/mempolicy/weighted_interleave/node2\n",
    };
    for (size_t i = 0; i < COUNT_OF(lines); i++)
        if (count_of(text, lines[i]) != 1)
            fail_msg("not once '%s' in\n%s", lines[i], text);
    fixture.dataset.runs[0].machine.facts = NULL;
    fixture.dataset.runs[0].machine.fact_count = 0;
    finish(&fixture);
}

static void a_set_that_gives_no_more_than_a_node_is_not_advised(void **state) {
    (void)state;
    struct fixture fixture;
    begin(&fixture);
    add_of_set(&fixture, 0, "0", 40e9);
    assert_int_equal(count_of(printed(terminal_sets, &fixture.dataset, 0),
                              "reads, CPUs of node 0: no set was measured\n"),
                     1);
    add_of_set(&fixture, 1, "0:3+2:1", 40.5e9);
    const char *text = printed(terminal_sets, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "no set is clearly better than the best node"), 1);
    assert_int_equal(count_of(text, "numactl"), 0);
    finish(&fixture);
}

static void a_peak_is_compared_with_the_channels_if_they_are_known(void **state) {
    (void)state;
    struct told channels = {
        .name = "memory_channels", .value = "2 channels x 3200 x 64", .available = true};
    struct topology_node nodes[2] = {
        {.has_memory = true },
        { .id = 1, .has_memory = true}
    };
    struct topology topology = {.nodes = nodes, .node_count = 1};
    struct fixture fixture;
    begin(&fixture);
    told_topology = &topology;
    add(&fixture, 1, STATUS_OK, VERDICT_VERIFIED, 100);
    const char *text = printed(terminal_peak_shares, &fixture.dataset, 0);
    assert_string_equal(text, ""); // no peak was looked for
    add_peak(&fixture);
    text = printed(terminal_peak_shares, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "Theoretical peak: unknown"), 1);
    fixture.dataset.runs[0].machine.facts = &channels;
    fixture.dataset.runs[0].machine.fact_count = 1;
    text = printed(terminal_peak_shares, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "Theoretical peak 51.20 GB/s: 2 channels x 3200 x 64"), 1);
    assert_int_equal(count_of(text, "The peaks reach\n  reads 75.0 %\n"), 1);
    topology.node_count = 2; // of which it drew from one
    text = printed(terminal_peak_shares, &fixture.dataset, 0);
    assert_string_equal(text, "");
    fixture.dataset.runs[0].machine = (struct machine_file){0};
    told_topology = NULL;
    finish(&fixture);
}

// An idle cell, and three points and a paced load beside it, by what they are called.
static void begin_curve(struct fixture *fixture) {
    begin(fixture);
    for (size_t i = 0; i < 5; i++) {
        struct cell *cell = &fixture->cells[i];
        cell->mem_node = node_set_of(0);
        id_set_add(&cell->cpus, 1);
        if (i == 0)
            continue;
        cell->test = TEST_LOADED;
        cell->block = BLOCK_LOADED;
        cell->load.mix = mix_find("reads");
        cell->load.kernel = kernel_find("read", ISA_PORTABLE);
        cell->load.mode = i == 4 ? LOAD_PACED : LOAD_CLOSED;
        cell->load.delay_cycles = i == 4 ? 0 : (uint32_t)(3 - i) * 1000;
        cell->load.offered_bytes_per_s = i == 4 ? 12e9 : NAN;
        id_set_add(&cell->load.cpus, 2);
    }
}

static void add_point(struct fixture *fixture, size_t cell, double latency_ns, double gb_s) {
    struct row *row = row_of(&fixture->cells[cell]);
    row->latency_ns = latency_ns;
    row->bandwidth_bytes_per_s = gb_s * 1e9;
    row->load_bytes_per_s = (gb_s - 0.5) * 1e9;
    take(fixture, row);
}

static void a_curve_is_shown_by_pause_with_its_figures(void **state) {
    (void)state;
    struct fixture fixture;
    begin_curve(&fixture);
    add(&fixture, 0, STATUS_OK, VERDICT_VERIFIED, 100);
    add_point(&fixture, 1, 102, 2);
    add_point(&fixture, 2, 110, 15);
    add_point(&fixture, 3, 210, 20);
    add_point(&fixture, 4, 111, 12.25);
    const char *text = printed(terminal_print, &fixture.dataset, 40);
    assert_int_equal(count_of(text, "        2000       2.00      102.0            1  idle"), 1);
    assert_int_equal(count_of(text, "        1000      15.00      110.0            1  knee"), 1);
    assert_int_equal(count_of(text, "           0      20.00      210.0            1  saturated"),
                     1);
    assert_int_equal(count_of(text, "       12.00         11.75      111.0            1"), 1);
    assert_int_equal(count_of(text, "start of the curve: +2.0 %"), 1);
    assert_int_equal(count_of(text, "a sketch: one repetition of each point"), 1);
    add_point(&fixture, 2, 110, 15);
    text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "a sketch"), 0);
    finish(&fixture);
}

// All its points were refused: why is said of each, and no table is made of nothing.
static void a_curve_without_values_prints_no_table(void **state) {
    (void)state;
    struct fixture fixture;
    begin_curve(&fixture);
    add(&fixture, 0, STATUS_OK, VERDICT_VERIFIED, 100);
    add(&fixture, 1, STATUS_REFUSED, VERDICT_COUNT, NAN);
    const char *text = printed(terminal_print, &fixture.dataset, 0);
    assert_int_equal(count_of(text, "Latency under load"), 0);
    assert_int_equal(count_of(text, ": for a reason"), 1);
    finish(&fixture);
}

// ---- defaults -----------------------------------------------------------------------------------

static void the_default_pages_are_ones_that_this_system_has(void **state) {
    (void)state;
    const struct {
        uint64_t base_bytes, transparent_bytes;
        bool off;
        const char *pages;
    } cases[] = {
        {4 * KIB,  2 * MIB,   false, "thp"},
        {4 * KIB,  2 * MIB,   true,  "4K" }, // a switch, or PR_SET_THP_DISABLE
        {4 * KIB,  0,         false, "4K" },
        {16 * KIB, 32 * MIB,  false, "16K"}, // Raspberry Pi 5, Asahi
        {64 * KIB, 512 * MIB, false, "64K"},
        {64 * KIB, 2 * MIB,   false, "thp"},
    };
    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        fake_os_reset(1, 1);
        fake_os.base_page_bytes = cases[i].base_bytes;
        fake_os.transparent_page_bytes = cases[i].transparent_bytes;
        fake_os.transparent_off = cases[i].off;
        assert_string_equal(default_pages()->name, cases[i].pages);
    }
}

// ---- options ------------------------------------------------------------------------------------

static bool parse_pages(struct options *options, const char *value, struct error *error) {
    char words[2][32] = {"--pages"};
    snprintf(words[1], sizeof words[1], "%s", value);
    return options_parse(options, COMMAND_LATENCY, "latency", 0, 2, (char *[]){words[0], words[1]},
                         error);
}

// 2M, of which the simulated system has any number, thp, which is switched off, and no other.
static void all_pages_are_those_that_can_be_had_and_the_others_have_reasons(void **state) {
    (void)state;
    struct options options;
    struct error error;
    fake_os_reset(2, 1);
    fake_os.base_page_bytes = 64 * KIB;
    fake_os.transparent_off = true;
    assert_true(parse_pages(&options, "base,all", &error));
    assert_int_equal(options.page_count, 2);
    assert_string_equal(options.pages[0]->name, "64K");
    assert_string_equal(options.pages[1]->name, "2M");
    assert_int_equal(options.left_out_count, 1);
    assert_string_equal(options.left_out[0].kind->name, "thp");
    assert_string_equal(options.left_out[0].why.text, "no pages of kind thp");
    options_free(&options);
    fake_os.transparent_off = false;
    fake_os.mthp_bytes = 256 * KIB;
    assert_true(parse_pages(&options, "all", &error));
    assert_int_equal(options.page_count, 4);
    assert_int_equal(options.left_out_count, 0);
    assert_string_equal(options.pages[3]->name, "mthp-256K");
    options_free(&options);
}

static void a_kind_of_page_that_is_none_is_refused_with_those_that_there_are(void **state) {
    (void)state;
    struct options options;
    struct error error;
    fake_os_reset(2, 1);
    fake_os.base_page_bytes = 16 * KIB;
    assert_false(parse_pages(&options, "3M", &error));
    assert_int_equal(error.kind, ERROR_KIND_USAGE);
    assert_string_equal(error.text, "--pages: there is no kind of page '3M'; this machine has 16K, "
                                    "2M, thp (numaprobe list pages)");
    options_free(&options);
}

// What nobody should give, whatever the option: numbers beyond each type, lists with holes, units
// of something else, bytes that are no text.
static const char *const bad_values[] = {
    "",
    " ",
    "0",
    "-1",
    "--",
    "-",
    "1e999",
    "nan",
    "inf",
    "0x10",
    "1.5",
    "1T",
    "0,0",
    "5-1",
    "0-",
    "-0",
    ",",
    "0,",
    ",,",
    "1048576",
    "1048577",
    "%s%n%x",
    "\x1b[31m",
    "\xff",
    "\n",
    "4K,4K",
    "all,all",
    "read,read",
    "1:0",
    "0:0",
    "1000%",
    "1e-400GB/s",
    "word",
    "1K",
    "99999999999999999999999",
    "18446744073709551615",
    "9223372036854775808",
    "8388608T",
    "8388607T",
    "0-1048576,0-1048576",
    "4294967295",
    "4294967296",
    "100001GB/s",
};

static void take_value(const struct option *option, unsigned command, const char *value) {
    struct options options;
    struct error error = {0};
    char name[40], text[8192];
    snprintf(name, sizeof name, "%s", option->name);
    snprintf(text, sizeof text, "%s", value);
    char *words[] = {name, text};
    if (!options_parse(&options, (enum command_bit)command, "command", 2, 2, words, &error)) {
        assert_int_equal(error.kind, ERROR_KIND_USAGE);
        assert_non_null(strstr(error.text, "--"));
    }
    options_free(&options);
}

static void every_option_takes_a_bad_value_or_refuses_it_with_a_sentence(void **state) {
    (void)state;
    fake_os_reset(2, 1);
    char *endless = base_allocate(8000, 1);
    memset(endless, '9', 7999);
    for (size_t i = 0; i < option_count; i++)
        for (unsigned bit = 1; option_table[i].value && bit && bit <= option_table[i].commands;
             bit <<= 1) {
            if (!(option_table[i].commands & bit))
                continue;
            for (size_t value = 0; value < COUNT_OF(bad_values); value++)
                take_value(&option_table[i], bit, bad_values[value]);
            take_value(&option_table[i], bit, endless);
        }
    free(endless);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_option_takes_a_bad_value_or_refuses_it_with_a_sentence),
        cmocka_unit_test(the_default_pages_are_ones_that_this_system_has),
        cmocka_unit_test(all_pages_are_those_that_can_be_had_and_the_others_have_reasons),
        cmocka_unit_test(a_kind_of_page_that_is_none_is_refused_with_those_that_there_are),
        cmocka_unit_test(latencies_stand_together_by_size_of_page),
        cmocka_unit_test(sizes_that_may_fit_caches_of_a_hypervisor_say_why),
        cmocka_unit_test(reasons_stand_below_a_line_of_their_own),
        cmocka_unit_test(one_kind_of_page_has_no_table_of_pages),
        cmocka_unit_test(the_exit_code_is_the_worst_one),
        cmocka_unit_test(refusals_alone_are_nothing_measured),
        cmocka_unit_test(a_matrix_has_each_cell_under_the_systems_numbers),
        cmocka_unit_test(a_set_of_nodes_is_a_column_of_the_matrix),
        cmocka_unit_test(the_heading_of_a_matrix_has_the_size_that_is_in_the_names_of_its_cases),
        cmocka_unit_test(a_run_with_peaks_and_a_matrix_says_which_to_quote),
        cmocka_unit_test(a_narrow_terminal_gets_several_tables),
        cmocka_unit_test(the_summary_names_unverified_rows),
        cmocka_unit_test(the_summary_names_the_most_frequent_flags),
        cmocka_unit_test(the_summary_shows_the_share_of_measuring_time),
        cmocka_unit_test(a_run_that_was_stopped_says_so),
        cmocka_unit_test(an_interval_needs_six_visits),
        cmocka_unit_test(a_curve_is_shown_by_pause_with_its_figures),
        cmocka_unit_test(a_curve_without_values_prints_no_table),
        cmocka_unit_test(an_interval_wider_than_its_median_has_no_digits),
        cmocka_unit_test(pairs_are_shown_by_class),
        cmocka_unit_test(all_pairs_are_a_matrix_of_writers_and_readers),
        cmocka_unit_test(all_pairs_of_many_cpus_are_in_the_file),
        cmocka_unit_test(chains_are_shown_with_the_lines_in_flight),
        cmocka_unit_test(the_best_set_is_shown_beside_the_best_node_with_its_command),
        cmocka_unit_test(a_set_that_gives_no_more_than_a_node_is_not_advised),
        cmocka_unit_test(a_peak_is_compared_with_the_channels_if_they_are_known),
    };
    // cmocka reports on stdout, which the tests send elsewhere: stderr keeps the failures readable.
    return cmocka_run_group_tests(tests, NULL, NULL);
}
