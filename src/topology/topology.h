// SPDX-License-Identifier: Apache-2.0
// The machine as hwloc sees it, as a plain snapshot: nodes, CPUs, caches, distances.
//
// This is the only room that knows hwloc. Numbers are the system's own and have gaps; arrays are in
// ascending order of them and are searched, never indexed by them. Nodes without CPUs (CXL, HBM)
// and nodes without memory are ordinary.
#ifndef NUMAPROBE_TOPOLOGY_TOPOLOGY_H
#define NUMAPROBE_TOPOLOGY_TOPOLOGY_H

#include "base/error.h"
#include "base/id_set.h"
#include "base/node_set.h"

#include <stdio.h>

struct topology_cpu {
    uint32_t id;
    uint32_t node;       // NONE_U32: on none
    uint32_t core;       // CPUs with the same number share a core
    uint32_t die;        // part of a package; NONE_U32 when not known, or all of it
    uint32_t package;    // NONE_U32 when not known
    uint32_t llc;        // index into caches of its last level; NONE_U32 when not known
    uint32_t rank;       // of its kind: the higher, the faster; NONE_U32 when not known
    bool allowed;        // this process may run there
    bool node_by_system; // hwloc does not say on which node: the system's table does
};

// What the ranks of kinds come from, the best word first.
enum kind_figure { KIND_CAPACITY, KIND_MAX_MHZ, KIND_BASE_MHZ, KIND_FIGURE_COUNT };

// CPUs of one design, where a processor has several (Intel's P and E cores, Arm's big and little).
struct topology_kind {
    uint32_t rank;                     // the higher, the faster; NONE_U32: the system does not tell
    char core_type[48];                // "IntelCore", "0xd85"; "" when unknown
    double figures[KIND_FIGURE_COUNT]; // NaN: unknown
    struct id_set cpus;
};

struct topology_node {
    uint32_t id;
    uint64_t memory_bytes; // 0: none or unknown. On Windows without an SRAT, or with hot-pluggable
                           // ranges: what was free
    bool has_memory;
    uint64_t memory_cache_bytes; // of the memory-side caches before it; 0: none shown
    char kind[24];       // "DRAM", "HBM", "MCDRAM", "NVM", "GPUMemory"; "": hwloc does not say
    struct id_set cpus;  // its own; of a node without any, those beside which it lies
    bool has_cpus;       // some CPU has this node as its own
    bool allowed;        // this process may take memory there
    bool known_to_hwloc; // false: only the system names it
};

struct topology_cache {
    uint32_t level;
    uint64_t size_bytes;
    uint32_t line_bytes; // 0: unknown
    struct id_set cpus;
};

// "2.9.0": of the interface of the hwloc in this program. Returns text.
enum { TOPOLOGY_HWLOC_VERSION_BYTES = 32 };
char *topology_hwloc_version(char text[TOPOLOGY_HWLOC_VERSION_BYTES]);

struct topology {
    struct topology_cpu *cpus;
    size_t cpu_count;
    struct topology_node *nodes;
    size_t node_count;
    struct topology_cache *caches; // data and unified caches of a known size
    size_t cache_count;
    struct topology_kind *kinds; // slowest first where ranks are known; none where all are alike
    size_t kind_count;
    bool takes_all_kinds; // topology_takes takes CPUs of every kind
    uint64_t *distances;  // [row * node_count + column], firmware's; NONE_U64 where it says none
    bool is_this_system;  // false: read from a file (HWLOC_XMLFILE, HWLOC_FSROOT, HWLOC_SYNTHETIC)
    char hwloc_version[TOPOLOGY_HWLOC_VERSION_BYTES];
    void *hwloc; // hwloc's own, for the export
};

// What an access from the CPUs of one node to the memory of another takes; NaN: not known.
struct topology_measured_value {
    uint32_t cpu_node;
    uint32_t mem_node;
    double latency_ns;
    double bandwidth_bytes_per_s;
};

// Reads the machine, CPUs and nodes that this process may not use included. Nodes that hwloc does
// not show come from the system, and so does a CPU's node where hwloc has several around the same
// CPUs. Refused where hwloc would not come back.
bool topology_load(struct topology *topology, struct error *error);
void topology_free(struct topology *topology);

// The same from the XML of another machine or another day (topology.xml of a run); is_this_system
// is false.
bool topology_load_file(struct topology *topology, const char *path, struct error *error);

// What the firmware says (ACPI HMAT, where the system passes it on) of an access from the CPUs of a
// node to another: latency_ns and bandwidth_bytes_per_s, NaN where it says nothing.
struct topology_measured_value topology_firmware(const struct topology *topology, uint32_t cpu_node,
                                                 uint32_t mem_node);

// The weights for memory on all these nodes together that follow from the firmware's bandwidths:
// from the CPUs of a node, or with NONE_U32 from those that reach each memory best. No node where
// it does not tell all of them, or of fewer than two nodes.
struct node_set topology_firmware_set(const struct topology *topology, uint32_t cpu_node,
                                      const struct id_set *mem_nodes);

