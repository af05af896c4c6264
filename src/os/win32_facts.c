// SPDX-License-Identifier: Apache-2.0
// Answers os.h with Win32: the facts about the machine.
#include "os/win32_facts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

// ---- the text of a fact -------------------------------------------------------------------------

void win32_tell(struct os_fact *fact, bool available, const char *format, ...) {
    fact->available = available;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(fact->value, sizeof fact->value, format, arguments);
    va_end(arguments);
}

// Text of the system without the spaces around it (processor names are padded with them).
static void tell_wide(struct os_fact *fact, const wchar_t *wide) {
    char text[sizeof fact->value];
    if (!win32_to_utf8(wide, text, sizeof text)) {
        win32_tell(fact, false, "the text is longer than %zu bytes or not valid", sizeof text - 1);
        return;
    }
    const char *start = text + strspn(text, " ");
    size_t length = strlen(start);
    while (length > 0 && start[length - 1] == ' ')
        length--;
    win32_tell(fact, length > 0, "%.*s", (int)length, start);
    if (!fact->available)
        win32_tell(fact, false, "Windows reports an empty text");
}

void win32_tell_failure(struct os_fact *fact, const char *call, DWORD number) {
    struct error error;
    win32_failed(&error, call, number);
    win32_tell(fact, false, "%.*s", (int)sizeof fact->value - 1, error.text);
}

void win32_tell_absence(struct os_fact *fact, const char *call) {
    struct error error;
    win32_absent(&error, call);
    win32_tell(fact, false, "%.*s", (int)sizeof fact->value - 1, error.text);
}

// ---- the registry -------------------------------------------------------------------------------

// What firmware and processor say of themselves: Windows writes the HARDWARE hive anew at every
// boot (learn: Registry Hives). Its values are described on no page; their names are stable since
// Windows 7, and one that is not there is an ordinary answer.
static const char bios_key[] = "HARDWARE\\DESCRIPTION\\System\\BIOS";
static const char cpu_key[] = "HARDWARE\\DESCRIPTION\\System\\CentralProcessor\\0";
static const char windows_key[] = "SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion";

// learn: RegGetValueW. type_flags is one of RRF_RT_*, and any other type is an error.
static LSTATUS read_registry(const char *key, const char *name, DWORD type_flags, void *value,
                             DWORD *bytes) {
    wchar_t wide_key[160], wide_name[64];
    CHECK(win32_to_wide(key, wide_key, COUNT_OF(wide_key)));
    CHECK(win32_to_wide(name, wide_name, COUNT_OF(wide_name)));
    if (!win32_calls.RegGetValueW)
        return ERROR_CALL_NOT_IMPLEMENTED;
    return win32_calls.RegGetValueW(HKEY_LOCAL_MACHINE, wide_key, wide_name, type_flags, NULL,
                                    value, bytes);
}

static void tell_registry_failure(struct os_fact *fact, const char *key, const char *name,
                                  LSTATUS status) {
    win32_tell(fact, false, "HKLM\\%s has no readable value '%s' (error %ld)", key, name,
               (long)status);
}

static void tell_registry_text(struct os_fact *fact, const char *key, const char *name) {
    wchar_t text[256];
    DWORD bytes = sizeof text;
    LSTATUS status = read_registry(key, name, RRF_RT_REG_SZ, text, &bytes);
    if (status == ERROR_SUCCESS)
        tell_wide(fact, text);
    else
        tell_registry_failure(fact, key, name, status);
}

static void read_system_vendor(struct os_fact *fact) {
    tell_registry_text(fact, bios_key, "SystemManufacturer");
}

static void read_system_product(struct os_fact *fact) {
    tell_registry_text(fact, bios_key, "SystemProductName");
}

static void read_bios_version(struct os_fact *fact) {
    tell_registry_text(fact, bios_key, "BIOSVersion");
}

static void read_bios_date(struct os_fact *fact) {
    tell_registry_text(fact, bios_key, "BIOSReleaseDate");
}

static void read_cpu_model(struct os_fact *fact) {
    tell_registry_text(fact, cpu_key, "ProcessorNameString");
}

