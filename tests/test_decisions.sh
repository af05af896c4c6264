#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_decisions.sh [RUNNER] PROGRAM
#
# From rows to decisions, end to end: what compares, keeps, exports and reports runs, on runs of
# machines that nobody has (tests/make_run.py). Each export is read by the program it is for where
# that is installed.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/program_checks.sh
. "$root/tests/program_checks.sh"
make=$root/tests/make_run.py

# ---- compare ------------------------------------------------------------------------------------
"$make" base
"$make" same --seed 2
"$make" slow --seed 3 --slow latency/structural/cpu:0/mem:1=1.1
"$make" wide --seed 4 --all 1.05
call compare base same --check
note "the same: exit 0" exits 0
note "the same: nothing regressed" out_has '^0 regressed, 0 improved'
call compare base slow --check
note "a planted slow-down: exit 3" exits 3
note "it is found, and only it" out_has '^1 regressed, 0 improved'
note "it is named" out_has 'REGRESSED *latency/structural/cpu:0/mem:1/'
call compare base slow
note "without --check: exit 0" exits 0
call compare slow base --check
note "the other way round it is improved" out_has '^0 regressed, 1 improved'
note "which stops no gate" exits 0
call compare base wide --check
note "what all cells share: exit 3" exits 3
note "it is said once" test "$(grep -c '^ALL .* regressed together' out)" = 2
note "and not cell by cell" out_has '^0 regressed, 0 improved, 8 equivalent'
call compare base slow --format json
note "JSON" python3 -c '
import json
found = json.load(open("out"))
worse = [c["cell"] for c in found["cells"] if c["verdict"] == "regressed"]
assert found["regressed"] and len(worse) == 1 and "cpu:0/mem:1" in worse[0], worse
assert all(c["effect_detectable"] < 0.05 for c in found["cells"])'
call compare base slow -f markdown
note "Markdown" out_has '^| \*\*regressed\*\* | latency/structural/cpu:0/mem:1/'
call compare base slow -f yaml
note "an unknown form" exits 2
mkdir many
for seed in 11 12 13 14; do "$make" "many/$seed" --seed $seed --rounds 3 --day $((seed - 10)); done
call compare 'many/1*' 'many/1[' --check
note "a pattern without runs" exits 2
call compare 'many/*' same/rows.csv
note "a pattern against a file" out_has '4 runs, 96 rows'
call compare many same
note "a directory of runs" out_has '4 runs, 96 rows'

refused() { # refused NAME PATTERN MAKE_RUN_OPTIONS...
    local name=$1 pattern=$2
    shift 2
    rm -rf other
    "$make" other --seed 5 "$@"
    call compare base other --check
    note "$name: exit 5" exits 5
    note "$name: named" out_has "^NOT COMPARABLE: $pattern"
    note "$name: no verdict" test "$(grep -c regressed out)" = 0
    call compare base other --force
    note "$name: --force still names it" out_has "^NOT COMPARABLE: $pattern"
    note "$name: --force exits 0" exits 0
}
refused "another CPU" "CPU: Made-up 9000 -> Other" --fact cpu_model=Other
refused "other DIMMs" "DIMM sizes: " --fact dimm_sizes_mib="8 x 32768"
refused "DIMMs that one side does not tell" "DIMM types: DDR5 -> not told" --fact dimm_types=-
refused "a hypervisor" "hypervisor: none -> KVM" --fact hypervisor=KVM
refused "another kind of page" "kind of page of latency: 2M -> 4K" --pages 4K
refused "another method" "version of the method: 1 -> 2" --method 2
refused "no proof" "unverified rows: 0 of 96 rows not verified -> 96" --placement unverifiable
refused "more nodes" "nodes and their CPUs: " --nodes 3
rm -rf other
"$make" other --seed 5 --fact bios_version=1.3 --fact os_version="Linux 6.2" --host neighbour
call compare base other --check
note "another BIOS, kernel and host: shown, compared" exits 0
note "the BIOS is shown" out_has '^differs: BIOS: 1.2 -> 1.3'
"$make" few --seed 6 --rounds 3
"$make" fewer --seed 7 --rounds 3
call compare few fewer --check
note "a gate that could see nothing is not green" exits 5
note "it says how many visits it takes" err_has -- '--rounds 6'
call compare base
note "one side only" exits 2
call compare base nowhere
note "a run that is not there" err_has "'nowhere' is no run"
"$make" flagged --seed 3 --flag 2
call compare base flagged
note "flagged rows are counted" out_has '48 of them flagged'

conclude
