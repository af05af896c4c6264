// SPDX-License-Identifier: Apache-2.0
// usage: deny ERROR CALL[,CALL...] PROGRAM [ARGUMENT...]
//
// CALL is a name of the table below, or "docker" for all that Docker's default profile denies of
// them without CAP_SYS_NICE (moby, profiles/seccomp/default.json).
//
// Runs a program whose system calls of these names fail with EPERM or ENOSYS, as under the seccomp
// profile of a container runtime (man: seccomp(2)).
#define _GNU_SOURCE
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

static const struct {
    const char *name;
    unsigned number;
} calls[] = {
    {"mbind",         SYS_mbind        },
    {"set_mempolicy", SYS_set_mempolicy},
    {"get_mempolicy", SYS_get_mempolicy},
    {"move_pages",    SYS_move_pages   },
    {"getcpu",        SYS_getcpu       },
    {"migrate_pages", SYS_migrate_pages},
};

static int deny(const char *name, unsigned error) {
    for (size_t i = 0; i < sizeof calls / sizeof *calls; i++) {
        if (strcmp(calls[i].name, name) != 0)
            continue;
        struct sock_filter code[] = {
            BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
            BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, calls[i].number, 0, 1),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
            BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
        };
        struct sock_fprog filter = {sizeof code / sizeof *code, code};
        return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter);
    }
    return -1;
}

int main(int argument_count, char **arguments) {
    if (argument_count < 4 || prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
        return 125;
    unsigned error = strcmp(arguments[1], "ENOSYS") == 0 ? ENOSYS : EPERM;
    char docker[] = "mbind,set_mempolicy,get_mempolicy,move_pages";
    char *names = strcmp(arguments[2], "docker") == 0 ? docker : arguments[2];
    for (char *name = strtok(names, ","); name; name = strtok(NULL, ",")) {
        if (deny(name, error)) {
            fprintf(stderr, "deny: %s cannot be denied\n", name);
            return 125;
        }
    }
    execvp(arguments[3], arguments + 3);
    return 127;
}
