#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_fleet.sh [RUNNER] PROGRAM
#
# From good runs to limits, from limits to the health of a node, and from the runs of hundreds of
# hosts to those that are slow: each job as its user does it.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/program_checks.sh
. "$root/tests/program_checks.sh"
make=$root/tests/make_fleet.py
out_lines() { [ "$(wc -l < out)" = "$1" ]; }

# ---- a fleet with two slow hosts ----------------------------------------------------------------
hosts=500
$windows && hosts=60 # the same jobs with fewer files, which Wine is slow to open
"$make" fleet --hosts $hosts --slow host0023=1.05 --slow host0041=1.08@latency/ --busy host0007 \
    --unproven host0008 --other 6
cp -r fleet/host0010 fleet/copy
mkdir fleet/broken
echo nonsense > fleet/broken/rows.csv
call fleet fleet --html fleet.html
note "a fleet with a run that cannot be read is not the whole one: exit 1" exits 1
note "told so" err_has "not the whole fleet, because a run could not be read: 'fleet/broken'"
usable=$((hosts - 2))
note "its hosts, kinds and runs" out_has \
    "^$usable hosts of 2 kinds, $usable runs; 4 runs left out; 2 outliers\$"
note "both slow hosts, and no other" test "$(grep -c '^OUTLIER' out)" = 2
note "the one that is slow in everything" out_has '^OUTLIER host0023: [0-9]* of 39 figures'
note "the one that is slow in one cell" out_has '^OUTLIER host0041: 1 of 39 figures'
note "how far, and where" out_has '^  +[5-9]\.[0-9] % ([0-9.]* spreads): latency, cpu 0 -> mem 0$'
note "a busy host is no slow one" out_has 'host0007, fleet/host0007: busy: 78 of its 78 values'
note "nor is one without proof" out_has 'host0008, .*none of its 78 rows .* is verified'
note "a copy counts once" out_has "a copy of the run in 'fleet/"
note "what cannot be read stops nobody" out_has 'host unknown, fleet/broken: '
note "80 columns hold a row" test -z \
    "$(grep ' %  [0-9.-]*  ' out | grep '.\{81\}')"
note "other machines are another kind" out_has '^Kind 2: Made-up 9000, 6 hosts'
note "the page names the outliers" grep -q '<th scope="row">host0023</th>' fleet.html
note "with a drawing for each figure" test "$(grep -c '<figure>' fleet.html)" -ge 40
note "a name beside its dot, to the left or to the right" test \
    "$(grep -cE '<text( class="e")? x="[0-9.]*" y="[0-9]*">host00' fleet.html)" -ge 2
