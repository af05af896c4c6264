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
mkdir old_runs new_runs slow_runs wide_runs
for nth in 1 2 3 4; do
    "$make" old_runs/$nth --seed 3$nth --day $nth
    "$make" new_runs/$nth --seed 4$nth --day $nth
    "$make" slow_runs/$nth --seed 5$nth --day $nth --slow latency/structural/cpu:0/mem:1=1.1
    "$make" wide_runs/$nth --seed 6$nth --day $nth --all 1.05
done
call compare old_runs new_runs --check
note "the same: exit 0" exits 0
note "the same: nothing regressed" out_has '^0 regressed, 0 improved.*; by runs'
note "which the last line says" test "$(tail -1 out)" = "verdict: EQUIVALENT (exit 0)"
call compare old_runs slow_runs --check
note "a planted slow-down: exit 3" exits 3
note "it is found, and only it" out_has '^1 regressed, 0 improved'
note "it is named" out_has 'REGRESSED .* latency, cpu 0 -> mem 1$'
note "a row fits 80 columns" test -z "$(grep -- '-> mem' out | grep '.\{81\}')"
note "the verdict is the last line" test "$(tail -1 out)" = "verdict: REGRESSED (exit 3)"
note "why the change is not that of the medians" out_has '^Change: from the median of each run'
call report old_runs slow_runs -o slow.html
note "a page of two sides has a table of medians and changes" grep -q \
    '<th scope="row">latency/.*<td>[0-9.]* ns</td><td>[0-9.]* ns</td><td>[-+][0-9.]* %' slow.html
note "with a caption" grep -q '<caption>Medians and change of each case' slow.html
call compare old_runs slow_runs
note "without --check: exit 0" exits 0
call compare slow_runs old_runs --check
note "the other way round it is improved" out_has '^0 regressed, 1 improved'
note "which stops no gate" exits 0
call compare old_runs wide_runs --check
note "what all cells share: exit 3" exits 3
note "it is said once" test "$(grep -c '^ALL .* regressed together' out)" = 2
note "and not cell by cell" out_has '^0 regressed, 0 improved, 8 shifted, 0 equivalent'
note "rows show the whole change, and what is beyond it" out_has '+[45].[0-9] %  *[-+]0.[0-9] %'
call compare old_runs new_runs --check --require 5%
note "a change of 5 % could have been seen" exits 0
call compare old_runs new_runs --check --require 0.1%
note "one of 0.1 % could not" exits 5
note "told so" err_has -- '--require 0.1%: a change of less than .* was not detectable'
call compare old_runs new_runs --require none
note "a requirement that is none" exits 2
call compare old_runs slow_runs --margin 20%
note "what is within the margin is no change" out_has '^0 regressed, 0 improved, 8 equivalent'
call compare base same --check
note "one run a side passes no gate" exits 5
note "and how to measure is said" err_has 'with one run per side, a change .*interleaved'
call compare base slow --check
note "nor stops it" exits 5
note "it is suspected" out_has '^ *suspected .* latency, cpu 0 -> mem 1$'
note "and so says the last line" test "$(tail -1 out)" = \
    "verdict: SUSPECTED, $(grep -c '^ *inconclusive' out) of 8 inconclusive (exit 5)" -o \
    "$(tail -1 out)" = "verdict: SUSPECTED (exit 5)"
call compare base slow --check --single
note "unless one run is meant" exits 3
note "then it is a verdict" out_has '^ *REGRESSED .* latency, cpu 0 -> mem 1$'
call compare base same --check --single
note "and the same passes" exits 0
call compare old_runs slow_runs --format json
note "JSON" python3 -c '
import json
found = json.load(open("out"))
worse = [c for c in found["cells"] if c["verdict"] == "regressed"]
assert found["regressed"] and found["unit"] == "run" and found["verdicts"]["regressed"] == 1
assert len(worse) == 1 and "cpu:0/mem:1" in worse[0]["cell"], worse
assert 1.08 < worse[0]["ratio"] < 1.12 and worse[0]["ratio_low"] < worse[0]["ratio_high"]
assert all(c["effect_detectable"] < 0.05 for c in found["cells"])'
call compare old_runs slow_runs -f markdown
note "Markdown" out_has '^| \*\*regressed\*\* |.*| latency, cpu 0 -\\*> mem 1 |$'
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
call compare many slow
note "four runs tell how far runs differ" test "$(grep -c 'is a first look' out)" = 0
note "visits that stand alone are not called alike" test "$(grep -c 'are autocorrelated' out)" = 0
for seed in 21 22; do "$make" drift$seed --seed $seed --drift 0.03; done
call compare drift21 drift22 --single
note "drift is no change" out_has '^0 regressed, 0 improved'
note "its visits are alike" out_has '^8 of 8 comparisons are autocorrelated'
call compare drift21 drift22 --check --single
note "so few visits of it say nothing" exits 5
note "and how many would is said" err_has 'need at least [0-9]* repetitions of each case per side'

# What is not there, or counted twice, does not make a gate green.
call compare base base
note "a run on both sides: exit 5" exits 5
note "named" out_has '^NOT COMPARABLE: run on both sides: '
mkdir copies && cp -r base copies/a && cp -r base copies/b && cp -r same copies/c
call compare copies slow
note "the same run twice counts once" out_has '^base made-up: 2 runs, 192 rows'
note "and is named" out_has "^WARNING: base: 1 directory is a copy of another run, first 'copies"
cp -r new_runs lost_runs
for nth in 1 2 3 4; do
    sed -i '/latency\/structural\/cpu:0\/mem:1/d' lost_runs/$nth/rows.csv
done
call compare old_runs lost_runs --check
note "a cell that is missing is no pass" exits 5
note "it is named" err_has "1 case of the base has no value on the new side, first 'latency"
call compare old_runs lost_runs
note "without a gate too" out_has '^1 case of the base without a value on the new side'
for value in 0 -1.5; do
    cp -r same odd$value
    python3 - odd$value/rows.csv $value << 'PY'