static void read_cpu_vendor(struct os_fact *fact) {
    tell_registry_text(fact, cpu_key, "VendorIdentifier");
}

static void read_cpu_identifier(struct os_fact *fact) {
    tell_registry_text(fact, cpu_key, "Identifier");
}

static void read_cpu_nominal_mhz(struct os_fact *fact) {
    DWORD mhz = 0, bytes = sizeof mhz;
    LSTATUS status = read_registry(cpu_key, "~MHz", RRF_RT_REG_DWORD, &mhz, &bytes);
    if (status == ERROR_SUCCESS)
        win32_tell(fact, true, "%lu", (unsigned long)mhz);
    else
        tell_registry_failure(fact, cpu_key, "~MHz", status);
}

// Eight bytes, of which the revision is four: on bare machines the upper half, under some
// hypervisors the lower; the other half is zero. Should both be filled, both are told.
static void read_microcode(struct os_fact *fact) {
    uint32_t halves[2] = {0, 0};
    DWORD bytes = sizeof halves;
    LSTATUS status = read_registry(cpu_key, "Update Revision", RRF_RT_REG_BINARY, halves, &bytes);
    if (status != ERROR_SUCCESS)
        tell_registry_failure(fact, cpu_key, "Update Revision", status);
    else if (halves[0] && halves[1])
        win32_tell(fact, true, "0x%" PRIx32 "%08" PRIx32, halves[1], halves[0]);
    else
        win32_tell(fact, true, "0x%" PRIx32, halves[0] | halves[1]);
}

// ---- the system ---------------------------------------------------------------------------------

// learn: GetComputerNameExW
static void read_host(struct os_fact *fact) {
    wchar_t name[256];
    DWORD length = COUNT_OF(name);
    if (GetComputerNameExW(ComputerNamePhysicalDnsHostname, name, &length))
        tell_wide(fact, name);
    else
        win32_tell_failure(fact, "GetComputerNameExW", GetLastError());
}

// learn: RtlGetVersion: the true version, where GetVersionEx says what the manifest allows. The
// update number (UBR) stands in the registry only.
static void read_os_version(struct os_fact *fact) {
    if (!win32_calls.RtlGetVersion) {
        win32_tell_absence(fact, "RtlGetVersion");
        return;
    }
    OSVERSIONINFOW version = {.dwOSVersionInfoSize = sizeof version};
    win32_calls.RtlGetVersion(&version); // "RtlGetVersion returns STATUS_SUCCESS"
    DWORD update = 0, bytes = sizeof update;
    char update_text[16] = "";
    if (read_registry(windows_key, "UBR", RRF_RT_REG_DWORD, &update, &bytes) == ERROR_SUCCESS)
        snprintf(update_text, sizeof update_text, ".%lu", (unsigned long)update);
    win32_tell(fact, true, "Windows %lu.%lu.%lu%s", (unsigned long)version.dwMajorVersion,
               (unsigned long)version.dwMinorVersion, (unsigned long)version.dwBuildNumber,
               update_text);
}

// "Windows Server 2022 Standard"; Windows 11 still says "Windows 10 ..." here, so os_version rules.
static void read_os_product(struct os_fact *fact) {
    tell_registry_text(fact, windows_key, "ProductName");
}

// learn: Enable virtualization-based protection of code integrity: the two registry values that
// say what is configured. What really runs is told by WMI only (Win32_DeviceGuard).
static const char guard_key[] = "SYSTEM\\CurrentControlSet\\Control\\DeviceGuard";
static const char integrity_key[] = "SYSTEM\\CurrentControlSet\\Control\\DeviceGuard\\Scenarios\\"
                                    "HypervisorEnforcedCodeIntegrity";

static void tell_switch(struct os_fact *fact, const char *key, const char *name) {
    DWORD value = 0, bytes = sizeof value;
    LSTATUS status = read_registry(key, name, RRF_RT_REG_DWORD, &value, &bytes);
    if (status == ERROR_SUCCESS)
        win32_tell(fact, true, "%lu", (unsigned long)value);
    else
        tell_registry_failure(fact, key, name, status);
}

