#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_program.sh [RUNNER] PROGRAM
#
# The program from end to end, as a user meets it: exit codes, sentences, files. Works on the native
# program and, with scripts/wine-run as RUNNER, on the Windows one. Small buffers (--cached) keep it
# short; no speed is asserted.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/program_checks.sh
. "$root/tests/program_checks.sh"
small=(--size 256K --cached --rounds 1)

kinds() { # kinds FILE COLUMN: its distinct values, sorted, in one line
    column "$1" "$2" | sort -u | tr '\n' ' '
}
err_lines() { [ "$(wc -l < err)" = "$1" ]; }
data_rows() { # data_rows FILE: rows below the header
    tail -n +2 "$1" | wc -l
}
# column FILE NAME: the values of one column, unquoted. Our rows hold no line ends.
column() {
    python3 -c '
import csv, sys
for row in csv.DictReader(open(sys.argv[1], newline="")):
    print(row[sys.argv[2]])' "$1" "$2"
}

# unmet FILE: the visits of pairs in which the two CPUs did not meet, as happens on a busy machine.
unmet() {
    python3 -c '
import csv, sys
print(sum(row["status"] == "failed" and row["reason"].startswith("no line went from CPU ")
          for row in csv.DictReader(open(sys.argv[1], newline=""))))' "$1"
}

# refuses NAME PATTERN ARGUMENTS...: a usage error is one sentence on stderr, nothing measured and
# nothing written. Most of them are about words alone, which the same code reads on both systems:
# under Wine, where a call takes half a second, each eighth is tried.
refusals=0
refuses() {
    local name=$1 pattern=$2
    shift 2
    refusals=$((refusals + 1))
    ! $windows || [ $((refusals % 8)) = 1 ] || return 0
    rm -rf refused
    call "$@" --output refused
    note "$name: exit 2" exits 2
    note "$name: one sentence" err_lines 1
    note "$name: names '$pattern'" err_has "$pattern"
    note "$name: nothing written" test ! -e refused
}