note "and loads nothing" test "$(grep -cE '(src|href)=' fleet.html)" = 0
call fleet fleet --json
note "JSON" python3 -c '
import json, sys
usable = int(sys.argv[1])
found = json.load(open("out"))
assert found["hosts"] == usable and found["outliers"] == 2, found["outliers"]
assert len(found["left_out"]) == 4
kinds = [(sku["cpu_model"], sku["hosts"]) for sku in found["skus"]]
assert sorted(kinds) == [("AMD EPYC", usable - 6), ("Made-up 9000", 6)], kinds
hosts = {host["host"]: host["evidence"] for host in found["skus"][0]["outliers"]}
assert set(hosts) == {"host0023", "host0041"}, hosts
first = hosts["host0041"][0]
assert first["metric"] == "latency_ns" and first["change"] > 0.04' $usable
call fleet fleet --check
note "which no gate passes over: exit 1" exits 1
rm -r fleet/broken
call fleet fleet
note "slow hosts are no error: exit 0" exits 0
call fleet fleet --check
note "but for a gate: exit 3" exits 3
call fleet fleet --html same --output same
note "one name for two files" exits 2
note "told so" err_has -- "--html and --output both name 'same'"
call fleet fleet -f markdown
note "what is of no use stops nobody: exit 0" exits 0
note "Markdown" out_has '^| *'$((usable - 6))' *|.*| latency, cpu 0 -\\*> mem 0 |$'
call fleet
note "a fleet of nothing" exits 2
call fleet fleet/host0008
note "nothing that can be used" exits 1
note "and why" err_has 'none of 1 run is usable'
"$make" often --hosts 12 --runs 4 --seed 3 --slow host0002=1.08
call fleet often
note "several runs a host" out_has '^12 hosts of 1 kind, 48 runs'
note "since when" out_has '^  .* spreads) since 2026-01-01T08:00:00Z: '
"$make" few --hosts 4 --slow host0002=1.5
call fleet few
note "four hosts do not tell" out_has '^too few hosts to find a slow one: 4'
call fleet few --check
note "nor does a gate pass them: exit 5" exits 5
note "and says why" err_has "host 'host0000' was not judged, because fewer than 5 hosts of its kind"
"$make" even --hosts 12 --seed 4
call fleet even --check
note "a gate passes good hosts: exit 0" exits 0
cp -r even/host0003 even/copy
call fleet even --check
note "and a copy of one: exit 0" exits 0
"$make" busy --hosts 13 --seed 4 --busy host0012
cp -r busy/host0012 even/busy
call fleet even --check
note "but not a host without a usable run: exit 5" exits 5
note "which is named" err_has "host 'host0012' was not judged, .*'even/busy' was left out: busy"
"$make" again --hosts 13 --seed 5
cp -r again/host0012 even/again
call fleet even --check
note "until it has one: exit 0" exits 0
cp -r even/again even/other
sed -i 's/host0012/other/; s/Z-[0-9a-f]\{8\}/Z-00000001/; s,/page:,/other/page:,' even/other/*
call fleet even --check
note "nor does it pass one that has measured other cases: exit 5" exits 5
note "which is named" err_has "host 'other' was not judged, because fewer than 5 hosts"

call export fleet/host001? -f prom -o many.prom
note "hosts stay apart for Prometheus" test \
    "$(grep -c '^numaprobe_latency_seconds{host="host001[0-9]",cell="latency/' many.prom)" = 10
note "each with its latest run" test "$(grep -c '^numaprobe_run_info{host=' many.prom)" = 10
if command -v promtool > /dev/null; then
    note "promtool takes it" promtool check metrics < many.prom
fi
call export fleet/host0010 -f nfd
note "labels of a node" out_has '^numaprobe/local-latency-ns=1[0-9][0-9]$'
note "names that Kubernetes takes" test -z \
    "$(grep -vE '^(#|numaprobe/[a-z0-9-]{1,63}=[A-Za-z0-9_.-]{1,63}$)' out)"
call export fleet/host001? -f nfd
note "labels are of one host" err_has 'labels describe one host, but the runs are of .host0010. and'

# ---- limits -------------------------------------------------------------------------------------
"$make" good --hosts 24 --runs 2 --seed 5
call limits good -o limits.json
note "limits: exit 0" exits 0
note "of what they are made" err_has 'limits of 7 cases from 48 runs of 24 hosts: AMD EPYC'
note "nothing weakens them" test "$(grep -c WARNING err)" = 0
note "limits of a kind" python3 -c '
import json
found = json.load(open("limits.json"))
sku, = found["skus"]
assert found["limits_version"] == 1 and found["false_alarms"] == 0.001
assert sku["hosts"] == 24 and sku["runs"] == 48 and sku["note"] is None
for cell in sku["cells"]:
    assert 0.01 <= cell["tolerance"] < 0.1, cell
    assert cell["cell"].split("/")[0] in ("latency", "bandwidth"), cell
    assert 0.001 < cell["spread_between_hosts"] < 0.02 and cell["hosts"] == 24, cell'
call limits few
note "few runs: limits all the same, on stdout" exits 0
note "with a wide tolerance, which is said" err_has 'few runs make wide tolerances: '
call limits few/host0000 few/host0001
note "two runs make none" exits 1
note "and why" err_has 'no limits: they need at least 3 runs'

# ---- a node -------------------------------------------------------------------------------------
# Runs of this machine, small enough to be quick. What disturbed them is taken out: whether a good
# node passes is asked below, of limits that leave room.
mkdir own
for seed in 1 2 3; do
    call latency --size 16K --cached --rounds 2 --seed $seed -o own/$seed --quiet \
        --allow-unverified
    note "a run of this machine" exits 0
    python3 - own/$seed/rows.csv <<'P'
import csv
import sys
rows = list(csv.reader(open(sys.argv[1], newline="")))
for row in rows[1:]:
    row[rows[0].index("flags")] = "CACHED"
csv.writer(open(sys.argv[1], "w", newline="")).writerows(rows)
P
done
call limits own -o own.json "${unproven[@]}"
note "limits of one host say so" err_has 'all runs are of one host, so the variation between hosts'

edit() { # edit FILE MEDIAN TOLERANCE: the limits of this machine, as a person edits them
    python3 - "$@" <<'P'
import json
import sys
limits = json.load(open("own.json"))
for cell in limits["skus"][0]["cells"]:
    cell.update(median=float(sys.argv[2]), tolerance=float(sys.argv[3]))
json.dump(limits, open(sys.argv[1], "w"), indent=1)
P
}
edit room.json 1000 1
edit slow.json 0.001 0.1
edit far.json 1000 1
sed -i 's/"fingerprint": "/&Another CPU, /' far.json

# A machine that others load meanwhile is unknown, whatever its limits are: that is told apart here.
judged() { # judged STATUS WORD NAME CHECK-ARGUMENTS...
    local expected=$1 word=$2 name=$3
    shift 3
    call check "$@" "${unproven[@]}"
    if exits 2 && out_has '^UNKNOWN: .*busy'; then
        echo "not judged, this machine is busy: $name"
    else
        note "$name: exit $expected" exits "$expected"
        note "$name: $word" out_has "^$word: "
    fi
    note "$name: one line" out_lines 1
}
judged 0 GOOD "a good node" room.json
judged 1 BAD "a slow node" slow.json
if exits 1; then
    note "cell, value, limit and by how much" out_has \
        '^BAD: latency/structural/cpu:[0-9]*/mem:[0-9]* [0-9.]* ns, limit 0.0 ns, [0-9.]* % beyond'