static void read_vbs(struct os_fact *fact) {
    tell_switch(fact, guard_key, "EnableVirtualizationBasedSecurity");
}

static void read_hvci(struct os_fact *fact) {
    tell_switch(fact, integrity_key, "Enabled");
}

// learn: NUMA Support: 1 brings back the nodes of one group each of before build 20348.
static void read_split_large_nodes(struct os_fact *fact) {
    tell_switch(fact, "SYSTEM\\CurrentControlSet\\Control\\NUMA", "SplitLargeNodes");
}

// learn: GlobalMemoryStatusEx
static void read_memory_total(struct os_fact *fact) {
    MEMORYSTATUSEX status = {.dwLength = sizeof status};
    if (!win32_calls.GlobalMemoryStatusEx)
        win32_tell_absence(fact, "GlobalMemoryStatusEx");
    else if (win32_calls.GlobalMemoryStatusEx(&status))
        win32_tell(fact, true, "%" PRIu64, (uint64_t)status.ullTotalPhys);
    else
        win32_tell_failure(fact, "GlobalMemoryStatusEx", GetLastError());
}

static void read_large_page_bytes(struct os_fact *fact) {
    if (!win32_calls.GetLargePageMinimum)
        win32_tell_absence(fact, "GetLargePageMinimum");
    else
        win32_tell(fact, true, "%" PRIu64, (uint64_t)win32_calls.GetLargePageMinimum());
}

static void read_lock_pages_privilege(struct os_fact *fact) {
    struct error error;
    if (win32_enable_lock_pages(&error))
        win32_tell(fact, true, "held");
    else if (error.kind == ERROR_KIND_REFUSED)
        win32_tell(fact, true, "not held");
    else
        win32_tell(fact, false, "%.*s", (int)sizeof fact->value - 1, error.text);
}

static void read_processor_groups(struct os_fact *fact) {
    if (!win32_calls.GetActiveProcessorGroupCount)
        win32_tell_absence(fact, "GetActiveProcessorGroupCount");
    else
        win32_tell(fact, true, "%u", win32_calls.GetActiveProcessorGroupCount());
}

// The plans that every Windows has, by their GUIDs, since their names are translated (learn: Power
// Policy Settings, and powercfg's aliases SCHEME_MIN, SCHEME_BALANCED, SCHEME_MAX; the last of the
// list is "Ultimate Performance").
static const struct {
    GUID scheme;
    const char *name;
} power_plans[] = {
    {{0x8c5e7fda, 0xe8bf, 0x4a96, {0x9a, 0x85, 0xa6, 0xe2, 0x3a, 0x8c, 0x63, 0x5c}},
     "High performance"                                                                           },
    {{0x381b4222, 0xf694, 0x41f0, {0x96, 0x85, 0xff, 0x5b, 0xb2, 0x60, 0xdf, 0x2e}}, "Balanced"   },
    {{0xa1841308, 0x3541, 0x4fab, {0xbc, 0x81, 0xf7, 0x15, 0x56, 0xf2, 0x0b, 0x4a}}, "Power saver"},
    {{0xe9a42b02, 0xd5df, 0x448d, {0xaa, 0x00, 0x03, 0xf1, 0x47, 0x49, 0xeb, 0x61}},
     "Ultimate Performance"                                                                       },
};

static const char *known_plan(const GUID *scheme) {
    for (size_t i = 0; i < COUNT_OF(power_plans); i++)
        if (memcmp(&power_plans[i].scheme, scheme, sizeof *scheme) == 0)
            return power_plans[i].name;
    return NULL;
}

static void tell_friendly_name(struct os_fact *fact, const GUID *scheme) {
    if (!win32_calls.PowerReadFriendlyName) {
        win32_tell_absence(fact, "PowerReadFriendlyName");
        return;
    }
    wchar_t name[128] = L"";
    DWORD bytes = sizeof name - sizeof *name;
    DWORD number =
        win32_calls.PowerReadFriendlyName(NULL, scheme, NULL, NULL, (UCHAR *)name, &bytes);
    if (number == ERROR_SUCCESS)
        tell_wide(fact, name);
    else
        win32_tell_failure(fact, "PowerReadFriendlyName", number);
}

