// SPDX-License-Identifier: Apache-2.0
#include "topology/topology.h"

#include "os/os.h"
#include "topology/find.h"
#include "topology/kinds.h"
#include "topology/nodes.h"
#include "topology/xml_file.h"

#include <errno.h>
#include <hwloc.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Where hwloc 3 differs ("Upgrading to the hwloc 3.0 API" in its documentation).
#if HWLOC_API_VERSION >= 0x00030000
#define INFOS(object)      ((object)->infos.array)
#define INFO_COUNT(object) ((object)->infos.count)
#define XML_FLAGS          HWLOC_TOPOLOGY_EXPORT_XML_FLAG_V2
#else
#define INFOS(object)      ((object)->infos)
#define INFO_COUNT(object) ((object)->infos_count)
#define XML_FLAGS          0
#endif

static struct id_set set_from_bitmap(hwloc_const_bitmap_t bitmap) {
    struct id_set set = {0};
    for (int id = hwloc_bitmap_first(bitmap); id >= 0; id = hwloc_bitmap_next(bitmap, id))
        id_set_add(&set, (uint32_t)id);
    return set;
}

// Memory-side caches (a Xeon Max in cache mode, Optane in memory mode) lie between a node and the
// object that it hangs on, one behind the other where there are several.
static uint64_t memory_cache_bytes(hwloc_obj_t node) {
    uint64_t bytes = 0;
    for (hwloc_obj_t above = node->parent; above && above->type == HWLOC_OBJ_MEMCACHE;
         above = above->parent)
        bytes += above->attr->cache.size;
    return bytes;
}

static void read_nodes(struct topology *topology, hwloc_topology_t hwloc) {
    hwloc_const_bitmap_t allowed = hwloc_topology_get_allowed_nodeset(hwloc);
    int found = hwloc_get_nbobjs_by_type(hwloc, HWLOC_OBJ_NUMANODE);
    size_t count = found > 0 ? (size_t)found : 0;
    topology->nodes = base_allocate(count, sizeof *topology->nodes);
    topology->node_count = count;
    for (size_t i = 0; i < count; i++) {
        hwloc_obj_t object = hwloc_get_obj_by_type(hwloc, HWLOC_OBJ_NUMANODE, (unsigned)i);
        topology->nodes[i] = (struct topology_node){
            .id = object->os_index,
            .memory_bytes = object->attr->numanode.local_memory,
            .memory_cache_bytes = memory_cache_bytes(object),
            .cpus = set_from_bitmap(object->cpuset),
            .allowed = hwloc_bitmap_isset(allowed, object->os_index),
            .known_to_hwloc = true,
        };
        snprintf(topology->nodes[i].kind, sizeof topology->nodes[i].kind, "%.23s",
                 object->subtype ? object->subtype : "");
    }
    qsort(topology->nodes, count, sizeof *topology->nodes, find_by_number);
}

// One whose size the system does not tell is left out: nothing could be reckoned with it.
static void read_caches(struct topology *topology, hwloc_topology_t hwloc) {
    hwloc_obj_type_t levels[] = {HWLOC_OBJ_L1CACHE, HWLOC_OBJ_L2CACHE, HWLOC_OBJ_L3CACHE,
                                 HWLOC_OBJ_L4CACHE, HWLOC_OBJ_L5CACHE};
    for (size_t level = 0; level < COUNT_OF(levels); level++) {
        hwloc_obj_t object = NULL;
        while ((object = hwloc_get_next_obj_by_type(hwloc, levels[level], object))) {
            if (!object->attr->cache.size)
                continue;
            topology->caches =
                base_grow_by_one(topology->caches, topology->cache_count, sizeof *topology->caches);
            topology->caches[topology->cache_count++] = (struct topology_cache){
                .level = object->attr->cache.depth,
                .size_bytes = object->attr->cache.size,
                .line_bytes = object->attr->cache.linesize,
                .cpus = set_from_bitmap(object->cpuset),
            };
        }
    }
}

static uint32_t ancestor_index(hwloc_topology_t hwloc, hwloc_obj_t object, hwloc_obj_type_t type) {
    hwloc_obj_t ancestor = hwloc_get_ancestor_obj_by_type(hwloc, type, object);
    return ancestor ? ancestor->logical_index : NONE_U32;
}

