// SPDX-License-Identifier: Apache-2.0
// What the processor itself tells (CPUID): its hypervisor, and the sizes of its pages.
#include "os/win32_facts.h"

#include <string.h>

#if defined(__x86_64__)
#include <cpuid.h>
#endif

enum { EAX, EBX, ECX, EDX };

// Leaves of a hypervisor have no highest number to ask for beforehand; their first one tells it.
static bool real_cpuid(uint32_t leaf, uint32_t registers[4]) {
#if defined(__x86_64__)
    if (leaf >> 16 == 0x4000) {
        __cpuid(0x40000000, registers[EAX], registers[EBX], registers[ECX], registers[EDX]);
        if (leaf > registers[EAX] && leaf != 0x40000000)
            return false;
        __cpuid(leaf, registers[EAX], registers[EBX], registers[ECX], registers[EDX]);
        return true;
    }
    return __get_cpuid(leaf, &registers[EAX], &registers[EBX], &registers[ECX], &registers[EDX]);
#else
    (void)leaf, (void)registers;
    return false;
#endif
}

bool (*win32_cpuid)(uint32_t leaf, uint32_t registers[4]) = real_cpuid;

// AMD64 Architecture Programmer's Manual, volume 3, CPUID Fn8000_0001_EDX[Page1GB], bit 26; Intel's
// manual has it at the same place.
bool win32_has_gigabyte_pages(void) {
    uint32_t registers[4];
    return win32_cpuid(0x80000001, registers) && registers[EDX] >> 26 & 1;
}

// ---- the hypervisor -----------------------------------------------------------------------------

// Leaf 1 says whether a hypervisor is there, leaf 0x40000000 who (learn: Hypervisor Top Level
// Functional Specification, Feature and Interface Discovery).
static bool read_signature(char signature[13]) {
    uint32_t registers[4];
    memset(signature, 0, 13);
    if (!win32_cpuid(1, registers) || !(registers[ECX] >> 31) ||
        !win32_cpuid(0x40000000, registers))
        return false;
    memcpy(signature, &registers[EBX], 4);
    memcpy(signature + 4, &registers[ECX], 4);
    memcpy(signature + 8, &registers[EDX], 4);
    return true;
}

static const char hyper_v[] = "Microsoft Hv";

// The same pages: leaf 0x40000003, the privileges of a partition, of which CreatePartitions (EBX
// bit 0) is the root's alone. On a server with Hyper-V or virtualization-based security Windows
// itself runs in the root partition: it has all nodes, CPUs and memory of the machine.
static bool is_root_partition(const char *signature) {
    uint32_t registers[4];
    return strcmp(signature, hyper_v) == 0 && win32_cpuid(0x40000003, registers) &&
           (registers[EBX] & 1);
}

// A root partition is the machine and no guest, so that nothing that is said of guests is true of
// it; which hypervisor lies below it says hypervisor_partition.
void win32_read_hypervisor(struct os_fact *fact) {
    char signature[13];
    uint32_t registers[4];
    if (!win32_cpuid(1, registers))
        win32_tell(fact, false, "this processor has no CPUID");
    else if (!read_signature(signature) || is_root_partition(signature))
        win32_tell(fact, true, "none");
    else
        win32_tell(fact, true, "%s", signature[0] ? signature : "unnamed");
}

void win32_read_partition(struct os_fact *fact) {
    char signature[13];
    uint32_t registers[4];
    if (!win32_cpuid(1, registers))
        win32_tell(fact, false, "this processor has no CPUID");
    else if (!read_signature(signature))
        win32_tell(fact, true, "none");
    else
        win32_tell(fact, true, "%s", is_root_partition(signature) ? "root" : "guest");
}
