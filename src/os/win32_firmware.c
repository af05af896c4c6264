// SPDX-License-Identifier: Apache-2.0
// What the firmware reports: sockets, memory modules, what accesses to memory take, and distances.
#include "os/acpi.h"
#include "os/smbios.h"
#include "os/win32_facts.h"

#include <stdlib.h>
#include <string.h>

// ---- the firmware's table -----------------------------------------------------------------------

// learn: GetSystemFirmwareTable, 'RSMB': RawSMBIOSData is four bytes, the length of what follows
// (four bytes), and the structures.
enum { RAW_HEADER_BYTES = 8, PROVIDER_RSMB = 0x52534D42 };

// Asked twice: for the size, and for the table. NULL with a reason in fact.
static uint8_t *read_tables(size_t *bytes, struct os_fact *fact) {
    if (!win32_calls.GetSystemFirmwareTable) {
        win32_tell_absence(fact, "GetSystemFirmwareTable");
        return NULL;
    }
    UINT size = win32_calls.GetSystemFirmwareTable(PROVIDER_RSMB, 0, NULL, 0);
    uint8_t *buffer = base_allocate(size + RAW_HEADER_BYTES, 1);
    UINT got = size ? win32_calls.GetSystemFirmwareTable(PROVIDER_RSMB, 0, buffer, size) : 0;
    if (got <= RAW_HEADER_BYTES || got > size) {
        win32_tell_failure(fact, "GetSystemFirmwareTable", GetLastError());
        free(buffer);
        return NULL;
    }
    uint32_t length;
    memcpy(&length, buffer + 4, sizeof length);
    *bytes = length < got - RAW_HEADER_BYTES ? length : got - RAW_HEADER_BYTES;
    return buffer;
}

static void tell_processors(enum smbios_fact question, struct os_fact *fact) {
    size_t bytes;
    uint8_t *buffer = read_tables(&bytes, fact);
    if (!buffer)
        return;
    char text[sizeof fact->value];
    bool told =
        smbios_read_processors(buffer + RAW_HEADER_BYTES, bytes, question, text, sizeof text);
    win32_tell(fact, told, "%s", text);
    free(buffer);
}

void win32_read_cpu_sockets(struct os_fact *fact) {
    tell_processors(SMBIOS_SOCKETS, fact);
}

void win32_read_cpu_max_mhz(struct os_fact *fact) {
    tell_processors(SMBIOS_MAX_MHZ, fact);
}

void win32_read_dimms(struct os_fact *fact) {
    size_t bytes;
    uint8_t *buffer = read_tables(&bytes, fact);
    if (!buffer)
        return;
    struct dimm_list list = {0};
    char text[sizeof fact->value];
    bool told = smbios_read_modules(buffer + RAW_HEADER_BYTES, bytes, &list, text, sizeof text) &&
                dimm_tell(&list, fact->name, text, sizeof text);
    win32_tell(fact, told, "%s", text);
    dimm_list_free(&list);
    free(buffer);
}

// ---- tables of ACPI -----------------------------------------------------------------------------

// learn: GetSystemFirmwareTable: the provider as a number, the table as its name's bytes in memory
// ("because the table is little-endian, it is 'TARS'").
enum { PROVIDER_ACPI = 0x41435049 };

uint8_t *win32_acpi_table(const char name[4], size_t *bytes) {
    DWORD number;
    memcpy(&number, name, sizeof number);
    *bytes = 0;
    if (!win32_calls.GetSystemFirmwareTable)
        return NULL;
    UINT size = win32_calls.GetSystemFirmwareTable(PROVIDER_ACPI, number, NULL, 0);
    if (size == 0)
        return NULL;
    uint8_t *table = base_allocate(size, 1);
    UINT got = win32_calls.GetSystemFirmwareTable(PROVIDER_ACPI, number, table, size);
    *bytes = got <= size ? got : 0;
    return table;
}

// One whose domains Windows names the nodes of. NULL with an error where there is none.
static uint8_t *read_domains(const char name[5], size_t *bytes, struct error *error) {
    if (!win32_calls.GetNumaProximityNodeEx) {
        win32_absent(error, "GetNumaProximityNodeEx");
        return NULL;
    }
    uint8_t *table = win32_acpi_table(name, bytes);
    if (!table)
        error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                  "the firmware has no %s, or Windows does not pass it on (GetSystemFirmwareTable)",
                  name);
    return table;
}

// learn: GetNumaProximityNodeEx: the node of a proximity domain, which has numbers of its own.
static bool name_node(uint32_t *node, struct error *error) {
    USHORT known;
    if (!win32_calls.GetNumaProximityNodeEx(*node, &known))
        return error_set(error, ERROR_KIND_UNAVAILABLE, GetLastError(),
                         "the firmware's HMAT names a domain %u, of which Windows knows no node",
                         *node);
    *node = known;
    return true;
}

bool os_firmware_memory(struct os_firmware_memory *memory, struct error *error) {
    char reason[160];
    size_t bytes;
    *memory = (struct os_firmware_memory){0};
    uint8_t *table = read_domains("HMAT", &bytes, error);
    if (!table)
        return false;
    bool named = hmat_read(table, bytes, memory, reason, sizeof reason) ||
                 error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s", reason);
    free(table);
    for (size_t i = 0; named && i < memory->count; i++)
        named =
            name_node(&memory->at[i].cpu_node, error) && name_node(&memory->at[i].mem_node, error);
    return named;
}

// ---- distances ----------------------------------------------------------------------------------

// The place of a domain's node among the nodes; their count where it is none of them, as the
// domains of devices are.
static size_t place_of_domain(uint32_t domain, const struct id_set *nodes) {
    USHORT node;
    return win32_calls.GetNumaProximityNodeEx(domain, &node) ? id_set_place(nodes, node)
                                                             : nodes->count;
}

// Of several domains that are one node the nearest counts.
static void take_distances(const uint8_t *table, uint32_t domains, const struct id_set *nodes,
                           uint64_t *distances) {
    size_t *places = base_allocate(domains, sizeof *places);
    for (uint32_t domain = 0; domain < domains; domain++)
        places[domain] = place_of_domain(domain, nodes);
    for (uint32_t from = 0; from < domains; from++)
        for (uint32_t to = 0; to < domains; to++) {
            if (places[from] == nodes->count || places[to] == nodes->count)
                continue;
            uint64_t *known = &distances[places[from] * nodes->count + places[to]];
            uint64_t distance = slit_distance(table, domains, from, to);
            if (distance < *known)
                *known = distance;
        }
    free(places);
}

bool os_firmware_distances(const struct id_set *nodes, uint64_t *distances, struct error *error) {
    char reason[160];
    size_t bytes;
    for (size_t i = 0; i < nodes->count * nodes->count; i++)
        distances[i] = NONE_U64;
    uint8_t *table = read_domains("SLIT", &bytes, error);
    if (!table)
        return false;
    uint32_t domains = slit_domains(table, bytes, reason, sizeof reason);
    take_distances(table, domains, nodes, distances);
    free(table);
    return domains > 0 || error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s", reason);
}