// A die that is all of its package says nothing more than the package does.
static uint32_t die_index(hwloc_topology_t hwloc, hwloc_obj_t object) {
    hwloc_obj_t die = hwloc_get_ancestor_obj_by_type(hwloc, HWLOC_OBJ_DIE, object);
    hwloc_obj_t package = hwloc_get_ancestor_obj_by_type(hwloc, HWLOC_OBJ_PACKAGE, object);
    if (!die || (package && hwloc_bitmap_isequal(die->cpuset, package->cpuset)))
        return NONE_U32;
    return die->logical_index;
}

static void read_cpus(struct topology *topology, hwloc_topology_t hwloc) {
    hwloc_const_bitmap_t allowed = hwloc_topology_get_allowed_cpuset(hwloc);
    int found = hwloc_get_nbobjs_by_type(hwloc, HWLOC_OBJ_PU);
    size_t count = found > 0 ? (size_t)found : 0;
    topology->cpus = base_allocate(count, sizeof *topology->cpus);
    topology->cpu_count = count;
    for (size_t i = 0; i < count; i++) {
        hwloc_obj_t object = hwloc_get_obj_by_type(hwloc, HWLOC_OBJ_PU, (unsigned)i);
        topology->cpus[i] = (struct topology_cpu){
            .id = object->os_index,
            .node = NONE_U32,
            .core = ancestor_index(hwloc, object, HWLOC_OBJ_CORE),
            .die = die_index(hwloc, object),
            .package = ancestor_index(hwloc, object, HWLOC_OBJ_PACKAGE),
            .llc = find_last_cache(topology, object->os_index),
            .rank = NONE_U32,
            .allowed = hwloc_bitmap_isset(allowed, object->os_index),
        };
        if (topology->cpus[i].core == NONE_U32)
            topology->cpus[i].core = (uint32_t)i;
    }
    qsort(topology->cpus, count, sizeof *topology->cpus, find_by_number);
}

// hwloc hands the attributes of a kind out in another way since version 3.
static bool ask_kind(hwloc_topology_t hwloc, unsigned index, hwloc_bitmap_t cpus, int *rank,
                     struct topology_kind *kind) {
    const struct hwloc_info_s *infos;
    unsigned info_count;
#if HWLOC_API_VERSION >= 0x00030000
    struct hwloc_infos_s *list;
    if (hwloc_cpukinds_get_info(hwloc, index, cpus, rank, &list, 0) != 0)
        return false;
    infos = list->array;
    info_count = list->count;
#else
    struct hwloc_info_s *list;
    if (hwloc_cpukinds_get_info(hwloc, index, cpus, rank, &info_count, &list, 0) != 0)
        return false;
    infos = list;
#endif
    for (unsigned i = 0; i < info_count; i++)
        kinds_take_attribute(kind, infos[i].name, infos[i].value);
    return true;
}

static void read_kinds(struct topology *topology, hwloc_topology_t hwloc) {
    int found = hwloc_cpukinds_get_nr(hwloc, 0);
    hwloc_bitmap_t cpus = hwloc_bitmap_alloc();
    CHECK(cpus);
    for (int i = 0; i < found; i++) {
        struct topology_kind kind = {
            .rank = NONE_U32, .figures = {NAN, NAN, NAN}
        };
        int rank = -1;
        if (!ask_kind(hwloc, (unsigned)i, cpus, &rank, &kind))
            continue;
        if (rank >= 0)
            kind.rank = (uint32_t)rank;
        kind.cpus = set_from_bitmap(cpus);
        kinds_add(topology, kind);
    }
    hwloc_bitmap_free(cpus);
    kinds_conclude(topology);
}

// An affinity mask is not in hwloc's allowed set; a cgroup is.
static void forbid_cpus(struct topology *topology) {
    struct error ignored;
    struct id_set allowed = {0};
    if (!os_cpus_allowed(&allowed, &ignored))
        return;
    for (size_t i = 0; i < topology->cpu_count; i++)
        if (!id_set_contains(&allowed, topology->cpus[i].id))
            topology->cpus[i].allowed = false;
    id_set_free(&allowed);
}