import csv, sys
rows = list(csv.reader(open(sys.argv[1], newline="")))
rows[3][rows[0].index("latency_ns")] = sys.argv[2]
csv.writer(open(sys.argv[1], "w", newline="")).writerows(rows)
PY
    call compare base odd$value
    note "a latency of $value is an error" exits 1
    note "with line and column" err_has "line 4: column latency_ns: '$value' is not above 0"
done
cp -r same undated
sed -i '2s/2026-01-01T08:00:00Z/2026-13-01T08:00:00Z/' undated/rows.csv
call compare base undated
note "a time that is none is an error" err_has "line 2: column timestamp_utc: '2026-13-01"

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
refused "a CPU that one side does not know" "CPU: Made-up 9000 -> unknown" --fact cpu_model=-
refused "a hypervisor" "hypervisor: none -> KVM" --fact hypervisor=KVM
refused "another kind of page" "kind of page of latency: 2M -> 4K" --pages 4K
refused "another method" "version of the method: 1 -> 2" --method 2
refused "no proof" "unverified rows: 0 of 96 rows not verified -> 96" --placement unverifiable
refused "more nodes" "nodes and their CPUs: " --nodes 3
# What a run chose for itself it can be told to choose again; what it was told, it cannot.
refused "another size" "bytes of the buffer: 268435456 -> 67108864" --chain 64
note "which the run chose" out_has '^the runs chose differently: sizes of latency differ: 256MiB'
note "and can choose again" out_has '; numaprobe --like "base" measures with the loops and sizes'
note "the loops are the same" test "$(grep -c 'loops of' out)" = 0
refused "another loop" "kernel of bandwidth: " --loop read_4s.avx512 --chain 64
note "both are said" out_has \
    ' differ: 256MiB and 64MiB; loops of bandwidth differ: read_8s_p512.avx2 and read_4s.avx512;'
call compare base other --format json
note "in JSON too" python3 -c '
import json
found = json.load(open("out"))
assert not found["compared"] and "loops of bandwidth differ" in found["chosen_otherwise"], found'
call report base other -o other.html
note "and on the page" grep -q '<p>The runs chose differently: sizes of latency' other.html
refused "a size that was asked" "bytes of the buffer: " --chain 64 --argument=--size --argument 64M
note "is no choice" test "$(grep -c 'chose differently' out)" = 0
refused "a loop that was asked" "kernel of bandwidth: " --loop read.avx2 --argument=--kernel=read
note "nor is that" test "$(grep -c 'chose differently' out)" = 0
cp -r base named
sed -i 's/"settings": {/&"command": "latency",/' named/machine.json
rm -rf other
"$make" other --seed 6 --chain 64
call compare named other
note "the command is that of the base" out_has '; numaprobe latency --like "named" measures'
"$make" endless --seed 5 --end none
call compare endless other
note "a run without its end cannot be followed" out_has 'sizes of .* differ: 256MiB and 64MiB$'
# DIMMs are told to an administrator only: who measured is no matter of the machine.
"$make" users --seed 5 --fact dimm_types=- --fact dimm_sizes_mib=-
call compare base users --check --single
note "DIMMs that one side may not read: compared" exits 0
note "and said" out_has '^unknown on one side: DIMM types: DDR5 -> unknown'
note "as what is no difference" test "$(grep -c 'differs: DIMM' out)" = 0
mkdir both && cp -r base users both
call history both
note "by history too" out_has '^2 runs, 2 of them on the machine of the newest'
mkdir owners
"$make" owners/1 --seed 6
"$make" owners/2 --seed 7 --fact dimm_types=DDR4
call compare users owners
note "of the sides' other runs they must agree" exits 5
note "which is named" out_has '^NOT COMPARABLE: DIMM types: DDR5 -> DDR4'
"$make" users2 --seed 8 --fact dimm_types=- --fact dimm_sizes_mib=-
call compare users users2
note "what neither side knows is said" out_has '^unknown on either side: DIMM sizes'
call report base users -o users.html
note "and on the page" grep -q 'unknown</td><td class="q">unknown</td>' users.html
call compare base same --format json
note "nothing was chosen otherwise" python3 -c '
import json
assert json.load(open("out"))["chosen_otherwise"] is None'
rm -rf other
"$make" other --seed 5 --fact bios_version=1.3 --fact os_version="Linux 6.2" --host neighbour
call compare base other --check --single
note "another BIOS, kernel and host: shown, compared" exits 0
note "the BIOS is shown" out_has '^differs: BIOS: 1.2 -> 1.3'
"$make" few --seed 6 --rounds 3
"$make" fewer --seed 7 --rounds 3
call compare few fewer --check --single
note "a gate that could see nothing is not green" exits 5
note "it says how many visits it takes" err_has -- '--rounds 6'
call compare base
note "one side only" exits 2
call compare base nowhere
note "a run that is not there" err_has "'nowhere' does not exist"
"$make" flagged --seed 3 --flag 3
call compare base flagged
note "flagged rows are counted" out_has '32 of them flagged'
note "what the others say" out_has 'Leaving out flagged repetitions changes no verdict'
call compare base same
note "no visit is flagged: so it says" out_has 'No repetition is flagged'
"$make" disturbed --seed 3 --flag 1
call compare base disturbed
note "all are flagged: nothing is said without them" \
    test "$(grep -c 'Leaving out flagged repetitions' out)" = 0
note "but why" out_has '8 of 8 comparisons have too few repetitions without flags'
call report base disturbed -o disturbed.html
note "nor on the page" test "$(grep -c 'Leaving out flagged repetitions' disturbed.html)" = 0
note "but why" grep -q '8 of 8 comparisons have too few repetitions without flags' disturbed.html

# ---- theoretical peak ---------------------------------------------------------------------------
call capacity base
note "channels that are unknown: no share" out_has '^Theoretical peak: unknown'
"$make" told --fact memory_channels="16 channels x 4800 x 64" --fact memory_channels_source="SMBIOS"
call capacity told
note "channels that are known" out_has '^Theoretical peak: 614.4 GB/s .* is 6[45]\.[0-9] % of it$'
call capacity told -f json
note "in JSON too" python3 -c '
import json
found = json.load(open("out"))
assert found["theoretical_peak_bytes_per_s"] == 614.4e9, found
assert 0.64 < found["share_of_theoretical_peak"] < 0.66, found'
"$make" half_told --fact memory_channels="2 modules x 4400 x 64"
call capacity half_told -f json
note "modules of an unknown processor, of which two may share a channel: no share" python3 -c '
import json
assert json.load(open("out"))["share_of_theoretical_peak"] is None'

