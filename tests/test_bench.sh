#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_bench.sh [RUNNER] PROGRAM
#
# numaprobe-bench from end to end: names, options, what Google Benchmark writes compared with the
# rows of the same visits, exit codes, and compare.py on its files. Works on the native program and,
# with scripts/wine-run as RUNNER, on the Windows one. Small buffers (--cached) keep it short; no
# speed is asserted.
# shellcheck source=tests/program_checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/program_checks.sh"
cached=(--size 64K --cached --threads 1)
small=("${cached[@]}" --pages 4K)
placement=verified
$windows && placement=unverifiable
# Debian keeps it here, and its libraries with its own Python.
compare=(/usr/bin/python3 /usr/share/benchmark/compare.py)

no_directory() { [ -z "$(find . -name 'rows.csv' -o -name 'numaprobe-*')" ]; }
first_of() { # first_of TEST: the first name that is listed for it
    grep -m 1 "^$1/" names
}
# about JSON RUN: what every file of ours must fulfil. The rest of the checks comes as Python on
# stdin, with `runs` (repetitions that gave a value), `skipped`, `context`, `rows` and `row_of`.
about() {
    cat > checks.py
    python3 - "$@" 2> err << 'PY'
import csv, json, sys
def not_json(name):
    raise ValueError(name + " is not JSON")
document = json.load(open(sys.argv[1]), parse_constant=not_json)
rows = list(csv.DictReader(open(sys.argv[2] + "/rows.csv", newline="")))
context = document["context"]
entries = [b for b in document["benchmarks"] if b["run_type"] == "iteration"]
skipped = [b for b in entries if b.get("error_occurred")]
runs = [b for b in entries if not b.get("error_occurred")]
def row_of(benchmark):
    return rows[int(benchmark["visit"]) - 1]
assert context["run_id"] == rows[0]["run_id"]
exec(open("checks.py").read())
PY
}

# ---- names --------------------------------------------------------------------------------------
call --version
note "version" out_has '^numaprobe-bench [0-9]'
call --help
note "help" exits 0
note "help shows our options" out_has '^  --mem-nodes LIST'
note "help shows Google Benchmark's" out_has '--benchmark_filter=<regex>'
note "help fits 100 columns" test "$(wc -L < out)" -le 100
call --benchmark_list_tests "${small[@]}"
cp out names
note "listing" exits 0
tail='size:64KiB/page:4K'
note "a latency cell is listed" grep -Eq "^latency/structural/cpu:[0-9]+/mem:[0-9]+/$tail/" names
note "a bandwidth cell is listed" grep -Eq "^bandwidth/read[^/]*/cpu:.*/$tail/threads:1/" names
call --benchmark_list_tests "${cached[@]}" --pattern structural,full_random --kernel read,copy \
    --pages 4K,thp
note "options widen the list fourfold" test "$(wc -l < out)" = $((4 * $(wc -l < names)))
call --benchmark_list_tests "${small[@]}" --benchmark_filter=^latency --output listed
note "a filter narrows it" test "$(cat out)" = "$(grep ^latency names)"
note "listing makes no directory" no_directory

# ---- bad input ----------------------------------------------------------------------------------
refuses() { # refuses NAME PATTERN ARGUMENTS...: exit 2, named on stderr, nothing written
    local name=$1 pattern=$2
    shift 2
    call "${small[@]}" "$@"
    note "$name: exit 2" exits 2
    note "$name: names '$pattern'" err_has "$pattern"
    note "$name: nothing written" no_directory
}
refuses "a cell that does not exist" "selects none of" --benchmark_filter=/cpu:4000/
refuses "no regular expression" "selects none of" '--benchmark_filter=('
refuses "a bad value for Google Benchmark" "--benchmark_ option" --benchmark_format=xml
refuses "a bad number for Google Benchmark" "benchmark_repetitions=x" --benchmark_repetitions=x
refuses "an option of neither" "no option --benchmark_sise" --benchmark_sise=1
refuses "an option of numaprobe only" "numaprobe-bench does not take --rounds" --rounds 3
refuses "a word" "unexpected argument" latency
refuses "a kernel that does not exist" "no kernel 'frobnicate'" --kernel frobnicate
refuses "a node that does not exist" "node 4000 does not exist" --mem-nodes 4000

# ---- what it measures ---------------------------------------------------------------------------
latency=$(first_of latency)
call "${small[@]}" "--benchmark_filter=^$latency\$" --benchmark_repetitions=3 \
    --benchmark_format=json --output latency
cp out latency.json
note "latency" exits $verified
note "latency: JSON and rows agree" about latency.json latency << 'PY'
assert len(runs) == len(rows) == 3 and not skipped
assert len({row["seed"] for row in rows}) == 3
assert [row["round"] for row in rows] == ["1", "2", "3"]
assert len({(row["test"], row["pattern"], row["cpu_node"], row["mem_node"]) for row in rows}) == 1
for run in runs:
    row = row_of(run)
    assert run["time_unit"] == "ns" and run["iterations"] == 1
    assert abs(run["real_time"] / float(row["latency_ns"]) - 1) < 1e-9
    assert "bytes_per_second" not in run
    assert run["label"] == row["placement"] + " " + row["flags"] and "CACHED" in run["label"]
    for name, value in run.items():
        if name in row and row[name]:
            assert name in ("threads", "visit") or value == float(row[name]), name
    assert run["samples"] == 10 and "pages_total" in run and "clock_end_hz" in run