static void read_distances(struct topology *topology, hwloc_topology_t hwloc) {
    size_t count = topology->node_count;
    topology->distances = base_allocate(count * count, sizeof *topology->distances);
    for (size_t i = 0; i < count * count; i++)
        topology->distances[i] = NONE_U64;
    struct hwloc_distances_s *matrix = NULL;
    unsigned found = 1;
    if (hwloc_distances_get_by_type(hwloc, HWLOC_OBJ_NUMANODE, &found, &matrix,
                                    HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) ||
        found == 0)
        return;
    for (unsigned row = 0; row < matrix->nbobjs; row++) {
        for (unsigned column = 0; column < matrix->nbobjs; column++) {
            uint64_t *distance = find_distance(topology, matrix->objs[row]->os_index,
                                               matrix->objs[column]->os_index);
            if (distance)
                *distance = matrix->values[row * matrix->nbobjs + column];
        }
    }
    hwloc_distances_release(hwloc, matrix);
}

// The variable that tells hwloc to read another machine than this one; NULL when none does.
static const char *other_machine(void) {
    static const char *const variables[] = {"HWLOC_XMLFILE", "HWLOC_SYNTHETIC", "HWLOC_FSROOT"};
    for (size_t i = 0; i < COUNT_OF(variables); i++) {
        const char *value = getenv(variables[i]);
        if (value && value[0] && strcmp(value, "/") != 0)
            return variables[i];
    }
    return NULL;
}

// Where hwloc cannot read the machine that a variable names, it takes this one without a word. Only
// HWLOC_THISSYSTEM may pass another machine for this one.
static bool check_right_machine(const struct topology *topology, struct error *error) {
    const char *other = other_machine();
    if (!topology->is_this_system || getenv("HWLOC_THISSYSTEM") || !other)
        return true;
    return error_set(error, ERROR_KIND_FAILED, 0,
                     "hwloc cannot read a machine from %s=%.200s: correct or unset it", other,
                     getenv(other));
}

char *topology_hwloc_version(char text[TOPOLOGY_HWLOC_VERSION_BYTES]) {
    unsigned version = hwloc_get_api_version();
    snprintf(text, TOPOLOGY_HWLOC_VERSION_BYTES, "%u.%u.%u", version >> 16, version >> 8 & 255,
             version & 255);
    return text;
}

static void read_all(struct topology *topology, hwloc_topology_t hwloc) {
    topology_hwloc_version(topology->hwloc_version);
    read_nodes(topology, hwloc);
    read_caches(topology, hwloc);
    read_cpus(topology, hwloc);
    read_kinds(topology, hwloc);
    if (topology->is_this_system)
        forbid_cpus(topology);
    nodes_find_owners(topology);
    read_distances(topology, hwloc);
}

// xml NULL: this machine, or what a variable of hwloc names. False: errno may say why.
static bool load_hwloc(hwloc_topology_t *hwloc, const struct xml_text *xml) {
    errno = 0;
    if (hwloc_topology_init(hwloc))
        return false;
    hwloc_topology_set_flags(*hwloc, HWLOC_TOPOLOGY_FLAG_INCLUDE_DISALLOWED);
    hwloc_topology_set_type_filter(*hwloc, HWLOC_OBJ_MEMCACHE, HWLOC_TYPE_FILTER_KEEP_ALL);
    if ((!xml || hwloc_topology_set_xmlbuffer(*hwloc, xml->text, (int)xml->bytes + 1) == 0) &&
        hwloc_topology_load(*hwloc) == 0)
        return true;
    int number = errno;
    hwloc_topology_destroy(*hwloc);
    errno = number;
    return false;
}

// All that will be asked of the topology of a file, and hwloc's own check, which ends the process
// where objects contradict each other. 0, or the errno by which hwloc refuses the file.
static int try_text(void *context) {
    struct topology topology = {0};
    hwloc_topology_t hwloc;
    char *text = NULL;
    int length;
    if (!load_hwloc(&hwloc, context))
        return errno && errno <= OS_TRY_ANSWER_MAX ? errno : EINVAL;
    hwloc_topology_check(hwloc);
    topology.hwloc = hwloc;
    read_all(&topology, hwloc);
    for (size_t from = 0; from < topology.node_count; from++)
        for (size_t to = 0; to < topology.node_count; to++)
            topology_firmware(&topology, topology.nodes[from].id, topology.nodes[to].id);
    if (hwloc_topology_export_xmlbuffer(hwloc, &text, &length, XML_FLAGS) == 0)
        hwloc_free_xmlbuffer(hwloc, text);
    topology_free(&topology);
    return 0;
}

