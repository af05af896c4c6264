#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# The whole command line on the simulated machines of windows_sim.
#
# usage: tests/test_windows_machine.sh RUNNER windows_machine.exe [MACHINE]   all when none is named
#
# One line a case: machine | exit status | what the output has, extended expression | arguments.
# A text that begins with ! must not be there.
only=${3-}
set -- "$(realpath "$1")" "$(realpath "$2")"
words=$(realpath "$(dirname "${BASH_SOURCE[0]}")/linux_words")
source "$(dirname "${BASH_SOURCE[0]}")/program_checks.sh"

# What a user of Windows can do nothing with. tests/check_windows_program looks at the program.
in_words_of_windows() { ! cat out err | grep -niE -f "$words" -e 'no remedy is known'; }

said() { # said EXPRESSION
    case $1 in
    !*) ! grep -qE -- "${1#!}" out err ;;
    *) grep -qE -- "$1" out err ;;
    esac
}

# Lines that only ask another text of the same call stand together, and it is made once.
before=
while IFS='|' read -r machine wanted text arguments; do
    read -r machine wanted <<< "$machine $wanted"
    [ -z "$only" ] || [ "$machine" = "$only" ] || continue
    read -r text <<< "$text"
    read -ra arguments <<< "$arguments"
    [ "$before" = "$machine ${arguments[*]}" ] || call "$machine" "${arguments[@]}"
    before="$machine ${arguments[*]}"
    note "$machine: ${arguments[*]}: status $wanted" exits "$wanted"
    note "$machine: ${arguments[*]}: $text" said "$text"
    note "$machine: ${arguments[*]}: no word of Linux" in_words_of_windows