# ---- export -------------------------------------------------------------------------------------
# with PROGRAM NAME CONDITION...: only where the consumer is installed.
with() {
    local program=$1 name=$2
    shift 2
    if command -v "$program" > /dev/null; then
        note "$name" "$@"
    else
        echo "skipped: no $program"
    fi
}
"$make" whole --whole
call list forms
forms=$(sed 's/ .*//' out)
note "there are eight forms" test "$(wc -l < out)" = 8
if ! $windows; then
    HWLOC_SYNTHETIC="pack:2 [numa(memory=64GB)] l2:8(size=1MB) pu:1" \
        lstopo --of xml whole/topology.xml 2> /dev/null || forms=${forms/hwloc/}
fi
$windows && forms=${forms/hwloc/}
for form in $forms; do
    call export whole -f "$form" -o "whole.$form"
    note "export $form: exit 0" exits 0
    note "export $form: a file, and only it" test -s "whole.$form" -a ! -e "whole.$form.partial"
done
call export whole -f nothing
note "an unknown form" err_has "numaprobe list forms"
call export whole -f prom -o nowhere/file
note "a place that is not there" exits 1
"$make" namesake --seed 3 --fact cpu_model=Other
call export base namesake -f nfd
note "labels are of one machine, and not of two of one name" \
    err_has "nfd: labels describe one host, but the runs are of two machines named 'made-up'"
call export base same -f nfd
note "two runs of one machine are one" exits 0
with promtool "promtool takes it" promtool check metrics < whole.prom
note "no time stamps, base units" test -z "$(grep -E '_ns|^numaprobe[^ ]*} [^ ]+ ' whole.prom)"
if [ -x /usr/share/benchmark/compare.py ] || [ -e /usr/share/benchmark/compare.py ]; then
    call export slow -f gbench -o slow.gbench
    call export base -f gbench -o base.gbench
    /usr/bin/python3 /usr/share/benchmark/compare.py --no-color benchmarks base.gbench slow.gbench \
        > out 2> err
    note "compare.py takes it, and sees the slow-down" \
        out_has 'latency/structural/cpu:0/mem:1.*pvalue  *0.0000'
fi
note "Bencher's form" python3 -c '
import json
cells = json.load(open("whole.bmf"))
both = [c for c in cells.values() if {"latency", "bandwidth"} <= set(c)]
assert len(cells) > 30 and both
assert all(m["lower_value"] <= m["value"] <= m["upper_value"] for c in cells.values()
           for m in c.values())'
if [ -e whole.hwloc ]; then
    lstopo -i whole.hwloc --if xml --memattrs > out 2>&1
    note "lstopo shows what was measured" out_has 'NUMANode L#1 = 112 from cpuset'
    hwloc-info -i whole.hwloc --if xml --best-memattr latency pack:1 > out 2>&1
    note "hwloc-info finds the nearest node by it" out_has 'os index = 1'
    lstopo -i whole.hwloc --if xml --distances > out 2>&1
    note "and the matrix of distances, whole nanoseconds of the rows' medians" python3 - << 'PY'
import collections, csv, re, statistics
ns = collections.defaultdict(list)
for row in csv.DictReader(open("whole/rows.csv", newline="")):
    if row["block"] == "idle":
        ns[row["pages"], row["pattern"], row["cpu_node"], row["mem_node"]].append(
            float(row["latency_ns"]))
first = next(iter(ns))[:2]
expected = {key[2:]: round(statistics.median(values)) for key, values in ns.items()
            if key[:2] == first}
lines = open("out").read().partition("numaprobe_idle_latency_ns")[2].splitlines()[1:]
columns = lines[0].split()[1:]
found = {(line.split()[0], column): int(value) for line in lines[1 : len(columns) + 1]
         for column, value in zip(columns, line.split()[1:])}
assert found == expected and len(found) == 4, (found, expected)
PY
fi
call export many -f wide -o many.csv
note "wide: a line a run" test "$(wc -l < many.csv)" = 5
with sqlite3 "sqlite3 imports it" test "$(sqlite3 :memory: '.import --csv many.csv runs' \
    'select count(distinct run_id) from runs' 2> /dev/null)" = 4
note "text as MLC's readers parse it" grep -q '^Measuring idle latencies' whole.mlc
note "Markdown of a matrix" grep -q '^| 0 | [0-9.]* | [0-9.]* |$' whole.markdown

# ---- report -------------------------------------------------------------------------------------
"$make" large --nodes 8 --memory-nodes 9
"$make" larger --nodes 8 --memory-nodes 9 --seed 2 --slow latency/structural/cpu:3/mem:5=1.1
call report large larger -o large.html
note "report" exits 0
note "8 x 9 nodes are less than 200 kB" test "$(wc -c < large.html)" -lt 200000
note "the policy forbids everything" grep -q "default-src 'none'" large.html
note "nothing is loaded from anywhere" \
    test -z "$(grep -oE '(src|href)=|url\(|@import|<script|<link|<img|<iframe' large.html)"
note "what got worse is said in words" grep -q 'SUSPECTED' large.html
note "the node without CPUs is marked" grep -q 'mem 8\*' large.html
note "a matrix of several nodes is a map" test "$(grep -c '<table class="map">' large.html)" -ge 2
"$make" one_node --seed 3 --nodes 1
call report one_node -o one_node.html
note "that of one node is a line of a table" test \
    "$(grep -c '</td><td>cpu 0 to mem 0</td><td class="num">[0-9.]*</td>' one_node.html)" = 2
note "and no map" test "$(grep -c '<table class="map">' one_node.html)" = 0
call report whole -o whole.html
note "report of a whole run" exits 0
for section in "In three sentences" Checks "Latency and bandwidth" "Local and remote memory" Sizes \
    "Latency under load" "Core to core" Verification Provenance "The rows"; do
    note "section '$section'" grep -q "<h2>$section</h2>" whole.html