// hwloc would open a file by the C library, which takes pipes and devices, and on Windows knows no
// long names. It keeps a copy of the text. It leaks where it refuses a file: only in the child.
static bool open_file(hwloc_topology_t *hwloc, const char *path, struct error *error) {
    struct xml_text xml;
    int number;
    if (!xml_file_read(&xml, path, error))
        return false;
    bool fine = xml_file_try(&xml, try_text, &number, error);
    if (fine && !number && !load_hwloc(hwloc, &xml))
        number = errno ? errno : EINVAL;
    if (fine && number)
        fine = xml_file_check_version(path, hwloc_get_api_version() >> 16, error) &&
               error_set_errno(error, ERROR_KIND_FAILED, number,
                               "hwloc cannot read the topology '%.300s'", path);
    free(xml.text);
    return fine;
}

static bool open_machine(hwloc_topology_t *hwloc, struct error *error) {
    if (load_hwloc(hwloc, NULL))
        return true;
    int number = errno;
    return xml_file_check_version(getenv("HWLOC_XMLFILE"), hwloc_get_api_version() >> 16, error) &&
           error_set_errno(error, ERROR_KIND_FAILED, number,
                           "hwloc cannot read this machine (if set, HWLOC_XMLFILE, HWLOC_FSROOT "
                           "and HWLOC_SYNTHETIC choose what it reads)");
}

static void tell_attribute(hwloc_topology_t hwloc, hwloc_memattr_id_t attribute, hwloc_obj_t from,
                           hwloc_obj_t to, double value) {
    struct hwloc_location initiator = {.type = HWLOC_LOCATION_TYPE_CPUSET,
                                       .location.cpuset = from->cpuset};
    hwloc_uint64_t known;
    if (value >= 1 && hwloc_memattr_get_value(hwloc, attribute, to, &initiator, 0, &known) != 0)
        hwloc_memattr_set_value(hwloc, attribute, to, &initiator, 0, (hwloc_uint64_t)value);
}

// The mean where both are told, as hwloc's attributes without a way have it.
static double of_both_ways(double read, double write) {
    return isnan(read) ? write : isnan(write) ? read : (read + write) / 2;
}

// hwloc has what the system passes on, of the nearest CPUs of each memory. All else that the
// firmware says becomes an attribute as well: so it is in the export and known to every reader.
static void add_firmware(hwloc_topology_t hwloc) {
    struct os_firmware_memory memory;
    struct error ignored;
    bool told = os_firmware_memory(&memory, &ignored);
    for (size_t i = 0; told && i < memory.count; i++) {
        const struct os_firmware_path *path = &memory.at[i];
        hwloc_obj_t from = hwloc_get_numanode_obj_by_os_index(hwloc, path->cpu_node);
        hwloc_obj_t to = hwloc_get_numanode_obj_by_os_index(hwloc, path->mem_node);
        if (!from || !to || hwloc_bitmap_iszero(from->cpuset))
            continue;
        double latency_ns = of_both_ways(path->read_latency_ns, path->write_latency_ns);
        double rate = of_both_ways(path->read_bytes_per_s, path->write_bytes_per_s);
        tell_attribute(hwloc, HWLOC_MEMATTR_ID_LATENCY, from, to, latency_ns);
        tell_attribute(hwloc, HWLOC_MEMATTR_ID_READ_LATENCY, from, to, path->read_latency_ns);
        tell_attribute(hwloc, HWLOC_MEMATTR_ID_WRITE_LATENCY, from, to, path->write_latency_ns);
        tell_attribute(hwloc, HWLOC_MEMATTR_ID_BANDWIDTH, from, to, rate / (double)MIB);
        tell_attribute(hwloc, HWLOC_MEMATTR_ID_READ_BANDWIDTH, from, to,
                       path->read_bytes_per_s / (double)MIB);
        tell_attribute(hwloc, HWLOC_MEMATTR_ID_WRITE_BANDWIDTH, from, to,
                       path->write_bytes_per_s / (double)MIB);
    }
    os_firmware_memory_free(&memory);
}