// The package of the node's CPUs, NONE_U32 when it has none or they are of several.
uint32_t topology_node_package(const struct topology *topology, uint32_t node);

// How many packages the CPUs are of; 0 where one of them tells none.
size_t topology_package_count(const struct topology *topology);

// The first node that is the own one of CPUs of several packages, and of how many: its numbers are
// averages of local and remote memory. NONE_U32 when there is none, and where no package has two
// CPUs.
uint32_t topology_averaging_node(const struct topology *topology, size_t *package_count);

// What hwloc was told of the machine or of its processors: "HostName", "CPUModel", "OSName",
// "OSRelease", "Architecture"; NULL when it was not.
const char *topology_info(const struct topology *topology, const char *name);

// NULL when there is none of that number.
const struct topology_cpu *topology_cpu(const struct topology *topology, uint32_t id);
const struct topology_node *topology_node(const struct topology *topology, uint32_t id);

// Whether hwloc hides this node, which has memory and no CPUs, as it does the memory of a GPU:
// measured where it is named, and else left out.
bool topology_node_is_device(const struct topology_node *node);

// Of these nodes the one at the least firmware distance, `from_node` itself before others, the
// lower number among equals; NONE_U32 when there are none.
uint32_t topology_nearest(const struct topology *topology, uint32_t from_node,
                          const struct id_set *nodes);

// The firmware's distance (ACPI SLIT; 10 is local), NONE_U64 when it tells none.
uint64_t topology_distance(const struct topology *topology, uint32_t from_node, uint32_t to_node);

// The least that two CPUs share, nearest first. A part that the system does not tell is shared by
// nobody.
enum pair_class {
    PAIR_SMT,     // a core
    PAIR_L3,      // the last cache of several cores, whatever its level
    PAIR_DIE,     // a die, where a package has several
    PAIR_NODE,    // a NUMA node
    PAIR_PACKAGE, // a package
    PAIR_REMOTE,  // none of these
    PAIR_CLASS_COUNT,
};
extern const char *const pair_class_names[PAIR_CLASS_COUNT];

enum pair_class topology_pair_class(const struct topology_cpu *a, const struct topology_cpu *b);

// The sum of the last-level caches that these CPUs reach, each instance once.
uint64_t topology_llc_bytes(const struct topology *topology, const struct id_set *cpus);

// Whether the caches that are shown can be all there are: every CPU has one, and where there are
// several cores the last one is shared by some or is a third level.
bool topology_shows_last_cache(const struct topology *topology);

// The caches that these CPUs reach, by level from the first on: of each level the sum, each
// instance once. Returns how many levels there are.
enum { TOPOLOGY_LEVELS_MAX = 8 };
struct topology_level {
    uint32_t level;
    uint64_t size_bytes;
};
size_t topology_levels(const struct topology *topology, const struct id_set *cpus,
                       struct topology_level levels[TOPOLOGY_LEVELS_MAX]);

// The longest line of the caches that these CPUs reach; 0 when the system reports none.
uint32_t topology_line_bytes(const struct topology *topology, const struct id_set *cpus);

// Whether any core has two CPUs that threads are put on.
bool topology_has_siblings(const struct topology *topology);

// Whether threads are put on that CPU: this process may use it, and no other of its node that it
// may use is of a faster kind. A team on two kinds at once would be as fast as neither.
bool topology_takes(const struct topology *topology, const struct topology_cpu *cpu);

// How many CPUs of a node threads are put on.
size_t topology_cpu_count(const struct topology *topology, uint32_t node);

// The CPUs that this process may use and that are left out for their kind; the caller frees them.
void topology_slower_cpus(const struct topology *topology, struct id_set *cpus);

// How many cores of a node have a CPU that threads are put on.
size_t topology_core_count(const struct topology *topology, uint32_t node);

// Picks up to `count` CPUs of a node that threads are put on: one of each core first, then second
// threads.
void topology_pick_cpus(const struct topology *topology, uint32_t node, size_t count,
                        struct id_set *cpus);

// What was measured of a machine.
struct topology_measured {
    struct topology_measured_value *at;
    size_t count;
};

// Reads the XML of a topology, adds what was measured as hwloc's memory attributes Latency (whole
// ns) and ReadBandwidth (MiB/s), and where every node has both CPUs and memory as a matrix of
// distances too, and writes the XML. Errors: no such file, no topology, a node that it has not.
bool topology_write_measured(const char *path, const struct topology_measured *measured,
                             FILE *stream, struct error *error);

// Writes hwloc's XML (version 2), which lstopo -i reads; serial numbers and UUIDs are left empty.
// An error of the stream stays in the stream.
bool topology_export(const struct topology *topology, FILE *stream, struct error *error);

#endif