fi
judged 2 UNKNOWN "another kind of machine" far.json
note "both kinds are said" out_has 'no limits for this kind of machine: it is .*Another CPU'
# Far more cells than a second holds, so the time is over on a machine of any speed.
python3 - <<'P'
import json
limits = json.load(open("room.json"))
sku = limits["skus"][0]
sku["cells"] = sku["cells"][:1] * 4
for cell in sku["cells"]:
    cell["cell"] = cell["cell"].replace("size:16KiB", "size:256MiB")
json.dump(limits, open("long.json", "w"))
P
judged 2 UNKNOWN "out of time" long.json --budget 1s
note "the limit is named" out_has '^UNKNOWN: out of time (--budget 1 s)'
sed 's,size:256MiB,size:64TiB,g' long.json > vast.json
judged 2 UNKNOWN "a cell that cannot fit" vast.json --budget 30s
note "its refusal is named, not the time" out_has '^UNKNOWN: refused, 4 of 4 cases .*: .*needed'
judged 0 GOOD "a check that is kept" room.json -o kept
note "its rows" test -s kept/rows.csv
note "and their summary" test -s kept/summary.json
call show kept
note "are shown as those of any run" exits 0
call check room.json
note "nothing is kept unless that is asked" test "$(ls -d numaprobe-* 2> /dev/null | wc -l)" = 0

# ---- a run that was measured before stands for the visits ---------------------------------------
made() { "$root/tests/make_run.py" "$@"; }
mkdir quiet
for host in 1 2 3 4 5; do
    made quiet/$host --host good$host --seed $host --sets
