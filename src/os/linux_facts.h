// SPDX-License-Identifier: Apache-2.0
// What the linux_facts*.c files share: the table stands in linux_facts.c, and the readers that it
// names there and in the others. All facts are readable without privilege, those of memory modules
// where udev keeps a copy of the firmware's table. Private to this room.
#ifndef NUMAPROBE_OS_LINUX_FACTS_H
#define NUMAPROBE_OS_LINUX_FACTS_H

#include "os/linux.h"

struct fact_source {
    const char *name;
    void (*read)(const struct fact_source *source, struct os_fact *fact);
    const char *path; // a file, a glob pattern, or the controller of a control group
    const char *key;  // a field of the file, or the control group's file in version 2
    const char *key1; // the same in version 1
};

// Writes the value, or why there is none; what does not fit ends in "...".
void linux_fact_tell(struct os_fact *fact, bool available, const char *format, ...)
    PRINTF_LIKE(3, 4);

// The text of a file, or NULL after having told why there is none.
char *linux_fact_file(const char *path, struct os_fact *fact);

// One line without the blanks around it. Returns line.
char *linux_trim_line(char *line, size_t line_bytes, const char *text);

// ---- linux_facts_cpu.c: what the CPUs are and how they are set ----------------------------------

void linux_read_cpu_model(const struct fact_source *source, struct os_fact *fact);
void linux_read_cpu_identifier(const struct fact_source *source, struct os_fact *fact);
void linux_read_hypervisor(const struct fact_source *source, struct os_fact *fact);
void linux_read_mitigations(const struct fact_source *source, struct os_fact *fact);
void linux_read_turbo(const struct fact_source *source, struct os_fact *fact);

// ---- linux_facts_firmware.c: memory modules -----------------------------------------------------

// The fact of that name of dimm.h.
void linux_read_dimms(const struct fact_source *source, struct os_fact *fact);

// ---- linux_facts_load.c: what else goes on, and what is left ------------------------------------

void linux_read_load(const struct fact_source *source, struct os_fact *fact);
void linux_read_processes_running(const struct fact_source *source, struct os_fact *fact);
void linux_read_steal_share(const struct fact_source *source, struct os_fact *fact);
void linux_read_swap_used(const struct fact_source *source, struct os_fact *fact);
// The number in a file of each node that has it: path is what stands before the node's number, key
// what stands behind it, and key1 what stands between two nodes of the value, "0:512, 1:0".
void linux_read_by_node(const struct fact_source *source, struct os_fact *fact);
void linux_read_damon(const struct fact_source *source, struct os_fact *fact);
void linux_read_offline_blocks(const struct fact_source *source, struct os_fact *fact);
void linux_read_throttles(const struct fact_source *source, struct os_fact *fact);
void linux_read_locked_limit(const struct fact_source *source, struct os_fact *fact);

// ---- linux_bus.c --------------------------------------------------------------------------------

// The kinds of counters of the bus that would open, or why none does.
void linux_read_bus(const struct fact_source *source, struct os_fact *fact);

#endif
