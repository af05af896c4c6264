// SPDX-License-Identifier: Apache-2.0
// The one list of columns. Header, struct row, writer, reader, `numaprobe list columns` and the
// table in results/README.md all come from it or are checked against it.
//
// The names are a contract with everyone who reads our files: a column never changes its meaning or
// its unit; new ones are added at the end of their group, and SCHEMA_VERSION rises when one goes.
// COLUMN(type, name, what it means). Types: word (of record/words.h), name (short), text (a list or
// a sentence), nodes (base/node_set.h), u64, f64. Absent is an empty field, never 0.
#ifndef NUMAPROBE_RECORD_COLUMNS_H
#define NUMAPROBE_RECORD_COLUMNS_H

#define SCHEMA_VERSION 1

// Rises with every bold line of CHANGELOG.md: runs of two versions are not compared.
#define METHOD_VERSION 1

// clang-format off
#define COLUMNS(GROUP, COLUMN)                                                                     \
    GROUP("What was asked")                                                                        \
    COLUMN(u64,  schema_version, "version of this list of columns")                                \
    COLUMN(name, run_id, "identifies the run; the same in machine.json")                           \
    COLUMN(name, host, "host name")                                                                \
    COLUMN(name, timestamp_utc, "start of the repetition, ISO 8601")                               \
    COLUMN(word, test, "latency, bandwidth, loaded or c2c")                                        \
    COLUMN(name, kernel, "the loop: name of a streaming kernel, chase, or exchange")               \
    COLUMN(name, isa, "instruction set of the loop; empty for a chase")                            \
    COLUMN(word, store, "ordinary, nontemporal or in_place; empty without stores")                 \
    COLUMN(name, pattern, "order of a chase: structural, full_random or full_random_4k")           \
    COLUMN(u64,  cpu_node, "node of the threads, as the system numbers it")                        \
    COLUMN(nodes, mem_node, "node requested for the memory, likewise")                             \
    COLUMN(text, cpus, "CPUs requested, as the system numbers them, one thread each")              \
    COLUMN(u64,  threads, "number of threads")                                                     \
    COLUMN(u64,  buffer_bytes, "size of all arrays of all threads")                                \
    COLUMN(u64,  touched_bytes, "bytes that one pass over the buffer loads: lines x line size")    \
    COLUMN(word, sized_for, "memory, caches (small on purpose, --cached), or unproven")            \
    COLUMN(name, pages, "kind of page requested, as --pages")                                      \
    COLUMN(u64,  page_asked_bytes, "page size requested")                                          \
    COLUMN(u64,  page_found_bytes, "page size found after the timing; empty if mixed or unknown")  \
    COLUMN(u64,  round, "round over the plan, from 1")                                             \
    COLUMN(u64,  visit, "number of the repetition in this run, from 1")                            \
    COLUMN(u64,  seed, "seed of this repetition's chain, data and page samples")                   \
    COLUMN(u64,  samples, "in the window; values below are their median, minimum, maximum")        \
    COLUMN(name, cell, "name of the case, the same in every run of the same request")              \
    COLUMN(word, block, "part: idle, peak, matrix, loaded, c2c, sweep, mlp, check or probe")       \
    COLUMN(name, mix, "reads and writes on the bus as MLC names them; empty for other loops")      \
    COLUMN(u64,  chains, "chains that each thread of a chase walks at once")                       \
    COLUMN(u64,  window_bytes, "part of the buffer in which a chase is random before it moves on") \
    COLUMN(u64,  slot_bytes, "distance between neighbouring pointers of a chase")                  \
    COLUMN(u64,  load_node, "node of the memory that the loading threads use")                     \
    COLUMN(text, load_cpus, "CPUs of the loading threads")                                         \
    COLUMN(word, load_mode, "closed (a burst after the last one) or paced (bursts by the clock)")  \
    COLUMN(u64,  load_delay_cycles, "closed: dependent additions after each burst, one cycle each")\
    COLUMN(f64,  offered_bytes_per_s, "paced: the rate requested of the loading threads")          \
    COLUMN(name, protocol, "how a line moves between cores: numaprobe list protocols")             \
    COLUMN(word, pair_class, "what the two CPUs share: smt, l3, die, node, package or remote")     \
    COLUMN(u64,  writer_cpu, "CPU that writes the lines")                                          \
    COLUMN(u64,  reader_cpu, "CPU that reads them")                                                \
    COLUMN(u64,  lines, "different lines exchanged between the two CPUs")                          \
    COLUMN(word, check, "how a control case differs from the case that it checks")                 \
    COLUMN(name, check_of, "name of that case; empty for all others")                              \
    COLUMN(u64,  buffer_asked_bytes, "buffer_bytes as requested; more if AWE granted only a part") \
    COLUMN(word, size_rule, "what decided the size: asked, caches, memory or measured")            \
    COLUMN(word, home, "c2c: whose node holds the lines' memory: writer, reader or third")         \
    GROUP("What was found")                                                                        \
    COLUMN(f64,  latency_ns, "of a dependent load, or as the protocol says; median of samples")    \
    COLUMN(f64,  latency_min_ns, "smallest sample")                                                \
    COLUMN(f64,  latency_max_ns, "largest sample")                                                 \
    COLUMN(f64,  bandwidth_bytes_per_s, "counted as STREAM does: each named load and store once")  \
    COLUMN(f64,  bandwidth_min_bytes_per_s, "smallest sample")                                     \
    COLUMN(f64,  bandwidth_max_bytes_per_s, "largest sample")                                      \
    COLUMN(f64,  traffic_min_bytes_per_s, "minimum on the bus, if no store read its line")         \
    COLUMN(f64,  traffic_max_bytes_per_s, "maximum on the bus, if every ordinary store did")       \
    COLUMN(f64,  latency_cycles, "latency_ns in cycles of the measured core clock")                \
    COLUMN(f64,  latency_cpu_ns, "one thread: CPU time per load with warm-up, without stops")      \
    COLUMN(f64,  window_cv, "standard deviation of ten parts of the window over their mean")       \
    COLUMN(f64,  load_bytes_per_s, "moved by the loading threads, without the chase")              \
    COLUMN(f64,  late_share, "paced: share of bursts that began late")                             \
    COLUMN(f64,  traffic_bus_bytes_per_s, "carried by the bus as its counters say: group bus_")    \
    GROUP("Where the memory and the threads were")                                                 \
    COLUMN(word, placement, "verified, misplaced, migrated, wrong_page_size or unverifiable")      \
    COLUMN(u64,  pages_total, "pages of the buffer: large where proven to be, else ordinary")      \
    COLUMN(u64,  pages_checked_before, "pages checked before the timing")                          \
    COLUMN(u64,  pages_on_node_before, "of these on mem_node")                                     \
    COLUMN(u64,  pages_off_node_before, "of these on another node")                                \
    COLUMN(u64,  pages_absent_before, "of these not resident")                                     \
    COLUMN(u64,  pages_unknown_before, "of these resident, the node unknown")                      \
    COLUMN(u64,  pages_checked_after, "the same, after the timing")                                \
    COLUMN(u64,  pages_on_node_after, "of these on mem_node")                                      \
    COLUMN(u64,  pages_off_node_after, "of these on another node")                                 \
    COLUMN(u64,  pages_absent_after, "of these not resident")                                      \
    COLUMN(u64,  pages_unknown_after, "of these resident, the node unknown")                       \
    COLUMN(text, nodes_seen, "nodes on which any page was found, before or after")                 \
    COLUMN(text, cpus_seen, "CPUs on which the threads were seen, at start, during and at the end")\
    COLUMN(u64,  threads_moved, "threads seen on a CPU other than their own")                      \
    COLUMN(name, placed_by, "bind, kernel, only_node, preferred or first_touch: the weakest")      \
    COLUMN(name, located_by, "move_pages, numa_maps, working_set or only_node; likewise")          \
    COLUMN(name, pages_by_node_asked, "if mem_node is a set: pages requested per node")            \
    COLUMN(name, pages_by_node_before, "pages on each node before the timing, as checked")         \
    COLUMN(name, pages_by_node_after, "and after it")                                              \
    GROUP("What disturbed it")                                                                     \
    COLUMN(u64,  wall_ns, "length of the common window")                                           \
    COLUMN(u64,  start_skew_ns, "latest first step of a thread minus the common start")            \
    COLUMN(u64,  warm_ns, "warm-up: time of the same work before the window")                      \
    COLUMN(word, warm_converged, "yes when the last three warm-up samples agreed; see flag WARMUP")\
    COLUMN(u64,  cpu_ns, "CPU time of all threads from start to end")                              \
    COLUMN(u64,  busy_wall_ns, "wall time of the same, to compare with cpu_ns")                    \
    COLUMN(u64,  run_delay_ns, "time that threads were runnable but waited for a CPU, summed")     \
    COLUMN(u64,  involuntary_switches, "times a thread was taken off its CPU, summed")             \
    COLUMN(u64,  minor_faults, "page faults without input, summed; empty on Windows")              \
    COLUMN(u64,  major_faults, "page faults with input, summed")                                   \
    COLUMN(u64,  steal_ns, "time the hypervisor took from these CPUs, in steps of 10 ms")          \
    COLUMN(f64,  clock_start_hz, "core clock of the leading thread before the warm-up, measured")  \
    COLUMN(f64,  clock_end_hz, "the same after the window")                                        \
    COLUMN(u64,  interrupt_ns, "time these CPUs spent in interrupts; Linux: steps of 10 ms")       \
    COLUMN(u64,  thread_cycles, "Windows: cycles charged to the threads, summed")                  \
    COLUMN(u64,  gap_max_ns, "longest time that a thread lost in one step")                        \
    COLUMN(u64,  gap_sum_ns, "all such times, summed over all threads")                            \
    COLUMN(u64,  gap_unexplained_ns, "gap_max_ns minus the wait of that thread; the maximum")      \
    COLUMN(u64,  throttle_events, "times that heat slowed these CPUs or their packages")           \
    COLUMN(u64,  system_migrated_pages, "pages of any process that the kernel moved meanwhile")    \
    COLUMN(u64,  visit_ns, "time of the whole repetition: memory, proofs, warm-up, window")        \
    GROUP("What the bus carried")                                                                  \
    COLUMN(name, bus_source, "the counters: numaprobe doctor, check bus_counters; empty: none")    \
    COLUMN(u64,  bus_ns, "time counted: start of the threads, warm-up and window")                 \
    COLUMN(u64,  bus_bytes, "bytes counted in that time, reads and writes")                        \
    COLUMN(u64,  bus_read_bytes, "of these reads, if counted separately")                          \
    COLUMN(u64,  bus_write_bytes, "of these writes, if counted separately")                        \
    COLUMN(u64,  bus_remote_bytes, "of these to or from the memory of another node than the CPU's")\
    COLUMN(u64,  bus_min_bytes, "minimum that the loops moved in that time")                       \
    COLUMN(u64,  bus_max_bytes, "maximum: with the reads of ordinary stores and prefetches")       \
    COLUMN(f64,  bus_background_bytes_per_s, "counted in short idle times before and after")       \
    COLUMN(f64,  store_read_share, "share of ordinary stores that read their line, by these bytes")\
    COLUMN(name, bus_reason, "why nothing was counted although there are counters")                \
    GROUP("What the arrays held afterwards")                                                       \
    COLUMN(u64,  elements_checked, "elements checked after the window; of a chase: its links")     \
    COLUMN(u64,  elements_wrong, "of these not what the loop must leave, or read wrongly")         \
    GROUP("Verdict")                                                                               \
    COLUMN(text, flags, "what to know before using the row, separated by spaces; see list flags")  \
    COLUMN(word, status, "ok, refused, failed or interrupted")                                     \
    COLUMN(text, reason, "why it is not ok, or not verified")
// clang-format on

#endif