done
note "it opens with what local memory gives" \
    grep -q 'Without load an access takes <strong>[0-9.]* ns</strong> (local)' whole.html
note "and with what it bears" grep -q 'carries <strong>[0-9.]* GB/s</strong> before' whole.html
note "the page says what a protocol does" \
    grep -q '>cas_ping_pong: two CPUs compare-and-swap a line in turn' whole.html
"$make" peaks --mlc
call report peaks -o peaks.html
note "and which bandwidth to quote" \
    grep -q 'A peak is of all CPU nodes at once: quote it for the machine' peaks.html
call export peaks -f markdown
note "as Markdown does" out_has '^A peak is of all CPU nodes at once: quote it for the machine'
note "the checks that are raised are listed" grep -q '<strong>[0-9]* of [0-9]* checks' whole.html
"$make" flat --whole --flat
call report flat -o flat.html
note "a load that ended first is named on the page" grep -q 'limited by the load (1 CPU)' flat.html
note "legible in grey and on a telephone" python3 - << 'PY'
import re
page = open("whole.html", encoding="utf-8").read()
tables = re.findall("<table.*?</table>", page, re.S)
assert tables and all("<caption>" in table for table in tables), "a table without a caption"
heads = re.findall("<th[^>]*>", "".join(tables))
assert heads and all("scope=" in head for head in heads), "a head without a scope"
assert all(f'<div class="wide">{table}' in page or 'class="small"' in table for table in tables)
sizes = [int(size) for size in re.findall(r"font(?:-size)?:(\d+)px", page)]
assert sizes and min(sizes) >= 10, sizes
for drawing in re.findall('<svg class="k"[^>]*>', page): # what shrinks shrinks its text too
    wide, box = re.search(r"min-width:(\d+)px.*viewBox=.0 0 (\d+)", drawing).groups()
    assert int(wide) >= int(box), drawing
dashes = dict(re.findall(r"path\.c\.s(\d)\{stroke-dasharray:([^}]*)", page))
assert len(set(dashes.values())) == 5, dashes # and the first is solid
PY
note "well-formed" python3 - << 'PY'
import html.parser
class Page(html.parser.HTMLParser):
    stack, void = [], {"meta"}
    def handle_startendtag(self, tag, attributes): pass
    def handle_starttag(self, tag, attributes):
        if tag not in self.void: self.stack.append(tag)
    def handle_endtag(self, tag):
        assert self.stack.pop() == tag, (tag, self.getpos())
page = Page()
for name in ("whole.html", "large.html"):
    page.feed(open(name, encoding="utf-8").read())
    assert not page.stack, page.stack
PY

# ---- names that mean mischief -------------------------------------------------------------------
# A host, a CPU, a BIOS and cells whose names are markup, escape codes, formulas, and ends of lines,
# of cells and of strings: in every output they are text.
evil=$'<script>alert(1)</script>"\'=1+1\e[31m|\n# no title [x](http://nowhere)\\'
mischief=(--whole --host "=$evil" --suffix "$evil" --fact cpu_model="=cmd|'/c calc'!A1"
    --fact bios_version="</td><img src=x>$evil")
for day in 1 2; do "$make" "evil/$day" --day $day --seed $day "${mischief[@]}"; done
"$make" evil_slow --day 3 --slow latency/structural/cpu:0/mem:1=1.1 "${mischief[@]}"
$windows || cp whole/topology.xml evil/1/ 2> /dev/null
mkdir -p told
for form in table json markdown; do
    call compare evil/1 evil/2 --force -f $form -o told/compare.$form
    note "mischief: compare $form" exits 0
    call history evil -f $form -o told/history.$form
    note "mischief: history $form" exits 0
    call capacity evil/1 --stream 30000 -f $form -o told/capacity.$form
    note "mischief: capacity $form" exits 0
done
for form in $forms; do
    [ "$form" != hwloc ] || [ -e evil/1/topology.xml ] || continue
    call export evil/1 -f "$form" -o "told/export.$form"
    note "mischief: export $form" exits 0
done
note "docs/files.md names every field" python3 - "$root/docs/files.md" << 'PY'
import json, pathlib, re, sys
told = set(re.findall(r"`(\w+)`", pathlib.Path(sys.argv[1]).read_text(encoding="utf-8")))

def names(value):
    for name, inner in value.items() if isinstance(value, dict) else ():
        yield name
        yield from names(inner)
    for inner in value if isinstance(value, list) else ():
        yield from names(inner)

for form in ("compare", "history", "capacity"):
    missing = set(names(json.load(open(f"told/{form}.json")))) - told
    assert not missing, (form, missing)
PY
call compare base evil/1 -f markdown -o told/refused.markdown
note "mischief: a refusal" exits 5
call report evil_slow evil/2 -o told/first.html
call report evil/2 evil_slow -o told/second.html
note "mischief: what got worse is on the page" grep -q SUSPECTED told/second.html
note "none of it gets out" python3 - << 'PY'
import csv, html.parser, json, pathlib, re, xml.etree.ElementTree

class Page(html.parser.HTMLParser):
    def handle_starttag(self, tag, attributes):
        assert tag not in ("script", "img", "a"), tag
        assert not any(name.startswith("on") or name in ("src", "href") for name, _ in attributes)

for path in pathlib.Path("told").iterdir():
    text = path.read_bytes().decode("utf-8").replace("\r\n", "\n")
    form = path.suffix[1:]
    if form in ("json", "gbench", "bmf"):
        json.loads(text)
        continue
    if form == "hwloc":
        xml.etree.ElementTree.fromstring(text)
        continue
    control = re.search(r"[\x00-\x08\x0b-\x1f\x7f\x80-\x9f]", text)
    assert not control, (path, control)
    assert not re.search(r"^# no title", text, re.M), path
    if form == "html":
        Page().feed(text)
        assert "<script" not in text and "<img" not in text
    if form == "markdown":
        assert not re.search(r"(?<!\\)(<|\[x\])", text), path
        table = []
        for line in text.splitlines() + [""]:
            if line.startswith("|"):
                table.append(len(re.findall(r"(?<!\\)\|", line)))
            elif table:
                assert len(set(table)) == 1, (path, table)
                table = []
    if form == "wide":
        for row in csv.reader(text.splitlines()):
            assert not any(field and field[0] in "=+-@" for field in row), row