done
call limits quiet -o played.json
note "limits of five good hosts" exits 0
played() { # played STATUS PATTERN NAME MAKE_RUN-OPTIONS...: what check says of such a run
    local expected=$1 pattern=$2 name=$3
    shift 3
    rm -rf played
    made played --host tenth --seed 10 "$@"
    call check played.json played
    note "$name: exit $expected" exits "$expected"
    note "$name: said" out_has "$pattern"
    note "$name: one line" out_lines 1
}
played 0 '^GOOD: 16 of 16 cases within limits; nearest: ' "a good run" --sets
played 1 '^BAD: latency/structural/cpu:0/mem:1 1[0-9.]* ns, limit .*; measured twice; 1 of 16' \
    "a slow one" --sets --slow latency/structural/cpu:0/mem:1=1.3
played 1 '^BAD: bandwidth/read.avx2/cpu:all/mem:0:2+1:1 .* GB/s, limit' "a slow set of nodes" \
    --sets --slow cpu:all/mem:0:2+1:1=1.5
played 2 '^UNKNOWN: busy (SCHED), 1 of 16 cases' "a busy one that is slow" --sets --flag 1 \
    --slow latency/structural/cpu:0/mem:1=1.3
played 2 '^UNKNOWN: .*1 of 16 cases without' "slow, and not measured twice" --sets --rounds 3 \
    --slow latency/structural/cpu:0/mem:1=1.3
played 2 '^UNKNOWN: .*8 of 16 cases without' "a run without some of the cells"
played 2 '^UNKNOWN: unverifiable, 16 of 16' "a run without proof" --sets --placement unverifiable
call check played.json played --allow-unverified
note "which may be allowed" exits 0
played 2 '^UNKNOWN: no limits for this kind of machine' "another kind of machine" --sets \
    --fact cpu_model=Other
call check played.json played --budget 5s
note "a run has no time: exit 3" exits 3
note "and why" out_has "^ERROR: --budget is for what check measures, and the run 'played' was"
call check played.json quiet
note "one run at a time" out_has "^ERROR: 'quiet' has [0-9]* runs: check judges one at a time"

error() { # error NAME PATTERN ARGUMENTS...: the program's own error has a status of its own
    local name=$1 pattern=$2
    shift 2
    call check "$@"
    note "$name: exit 3" exits 3
    note "$name: the reason" grep -q -- "$pattern" out err
}
error "no limits" "'nowhere.json'" nowhere.json
echo '{"limits_version": 1, "skus": [' > cut.json
error "limits that are cut" "'cut.json', line " cut.json
echo '{"limits_version": 7, "skus": []}' > later.json
error "limits of another version" "has no limits_version 1" later.json
echo '{"limits_version": 1, "skus": [{"fingerprint": "f", "cells": null}]}' > empty.json
error "limits without a cell" "skus\\[0\\] has no cells" empty.json played
edit negative.json 100 -1
error "a tolerance that is none" "skus\\[0\\].cells\\[0\\] has a tolerance that" negative.json
edit zero.json 0 0.1
error "a median that is none" "has a median that is not a number above 0" zero.json
error "no file is named" "usage: numaprobe check LIMITS"
error "an unknown option" "there is no option --frobnicate" --frobnicate
$windows || {
    "${run[@]}" check room.json > /dev/full 2> err
    status=$?
    note "a full disk behind stdout is an error" exits 3
}

# ---- Slurm: what is asked of it, by stand-ins ----------------------------------------------------
$windows || {
    mkdir slurm_bin
    printf '#!/bin/sh\nfor word; do echo "sinfo $word" >> asked; done\necho one\n' > slurm_bin/sinfo
    printf '#!/bin/sh\nfor word; do echo "srun $word" >> asked; done\n' > slurm_bin/srun
    chmod +x slurm_bin/*
    PATH=$PWD/slurm_bin:$PATH "$root/scripts/fleet/slurm" measure by_slurm -p gpu-west -w one \
        > out 2> err
    status=$?
    note "slurm: nodes of a partition are measured" exits 0
    note "slurm: a partition keeps its name, whatever is in it" grep -qx 'sinfo gpu-west' asked
    note "slurm: nodes are named" test "$(grep -cx -e 'sinfo --nodes' -e 'sinfo one' asked)" = 2
    note "slurm: each has its job" grep -qx 'srun --nodelist=one' asked
}
conclude
