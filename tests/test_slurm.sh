#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_slurm.sh PROGRAM      as root, with Debian's slurm-wlm, munge and prometheus
#
# scripts/fleet on a cluster of two nodes that are both this machine: Slurm's own daemons, started
# here and ended here. They share its CPUs, so what they measure is worth nothing; that each host
# has its run, that a busy one is tried again, and that a bad one is drained is what is tried.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/program_checks.sh
. "$root/tests/program_checks.sh"
program=$1
fleet=$root/scripts/fleet
export NUMAPROBE=$program

# ---- Prometheus ---------------------------------------------------------------------------------
promtool test rules "$fleet/prometheus.test.yml" > out 2> err
status=$?
note "alerts fire, and are silent" exits 0
note "the dashboard is JSON" python3 -m json.tool "$fleet/grafana.json" /dev/null

# ---- a cluster ----------------------------------------------------------------------------------
host=$(uname -n)
host=${host%%.*}
mkdir state spool
cat > slurm.conf <<C
ClusterName=numaprobe
SlurmctldHost=$host(127.0.0.1)
SlurmctldPort=16717
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool/%n
SlurmctldPidFile=$work/controller.pid
SlurmdPidFile=$work/%n.pid
SlurmctldLogFile=$work/controller.log
SlurmdLogFile=$work/%n.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
NodeName=one NodeAddr=127.0.0.1 NodeHostname=$host Port=16718 CPUs=$(nproc) State=UNKNOWN
NodeName=two NodeAddr=127.0.0.1 NodeHostname=$host Port=16719 CPUs=$(nproc) State=UNKNOWN
PartitionName=all Nodes=one,two Default=YES State=UP
C
export SLURM_CONF=$work/slurm.conf
own_munge=false
stop() {
    local file
    for file in "$work"/*.pid; do
        [ ! -s "$file" ] || kill "$(cat "$file")" 2> /dev/null
    done
    ! $own_munge || kill "$(cat /run/munge/munged.pid)"
    sleep 1
    rm -rf "$work"
}
trap stop EXIT
if ! munge -n > /dev/null 2>&1; then
    install -d -o munge -g munge -m 0755 /run/munge /var/log/munge
    runuser -u munge -- munged && own_munge=true
fi
slurmctld > controller.out 2>&1
slurmd -N one > one.out 2>&1
slurmd -N two > two.out 2>&1
# The daemons take their time on a busy machine, and so does the end of a job.
idle() {
    for _ in $(seq 240); do
        sinfo --noheader --Node --states=idle --format=%N | sort -u > idle-nodes
        [ "$(wc -l < idle-nodes)" != 2 ] || return 0
        sleep .5
    done
    return 1
}
note "a cluster of two nodes" idle

# ---- measure ------------------------------------------------------------------------------------
timeout 600 "$fleet/slurm" measure runs -p all -t 2 -- \
    latency --size 16K --cached --rounds 2 --allow-unverified > out 2> err
status=$?
note "both are measured" exits 0
for node in one two; do
    note "a run of $node" test -s runs/$node/rows.csv -a -s runs/$node/summary.json
    note "nothing half of $node" test ! -e runs/$node.part
done
note "what comes next is said" out_has '^numaprobe fleet runs$'
timeout 300 "$fleet/slurm" measure runs -p nowhere > out 2> err
status=$?
note "a partition that is not there" test "$status" != 0
note "both nodes have nothing to do again" idle

# ---- check --------------------------------------------------------------------------------------
# Which verdict a check comes to is not asked here: one that has it already stands in.
verdict() { # verdict STATUS SENTENCE
    printf '#!/bin/sh\necho "%s"\nexit %s\n' "$2" "$1" > verdict
    chmod +x verdict
}
state_of() { sinfo --noheader --nodes="$1" --format='%T %E' | head -1; }
health() { # health NODE
    SLURMD_NODENAME=$1 NUMAPROBE=$work/verdict "$fleet/slurm" check limits.json > out 2> err
    status=$?
}
verdict 0 "GOOD: 3 of 3 cases within limits"
health one
note "a good node" exits 0
note "stays" test "$(state_of one)" = "idle none"
verdict 2 "UNKNOWN: busy (SCHED)"
health one
note "a busy node" exits 0
note "stays, too" test "$(state_of one)" = "idle none"
verdict 3 "ERROR: cannot open 'limits.json'"
health one
note "a check that cannot run" exits 0
note "drains nobody" test "$(state_of one)" = "idle none"
note "and says so" err_has "^slurm: the check of this node ended with 3: ERROR: cannot open"
verdict 1 "BAD: latency 121.0 ns, limit 110.0 ns"
health two
note "a bad node" exits 1
note "is drained with the reason" test "$(state_of two)" = \
    "drained numaprobe: BAD: latency 121.0 ns, limit 110.0 ns"
SLURM_JOB_ID=1 health one
note "a prolog ends with 1" exits 1
note "and leaves the draining to Slurm" test "$(state_of one)" = "idle none"
conclude