PY
with promtool "labels stay labels" promtool check metrics < told/export.prom

# ---- files that lie -----------------------------------------------------------------------------
lies() { # lies NAME PATTERN COMMAND...: exit 1 or 2, one sentence, no crash
    local name=$1 pattern=$2
    shift 2
    call "$@"
    note "$name: refused" test "$status" = 1 -o "$status" = 2
    note "$name: told" err_has "$pattern"
}
cp -r base broken
echo '{"schema_version": 1, "facts": {' > broken/machine.json
lies "half a machine.json" "line 2, column 0" compare base broken
echo '[1, 2]' > broken/machine.json
lies "a machine.json that is a list" "not an object" report broken
echo '{"schema_version": 99}' > broken/machine.json
lies "a machine.json of another version" "schema_version" export broken -f bmf
cp base/machine.json broken/
printf 'schema_version,cpu_node\r\n1,many\r\n' > broken/rows.csv
lies "a number that is none" "line 2: column cpu_node: 'many'" compare base broken
printf 'a,b\r\n1,2\r\n' > broken/rows.csv
lies "another program's CSV" "no column schema_version" report broken
head -c 1000 /dev/urandom > broken/rows.csv
lies "no CSV at all" "broken" report broken

# ---- what needs no Windows ----------------------------------------------------------------------
# The same code reads the same files there; each call of Wine takes as long as ten of these.
if $windows; then
    conclude
    exit
fi

# ---- history ------------------------------------------------------------------------------------
for day in 1 2 3 4 5 6 7 8 9 10 11 12 13 14; do
    # The level of one cell rises by 8 % from the ninth day on.
    slow=()
    [ $day -ge 9 ] && slow=(--slow latency/structural/cpu:1/mem:0=1.08)
    "$make" "kept/$day" --day $day --seed $((100 + day)) "${slow[@]}"
done
call history kept --check
note "history: worse since the ninth day" exits 3
call history kept --accept 9 --check
note "history: nothing new is worse" exits 0
note "one change of level" test "$(grep -c '^WORSE' out)" = 1
note "where it was, and which cell" \
    out_has '^WORSE +[78].* at run 20260109T.*latency/structural/cpu:1'
cp out first
call history kept
note "the same history is told the same way" cmp -s <(sed '/^$/d' first) <(sed '/^$/d' out)
"$make" next --day 15 --seed 200 --slow bandwidth/read_8s_p512.avx2/cpu:0/mem:1=1.1 \
    --slow latency/structural/cpu:1/mem:0=1.08
call history kept --add next --check
note "a newest run that is worse: exit 3" exits 3
note "only what is new is" out_has '^1 regressed, 0 improved'
note "it is named" out_has '^REGRESSED .*, read, cpu 0 -> mem 1'
note "it is kept" test -s kept/20260115T080000Z-000000c8/rows.csv
call history kept --add next
note "numaprobe overwrites nothing" exits 2
note "told so" err_has 'a history overwrites nothing'
call history kept -f json
note "history as JSON" python3 -c '
import json
found = json.load(open("out"))
assert found["regressed"] and found["runs_of_this_machine"] == 15
changed = [s for s in found["series"] if s["changes"]]
assert any("cpu:1/mem:0" in s["cell"] for s in changed) and len(changed) <= 2, changed'
call history kept -f markdown
note "history as Markdown" out_has '^- REGRESSED .*, read, cpu 0'
note "changes of level too" out_has '^- WORSE .* at run 20260109T'
call history kept -f yaml
note "an unknown form" err_has 'history has table, json and markdown'
"$make" kept/other --day 16 --seed 300 --fact cpu_model=Other
call history kept --check
note "another machine has no past here" exits 5
note "told so" err_has 'is the first of this machine'

mkdir chosen
"$make" chosen/1 --day 1 --seed 401
"$make" chosen/2 --day 2 --seed 402
call history chosen
note "a history of one choice" test "$(grep -c 'chose differently' out)" = 0
"$make" chosen/3 --day 3 --seed 403 --chain 64 --loop read_4s.avx512
call history chosen
note "the newest run has no cell of its past" out_has '^the newest run is the first of this machine'
note "because it chose differently" out_has \
    '^the newest run chose differently than the past: sizes of latency differ: 256MiB and 64MiB; '
note "and how to choose as the latest before it" out_has '; numaprobe --like "chosen/2" measures'
call history chosen -f json
note "in JSON too" python3 -c '
import json
assert "sizes of latency differ" in json.load(open("out"))["chosen_otherwise"]'
"$make" chosen/4 --day 4 --seed 404
call history chosen
note "a newest run that chose as some before it" test "$(grep -c 'chose differently' out)" = 0

# A regression does not become the norm: red until it is back, or accepted.
level() { # level DIR FIRST LAST RATIO: runs of these days with that level of one cell
    for ((day = $2; day <= $3; day++)); do
        "$make" "$1/$day" --day "$day" --seed $((500 + day)) \
            --slow "latency/structural/cpu:1/mem:0=$4"
    done
}
level step 1 4 1
for day in 5 6 7; do
    level step $day $day 1.05
    call history step --check
    note "run $day, the nth that is worse: exit 3" exits 3
done
note "since when is said" out_has '^REGRESSED .*, since run 20260105T'
note "and how it ends" out_has 'until you accept the new one (--accept RUN)'
call history step --accept 20260105T080000Z-00000001
note "a run that is not there cannot be accepted" exits 2
note "told so" err_has -- "--accept '20260105T080000Z-00000001': no run of this history"
call history step --accept 5 --check
note "an accepted level is green" exits 0
note "it is shown" out_has \
    '^newest run compared with the runs since the last level, accepted with run 20260105T'
