// SPDX-License-Identifier: Apache-2.0
// Puts the simulated machines between a program and kernel32. For test programs only.
//
// A call to a system DLL goes through a pointer that the linker takes from the import library:
// GetProcAddress through __imp_GetProcAddress. Where an object defines that name itself, GNU ld and
// lld take the object's pointer. So every module of the program, a statically linked hwloc
// too, asks the functions below, without a change in it. Microsoft's linker makes no such promise.
#include "windows_sim/sim_calls.h"

#include <string.h>

typedef FARPROC(WINAPI *get_address_call)(HMODULE module, const char *name);
typedef DWORD_PTR(WINAPI *set_mask_call)(HANDLE thread, DWORD_PTR mask);
typedef BOOL(WINAPI *get_mask_call)(HANDLE process, DWORD_PTR *mask, DWORD_PTR *system_mask);
typedef DWORD(WINAPI *get_number_call)(void);
typedef BOOL(WINAPI *move_call)(const wchar_t *from, const wchar_t *to, DWORD flags);

// The real GetProcAddress, from kernel32's export table, since nobody is left to ask for it
// (learn: PE Format, "The .edata Section"). The C start-up code may come here before main.
static get_address_call find_real(void) {
    char *base = (char *)GetModuleHandleA("kernel32.dll");
    const IMAGE_DOS_HEADER *dos = (const void *)base;
    const IMAGE_NT_HEADERS *header = (const void *)(base + dos->e_lfanew);
    const IMAGE_DATA_DIRECTORY *place =
        &header->OptionalHeader.DataDirectory[IMAGE_DIRECTORY_ENTRY_EXPORT];
    const IMAGE_EXPORT_DIRECTORY *exports = (const void *)(base + place->VirtualAddress);
    const DWORD *names = (const void *)(base + exports->AddressOfNames);
    const DWORD *functions = (const void *)(base + exports->AddressOfFunctions);
    const WORD *ordinals = (const void *)(base + exports->AddressOfNameOrdinals);
    for (DWORD i = 0; i < exports->NumberOfNames; i++) {
        if (strcmp(base + names[i], "GetProcAddress") != 0)
            continue;
        DWORD function = functions[ordinals[i]];
        CHECK(function - place->VirtualAddress >= place->Size); // else it is a forward to a DLL
        get_address_call real;
        char *address = base + function;
        memcpy(&real, &address, sizeof real);
        return real;
    }
    check_failed("kernel32 exports GetProcAddress", __FILE__, __LINE__);
}

static FARPROC real_address(HMODULE module, const char *name) {
    static get_address_call real;
    if (!real)
        real = find_real();
    return real(module, name);
}

static sim_address kernel32_address(const char *name) {
    return (sim_address)real_address(GetModuleHandleA("kernel32.dll"), name);
}

// learn: GetProcAddress: below 65536 it is no name but an ordinal.
static FARPROC WINAPI get_address(HMODULE module, const char *name) {
    sim_address address;
    if ((uintptr_t)name > 0xFFFF && sim_answers(name, &address))
        return (FARPROC)address;
    return real_address(module, name);
}

// The next three hwloc imports directly, and uses when there is one group.

// learn: SetThreadAffinityMask: returns the mask before, 0 is a failure.
static DWORD_PTR WINAPI set_mask(HANDLE thread, DWORD_PTR mask) {
    if (!sim_selected())
        return ((set_mask_call)kernel32_address("SetThreadAffinityMask"))(thread, mask);
    GROUP_AFFINITY wanted = {.Mask = mask}, before;
    return sim_set_affinity(thread, &wanted, &before) ? before.Mask : 0;
}

static BOOL WINAPI get_mask(HANDLE process, DWORD_PTR *mask, DWORD_PTR *system_mask) {
    if (sim_selected())
        return sim_process_mask(process, mask, system_mask);
    return ((get_mask_call)kernel32_address("GetProcessAffinityMask"))(process, mask, system_mask);
}

static DWORD WINAPI get_number(void) {
    if (!sim_selected())
        return ((get_number_call)kernel32_address("GetCurrentProcessorNumber"))();
    PROCESSOR_NUMBER cpu;
    sim_current_cpu(&cpu);
    return cpu.Number;
}

static uint32_t moves_refused, move_error;

void sim_refuse_moves(uint32_t count, uint32_t error) {
    moves_refused = count;
    move_error = error;
}

static BOOL WINAPI move(const wchar_t *from, const wchar_t *to, DWORD flags) {
    if (moves_refused == 0)
        return ((move_call)kernel32_address("MoveFileExW"))(from, to, flags);
    moves_refused--;
    SetLastError(move_error);
    return FALSE;
}

extern get_address_call __imp_GetProcAddress;
extern set_mask_call __imp_SetThreadAffinityMask;
extern get_mask_call __imp_GetProcessAffinityMask;
extern get_number_call __imp_GetCurrentProcessorNumber;
extern move_call __imp_MoveFileExW;

get_address_call __imp_GetProcAddress = get_address;
set_mask_call __imp_SetThreadAffinityMask = set_mask;
get_mask_call __imp_GetProcessAffinityMask = get_mask;
get_number_call __imp_GetCurrentProcessorNumber = get_number;
move_call __imp_MoveFileExW = move;