# ---- help and lists -----------------------------------------------------------------------------
unset COLUMNS # help is then made for 80
call --version
note "version" out_has '^numaprobe [0-9]'
for command in "" topo latency bandwidth loaded c2c sweep verify doctor compare ab history \
    capacity limits check fleet report export show list help; do
    # shellcheck disable=SC2086 # the program without a command is no argument at all
    call $command --help
    note "help of '$command' exits 0" exits 0
    # The program's own help has the commands too.
    note "help of '$command' fits a screen" test "$(wc -l < out)" -le $((${#command} ? 50 : 60))
    note "help of '$command' fits 80 columns" test "$(wc -L < out)" -le 80
done
call --help
note "help has the commands before the options" \
    test "$(grep -n '^  latency ' out | cut -d: -f1)" -lt "$(grep -n '^  --size' out | cut -d: -f1)"
COLUMNS=60 call help
note "help fits COLUMNS" test "$(grep '^  ' out | wc -L)" -le 60
call -V
note "-V is --version" out_has '^numaprobe [0-9]'
call latency -n --size 4k --cached --pages 4k
note "-n is --dry-run; sizes and pages in lower case" out_has 'size:4KiB/page:4K'
call latency --json -q
note "-q is --quiet" err_has '--quiet prints nothing'
call help
note "help lists the commands" out_has "^  check  *is this machine good"
for what in kernels patterns protocols pages columns flags forms exits; do
    call list $what
    note "list $what" exits 0
done
call list pages
note "the machine's pages are listed" out_has '^ *\(available now on nodes\|not now:\) '
note "and the words for some of them" out_has '^all  '
call list columns
note "columns are listed" out_has '^  pages_off_node_after'
if ! $windows; then # the same text either way, and Wine need not read it
    call list columns
    sed -n 's/^  \([a-z_]*\) .*/\1/p' out > listed
    sed -n 's/^| `\([a-z_]*\)` |.*/\1/p' "$root/results/README.md" > documented
    note "results/README.md has every column, in order" cmp -s listed documented
    call list exits
    sed -n '/^$/q; s/^ *\([0-9]*\)  \(.*\)/\1 \2/p' out > listed
    sed -n 's/^| \([0-9]*\) | \(.*\) |$/\1 \2/p' "$root/README.md" > documented
    note "README.md has every exit status" cmp -s listed documented
    call list flags
    sed -n 's/^\([A-Z_][A-Z_]*\)  *[a-z].*/\1/p' out > listed
    sed -n 's/^| `\([A-Z_]*\)` |.*/\1/p' "$root/docs/method.md" > documented
    note "docs/method.md has every flag" cmp -s listed documented
fi

# ---- doctor -------------------------------------------------------------------------------------
call doctor
blocking=$(sed -n 's/.* \([0-9]*\) blocking.*/\1/p' out)
note "doctor counts what blocks" test -n "$blocking"
note "doctor ends with 1 when something blocks, else with 0" exits $((blocking > 0))
note "doctor names its checks" out_has '^[a-zA-Z ]* placement '
note "in words" test "$(grep -cE '^(ok|warn|BLOCK|unknown) +[a-z0-9]+_' out)" = 0
call doctor --self-test
note "the self-test finds nothing that differs" exits 0
note "the self-test counts" out_has '^[0-9]* agree, 0 differ, [0-9]* could not be tested$'
saved=$(sed -n 's/^Saved \([^ :]*\)\. If anything.*/\1/p' out)
note "the self-test writes every check to a file" test "$(python3 -c '
import json, sys
print(len(json.load(open(sys.argv[1]))["checks"]))' "$saved")" = "$(grep -c ' found: ' out)"
note "where to send it, and what is in it" out_has "^It has the [0-9]* checks above .* host name '"
note "the host name is in it" python3 -c '
import json, sys
assert json.load(open(sys.argv[1]))["facts"]["host"]' "$saved"
rm -f "$saved"
call doctor --self-test --no-host
saved=$(sed -n 's/^Saved \([^ :]*\)\. If anything.*/\1/p' out)
note "without the host name: told" out_has "the host name was left out"
note "without the host name" python3 -c '
import json, sys
text = open(sys.argv[1]).read()
assert json.loads(text)["facts"]["host"] is None' "$saved"
call latency --self-test
note "the self-test belongs to doctor" exits 2
rm -f "$saved"
call doctor --no-host
note "only the self-test's file has a host name to leave out" exits 2
call doctor --yes
note "an answer without a question" exits 2
note "is told from an unknown option" err_has '^numaprobe: --yes answers what'
if ! $windows; then
    call doctor --grant-lock-pages --yes
    note "a right of Windows" exits 2
    note "and what there is here" err_has 'huge pages come from a pool'
fi
call doctor --size 64T
note "doctor: memory that is not there blocks" out_has '^BLOCK  *memory'
note "doctor: what blocks ends with 1" exits 1

call list
note "list without a name says which there are" err_has 'list needs a name: kernels, '
call list nonsense
note "list of nonsense" exits 2
call nonsense
note "unknown command is named" err_has "no command 'nonsense'"
note "unknown command" exits 2

# ---- latency under load -------------------------------------------------------------------------
call loaded --dry-run
note "loaded: the plan is printed" out_has 'loaded/structural/cpu:'
note "loaded: its loop is raced for" out_has '^loops: a race of at most 4 s'
call loaded --delay 0 --mix triad_nt --size 64M --rounds 1 --no-progress --output raced
err_has '--cached' || # where the machine itself shows that its caches are larger
    note "loaded: ... and the winner is the load" python3 -c '
import csv, json
loops = json.load(open("raced/summary.json"))["chosen"]["loops"]
rows = list(csv.DictReader(open("raced/rows.csv", newline="")))
racers = {row["mix"] for row in rows if row["block"] == "probe" and row["mix"]}
loads = {row["kernel"] + "." + row["isa"] for row in rows if row["test"] == "loaded"}
assert racers <= {"triad_nt"} == loops.keys(), (racers, loops) # a busy machine has time for none
assert loads == {loops["triad_nt"]}, (loops, loads)'
call loaded --mix 2:1 --delay 5000,0 --paced 50% --rounds 2 --size 1M --cached --output under_load
if grep -q 'no CPU is left for the load' out; then # one CPU: refused, and the row says why
    note "loaded: a load that has no CPU is refused" exits 1
    note "loaded: ... in its row" test "$(kinds under_load/rows.csv status)" = "ok refused "
else
    note "loaded: every point is measured" exits $verified
    note "loaded: the figures are shown" out_has '^  \(saturated\|largest\) bandwidth '
    # The idle cell twice, three points twice.
    note "loaded: a row for each visit" test "$(data_rows under_load/rows.csv)" = 8
    note "loaded: kinds of test" test "$(kinds under_load/rows.csv test)" = "latency loaded "
    note "loaded: kinds of load" test "$(kinds under_load/rows.csv load_mode)" = " closed paced "
    note "loaded: the mix" test "$(kinds under_load/rows.csv mix)" = " 2:1 "
    note "loaded: pauses" test "$(kinds under_load/rows.csv load_delay_cycles)" = " 0 5000 "
    call capacity under_load "${unproven[@]}"
    note "loaded: capacity reads the run" exits 0
fi
call latency --size 1M --cached --rounds 10000 --budget 2s "${unproven[@]}" --output budget-short
note "a budget ends rounds that were asked for" exits 0
note "which is said" err_has '--budget ended the run: 1 case has fewer than 10000 repetitions'
call latency --size 1M --cached --rounds 2 --budget 10m "${unproven[@]}" --output budget-whole
note "a budget that holds them ends none" test "$(grep -c "budget ended" err)" = 0
call loaded --budget 1s --size 1M --cached
note "loaded: a budget that holds no curve is refused" err_has '--budget: one repetition of each of'

# ---- over size ----------------------------------------------------------------------------------
call sweep --to 48K --rounds 1 --pages 4K --output sizes
note "sweep: every size is measured" exits $verified
note "sweep: from a page on, as far as was asked" python3 - << 'PY'
import csv
touched = {}
for row in csv.DictReader(open("sizes/rows.csv", newline="")):
    assert row["block"] == "sweep" and row["status"] == "ok", row
    touched.setdefault(row["test"], []).append(int(row["touched_bytes"]))
for test in "latency", "bandwidth":
    assert min(touched[test]) == 4096 and max(touched[test]) <= 49152, touched
    assert len(set(touched[test])) == len(touched[test]) > 4, touched
PY
note "sweep: latency in a table" out_has '^Latency over size: structural, cpu [0-9]* to mem'
note "sweep: bandwidth in a table" out_has '^Bandwidth over size: read\.'
call report sizes -o sizes.html "${unproven[@]}"
note "sweep: the report has it" grep -q 'Bandwidth over size' sizes.html

# ---- bad input ----------------------------------------------------------------------------------
refuses "zero size" "--size: '0'" latency --size 0
refuses "negative size" "--size: '-5'" latency --size=-5
refuses "decimal unit" "--size: '10TB'" latency --size 10TB
refuses "garbage size" "--size: 'much'" latency --size much
refuses "too large a number" "--size: '99999999999999999999'" latency \
    --size 99999999999999999999
HWLOC_SYNTHETIC="[numa] l3:1(size=8388608) core:2 pu:1" \
    refuses "small size" "--cached" latency --size 64K --dry-run
# Where a hypervisor shows the caches, the run measures what they hold and then says the same of the
# cell, or measures it with a flag where it could not see that.
call latency --size 64K --rounds 1 --no-progress --output small-size
note "small size here: refused, or flagged" eval 'err_has "--cached" || out_has "--cached" ||
    grep -q SIZE_LIMITED small-size/rows.csv'
refuses "a mix that is none" "no mix '4:1'" loaded --mix 4:1
refuses "a mix twice" "named twice" loaded --mix reads,reads
refuses "a delay that is none" "--delay: '-1'" loaded --delay=-1
refuses "a delay too long" "--delay: '10000001'" loaded --delay 10000001
refuses "a delay twice" "named twice" loaded --delay 5,5
refuses "two searches at once" "--peak and --best-set" bandwidth --peak --best-set
refuses "a set for a search of sets" "--mem-nodes 0+1: --best-set" \
    bandwidth --best-set --mem-nodes 0+1
refuses "a weight of one node" "'0:3' is a single node" bandwidth --mem-nodes 0:3
refuses "a policy of one node" "'0@interleave' is a single node" bandwidth --mem-nodes 0@interleave
refuses "a budget too short for a peak" "--mem-nodes, --mix) or give more time" \
    bandwidth --peak --budget 1s --size 64M --cached
refuses "the same, of a plan only" "--mem-nodes, --mix) or give more time" \
    bandwidth --peak --budget 1s --size 64M --cached --dry-run
refuses "a pace without unit" "--paced: '5' is not a rate" loaded --paced 5
refuses "a pace of binary unit" "--paced: '5GiB/s'" loaded --paced 5GiB/s
refuses "a pace of nothing" "--paced: '0%'" loaded --paced 0%
refuses "a load on no node" "--load-nodes: node 99 does not exist" loaded --load-nodes 99
refuses "a load of too many threads" "--threads 100000" loaded --threads 100000
refuses "points of a bandwidth" "does not take --delay" bandwidth --delay 5
refuses "checks of caches" "--checks" latency --size 64K --cached --checks
refuses "a size beyond addresses" "--size: at most" bandwidth --kernel copy --size 8388608T
refuses "a size whose triple wraps" "--size: at most" bandwidth --kernel triad \
    --size 6148914691236519936
refuses "odd size" "multiple of 4KiB" latency --size 65537B --cached
refuses "unknown kernel" "no kernel 'frobnicate'" bandwidth --kernel frobnicate
refuses "unknown ISA" "no instruction set 'mmx'" bandwidth --kernel read.mmx
refuses "unknown pattern" "no pattern 'zigzag'" latency --pattern zigzag
refuses "unknown page kind" "no kind of page '3M'; this machine has .*list pages" latency --pages 3M
refuses "a size without a unit" "no kind of page 'mthp-'" latency --pages mthp-
refuses "unknown CPU node" "--cpu-nodes: node 4000 does not exist" latency --cpu-nodes 4000
refuses "unknown memory node" "--mem-nodes: node 4000 does not exist" latency --mem-nodes 4000
refuses "a node of a set that does not exist" "--mem-nodes: node 4000 does not exist" \
    latency --mem-nodes 0+4000
refuses "a node twice in a set" "names node 0 twice" latency --mem-nodes 0+0
refuses "a weight of 0" "the weight of node 0 is not a number from 1 to 255" \
    latency --mem-nodes 0:0+1
refuses "a weight of 256" "the weight of node 1 is not a number from 1 to 255" \
    latency --mem-nodes 0+1:256
refuses "no policy of that name" "--policy: 'mine' is not a policy" \
    latency --mem-nodes 0+1 --policy mine
refuses "a policy without a set" "give a set of nodes" \
    latency --mem-nodes 0 --policy interleave
refuses "interleaving by weights" "gives all nodes the same, but 0:2+1:1 has weights" \
    latency --mem-nodes 0:2+1 --policy interleave
refuses "garbage nodes" "--mem-nodes: 'x'" latency --mem-nodes x
refuses "threads" "--threads 100000" bandwidth --threads 100000
refuses "zero threads" "--threads: '0'" bandwidth --threads 0
refuses "zero rounds" "--rounds: '0'" latency --rounds 0
refuses "option of another command" "does not take --kernel" latency --kernel read
refuses "unknown option" "no option --sise" latency --sise 1M
refuses "value for a switch" "--cached takes no value" latency --cached=yes
refuses "a kind named twice" "'4K' is named twice" latency --pages 4K,4K
refuses "no nodes" "--cpu-nodes: '' names no node" latency --cpu-nodes=
refuses "extra word" "unexpected argument 'hard'" latency hard
refuses "a command with a slip" "did you mean 'latency'" latncy
refuses "an option with a slip" "did you mean '--rounds'" latency --round 3
refuses "an option of one dash" "did you mean '--rounds'" latency -rounds=3
refuses "a value with a slip" "did you mean 'full_random'" latency --pattern full-random
refuses "a kernel with a slip" "did you mean 'triad'" bandwidth --kernel traid
refuses "an instruction set with a slip" "did you mean 'avx2'" bandwidth --kernel read.avx3
call list kernel
note "a list with a slip: exit 2" exits 2
note "a list with a slip" err_has "did you mean 'kernels'"
refuses "unknown protocol" "no protocol 'telepathy'" c2c --protocol telepathy
refuses "unknown home" "no home 'sweet'" c2c --home sweet
refuses "a home named twice" "'third' is named twice" c2c --home third,third
refuses "a pair of one CPU" "--reader-cpu 0" c2c --writer-cpu 0 --reader-cpu 0
refuses "a part of pages that never come in part" "add --pages awe" latency --allow-partial
refuses "half a pair" "needs both --writer-cpu and --reader-cpu" c2c --writer-cpu 0
refuses "a CPU that is not there" "--reader-cpu 60000" c2c --writer-cpu 0 --reader-cpu 60000
$windows || refuses "a group of CPUs" "--writer-cpu: '1:5': CPUs have groups on Windows only" \
    c2c --writer-cpu 1:5 --reader-cpu 0
refuses "all pairs and some" "--pairs 3: --full" c2c --full --pairs 3
refuses "all pairs and one" "--full: --writer-cpu" c2c --full --writer-cpu 0 --reader-cpu 1
refuses "pairs of no node" "--cpu-nodes: node 4000 does not exist" c2c --cpu-nodes 4000
refuses "two numbers of threads of a load" "--threads: a load takes one" loaded --threads 1,2
refuses "all threads of a load" "--threads: a load takes one" loaded --threads all
refuses "a spacing of a terabyte" "the spacing is at most 4KiB" latency --spacing 1T --dry-run
refuses "a run in another form" \
    "--format: 'prom' is not a format of a measuring command" latency -f prom
refuses "MLC's form of a sweep" "does not take --format" sweep --format mlc
refuses "MLC's form of a plan" "--format mlc: --dry-run" --format mlc --dry-run
refuses "MLC's form of nothing" "--format mlc: --quiet" latency --format mlc --quiet
refuses "a size of a sweep" "does not take --size" sweep --size 1M
refuses "a sweep of nothing" "--to: '1K': a sweep begins at 4KiB" sweep --to 1K
refuses "a sweep too short for streams" "16KiB: read_8s with 1 thread needs at least 36KiB" \
    sweep --to 16K --kernel read_8s
refuses "a sweep of too many threads" "--threads 100000" sweep --threads 100000
refuses "chains of a sweep" "does not take --chains" sweep --chains 4
refuses "no size of a pair" "does not take --size" c2c --size 1M
refuses "a value that is an option" "--output needs a value, but --quiet looks" latency \
    --output --quiet
refuses "an empty word" "an argument is empty" latency ''
refuses "an empty directory of runs" "an argument is empty" history ''
refuses "an empty list" "--kernel: '' is not a list" bandwidth --kernel ''
refuses "a hole in a list" "'read,,copy' is not a list" bandwidth --kernel read,,copy
refuses "a window that is no part" "--window 1GiB: the window must be smaller than" latency \
    --size 256K --cached --window 1G
refuses "another command's option" \
    "numaprobe without a command does not take --kernel" --kernel read
refuses "a time of nothing" "--budget: '0'" --budget 0
call latency --cpu-nodes 0 --cpu-nodes 4000
note "a list in two parts is one list" err_has -- '--cpu-nodes: node 4000 does not exist'
call latency --cpu-nodes 4000 --cpu-nodes 0
note "and neither part is lost" err_has -- '--cpu-nodes: node 4000 does not exist'
call verify --size 2G
note "a walk of too much" err_has -- '--size 2GiB: verify takes at most 1GiB per CPU'
call latency --size
note "missing value" exits 2
note "missing value is named" err_has -- '--size needs a value'

export HWLOC_SYNTHETIC="pack:2 [numa] core:2 pu:1"
refuses "another machine's topology" "topology was read from a file" "${small[@]}"
call --dry-run
note "another machine can be planned" out_has 'latency/structural/cpu:1/mem:0/'
call sweep --dry-run --threads 1,cores
note "a sweep of it too" out_has 'bandwidth/read.*/cpu:0/mem:0/size:.*/threads:2'
note "on one node" eval "! out_has 'cpu:1/'"
call sweep --dry-run --cpu-nodes 1 --mem-nodes 0,1
note "or on those that are named" out_has 'latency/structural/cpu:1/mem:0/size:8KiB'
call c2c --dry-run --home third
note "its pairs too" out_has 'c2c/hitm_read/writer:[01]/reader:[01]/home:third/page:'
note "what cannot be is refused by name" out_has 'refused: --home third'
call c2c --full --dry-run
note "all of them are as many as it says" test "cases: $(grep -c '/writer:' out)," = \
    "$(sed -n 's/^\(cases: [0-9]*,\).*/\1/p' out)"
export HWLOC_SYNTHETIC="pack:8 [numa] l3:3 core:8 pu:2"
# 828 288 cells. A sanitizer or an emulator asks for more address space before it begins.
if (ulimit -v 131072 && "${run[@]}" list flags) > out 2>&1 < /dev/null; then
    note "all pairs of 384 CPUs are told in 128 MiB" eval \
        "(ulimit -v 131072; call c2c --full --dry-run; exits 0)"
fi
export HWLOC_SYNTHETIC="[numa] pack:8 [numa] l3:2(size=33554432) core:6 pu:2"
call --dry-run
note "eight nodes and one of CXL take three minutes" out_has 'time: at most about 3 min 00 s$'
note "in which each cell is visited" test "$(awk '/ s  [a-z0-9]*\// {sum += $2}
    END {print (sum > 60 && sum < 180)}' out)" = 1
note "all five parts of it" test "$(sed -n 's|.* s  \([a-z0-9]*\)/.*|\1|p' out | sort -u |
    tr '\n' ' ')" = "bandwidth c2c latency loaded "
note "what a curve may take is told" out_has '^Curves get up to [0-9]* more points'
export HWLOC_SYNTHETIC="[numa] l3:1(size=209715200) core:2 pu:1"
call --dry-run
note "large caches do not break the promise" out_has 'time: at most about 30 s$'
export HWLOC_SYNTHETIC="[numa] core:1 pu:1"
call --dry-run
note "one CPU has no load" out_has '^not applicable here: latency under load needs a second core'
note "and no pair" out_has '^not applicable here: core to core needs two CPUs'
note "which is no refusal" eval "! out_has refused"
note "the header is not this machine's" eval "! grep -qF \"\$(uname -n)\" out"
note "nor are the loops" eval "! grep -qE '[.](avx|sse|neon|sve)' out"
call topo
note "another machine can be shown" exits 0
note "another machine is not compared with this one" eval "! out_has 'Cross-check'"
note "memory of one package is no average" eval "! out_has 'local and remote'"
export HWLOC_SYNTHETIC="node:1 pack:2 core:2 pu:1"
call topo
note "memory of two packages is one" out_has '^warning: node 0 is the memory of 2 packages: one'
call --dry-run
note "the header says so too" out_has 'an average of local and remote memory'
unset HWLOC_SYNTHETIC
cp "$root/tests/topologies/two-kinds.xml" .
export HWLOC_XMLFILE=two-kinds.xml
call topo
note "kinds of CPU are shown" out_has '^1 *IntelCore *0-3$'
call bandwidth --threads all --dry-run
note "the slower kind is left out" out_has '/threads:4$'
note "which is said" out_has '^warning: CPUs 4-7: left out, .*--all-kinds uses them'
call bandwidth --threads all --all-kinds --dry-run
note "unless all are asked for" out_has '/threads:8$'
note "then nothing is to be said" eval "! out_has 'of a faster kind'"
refuses "threads of the slower kind" "4 CPUs that this process may use of the fastest kind" \
    bandwidth --threads 5 --dry-run
unset HWLOC_XMLFILE
call verify --pages 4K,thp
note "verify takes one kind" exits 2
call verify --mem-nodes 0
note "verify has nodes of a policy only" err_has '--mem-nodes: verify walks each CPU'
call verify --policy interleave --mem-nodes 0
note "a policy of one node: exit 77" exits 77
note "a policy of one node: why" err_has '--policy interleave spreads .*, and --mem-nodes names one'
call verify --policy preferred-many --mem-nodes 0:2+1:1
note "weights of a policy without any" err_has \
    '--policy preferred-many gives all nodes the same, but 0:2+1'
call latency --mem-nodes 0+1 --policy preferred-many
note "nothing is measured by a policy that promises nothing" exits 2
note "and where it is shown" err_has 'numaprobe verify --policy preferred-many shows where'
call verify --policy interleave --size 1M --cpu-nodes 0
if $windows; then
    note "does not exist on Windows" exits 77
elif exits 77; then
    note "one node has no policy" err_has 'this machine has one with memory'
else
    note "pages of a policy by node" out_has 'pages checked: [0-9]* on node 0, [0-9]* on node'
fi

# ---- what it does -------------------------------------------------------------------------------
call topo
note "topo" exits 0
note "topo cross-checks" out_has 'Cross-check'
if $windows; then
    note "under Wine nothing agrees" out_has ' 0 agree, 0 differ'
    note "under Wine the reason is told" out_has 'not comparable: .*Wine'
fi

call --dry-run "${small[@]}" --output planned
note "dry run" exits 0
note "dry run names cells" out_has 'latency/structural/cpu:0/mem:0/size:256KiB/page:'
note "dry run writes nothing" test ! -e planned
[ -n "$(cat err)" ] && note "dry run is silent on stderr" false

if ! $windows; then # Wine does not tell the nodes of CPUs, so no kind is known to be there
    call list pages
    unavailable=$(grep -c '^ *not now: ' out)
    call latency --pages all --dry-run "${small[@]}"
    note "a plan of all kinds of page" exits 0
    note "has the ordinary one, without windows" out_has 'latency/full_random/.*/page:[0-9]*K'
    note "and says why others are left out, or has them all" \
        test "$(grep -c '^left out   --pages .*: ' out)" -eq "$unavailable"
fi

call verify --size 1M
note "verify" exits $verified
note "verify shows runs of pages or why not" grep -Eq '256 pages\): node|unknown' out

call verify --size 64K --pages pageable
if $windows; then
    note "Wine does not tell who would write such pages" exits 77
else
    note "verify of pages that nothing binds or locks" exits $verified
    note "they are where they were written first" out_has \
        ' in pageable pages .*(\(first_touch\|only_node\))'
fi

# Where the CPUs of a pair did not meet, the exit code says so.
ends_as_measured() { # ends_as_measured RUN
    if [ "$(unmet "$1/rows.csv")" -gt 0 ]; then
        exits 1
    else
        exits $verified
    fi
}
call "${small[@]}" --pages 4K --output run
note "quick run" ends_as_measured run
note "stderr is empty without a terminal" test ! -s err
note "latency matrix" out_has '^Idle latency, ns: structural'
note "bandwidth matrix" out_has '^Bandwidth, GB/s: read'
note "verification summary" out_has '^Placement'
note "the peak of each mix" out_has '^Peak bandwidth, GB/s'
note "a row for idle latency, seven mixes and the matrix" \
    test "$(column run/rows.csv block | grep -cE 'idle|peak|matrix')" = 9
note "rows are ok" test "$(column run/rows.csv status | grep -vc ok)" = "$(unmet run/rows.csv)"
if ! out_has '^not applicable here'; then # one CPU has no load and no pair
    note "latency under load" out_has '^Latency under load: CPU'
    note "core to core" out_has '^Core to core, ns: hitm_read'
    note "five blocks in their order" test "$(grep -oE '^(Idle|Peak|Bandwidth|Latency|Core)' out |
        uniq | tr '\n' ' ')" = "Idle Peak Bandwidth Latency Core "
    note "each names its part of the run" \
        test "$(kinds run/rows.csv block)" = "$(printf '%s ' c2c idle loaded matrix peak)"
    note "the knee is shown, or why there is none" \
        out_has '^  knee, bandwidth \|limited by the load\|does not begin idle'
fi
note "flag CACHED" grep -q CACHED <(column run/rows.csv flags)
note "summary.json says what the rows say" "$root/tests/check_summary.py" run
note "machine.json is JSON" python3 -c 'import json; json.load(open("run/machine.json"))'
note "topology.xml is there" grep -q '<topology' run/topology.xml
note "a name is one cell of one part" python3 - << 'PY'
import csv, json
names = json.load(open("run/machine.json"))["settings"]["cells"]
assert len(set(names)) == len(names), names
blocks = {}
for row in csv.DictReader(open("run/rows.csv", newline="")):
    assert blocks.setdefault(row["cell"], row["block"]) == row["block"], row["cell"]
PY
note "every line ends in CR LF" test "$(grep -c $'\r$' run/rows.csv)" = "$(wc -l < run/rows.csv)"
if ! $windows; then
    note "placement is verified" \
        test "$(kinds run/rows.csv placement | sed 's/^ //')" = "verified "
    note "all pages are checked again" \
        cmp -s <(column run/rows.csv pages_total) <(column run/rows.csv pages_on_node_after)
else
    note "Wine is unverifiable" test "$(kinds run/rows.csv placement)" = "unverifiable "
    call latency "${small[@]}" --pages 4K --output accepted --allow-unverified
    note "unverifiable can be accepted" exits 0
fi

# ---- names --------------------------------------------------------------------------------------
level=$(printf 'level%.0s' {1..30})
mkdir -p "$level"
for place in "замер 測定" "$level/$level"; do
    call latency "${small[@]}" --pages 4K --output "$place"
    note "a directory '${place:0:20}'" exits $verified
    for file in rows.csv machine.json topology.xml; do
        note "... has $file" test -s "$place/$file"
    done
    note "... is told by its name" out_has "Saved *$place/rows.csv"
    call export "$place" -f hwloc -o "$place/образец" "${unproven[@]}"
    note "... is read and written to" grep -q '<topology' "$place/образец"
    call latency "${small[@]}" --pages 4K --output "$place"
    note "... is not overwritten" exits 2
    call history "история ${place:0:5}" --add "$place" "${unproven[@]}"
    note "... is copied and listed" exits 0
done
call compare "замер*" "$level/lev*" "${unproven[@]}"
note "names fit a pattern" out_has '^base .*: 1 run, 1 row,'

call "${small[@]}" --pages 4K --format mlc --output parsed "${unproven[@]}"
note "MLC's form: exit as ever" eval "$windows && exits 0 || ends_as_measured parsed"
note "MLC's form: and nothing else on stdout" test "$(head -n 1 out | cut -c 1-9)" = numaprobe
cp out printed
call export parsed -f mlc "${unproven[@]}"
note "MLC's form: the same text as export writes" cmp -s printed out
call loaded --delay 5000,0 --rounds 1 --size 1M --cached --format mlc --output curve \
    "${unproven[@]}"
cp out printed
note "MLC's form: of a curve" eval "[ $(nproc) -lt 2 ] || out_has '^ 05000'"
call export curve -f mlc "${unproven[@]}"
note "MLC's form: as export has it" cmp -s printed out

for one in 1 2; do
    (cd "$work" && "${run[@]}" latency "${small[@]}" --pages 4K --quiet > /dev/null 2>&1) &
done
wait
note "two runs of one second have a directory each" \
    test "$(find . -maxdepth 1 -name 'numaprobe-*' | wc -l)" = 2
note "and one run's row each" \
    test "$(find . -path './numaprobe-*/rows.csv' -exec tail -n +2 {} + | grep -c '"ok"')" = 2

call "${small[@]}" --pages 4K --rounds 2 --output whole
cp -r whole halted
head -c $(($(wc -c < whole/rows.csv) - 700)) whole/rows.csv > halted/rows.csv
finished=$(tail -n +2 halted/rows.csv | grep -c $'\r$')
call --resume halted
note "a stopped run is finished" ends_as_measured halted
note "its summary is of all rows" "$root/tests/check_summary.py" halted
note "what was finished is said" out_has "resumed: $finished repetitions"
note "it has the cells of the whole run" \
    cmp -s <(column whole/rows.csv cell) <(column halted/rows.csv cell)
note "and its seeds" cmp -s <(column whole/rows.csv seed) <(column halted/rows.csv seed)
note "and is one run" test "$(kinds halted/rows.csv run_id)" = "$(kinds whole/rows.csv run_id)"
cp halted/rows.csv before
rm halted/summary.json
call --resume halted
note "a summary comes again" "$root/tests/check_summary.py" halted
note "a finished run is shown" ends_as_measured halted
note "and has no new rows" cmp -s before halted/rows.csv
call latency --pages all --size 64K --cached --rounds 1 --no-progress --output kinds
rm kinds/summary.json
left_out=$(
    python3 - kinds/machine.json << 'PY'
import json, sys
with open(sys.argv[1], encoding="utf-8") as file:
    machine = json.load(file)
left_out = machine["settings"]["chosen"]["pages_left_out"]
for kind in left_out:
    left_out[kind] = "as it was then"
with open(sys.argv[1], "w", encoding="utf-8") as file:
    json.dump(machine, file)
print(len(left_out))
PY
)
call --resume kinds
note "kinds of page are left out for the reasons of the whole run" \
    test "$(grep -c '"as it was then"' kinds/summary.json)" = "$left_out"
flag_all() { # flag_all RUN FLAGS: as if each visit had raised these
    python3 - "$@" << 'PY'
import csv, sys
path = sys.argv[1] + "/rows.csv"
rows = list(csv.DictReader(open(path, newline="", encoding="utf-8")))
with open(path, "w", newline="", encoding="utf-8") as file:
    writer = csv.DictWriter(file, rows[0].keys())
    writer.writeheader()
    writer.writerows(dict(row, flags=sys.argv[2]) for row in rows)
PY
}
cp -r halted flagged
flag_all flagged "STEAL GAP"
call --resume flagged
note "a run of disturbed visits says so" \
    out_has '^WARNING: .* repetitions were disturbed (STEAL .*GAP'
note "above its tables, with a remedy" \
    test "$(grep -nE '^WARNING: .*quiet host|^Idle latency' out | head -1 | grep -c WARNING)" = 1
call show flagged
note "show says it once" test "$(cat out err | grep -c 'were disturbed')" = 1
note "and where the tables are" out_has '^WARNING: .*were disturbed'
call --resume flagged --quiet
note "quiet has it on stderr" err_has '^WARNING: .* repetitions were disturbed'
flag_all flagged "CACHED FREQ"
call --resume flagged
note "a run of others does not" test "$(grep -c 'were disturbed' out)" = 0
call --resume halted --seed 7
note "a resumed run is asked for nothing else" err_has '--seed cannot be combined with --resume'
sed -i 's/256KiB/512KiB/; s/"version": "/&9/' halted/machine.json
call --resume halted
note "another plan and program are refused" exits 2
note "each difference is named" err_has 'numaprobe was 9.* and is .*; cells of the plan, number 1'
# A run like an earlier one has its sizes and loops, and looks for none.
call bandwidth --rounds 1 --no-progress --output first
call bandwidth --rounds 1 --like first --no-progress --output second
note "a run like another has no probe and no race" eval "! grep -q probe second/rows.csv"
note "and the same cell" test "$(column first/rows.csv cell | tail -1)" = \
    "$(column second/rows.csv cell | tail -1)"
call bandwidth --like nothing
note "a run that is none cannot be followed" exits 2
note "and is named" err_has "--like: the run 'nothing' cannot be used"
call --resume nothing
note "no run to resume" exits 2

mkdir foreign
echo mine > foreign/summary.json
call "${small[@]}" --pages 4K --output foreign
note "a directory with a summary is refused" exits 2
note "which stays" grep -q mine foreign/summary.json
rm -r foreign # no run
cp run/rows.csv before
call "${small[@]}" --pages 4K --output run
note "a directory with rows is refused" exits 2
note "its rows stay" cmp -s before run/rows.csv
note "the refusal names --output" err_has -- '--output'

kernels=(--kernel "read,copy,triad_nt" --threads 1)
call bandwidth "${kernels[@]}" "${small[@]}" --pages 4K --quiet --output three
note "three kernels" exits $verified
note "quiet means no stdout" test ! -s out
note "three kinds of row" test "$(kinds three/rows.csv kernel)" = "copy read triad_nt "
note "counted bytes lie inside the traffic" python3 - << 'PY'
import csv
for row in csv.DictReader(open("three/rows.csv", newline="")):
    low, counted, high = (float(row[c]) for c in ("traffic_min_bytes_per_s",
                          "bandwidth_bytes_per_s", "traffic_max_bytes_per_s"))
    assert low <= counted * 1.000001 and counted <= high * 1.000001, row
PY

call list kernels
if grep -q '^zero  .* yes ' out; then # this CPU zeroes lines
    call bandwidth --kernel zero --threads 1 "${small[@]}" --pages 4K --quiet --output zeroed
    note "zeroed lines" exits $verified
    note "... are zeros" test "$(kinds zeroed/rows.csv elements_wrong)" = "0 "
fi
call bandwidth --peak --mix write_nt --size 64K --cached --dry-run
note "zeroed lines compete for no mix" test "$(grep -c /zero out)" = 0
NUMAPROBE_DISABLE_ISA=clzero,zva call bandwidth --kernel zero "${small[@]}"
note "a loop whose only instruction set is not here" err_has 'this CPU has no \(clzero\|zva\) '

call latency "${small[@]}" --pages 4K --rounds 7 --quiet --output rounds --no-progress
note "no line on stderr for a repetition" test -z "$(grep '^ *1  latency/' err)"
note "seven rounds" test "$(column rounds/rows.csv round | tr '\n' ' ')" = "1 2 3 4 5 6 7 "
note "each visit has its seed" test "$(column rounds/rows.csv seed | sort -u | wc -l)" = 7
note "seven visits have an interval" "$root/tests/check_summary.py" rounds

call latency "${small[@]}" --pages 4K -v --output verbose
note "a line on stderr for each repetition" err_has '^ *1  latency/[^ ]*  [0-9.]* ns  [a-z_]*'
call bandwidth "${small[@]}" --pages 4K --kernel read --threads 1 --verbose --output rates
note "and with a rate" err_has '^ *1  bandwidth/[^ ]*  [0-9.]* GB/s  [a-z_]*'

if [ "$(nproc)" -ge 2 ]; then
    call c2c --pairs 1 --home writer --pages 4K --rounds 1 --output pairs
    # On a busy machine two threads may not meet within the window: a failed row that says so.
    if exits 1; then
        note "core to core: why there is none" out_has 'no line went from CPU .* and back within'
        note "and nothing else failed" grep -Eq '^failed (ok )?$' <(kinds pairs/rows.csv status)
    else
        note "core to core" exits $verified
    fi
    note "a table for each protocol" out_has '^Core to core, ns: hitm_read, lines in memory of'
    note "and says what the protocol does" out_has '^  a dependent load of a line that the writer'
    note "classes have percentiles" out_has '^  class  *median  *p5  *p95  *pairs$'
    note "each protocol has a row" test "$(kinds pairs/rows.csv protocol)" = \
        "cas_ping_pong clean_read hitm_read store_ping_pong "
    note "two CPUs exchange" test "$(kinds pairs/rows.csv threads)" = "2 "
    note "pairs are of no buffer's size" test "$(kinds pairs/rows.csv sized_for)" = " "
else
    echo "skipped: core to core needs two CPUs"
fi

# ---- a run printed again ------------------------------------------------------------------------
# All that a run prints but what it says of its plan before and of its files after.
results_in() {
    grep -v -e '^\(cases\|sizes\|loops\|warning\|not applicable here\): ' \
        -e '^\(Saved\|Go on\) ' "$1"
}
number=0
while read -r arguments; do
    number=$((number + 1))
    # Wine cannot say on which nodes a kind of page is available.
    ! $windows || [[ $arguments != *'--pages all'* ]] || continue
    # shellcheck disable=SC2086 # each word is an argument
    call $arguments --rounds 1 --no-progress --output shown-$number
    results_in out > printed
    call show shown-$number
    note "show: exits 0" exits 0
    note "show prints what 'numaprobe $arguments' printed" cmp -s <(results_in out) printed
done << 'ARGUMENTS'
--size 256K --cached
latency --chains 1,2 --size 256K --cached
latency --pages all --size 256K --cached
bandwidth --peak --kernel read,copy --threads 1,all --size 256K --cached
bandwidth --kernel read,copy --threads 1,all --size 128K --cached
loaded --delay 4000,400,0 --paced 10% --size 256K --cached
c2c --full
sweep --to 32K
ARGUMENTS
for command in topo doctor; do
    call $command --json
    note "$command --json prints one document, and nothing else" python3 -c '
import json
document = json.load(open("out"))
assert all(fact for fact in document.get("facts", {})) and len(document.get("checks", [1])) > 0'
done
call latency "${small[@]}" --json --output json
note "--json prints one document, and nothing else" python3 -c '
import json, sys
cells = json.load(open("out"))["cells"]
assert all(cell["pages"] and cell["kernel"] == "chase" and cell["threads"] == 1 for cell in cells)'
note "... which is summary.json" cmp -s out json/summary.json
call show json --json
note "show --json prints it again" cmp -s out json/summary.json
call latency "${small[@]}" --json --quiet
note "--json prints where --quiet does not" exits 2
rm -f json/summary.json
call show json --json
note "show --json of a run that did not finish" err_has "did not finish"
call show json
note "show says that a run did not finish" err_has "did not finish"
call bandwidth --kernel read "${small[@]}" --rounds 2 --samples --output sampled
note "--samples keeps each sample of each row" python3 -c '
import csv, statistics
rows = {row["visit"]: row for row in csv.DictReader(open("sampled/rows.csv"))}
samples = list(csv.DictReader(open("sampled/samples.csv")))
for visit, row in rows.items():
    own = [sample for sample in samples if sample["visit"] == visit]
    assert len(own) == int(row["samples"]) and {sample["cell"] for sample in own} == {row["cell"]}
    middle = statistics.median(float(sample["value"]) for sample in own)
    assert abs(middle / float(row[own[0]["column"]]) - 1) < 1e-9'
note "... and a run that is not asked keeps none" test ! -e json/samples.csv
call show shown-1 shown-2
note "show takes one run" exits 2
call show
note "show needs a run" err_has 'usage: numaprobe show RUN'
call show nowhere
note "show of nothing" exits 2

# ---- what the world does ------------------------------------------------------------------------
: > file
call latency "${small[@]}" --output file/run
note "an impossible directory" exits 1
note "it is named" err_has 'file/run'
note "and what to do" err_has 'name a new directory below one that can be written to'
# The reader has had enough before anything is written. Where SIGPIPE is ignored, and on Windows, a
# write fails instead.
exec 3> >(:)
wait $!
for action in - ''; do
    (
        trap "$action" PIPE
        "${run[@]}" list columns >&3 2> err
    )
    status=$?
    note "a closed pipe, SIGPIPE '$action': the status of SIGPIPE" exits 141
    note "a closed pipe, SIGPIPE '$action': no word" test ! -s err
done
exec 3>&-

if ! $windows; then
    call latency --pages 2M --size 4G --rounds 1 --output pool
    if [ "$status" = 77 ]; then
        column pool/rows.csv reason > out
        note "missing huge pages: the row says how many are free" out_has 'free'
        note "and how to reserve them" out_has 'nr_hugepages'
        note "nothing else is in the row" test -z "$(column pool/rows.csv latency_ns)"
        call loaded --pages 2M --dry-run
        if out_has 'but 0 are free there'; then
            note "a size that nobody asked for: the plan says so too" \
                test "$(grep -c 'refused' out)" = "$(grep -c 'refused: .*nr_hugepages' out)"
        fi
    else
        echo "skipped: this machine has 4 GiB of huge pages"
    fi
    # A device, a pipe or a link is written through; as root a rename would take it away.
    mkfifo pipe
    cat pipe > piped &
    reader=$!
    call export rounds --format wide --output pipe "${unproven[@]}"
    note "a pipe as --output" exits 0
    wait $reader
    note "it gets the text" grep -q latency piped
    note "and stays a pipe" test -p pipe
    : > linked
    ln -s linked link
    call export rounds --format wide --output link "${unproven[@]}"
    note "a link stays one, and its file gets the text" eval "test -L link && cmp -s piped linked"
    if [ "$(id -u)" != 0 ]; then # were it wrong, root would lose its device
        call export rounds --format wide --output /dev/full "${unproven[@]}"
        note "a full device as --output is a failure" exits 1
    fi
    call list columns > /dev/null
    "${run[@]}" list columns > /dev/full 2> err
    status=$?
    note "a full stdout is a failure" exits 1

    stopped="stopped run/rows.csv"
    "${run[@]}" latency "${small[@]}" --pages 4K --rounds 1000 --output "stopped run" > out 2> err &
    pid=$!
    while [ ! -s "$stopped" ] || [ "$(data_rows "$stopped")" -lt 1 ]; do sleep 0.1; done
    kill -INT $pid
    wait $pid
    status=$?
    note "Ctrl-C exits 130" exits 130
    note "Ctrl-C keeps the rows" test "$(column "$stopped" status | grep -c ok)" -ge 1
    note "Ctrl-C still prints the tables" out_has '^Placement'
    note "any signal ends it so: none is guessed" test -z "$(grep Ctrl-C out err)"
    note "and how to go on" out_has '^Go on  *numaprobe --resume "stopped run"$'

    # A descriptor that the caller closed is taken by no file of ours, and stays an error.
    "${run[@]}" latency "${small[@]}" --pages 4K --rounds 1000 --output closed <&- >&- 2>&- &
    pid=$!
    while [ ! -s closed/rows.csv ] || [ "$(data_rows closed/rows.csv)" -lt 1 ]; do sleep 0.1; done
    note "closed standard files: none of them is a file of the run" test "$(readlink \
        /proc/$pid/fd/0 /proc/$pid/fd/1 /proc/$pid/fd/2 | sort -u)" = /dev/null
    kill -HUP $pid
    wait $pid
    status=$?
    note "a terminal that goes away stops a run as Ctrl-C does" exits 130
    note "and every line of its rows is one" test "$(grep -vc '^1,' closed/rows.csv)" = 1
    (ulimit -f 1 && exec "${run[@]}" latency "${small[@]}" --output too_long) > out 2> err
    status=$?
    note "a file that may not grow is a failure, with its name" exits 1
    note "and with the reason" err_has 'too_long/.*File too large'

    "${run[@]}" latency "${small[@]}" --pages 4K --rounds 1000 --output killed > out 2> err &
    pid=$!
    while [ ! -s killed/rows.csv ] || [ "$(data_rows killed/rows.csv)" -lt 2 ]; do sleep 0.1; done
    call --resume killed
    note "a run that is under way is not resumed" exits 2
    note "and why" err_has '--resume: another process is writing .*killed/rows.csv.: wait'
    note "it has not suffered" kill -0 $pid
    kill -KILL $pid
    wait $pid 2> /dev/null
    note "killed: finished rows are whole" python3 - << 'PY'
import csv
rows = list(csv.DictReader(open("killed/rows.csv", newline="")))
assert len(rows) >= 2 and all(row["status"] == "ok" for row in rows[:2]), rows
PY
    finished=$(tail -n +2 killed/rows.csv | grep -c $'\r$')
    "${run[@]}" --resume killed > out 2> err &
    pid=$!
    while kill -0 $pid && [ "$(data_rows killed/rows.csv)" -le "$finished" ]; do sleep 0.1; done
    kill -INT $pid
    wait $pid
    status=$?
    note "a killed run can be resumed" exits 130
    note "behind its rows" test "$(column killed/rows.csv visit | head -$((finished + 1)) |
        tail -1)" = $((finished + 1))

    if [ -e under_load/rows.csv ] && [ "$(kinds under_load/rows.csv status)" = "ok " ]; then
        # A search, killed on its way and resumed.
        "${run[@]}" loaded --quick --paced 50% --rounds 2 --size 1M --cached --output searched \
            > out 2> err &
        pid=$!
        while [ ! -s searched/rows.csv ] || [ "$(data_rows searched/rows.csv)" -lt 12 ]; do
            kill -0 $pid 2> /dev/null || break
            sleep 0.1
        done
        kill -KILL $pid 2> /dev/null
        wait $pid 2> /dev/null
        cp searched/rows.csv before
        call --resume searched
        note "loaded: a killed search is finished" exits $verified
        note "loaded: ... on the rows that are there" \
            cmp -s before <(head -c "$(stat -c %s before)" searched/rows.csv)
        note "loaded: ... with the paced load" test "$(kinds searched/rows.csv load_mode)" = \
            " closed paced "
        note "loaded: ... and two visits of each point" test "$(column searched/rows.csv cell |
            sort | uniq -c | awk '{print $1}' | sort -u)" = 2
        cp searched/rows.csv before
        call --resume searched
        note "loaded: a finished search has no new rows" cmp -s before searched/rows.csv
    fi
fi

# ---- a processor without vectors of ours --------------------------------------------------------
export NUMAPROBE_DISABLE_ISA=sse2,avx2,avx512,neon,sve
call --size 64K --cached --rounds 1 --output plain_c
note "plain C does where there is no other, to the end" test -s plain_c/summary.json
note "in every loop" test "$(kinds plain_c/rows.csv isa)" = " portable "
call bandwidth --peak --mix 1:1 --size 64K --cached --rounds 1 --output plain_peak
note "and in a search" exits $verified
for command in bandwidth "bandwidth --peak" loaded; do
    # shellcheck disable=SC2086  # a command and an option
    call $command --mix copy_nt --size 64K --cached --rounds 1 --output plain_none
    note "a mix that it has not is refused: $command" exits 2
    note "by name: $command" err_has -- "--mix copy_nt: this processor has none of the vector"
done
unset NUMAPROBE_DISABLE_ISA

# Runs of all kinds have been made above: what their files have, and no more, is documented.
kept=()
for rows in */rows.csv; do
    kept+=("$(dirname "$rows")")
done
note "docs/files.md has the fields of both files" \
    "$root/tests/check_fields.py" "$root/docs/files.md" "${kept[@]}"

conclude