static void add_matrix(hwloc_topology_t hwloc, const char *name, unsigned long from, size_t count,
                       hwloc_obj_t *objects, hwloc_uint64_t *values) {
    hwloc_distances_add_handle_t handle =
        hwloc_distances_add_create(hwloc, name, from | HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0);
    if (handle &&
        hwloc_distances_add_values(hwloc, handle, (unsigned)count, objects, values, 0) == 0)
        hwloc_distances_add_commit(hwloc, handle, 0);
}

static bool has_distances(hwloc_topology_t hwloc) {
    unsigned found = 0;
    return hwloc_distances_get_by_type(hwloc, HWLOC_OBJ_NUMANODE, &found, NULL,
                                       HWLOC_DISTANCES_KIND_MEANS_LATENCY, 0) == 0 &&
           found > 0;
}

// hwloc asks Windows for no distances. Those of the firmware become a matrix of its own, so that
// they too are in the export and known to every reader. A matrix is square: nodes of which the
// firmware reports nothing stay out.
static void add_firmware_distances(hwloc_topology_t hwloc) {
    struct id_set nodes = {0};
    struct error ignored;
    hwloc_obj_t node = NULL;
    while ((node = hwloc_get_next_obj_by_type(hwloc, HWLOC_OBJ_NUMANODE, node)))
        id_set_add(&nodes, node->os_index);
    size_t count = nodes.count, told = 0, used = 0;
    hwloc_obj_t *objects = base_allocate(count, sizeof *objects);
    hwloc_uint64_t *distances = base_allocate(count * count, sizeof *distances);
    bool known =
        count > 1 && !has_distances(hwloc) && os_firmware_distances(&nodes, distances, &ignored);
    for (size_t row = 0; known && row < count; row++) {
        if (distances[row * count + row] == NONE_U64)
            continue;
        objects[told++] = hwloc_get_numanode_obj_by_os_index(hwloc, nodes.ids[row]);
        for (size_t column = 0; column < count; column++) // those that are told move to the front
            if (distances[row * count + column] != NONE_U64)
                distances[used++] = distances[row * count + column];
    }
    if (told > 1 && used == told * told)
        add_matrix(hwloc, "NUMALatency", HWLOC_DISTANCES_KIND_FROM_OS, told, objects, distances);
    free(objects);
    free(distances);
    id_set_free(&nodes);
}

bool topology_load(struct topology *topology, struct error *error) {
    *topology = (struct topology){0};
    hwloc_topology_t hwloc;
    if ((!other_machine() && !os_topology_readable(error)) || !open_machine(&hwloc, error))
        return false;
    topology->hwloc = hwloc;
    topology->is_this_system = hwloc_topology_is_thissystem(hwloc) != 0;
    if (!check_right_machine(topology, error)) {
        topology_free(topology);
        return false;
    }
    if (topology->is_this_system) {
        add_firmware(hwloc);
        add_firmware_distances(hwloc);
    }
    read_all(topology, hwloc);
    return true;
}

bool topology_load_file(struct topology *topology, const char *path, struct error *error) {
    *topology = (struct topology){0};
    hwloc_topology_t hwloc;
    if (!open_file(&hwloc, path, error))
        return false;
    topology->hwloc = hwloc;
    read_all(topology, hwloc);
    return true;
}

void topology_free(struct topology *topology) {
    for (size_t i = 0; i < topology->node_count; i++)
        id_set_free(&topology->nodes[i].cpus);
    for (size_t i = 0; i < topology->cache_count; i++)
        id_set_free(&topology->caches[i].cpus);
    kinds_free(topology);
    free(topology->cpus);
    free(topology->nodes);
    free(topology->caches);
    free(topology->distances);
    if (topology->hwloc)
        hwloc_topology_destroy((hwloc_topology_t)topology->hwloc);
    *topology = (struct topology){0};
}

