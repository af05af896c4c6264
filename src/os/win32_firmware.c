// SPDX-License-Identifier: Apache-2.0
// What the firmware tells: sockets, memory modules, and what accesses to memory take.
#include "os/hmat.h"
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
    if (!win32_calls.GetNumaProximityNodeEx)
        return win32_absent(error, "GetNumaProximityNodeEx");
    uint8_t *table = win32_acpi_table("HMAT", &bytes);
    if (!table)
        return error_set(error, ERROR_KIND_UNAVAILABLE, 0,
                         "the firmware has no HMAT, or Windows does not pass it on "
                         "(GetSystemFirmwareTable)");
    bool named = hmat_read(table, bytes, memory, reason, sizeof reason) ||
                 error_set(error, ERROR_KIND_UNAVAILABLE, 0, "%s", reason);
    free(table);
    for (size_t i = 0; named && i < memory->count; i++)
        named =
            name_node(&memory->at[i].cpu_node, error) && name_node(&memory->at[i].mem_node, error);
    return named;
}