done << 'END'
four-nodes           | 0  | 128 agree, 0 differ         | topo
four-nodes           | 0  | 0 blocking                | doctor
four-nodes           | 0  | 32 CPUs checked, 32 verified | verify --cpu-nodes 3 --size 64K
four-nodes           | 0  | cases: 8                    | latency --cpu-nodes 0,2 --dry-run
sparse-nodes         | 0  | 8 verified                  | verify --cpu-nodes 2 --size 2M --pages 2M
uneven-groups        | 0  | 16 verified                 | verify --cpu-nodes 1 --size 8K --pages awe
node-over-two-groups | 0  | 0 .* 0-127                  | topo
uneven-groups        | 0  | CPU 75 .1:11.: .* node 1    | verify --cpu-nodes 1 --size 16K
uneven-groups        | 0  | CPU 16 .0:16.: .* node 1    | verify --cpu-nodes 1 --size 16K
hidden-group         | 1  | MISMATCH CPU 64 .1:0.:      | topo
wrong-cpu            | 1  | MISMATCH CPU 5:             | topo
sparse-nodes         | 0  | 16 CPUs checked, 16 verified | verify --size 16K
wrong-cpu            | 1  | MISMATCH                    | verify --size 16K
stray-pages          | 4  | misplaced                   | verify --cpu-nodes 1 --size 64K
stray-pages          | 4  | !timing                     | verify --cpu-nodes 1 --size 64K
absent-pages         | 4  | not resident                | verify --cpu-nodes 1 --size 64K
lock-pages-denied | 77 | pages in memory.*this account does not have | verify --size 2M --pages 2M
lock-pages-denied    | 0  | not held                    | doctor
lock-pages-denied    | 0  | -> start an elevated prompt | doctor
working-set-denied   | 77 | process working set         | verify --size 64K
large-pages-refused  | 77 | contiguous memory         | verify --size 2M --pages 2M
awe-short            | 77 | gave only 1536 of 2048 AWE  | verify --size 8M --pages awe
no-page-query        | 4  | unverifiable                | verify --size 64K
node-seventy         | 4  | unverifiable                | verify --cpu-nodes 70 --size 64K
standby              | 0  | 16 CPUs checked, 16 verified | verify --size 64K
standby              | 0  | 0 .* 8.0 GiB .* 0-7         | topo
standby              | 0  | 1 .* 8.0 GiB .* 8-15        | topo
standby-uncounted    | 0  | 1 .* 8.0 GiB .* 8-15        | topo
standby-untold       | 0  | 1 .* 1.0 GiB .* 8-15        | topo
hot-pluggable        | 0  | 1 .* 1.0 GiB .* 8-15        | topo
hot-pluggable        | 0  | 16 CPUs checked, 16 verified | verify --size 64K
four-nodes           | 0  | ^ +0 +10 +21 +22 +23$       | topo
four-nodes           | 0  | ^ +23,?$                    | topo --json
no-distances         | 0  | ^ +null,?$                  | topo --json
node-without-distances | 0 | ^ +2 +22 +21 +10 +-$       | topo
no-distances         | 0  | ^ +0 +- +- +- +-$           | topo
distances-cut        | 0  | ^ +0 +- +- +- +-$           | topo
distances-senseless  | 0  | ^ +0 +- +- +- +-$           | topo
standby              | 0  | cases: 4                    | latency --dry-run
standby              | 0  | 0 blocking                | doctor
standby-untold       | 0  | 16 CPUs checked, 16 verified | verify --size 64K
node-without-memory  | 0  | 4 without memory            | verify --size 64K
token-filtered       | 77 | this prompt does not have   | verify --size 2M --pages 2M
quota                | 77 | 1816.*quota of this account | verify --size 64K
right-lost           | 77 | 1314.*elevated prompt       | verify --size 64K
awe-kept             | 1  | did not release 3 AWE     | verify --size 64K --pages awe
four-nodes-before-2022 | 0 | !could not be checked      | doctor
large-pages-of-2m-only | 0 | 0 blocking               | doctor
awe-short | 0 | 2048 asked, 1536 granted.*node 1 | verify --size 8M --pages awe --allow-partial
four-nodes | 0 | 16 asked, 16 granted | verify --size 64K --pages awe --keep --cpu-nodes 3
job-of-eight-cpus    | 0  | 8 CPUs checked, 8 verified   | verify --size 16K
job-of-eight-cpus    | 0  | outside of a job            | doctor
job-of-one-group     | 0  | 32 CPUs checked, 32 verified | verify --size 16K
sets-of-eight-cpus   | 0  | 8 CPUs checked, 8 verified   | verify --size 16K
sets-of-eight-cpus   | 0  | CPU sets                    | doctor
hybrid               | 0  | ^1 .* 0-7$                  | topo
hybrid | 0 | CPUs 8-15: left out, .*--all-kinds | bandwidth --threads all --dry-run
hybrid               | 0  | /threads:8$                 | bandwidth --threads all --dry-run
hybrid | 0 | !left out | bandwidth --threads all --all-kinds --dry-run
hybrid | 0 | /threads:16$ | bandwidth --threads all --all-kinds --dry-run
sparse-nodes         | 0  | !left out                   | bandwidth --threads all --dry-run
hybrid               | 2  | --all-kinds uses all        | bandwidth --threads 9 --dry-run
hybrid | 0 | /threads:9$ | bandwidth --threads 9 --all-kinds --dry-run
four-nodes           | 0  | !core type                  | topo
four-nodes | 0 | writer:69 | c2c --writer-cpu 1:5 --reader-cpu 0 --dry-run
four-nodes           | 2  | --writer-cpu: '1:64' is no CPU | c2c --writer-cpu 1:64 --reader-cpu 0
hyper-v-guest        | 0  | Microsoft Hv                | doctor
hyper-v-root         | 0  | ok +hypervisor +none        | doctor
four-nodes | 0 | 32 verified | verify --cpu-nodes 3 --size 64K --pages pageable
trimming | 4 | 16 pages.*: not resident$ | verify --cpu-nodes 1 --size 64K --pages pageable
four-nodes | 0 | !not resident | verify --cpu-nodes 2 --size 16K --pages pageable
right-grantable | 0 | gives MACHINE.tester the right | doctor --grant-lock-pages --yes
right-grantable | 0 | ^Granted: sign out | doctor --grant-lock-pages --yes
right-grantable | 1 | Nothing was changed | doctor --grant-lock-pages
right-grantable | 77 | --grant-lock-pages | verify --size 2M --pages 2M
policy-denied | 1 | LsaAddAccountRights failed: .*error 5 | doctor --grant-lock-pages --yes
token-filtered | 1 | start an elevated prompt | doctor --grant-lock-pages --yes
four-nodes | 0 | MACHINE.tester has the right .* already | doctor --grant-lock-pages
network-drives | 0 | WARNING: .*network drive | latency --size 64K --cached --rounds 1 -o far
hybrid | 0 | !network drive | latency --size 64K --cached --rounds 1 -o near
four-nodes           | 0  | locked                      | list pages
four-nodes           | 0  | usage: numaprobe            | /?
four-nodes           | 0  | usage: numaprobe verify     | verify /?
END

conclude