for name in ("numaprobe_version", "run_directory", "hwloc_api", "cross_check", "host_name"):
    assert context[name], name
assert context["run_directory"] == "latency" and "agree" in context["cross_check"]
PY
note "the arguments are kept" grep -q -- '--benchmark_repetitions=3' latency/machine.json
note "the topology is kept" grep -q '<topology' latency/topology.xml
note "$placement" about latency.json latency << PY
assert {row["placement"] for row in rows} == {"$placement"}
assert "$placement" != "verified" or all(run["pages_on_node_after"] == 16 for run in runs)
PY

bandwidth=$(first_of bandwidth)
call "${small[@]}" "--benchmark_filter=^$bandwidth\$" --benchmark_repetitions=2 \
    --benchmark_out=bandwidth.json
note "bandwidth" exits $verified
note "bandwidth: the name is on stdout" out_has "^$bandwidth "
directory=$(find . -maxdepth 1 -name 'numaprobe-*')
note "bandwidth: the directory has its default name" test -d "$directory"
note "bandwidth: JSON and rows agree" about bandwidth.json "$directory" << 'PY'
assert len(runs) == len(rows) == 2 and not skipped
for run in runs:
    row = row_of(run)
    bytes_per_s = float(row["bandwidth_bytes_per_s"])
    assert abs(run["bytes_per_second"] / bytes_per_s - 1) < 1e-9
    assert run["time_unit"] == "ms"
    pass_s = run["real_time"] / 1000
    assert abs(pass_s * bytes_per_s / int(row["touched_bytes"]) - 1) < 1e-9
PY

call "${small[@]}" "--benchmark_filter=^$latency\$" --benchmark_min_warmup_time=1 \
    --benchmark_format=json --output warm
cp out warm.json
note "a warm-up of Google Benchmark's ends" exits $verified
note "and is one more row" about warm.json warm <<< 'assert len(runs) == 1 and len(rows) == 2'

cp latency/rows.csv before
call "${small[@]}" "--benchmark_filter=^$latency\$" --output latency
note "a directory with rows is refused" exits 2
note "its rows stay" cmp -s before latency/rows.csv

# ---- what cannot be measured --------------------------------------------------------------------
call --pages 4K --size 128T "--benchmark_filter=${latency/size:64KiB/size:128TiB}" \
    --benchmark_format=json --output large
cp out large.json
note "more memory than there is: nothing is measured" exits 77
note "more memory than there is: the reason is in both" about large.json large << PY
assert not runs and len(skipped) == len(rows) == 1
assert skipped[0]["error_message"] == "refused: " + rows[0]["reason"], skipped
assert rows[0]["status"] == "refused" and len(rows[0]["reason"]) > 30
PY

call "${small[@]}" --kernel nothing --benchmark_filter=nothing --benchmark_format=json \
    --output nothing
cp out nothing.json
note "the kernel that moves nothing has no time" about nothing.json nothing << 'PY'
assert not runs and skipped and all("moves nothing" in b["error_message"] for b in skipped)
PY

pool=/sys/kernel/mm/hugepages/hugepages-2048kB/free_hugepages
if $windows || [ "$(cat $pool 2> err)" != 0 ]; then
    echo "skipped: refusal of 2 MiB pages (there is no empty pool of them here)"
else
    filter=${latency/page:4K/page:(4K|2M)}
    call "${cached[@]}" --pages 4K,2M "--benchmark_filter=$filter" --benchmark_format=json \
        --output pool
    cp out pool.json
    note "one of two cells is refused" exits 1
    note "the other is measured" about pool.json pool << 'PY'
assert len(runs) == len(skipped) == 1 and "/page:2M/" in skipped[0]["name"]
assert "nr_hugepages" in skipped[0]["error_message"]
PY
fi

# ---- what the world does ------------------------------------------------------------------------
if ! $windows; then
    "${run[@]}" --benchmark_list_tests > /dev/full 2> err
    status=$?
    note "a full stdout is a failure" exits 1

    "${run[@]}" "${small[@]}" --benchmark_repetitions=1000 --output stopped \
        --benchmark_out=stopped.json > out 2> log &
    pid=$!
    while kill -0 $pid 2> err && ! grep -qs '"ok"' stopped/rows.csv; do sleep 0.1; done
    kill -INT $pid
    wait $pid
    status=$?
    mv log err
    note "Ctrl-C exits 130" exits 130
    note "Ctrl-C keeps the rows and skips the rest" about stopped.json stopped << 'PY'
assert rows[0]["status"] == "ok" and 1 <= len(runs) <= len(rows) < 1000
assert skipped and all("stopped by the user" in b["error_message"] for b in skipped)
PY
fi

# ---- compare.py ---------------------------------------------------------------------------------
if ! "${compare[@]}" --help > out 2> err; then
    echo "skipped: compare.py (Debian: libbenchmark-tools, python3-scipy)"
else
    for test in latency bandwidth; do
        # Twice the time is a change of +100 % by Google Benchmark's own reckoning.
        python3 - $test.json slower.json << 'PY'
import json, sys
document = json.load(open(sys.argv[1]))
for benchmark in document["benchmarks"]:
    benchmark["real_time"] *= 2
json.dump(document, open(sys.argv[2], "w"))
PY
        "${compare[@]}" benchmarks $test.json slower.json > out 2> err
        status=$?
        note "compare.py reads $test" exits 0
        note "compare.py compares the repetitions of $test" out_has '_pvalue'
        note "compare.py sees twice the time of $test" out_has 'manual_time .*+1\.0000'
    done
fi

conclude
