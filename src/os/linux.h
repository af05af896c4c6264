// SPDX-License-Identifier: Apache-2.0
// What the linux*.c files share: the files of /sys and /proc (linux_sysfs.c), and what a node can
// give (linux_capacity.c). Private to this room.
//
// A file that cannot be read is ERROR_KIND_UNAVAILABLE and never a value: the sentence names the
// path and the system's reason. "man: X(2)" in these files is the Linux man-pages project's page.
#ifndef NUMAPROBE_OS_LINUX_H
#define NUMAPROBE_OS_LINUX_H

#include "os/os.h"

enum { LINUX_PATH_BYTES = 4096 };

// Writes a path and, where it is below /sys, /proc or /run, puts the other root in. Returns path.
char *linux_path(char path[LINUX_PATH_BYTES], const char *format, ...) PRINTF_LIKE(2, 3);

// The whole text of a file, to be freed by the caller; NULL when it cannot be read.
char *linux_read(const char *path, struct error *error);

// The same of a file that is no text, with its length.
char *linux_read_bytes(const char *path, size_t *bytes, struct error *error);

// The same as a list of CPUs or nodes, and as one number.
bool linux_read_ids(struct id_set *ids, const char *path, struct error *error);
bool linux_read_number(uint64_t *number, const char *path, struct error *error);

// What follows "key:" or "key" and blanks at the start of a line or after a space, up to wherever
// the text ends; NULL when the key is not there. A key without colon must be followed by a digit.
const char *linux_find(const char *text, const char *key);
bool linux_find_number(const char *text, const char *key, uint64_t *number);

// Copies one line without its newline, cut to fit. Returns line.
char *linux_copy_line(char *line, size_t line_bytes, const char *text);

// The word in brackets of "always [madvise] never", or the whole line when none is.
char *linux_choice(char *word, size_t word_bytes, const char *text);

// Whether a call's errno says that it is withheld: what Docker's default seccomp profile says
// (moby, profiles/seccomp/default.json); other runtimes say ENOSYS, and so does a kernel that was
// built without the call.
bool linux_is_denied(int number);

// ---- linux_capacity.c ---------------------------------------------------------------------------

// Online, with memory, and not withheld by a cpuset.
bool linux_node_is_usable(uint32_t node, struct error *error);

// Whether the node has this many bytes to give, or its pool this many in huge pages of that size;
// refused with what is there and the command that helps.
bool linux_node_has_room(uint32_t node, uint64_t bytes, struct error *error);
bool linux_pool_has_room(uint32_t node, uint64_t bytes, uint64_t page_bytes, struct error *error);

// Bytes of the free pages of a node's pool.
bool linux_pool_room(uint32_t node, uint64_t page_bytes, uint64_t *bytes, struct error *error);

// Whether the limits of this process leave so much, whichever node it is on; refused with the
// tightest of them and what raises it (linux_limits.c).
bool linux_limits_have_room(uint64_t size_bytes, struct error *error);

// ---- linux_page_kinds.c -------------------------------------------------------------------------

// Whether the switches of the system let this process have transparent pages of a size; refused
// with the switch and the command that turns it. 0: the system has none.
bool linux_thp_is_on(uint64_t page_bytes, struct error *error);

// ---- linux_mthp.c -------------------------------------------------------------------------------

// Before a buffer of that kind is written: keeps larger transparent pages away from it, and begins
// to count those of its size.
bool linux_mthp_begin(struct os_memory *memory, struct error *error);
void linux_mthp_end(struct os_memory *memory);

// Of what smaps reports, how much lies in pages of the size that was asked for: as root by looking
// at each page, else by the kernel's count of those that it made.
bool linux_mthp_sizes(const struct os_memory *memory, struct os_page_sizes *sizes,
                      struct error *error);

// ---- linux_policy.c -----------------------------------------------------------------------------

// Gives a mapped buffer its policy, and says in it by what its pages will be placed and how long a
// node's turn is. Refused where the kernel has no such policy, and where mbind is denied and the
// node is not the only one, nor has CPUs that could write the pages first.
bool linux_place_memory(struct os_memory *memory, struct error *error);

// ---- linux_cgroup.c -----------------------------------------------------------------------------

// The control group of this process for one controller, and the groups above it that can be seen
// (man: cgroups(7)). unified tells version 2, whose files have other names than version 1.
struct linux_cgroup {
    char path[LINUX_PATH_BYTES];
    size_t mount_length;
    bool unified;
};
bool linux_cgroup_find(struct linux_cgroup *group, const char *controller, struct error *error);

// Goes to the parent; false when there is none.
bool linux_cgroup_up(struct linux_cgroup *group);

// ---- for tests ----------------------------------------------------------------------------------

// Puts other directories in the place of /sys, /proc and /run, so that a test can build a machine
// out of files. NULL is the real directory; the strings must live until the next call.
void linux_set_roots(const char *sys, const char *proc, const char *run);

#endif