// learn: PowerGetActiveScheme (the GUID is freed with LocalFree), PowerReadFriendlyName (UTF-16
// with its zero, the size in bytes). Both return the error instead of setting it.
static void read_power_plan(struct os_fact *fact) {
    if (!win32_calls.PowerGetActiveScheme) {
        win32_tell_absence(fact, "PowerGetActiveScheme");
        return;
    }
    GUID *scheme = NULL;
    DWORD number = win32_calls.PowerGetActiveScheme(NULL, &scheme);
    if (number != ERROR_SUCCESS) {
        win32_tell_failure(fact, "PowerGetActiveScheme", number);
        return;
    }
    const char *known = known_plan(scheme);
    if (known)
        win32_tell(fact, true, "%s", known);
    else
        tell_friendly_name(fact, scheme);
    LocalFree(scheme);
}

static void read_qpc_frequency(struct os_fact *fact) {
    LARGE_INTEGER frequency;
    if (QueryPerformanceFrequency(&frequency))
        win32_tell(fact, true, "%" PRIu64, (uint64_t)frequency.QuadPart);
    else
        win32_tell_failure(fact, "QueryPerformanceFrequency", GetLastError());
}

static void read_wine_version(struct os_fact *fact) {
    if (win32_calls.wine_get_version)
        win32_tell(fact, true, "%s", win32_calls.wine_get_version());
    else
        win32_tell(fact, false, "this is not Wine");
}

// ---- the list -----------------------------------------------------------------------------------

static const struct {
    const char *name;
    void (*read)(struct os_fact *fact);
} fact_table[] = {
    {"host",                     read_host                },
    {"os_version",               read_os_version          },
    {"os_product",               read_os_product          },
    {"system_vendor",            read_system_vendor       },
    {"system_product",           read_system_product      },
    {"bios_version",             read_bios_version        },
    {"bios_date",                read_bios_date           },
    {"cpu_model",                read_cpu_model           },
    {"cpu_vendor",               read_cpu_vendor          },
    {"cpu_identifier",           read_cpu_identifier      },
    {"cpu_nominal_mhz",          read_cpu_nominal_mhz     },
    {"microcode",                read_microcode           },
    {"cpu_sockets",              win32_read_cpu_sockets   },
    {"cpu_max_mhz",              win32_read_cpu_max_mhz   },
    {"hypervisor",               win32_read_hypervisor    },
    {"hypervisor_partition",     win32_read_partition     },
    {"vbs_configured",           read_vbs                 },
    {"hvci_configured",          read_hvci                },
    {"split_large_nodes",        read_split_large_nodes   },
    {"memory_total_bytes",       read_memory_total        },
    {"dimm_slots",               win32_read_dimms         },
    {"dimm_types",               win32_read_dimms         },
    {"dimm_sizes_mib",           win32_read_dimms         },
    {"dimm_speeds_mt_per_s",     win32_read_dimms         },
    {"dimm_configured_mt_per_s", win32_read_dimms         },
    {"memory_channels",          win32_read_dimms         },
    {"memory_channels_source",   win32_read_dimms         },
    {"dimms_per_channel",        win32_read_dimms         },
    {"large_page_bytes",         read_large_page_bytes    },
    {"lock_pages_privilege",     read_lock_pages_privilege},
    {"processor_groups",         read_processor_groups    },
    {"power_plan",               read_power_plan          },
    {"qpc_frequency_hz",         read_qpc_frequency       },
    {"bus_counters",             win32_read_bus           },
    {"wine_version",             read_wine_version        },
};

size_t os_facts(struct os_fact *facts, size_t room) {
    size_t count = 0;
    for (; count < COUNT_OF(fact_table) && count < room; count++) {
        facts[count] = (struct os_fact){.name = fact_table[count].name};
        fact_table[count].read(&facts[count]);
    }
    return count;
}