call history step --check
note "and kept" exits 0
call history step --accept 5 --json
note "accepted twice it is there once" python3 -c '
import json
kept = json.load(open("step/accepted.json"))
assert [level["run_id"][:8] for level in kept["levels"]] == ["20260105"], kept
found = json.load(open("out"))
assert found["level_accepted"] and found["level_begins"].startswith("20260105"), found'
call history step --baseline 4 --check
note "the first four runs still tell it" exits 3
note "they are named" out_has '^newest run compared with the first 4 runs (--baseline)'
call history step --baseline 2 --check --format json
note "and one run, with the spread of the others" exits 3
call history step --baseline 0
note "no runs are no level" exits 2
call history step --baseline nowhere
note "nor is a run that is not there" err_has -- "--baseline 'nowhere': no run of this history"
level step 8 8 1
call history step --check
note "better than accepted is no regression" exits 0
echo '{"accepted_version": 9}' > step/accepted.json
call history step --check
note "a file of another version is an error" exits 1
note "told so" err_has 'no accepted_version 1'

# The seven runs of before, then a way back.
mkdir bump
cp -r step/[1-7] bump
level bump 8 12 1
call history bump --check
note "back again after three runs that were worse: exit 0" exits 0
note "the beginning is shown" out_has '^WORSE +[45]\.[0-9] % at run 20260105T'
note "and the end" out_has '^better -[45]\.[0-9] % at run 20260108T'
note "and nothing else" test "$(grep -c ' at run ' out)" = 2
level bump 13 13 1.05
call history bump --check
note "three such runs were a level, so the next is worse again: exit 3" exits 3

# One run that was away and is back shows how far runs of this machine may lie.
level once 1 4 1
level once 5 5 1.05
level once 6 8 1
level once 9 9 1.05
call history once --check
note "a second such run is no regression" exits 0
level once 10 10 1.3
call history once --check
note "one that is far beyond is" exits 3

# Machines in one directory are told apart, by host and by what they are.
for day in 1 2 3; do "$make" "hosts/a$day" --day $day --seed 80$day --host a; done
for day in 1 2 3; do "$make" "hosts/b$day" --day $day --seed 81$day --host b --all 1.5; done
"$make" hosts/b4 --day 4 --seed 814 --host b --all 1.5
call history hosts --check
note "the newest run's machine is judged" out_has '^7 runs, 4 of them on the machine .* on b$'
note "by its own past" exits 0
note "the other is named" out_has '^another machine, host a: 3 runs, newest 20260103T'
call history hosts --host a
note "and shown when it is asked for" \
    out_has '^7 runs, 3 of them on the machine of the newest, .* on a$'
call history hosts --host c
note "a host that has no runs" err_has -- "--host 'c': this history has no run of that host"

mkdir two
cp -r hosts/a1 hosts/a2 two
call history two --check
note "one past run is not enough" exits 5
note "and what would be is said" err_has 'one past run does not show the run-to-run variation'
note "with no other advice" test -z "$(grep 'interleaved\|4 runs a side' out err)"

# ---- capacity -----------------------------------------------------------------------------------
call capacity whole --stream 30000
note "capacity" exits 0
note "nothing is called cached that was not" test -z "$(grep -e --cached out)"
note "tiers as ratios with intervals" \
    out_has '^  other package .* 1\.[0-9]* *1\.[0-9]*\.\.1\.[0-9]*$'
note "knee and usable bandwidth" out_has 'usable bandwidth (1.5 x idle), GB/s .*[0-9]\.\.[0-9]'
note "streams on the curve" out_has '^ *3  *90.0  *[0-9.]*  *1\.[0-9]*$'
note "the figures have an origin" \
    out_has '^Capacity of made-up (Made-up 9000), run .* of 20.*verified in [0-9]* of [0-9]* rows'
note "how many streams is answered" \
    out_has '^[0-9]* streams of 30.00 GB/s (.* at .* ns; 1.50 x idle is .*rests on 14 points'
note "never beyond it" out_has '^ *7  *210.0  *beyond what was measured'
note "no stream after that" test "$(grep -c '^ *8  *240' out)" = 0
note "paced loads: what came of what was offered" \
    out_has '^  *100.0  *[0-9.]*  *9[0-9.]*  *[0-9.]*\.\.[0-9.]*  *1\.[0-9]*  *12$'
note "firmware that agrees is not accused" test "$(grep -c DISAGREES out)" = 0
fits() { # fits FACTOR: the streams that the first curve bears at it
    call capacity whole --stream 30GB/s --at "$1" -f json
    python3 -c 'import json
print(json.load(open("out"))["under_load"][0]["most_streams"]["streams"])'
}
mkdir sets
"$make" sets/1 --sets
"$make" sets/2 --sets --seed 2
"$make" sets/3 --sets --seed 3
call capacity sets/1
note "the best combination of nodes is named" out_has \
    '^  reads, CPUs of all nodes  *[12][0-9.]*  0  *2[0-9.]*  0:2+1:1  *+[34][0-9] %$'
note "with what to type" out_has \
    '^reads, CPUs of node 0: numactl --weighted-interleave=0,1 PROGRAM, with the weights 0:2+1:1'
call capacity sets/1 -f json
note "in JSON too" python3 -c '
import json
of_node, of_all = json.load(open("out"))["best_sets"]
assert (of_all["cpu_node"], of_node["cpu_node"]) == (None, 0), of_all
assert of_node["best_node"]["mem_node"] == "0" and of_node["best_set"]["mem_node"] == "0:2+1:1"
assert of_node["equal_parts"]["visits"] == 12 and of_node["kernel_weights"] is None, of_node
assert of_node["clearly_better"] and 1.3 < of_node["ratio"] < 1.5, of_node
assert of_node["command"] == "numactl --weighted-interleave=0,1", of_node'
call report sets/1 -o sets.html
note "and on the page" grep -q '0:2+1:1</td><td class="num">+[34][0-9] %</td><td><code>numactl' \
    sets.html