// hwloc reads serial numbers and UUIDs where root runs it. A result may be published, so they are
// emptied in place before the export; hwloc 2.9 has no call that removes an info.
static void empty_serial_numbers(hwloc_topology_t hwloc) {
    static const char *const telling[] = {"Serial", "UUID", "AssetTag"};
    hwloc_obj_t root = hwloc_get_root_obj(hwloc);
    for (unsigned i = 0; i < INFO_COUNT(root); i++)
        for (size_t word = 0; word < COUNT_OF(telling); word++)
            if (strstr(INFOS(root)[i].name, telling[word]))
                INFOS(root)[i].value[0] = '\0';
}

// Into memory first: hwloc would open a file by itself, whatever is there.
static bool write_xml(hwloc_topology_t hwloc, FILE *stream, struct error *error) {
    char *text = NULL;
    int length = 0;
    if (hwloc_topology_export_xmlbuffer(hwloc, &text, &length, XML_FLAGS) != 0 || length < 1)
        return error_set_errno(error, ERROR_KIND_FAILED, errno, "hwloc cannot write its XML");
    fwrite(text, 1, (size_t)length - 1, stream); // without the zero that ends it
    hwloc_free_xmlbuffer(hwloc, text);
    return true;
}

bool topology_export(const struct topology *topology, FILE *stream, struct error *error) {
    hwloc_topology_t hwloc = (hwloc_topology_t)topology->hwloc;
    empty_serial_numbers(hwloc);
    return write_xml(hwloc, stream, error);
}

// ---- what was measured, for hwloc's own users ---------------------------------------------------

static hwloc_obj_t numa_node(hwloc_topology_t hwloc, uint32_t id) {
    return hwloc_get_numanode_obj_by_os_index(hwloc, id);
}

// The node's CPUs are where an access comes from: hwloc knows initiators as sets of CPUs.
static bool set_attribute(hwloc_topology_t hwloc, hwloc_memattr_id_t attribute,
                          const struct topology_measured_value *value, double measured,
                          struct error *error) {
    hwloc_obj_t from = numa_node(hwloc, value->cpu_node), to = numa_node(hwloc, value->mem_node);
    if (isnan(measured))
        return true;
    if (!from || !to)
        return error_set(error, ERROR_KIND_FAILED, 0,
                         "the rows have a node %u, which the topology does not have",
                         from ? value->mem_node : value->cpu_node);
    struct hwloc_location initiator = {.type = HWLOC_LOCATION_TYPE_CPUSET,
                                       .location.cpuset = from->cpuset};
    return hwloc_memattr_set_value(hwloc, attribute, to, &initiator, 0,
                                   (hwloc_uint64_t)(measured + 0.5)) == 0 ||
           error_set_errno(error, ERROR_KIND_FAILED, errno,
                           "hwloc takes no measured value from node %u to node %u", value->cpu_node,
                           value->mem_node);
}

// hwloc drops the CPUs of nodes that cut across packages or caches. Two such nodes are the same
// initiator, and the one's value would stand in the place of the other's.
static bool tells_apart(hwloc_topology_t hwloc, uint32_t a, uint32_t b, struct error *error) {
    hwloc_obj_t first = numa_node(hwloc, a), second = numa_node(hwloc, b);
    return !first || !second || !hwloc_bitmap_isequal(first->cpuset, second->cpuset) ||
           error_set(error, ERROR_KIND_FAILED, 0,
                     "hwloc does not separate the CPUs of nodes %u and %u, so its format cannot "
                     "hold their results; the other forms of export can",
                     a, b);
}

// Of each node once, for there are as many values as pairs of nodes.
static bool tells_all_apart(hwloc_topology_t hwloc, const struct topology_measured *measured,
                            struct error *error) {
    struct id_set nodes = {0};
    bool apart = true;
    for (size_t i = 0; i < measured->count; i++)
        id_set_add(&nodes, measured->at[i].cpu_node);
    for (size_t i = 1; i < nodes.count; i++)
        for (size_t k = 0; apart && k < i; k++)
            apart = tells_apart(hwloc, nodes.ids[i], nodes.ids[k], error);
    id_set_free(&nodes);
    return apart;
}

