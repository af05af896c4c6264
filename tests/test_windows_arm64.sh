#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_windows_arm64.sh RUNNER PROGRAM.exe
#
# The program for Windows on Arm under Wine and qemu: its self-test, a run and its readers. All of
# tests/test_program.sh would take hours there, for each start takes two seconds.
set -euo pipefail

run=("$@")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"

die() {
    echo "$1" >&2
    cat said >&2
    exit 1
}

# says STATUS EXPRESSION ARGUMENT...
says() {
    local expected=$1 expression=$2 status=0
    shift 2
    "${run[@]}" "$@" > said 2>&1 || status=$?
    [ $status = "$expected" ] || die "numaprobe $*: status $status and not $expected"
    grep -Eq "$expression" said || die "numaprobe $* does not say: $expression"
}

says 0 '^numaprobe [0-9]+\.' --version
says 0 '^[1-9][0-9]* agree, 0 differ, ' doctor --self-test
says 2 'no-such-option' latency --no-such-option
# Wine says of no page where it is.
says 4 'NOT VERIFIED: verified in 0 of 6' \
    latency --size 1M --cached --rounds 6 --no-progress --output latency
says 4 'NOT VERIFIED: verified in 0 of 6' \
    bandwidth --size 1M --cached --kernel read --rounds 6 --no-progress --output bandwidth
for directory in latency bandwidth; do
    python3 - "$directory" <<'EOF'
import csv, json, sys
rows = list(csv.DictReader(open(f"{sys.argv[1]}/rows.csv", encoding="utf-8", newline="")))
assert len(rows) == 6, rows
value = {"latency": "latency_ns", "bandwidth": "bandwidth_bytes_per_s"}[sys.argv[1]]
for row in rows:
    assert row["status"] == "ok" and row["placement"] == "unverifiable", row
    assert float(row[value]) > 0, row
json.load(open(f"{sys.argv[1]}/machine.json", encoding="utf-8"))
EOF
done
says 0 'structural chain of 1MiB' show latency
echo "a run on Windows on Arm, as Wine has it: measured, written and read"