call capacity whole
note "nothing of it without such a search" test "$(grep -c 'most bandwidth: one node' out)" = 0
call report whole -o whole_page.html
note "nor on the page" test "$(grep -c 'Best sets' whole_page.html)" = 0
call limits sets -o sets.json
note "limits have its cells" grep -q '"bandwidth/read.avx2/cpu:all/mem:0:2+1:1/' sets.json
call show large
note "without a terminal a matrix is as wide as it is" out_has 'mem 7  *mem 8$'
COLUMNS=60 call show large
note "COLUMNS cuts it" test -z "$(grep '^ *mem 0' out | grep 'mem 8')"
note "no line of a matrix is longer" test -z "$(grep '^ *\(cpu\|mem\) [0-9]' out | grep '.\{61\}')"
COLUMNS=wide call show large
note "what is no number says nothing" out_has 'mem 7  *mem 8$'
tight=$(fits 1.1x) loose=$(fits 2x)
note "more latency allows more streams ($tight, $loose)" test "$tight" -lt "$loose"
call capacity whole --at 2x
note "--at needs --stream" exits 2
note "and says so" err_has '--at 2 .* add --stream RATE'
call capacity whole --stream 5GiB/s
note "a rate that is none" err_has 'not a rate such as 5GB/s'
call capacity flat --stream 30GB/s
note "a load that ends first is named" out_has 'limited by the load (1 CPU)'
note "and no usable bandwidth is made of it" test "$(grep -c 'usable bandwidth' out)" = 0
note "nor a saturation" test "$(grep -c 'saturat' out)" = 0
note "streams are at least that many" out_has '^At least 6 streams of 30.00 GB/s .*more may fit'
call show flat
note "a run's own tables say it too" out_has '^  limited by the load (1 CPU)'
call capacity whole
note "a load that saturates is not accused" test "$(grep -c 'limited by the load' out)" = 0
call capacity base --stream 5GB/s
note "streams without a curve are answered by bandwidth" out_has '^At most [0-9]* streams of 5.00'
call capacity whole --stream 30000 -f markdown
note "capacity as Markdown" out_has '^| other package | *2 | *[0-9.]* ns | 1\.[0-9]* |'
note "with its headings" out_has '^### Under load, cpu 0 to mem 1, load on 1, R, paced'
note "of which only a paced load names its mode" test "$(grep -c closed out)" = 0
call capacity whole -f yaml
note "an unknown form" err_has 'capacity has table, json and markdown'
call capacity whole -f json
note "capacity as JSON" python3 -c '
import json
curves = json.load(open("out"))["under_load"]
assert curves[0]["knee_ns"]["value"] and curves[0]["load_mode"] == "closed"
paced = [c for c in curves if c["load_mode"] == "paced"]
assert len(paced) == 2 and paced[0]["points"][0]["offered_bytes_per_s"] == 5e10, paced'
call capacity base
note "without a curve it says so" out_has 'This run has no curve of latency under load'
cp -r base cached
python3 - << 'P'
import csv
rows = list(csv.reader(open("base/rows.csv", newline="")))
for row in rows[1:]:
    row[rows[0].index("sized_for")] = "caches"
csv.writer(open("cached/rows.csv", "w", newline="")).writerows(rows)
P
call capacity cached
note "capacity of caches says so in its first line" test -n \
    "$(head -1 out | grep '; \([0-9]*\) of \1 cases were measured with --cached: caches, not mem')"
for part in loaded c2c sweep; do
    "$make" only_$part --only $part
    call capacity only_$part
    note "capacity of $part alone" exits 0
    note "says what is missing" out_has '^This run has no latency or bandwidth between nodes'
    call report only_$part -o only_$part.html
    note "report of $part alone" exits 0
    note "without empty sections" \
        test -z "$(grep -E '<h2>(Latency and bandwidth|Local and rem.*)</h2>' only_$part.html)"
done
if [ -e whole/topology.xml ]; then
    # Node 2 is nearer by the firmware and farther by measurement.
    "$make" lies --nodes 2 --memory-nodes 3
    HWLOC_SYNTHETIC="pack:3 [numa(memory=64GB)] pu:1" lstopo --of xml flat.xml 2> /dev/null
    printf '%s\n' name=NUMALatency 5 3 NUMANode:0 NUMANode:1 NUMANode:2 \
        10 30 20 30 10 20 20 20 10 > slit
    hwloc-annotate flat.xml lies/topology.xml -- root -- distances slit > /dev/null 2>&1
    call capacity lies
    note "firmware that is wrong is named" out_has 'DISAGREES: SLIT says that node 2 (20) is nearer'
    call report lies -o lies.html
    note "on the page too" grep -q 'SLIT says that node 2 (20) is nearer' lies.html

    hmat() { # hmat NS_OF_NODE_2: an HMAT of nodes 0 and 1, 80 ns near, 130 ns far
        cp flat.xml hmat.xml
        local node from ns
        for node in 0 1 2; do
            for from in 0 1; do
                ns=$([ $node = $from ] && echo 80 || echo 130)
                [ $node != 2 ] || ns=$1
                hwloc-annotate hmat.xml next.xml -- "numanode:$node" -- \
                    memattr Latency "0x$((1 << from))" "$ns" > /dev/null 2>&1
                mv next.xml hmat.xml
            done
        done
        cp hmat.xml lies/topology.xml
        call capacity lies
    }
    hmat 110
    note "an HMAT that is wrong is named" out_has 'DISAGREES: HMAT says that node 2 (110) is nearer'
    note "for the CPUs of both nodes" test "$(grep -c 'DISAGREES.* is nearer' out)" = 2
    note "so is a value that is" out_has 'HMAT says 110 ns from the CPUs of node 0 to node 2'
    note "its values stand beside the measured" out_has '^ *0  *2  *24[0-9.]*  *110  *0\.4[0-9] *$'
    hmat 250
    note "an HMAT that is right is not accused" test "$(grep -c DISAGREES out)" = 0
    note "which is said" out_has "in the firmware's order"
fi

# ---- what must be known before the figures ------------------------------------------------------
# Every command that shows figures of runs takes the same rows and says the same of them first. A
# row without proof has a value ten times too bad here, so that it would be seen.
"$make" sound --day 2 --seed 2
"$make" partly --day 2 --seed 2 --placement migrated --every 5
"$make" untold --day 2 --seed 2 --placement unverifiable --every 5
"$make" unproven --day 2 --seed 2 --placement unverifiable
"$make" valueless --day 2 --seed 2 --status refused
"$make" killed --day 2 --seed 2 --end none
"$make" halved --day 2 --seed 2 --end torn
mkdir mixed && { cat base/rows.csv && tail -n +2 slow/rows.csv; } > mixed/rows.csv
call capacity mixed
note "rows of two runs in one file are refused" err_has 'has rows of two runs'
call report base mixed -o page.html
note "rows of two runs in one file, the first of them read already" err_has 'has rows of two runs'
rm -r mixed
"$make" halted --day 2 --seed 2 --end stopped
"$make" third --day 2 --seed 2 --flag 3
"$make" quarter --day 2 --seed 2 --flag 4
commands=("compare base RUN" "capacity RUN" "history RUN" "report RUN -o page.html"
    "export RUN -f prom")