// hwloc's matrix of distances is square, so it is given only where each pair was measured.
static void add_distances(hwloc_topology_t hwloc, const struct topology_measured *measured) {
    struct id_set nodes = {0};
    for (size_t i = 0; i < measured->count; i++)
        if (!isnan(measured->at[i].latency_ns))
            id_set_add(&nodes, measured->at[i].mem_node);
    hwloc_obj_t *objects = base_allocate(nodes.count, sizeof *objects);
    hwloc_uint64_t *values = base_allocate(nodes.count * nodes.count, sizeof *values);
    size_t known = 0;
    for (size_t i = 0; i < nodes.count; i++)
        objects[i] = numa_node(hwloc, nodes.ids[i]);
    for (size_t i = 0; i < measured->count; i++) {
        const struct topology_measured_value *value = &measured->at[i];
        size_t row = id_set_place(&nodes, value->cpu_node);
        if (row == nodes.count || isnan(value->latency_ns))
            continue;
        size_t place = row * nodes.count + id_set_place(&nodes, value->mem_node);
        values[place] = (hwloc_uint64_t)(value->latency_ns + 0.5);
        known++;
    }
    if (nodes.count > 1 && known == nodes.count * nodes.count)
        add_matrix(hwloc, "numaprobe_idle_latency_ns", HWLOC_DISTANCES_KIND_FROM_USER, nodes.count,
                   objects, values);
    free(objects);
    free(values);
    id_set_free(&nodes);
}

bool topology_write_measured(const char *path, const struct topology_measured *measured,
                             FILE *stream, struct error *error) {
    hwloc_topology_t hwloc;
    if (!open_file(&hwloc, path, error))
        return false;
    bool fine = tells_all_apart(hwloc, measured, error);
    for (size_t i = 0; fine && i < measured->count; i++) {
        const struct topology_measured_value *value = &measured->at[i];
        fine = set_attribute(hwloc, HWLOC_MEMATTR_ID_LATENCY, value, value->latency_ns, error) &&
               set_attribute(hwloc, HWLOC_MEMATTR_ID_READ_BANDWIDTH, value,
                             value->bandwidth_bytes_per_s / (double)MIB, error);
    }
    if (fine)
        add_distances(hwloc, measured);
    fine = fine && write_xml(hwloc, stream, error);
    hwloc_topology_destroy(hwloc);
    return fine;
}

// ---- what the firmware says ---------------------------------------------------------------------

static double attribute_value(hwloc_topology_t hwloc, hwloc_memattr_id_t attribute,
                              hwloc_obj_t from, hwloc_obj_t to) {
    struct hwloc_location initiator = {.type = HWLOC_LOCATION_TYPE_CPUSET,
                                       .location.cpuset = from->cpuset};
    hwloc_uint64_t value = 0;
    if (hwloc_memattr_get_value(hwloc, attribute, to, &initiator, 0, &value) != 0 || value == 0)
        return NAN;
    return (double)value;
}

struct topology_measured_value topology_firmware(const struct topology *topology, uint32_t cpu_node,
                                                 uint32_t mem_node) {
    struct topology_measured_value said = {cpu_node, mem_node, NAN, NAN};
    hwloc_topology_t hwloc = topology->hwloc;
    hwloc_obj_t from = numa_node(hwloc, cpu_node), to = numa_node(hwloc, mem_node);
    if (!from || !to || hwloc_bitmap_iszero(from->cpuset))
        return said;
    said.latency_ns = attribute_value(hwloc, HWLOC_MEMATTR_ID_LATENCY, from, to);
    said.bandwidth_bytes_per_s =
        attribute_value(hwloc, HWLOC_MEMATTR_ID_BANDWIDTH, from, to) * (double)MIB;
    return said;
}

const char *topology_info(const struct topology *topology, const char *name) {
    hwloc_topology_t hwloc = (hwloc_topology_t)topology->hwloc;
    hwloc_obj_t package = hwloc_get_obj_by_type(hwloc, HWLOC_OBJ_PACKAGE, 0);
    const char *value = hwloc_obj_get_info_by_name(hwloc_get_root_obj(hwloc), name);
    if (!value && package)
        value = hwloc_obj_get_info_by_name(package, name);
    return value && value[0] ? value : NULL;
}