readers=("${commands[@]}" "compare base RUN -f json" "capacity RUN -f json" "history RUN -f json")
for form in gbench bmf mlc wide markdown; do readers+=("export RUN -f $form"); done
if [ -e whole/topology.xml ]; then
    for name in sound partly untold unproven valueless killed halved; do
        cp whole/topology.xml $name
    done
    readers+=("export RUN -f hwloc")
fi
read_run() { # read_run COMMAND RUN [OPTION]: leaves in seen what a reader sees
    rm -f page.html
    # shellcheck disable=SC2086
    "${run[@]}" ${1//RUN/$2} "${@:3}" > out 2> err < /dev/null
    status=$?
    [ ! -e page.html ] || sed '1,/<body>/d' page.html >> out
    cat err out > seen
}
says() { # says PATTERN: before any figure, and once
    local hits
    hits=$(grep -n -m2 -- "$1" seen) && [[ $hits != *$'\n'* ]] && [ "${hits%%:*}" -le 12 ]
}
for reader in "${readers[@]}"; do
    read_run "$reader" sound
    note "$reader, a whole and verified run: exit 0" exits 0
    note "$reader: nothing is said" test "$(grep -cE 'WARNING|left out|did not end' seen)" = 0
    read_run "$reader" partly
    note "$reader, rows that migrated: exit 0" exits 0
    note "$reader: they are left out, which is said first" \
        says '19 of 96 rows with a value are left out, because they are not verified (migrated 19)'
done
for reader in "${commands[@]}"; do
    read_run "$reader" sound
    cp seen whole.seen
    read_run "$reader" partly --allow-unverified
    note "$reader: nothing takes in what is known to be wrong" says 'left out.*(migrated 19)'
    read_run "$reader" untold
    note "$reader, rows of which the system did not tell: left out" says '(unverifiable 19)'
    note "$reader: the option is named" grep -q -- '--allow-unverified uses those' seen
    read_run "$reader" untold --allow-unverified
    note "$reader: which takes them in, and says so" \
        says '19 of 96 rows are used without proof .*(--allow-unverified)'
    read_run "$reader" unproven
    note "$reader, no row with proof: refused, but for the page, which says why" \
        test $status = 4 -o $status = 5 -o "$status ${reader%% *}" = "0 report"
    note "$reader: told so" grep -q 'unverifiable 96' seen
    read_run "$reader" valueless
    note "$reader, no row with a value: refused, but for the page" \
        test $status = 1 -o $status = 5 -o "$status ${reader%% *}" = "0 report"
    note "$reader: with the reason of the rows" \
        grep -q 'a reason of the machine that nobody has' seen
    read_run "$reader" killed
    note "$reader, a run that was killed: exit 0" exits 0
    note "$reader: it did not end" says 'did not finish: it has no summary.json'
    note "$reader: what resumes it" says 'numaprobe --resume'
    note "$reader: else all is as it was" \
        test -z "$(diff whole.seen <(sed s/killed/sound/g seen) | grep '^> .' |
            grep -v 'not finish')"
    read_run "$reader" halved
    note "$reader, one whose last row is cut off" says 'json, and its last row is incomplete'
done
for reader in "capacity RUN" "report RUN -o page.html"; do
    read_run "$reader" halted
    note "$reader, a run that was stopped" says 'was interrupted; .*numaprobe --resume'
    read_run "$reader" third
    note "$reader, a third is disturbed" \
        says '32 of 96 repetitions were disturbed (SCHED 32): do not use these figures; stop other'
    read_run "$reader" quarter
    note "$reader, a quarter is disturbed" test "$(grep -c 'do not use these figures' seen)" = 0
done
"$make" odd --day 2 --seed 2 --slow latency/structural/cpu:0/mem:0=3
call report odd -o odd.html
note "a check that does not hold is a badge" grep -q 'CHECKS RAISED: .*DIAGONAL' odd.html
note "and stands there with its cells and what to do" \
    grep -q '✗ DIAGONAL: .*cpu:0/mem:0.*: node numbers may be wrong' odd.html
call report sound -o sound.html
note "one that holds is no badge" test "$(grep -c 'CHECKS RAISED' sound.html)" = 0
note "but counted" grep -q 'could be checked; 0 do not hold' sound.html
call report many -o many.html
note "checks are of one run" test "$(grep -c '<h2>Checks' many.html)" = 0
call export partly -f gbench
note "what is left out is in no figure" python3 -c '
import json
times = [b["real_time"] for b in json.load(open("out"))["benchmarks"] if "latency" in b["name"]]
assert 30 < len(times) < 48 and max(times) < 200, times'
"$make" another --day 1 --seed 7
call compare another partly --check --single
note "a gate passes by what is left" exits 0
call compare sound partly --force
note "--force uses all" out_has 'used without proof .*(--force)'
call compare base valueless
note "compare: nothing to compare" exits 5
call compare base sound --force
note "--force takes nothing in where there is nothing" test "$(grep -c WARNING out)" = 0
mkdir mixed && cp -r base mixed/1 && cp -r unproven mixed/2
call history mixed
note "history: a newest run without proof is compared with nothing" \
    out_has '^no row of the newest run has a verified value'
call history mixed --check
note "history: and passes no gate" exits 5
note "history: told why" err_has 'no case has a verified value both in the newest run and'
call history mixed --add unproven
note "history: a run without proof is not kept" exits 4
"$make" mixed/3 --day 3 --seed 31 --end none
"$make" mixed/4 --day 4 --seed 32 --end none
call history mixed
note "history: of many runs without an end one is named" out_has '(1 more of 4 runs did not finish)'

conclude
