#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_ab.sh [RUNNER] PROGRAM
#
# Two interleaved commands: the program measures for real once. Where a test needs a certain
# verdict, failure or stop, a script that makes up runs takes its place.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
# shellcheck source=tests/program_checks.sh
. "$root/tests/program_checks.sh"
umask 022

# ---- arguments ----------------------------------------------------------------------------------
error() { # error NAME PATTERN ARGUMENTS...: exit 2 with that sentence, and nothing is made
    local name=$1 pattern=$2
    shift 2
    call ab "$@"
    note "$name: exit 2" exits 2
    note "$name: says '$pattern'" err_has "$pattern"
    note "$name: makes nothing" test -z "$(find . -name ab.json)"
}
error "no commands" "ab needs two commands: numaprobe ab -- BASE-COMMAND -- NEW-COMMAND"
error "one command" "ab needs two commands" -o made -- latency
error "an empty command" "ab needs two commands" -o made -- -- latency
error "three commands" "three commands, but ab takes two" -o made -- latency -- latency -- latency
error "a word before the commands" "unexpected argument" made -- latency -- latency
error "--allow-unverified for one command" "put it before the first --" -o made \
    -- latency -- latency --allow-unverified
! $windows || error "a directory of Windows" "that directory belongs to the system" \
    -o 'C:\Windows\ab' -- latency -- latency
error "no runs" "'0'" --runs 0 -- latency -- latency
error "--resume with commands" "leave out --" --resume none -- latency -- latency
error "--resume with another wish" "cannot be combined with --resume" --resume none --runs 2
call ab --resume none
note "a directory to resume that is not there: exit 2" exits 2
note "is named" err_has "'none'"
mkdir there
error "a directory that is there" "name a new directory" -o there -- latency -- latency
error "one to resume without ab.json" "ab.json" --resume there
note "which is not made by looking for it" test -z "$(ls there)"
call compare one two three
note "a pattern that the shell expanded: exit 2" exits 2
note "is explained" err_has "got 3: did the shell expand a pattern? Quote it"

# ---- measured for real --------------------------------------------------------------------------
small=(latency --size 64K --cached --rounds 1 --cpu-nodes 0 --mem-nodes 0)
call ab --runs 1 --allow-unverified -o real --json -- "${small[@]}" -- "${small[@]}" --seed 2
note "one run a side is no verdict: exit 5" exits 5
note "both runs are there" test -e real/base-1/summary.json -a -e real/new-1/summary.json
note "how long is said after the first" err_has '^run 2 of 2, new-1: about .* left$'
note "where the runs are" err_has '^all runs are in real$'
note "stdout has the comparison alone" python3 -c 'import json; json.load(open("out"))["verdict"]'
note "ab.json keeps the commands, which get --allow-unverified" python3 -c '
import json, sys
ab = json.load(open("real/ab.json"))
assert ab["base"][1:] == sys.argv[1:] + ["--allow-unverified"], ab["base"]
assert ab["new"][1:] == sys.argv[1:] + ["--seed", "2", "--allow-unverified"], ab["new"]
assert ab["runs"] == 1' "${small[@]}"
if ! $windows; then # the same text either way
    note "docs/files.md has each field of ab.json" python3 - "$root/docs/files.md" << 'PY'
import json, re, sys
section = open(sys.argv[1]).read().split("\n## ab.json\n")[1].split("\n## ")[0]
told = re.findall(r"^\| `(\w+)` \|", section, re.M)
assert told == list(json.load(open("real/ab.json"))), told
PY
fi
call ab --runs 1 -o absent -- no/such/program -- "${small[@]}"
note "a program that is not there: exit 1" exits 1
note "is named" err_has "no/such/program"
note "and how to go on" err_has "resume with: numaprobe ab --resume absent$"
if $windows; then # what follows is a script
    conclude
    exit
fi

# ---- verdicts -----------------------------------------------------------------------------------
for nth in 0 1; do
    "$root/tests/make_run.py" plain$nth --seed 1$nth
    "$root/tests/make_run.py" slow$nth --seed 2$nth --slow latency/structural/cpu:0/mem:1=1.1
done
# "measure KIND --output DIR" puts a made-up run there, under a run_id of its own, and notes its
# name in `order`. What lies in the file `next-run` is done instead, once.
cat > measure << 'SCRIPT'
#!/usr/bin/env bash
directory=$3
basename "$directory" >> order
nth=$(wc -l < order)
make() {
    cp -r "$1$((nth % 2))" "$directory"
    id=$(sed -n 's/.*"run_id": "\(.*\)".*/\1/p' "$directory/machine.json")
    sed -i "s/$id/20260101T0000$((nth + 10))Z-$RANDOM/" "$directory"/*.csv "$directory"/*.json
}
if [ -e next-run ]; then
    mv next-run this-run
    . ./this-run
fi
make "$1"
SCRIPT
chmod +x measure
order() { tr '\n' ' ' < order; }
in_order() { [ "$(order)" = "$1 " ]; }

call ab -o slow -- ./measure plain -- ./measure slow
note "a slower side: exit 3" exits 3
note "the verdict is the last line" test "$(tail -1 out)" = "verdict: REGRESSED (exit 3)"
note "four runs a side, in turns" in_order "base-1 new-1 new-2 base-2 base-3 new-3 new-4 base-4"
call ab --resume slow -f markdown
note "resumed when all is there: the comparison again" exits 3
note "in another form" out_has '^|'
note "and nothing is measured" test "$(wc -l < order)" = 8
rm order
call ab --runs 2 -o same -- ./measure plain -- env UNUSED=1 ./measure plain
note "nothing new: exit 0" exits 0

# ---- failures -----------------------------------------------------------------------------------
rm order
echo 'make plain; exit 4' > next-run
call ab --runs 2 --margin 3% -o failed -- ./measure plain -- ./measure plain
note "a run that fails: exit 1" exits 1
note "is named with its status" err_has "base-1 failed: './measure' ended with exit status 4"
note "which of numaprobe means that there is no proof" err_has "begin again with ab --allow-unv"
note "is kept under another name" test -e failed/stopped-base-1/rows.csv -a ! -e failed/base-1
note "and how to go on" err_has "resume with: numaprobe ab --resume failed$"
note "nothing is printed of what is not there" test ! -s out
call ab --resume failed --json
note "it goes on: exit 0" exits 0
note "where it stopped" in_order "base-1 base-1 new-1 new-2 base-2"
note "with what it was asked for" python3 -c '
import json
assert json.load(open("failed/ab.json"))["margin"] == 0.03'
call ab --runs 1 -o nothing -- true -- true
note "a command that measures nothing: exit 1" exits 1
note "is told so" err_has "base-1 is not a finished run: 'true' ended with exit status 0"
mkdir -p elsewhere
(cd elsewhere && "${run[@]}" ab --resume ../failed > ../out 2> ../err)
status=$?
note "another current directory: exit 2" exits 2
note "is refused with the right one" err_has "its commands were started in '$work'"

# ---- stops --------------------------------------------------------------------------------------
# stop NAME: begins runs in a directory of that name, and leaves, in `begun`, the process.
stop() {
    rm -f order waiting
    # shellcheck disable=SC2016 # for the script
    echo 'trap "echo told > told; kill \$(cat waiting); exit 143" TERM
          make plain; rm "$directory/summary.json"
          sleep 600 & echo $! > sleeping; mv sleeping waiting; wait; exit 1' > next-run
    "${run[@]}" ab --runs 2 -o "$1" -- ./measure plain -- ./measure plain > out 2> stop-err &
    begun=$!
    while [ ! -e waiting ] && kill -0 "$begun" 2> /dev/null; do
        sleep 0.05
    done
}
stop stopped
call ab --resume stopped
note "two processes with one directory: the second is refused" exits 2
note "with a sentence" err_has "another process is writing"
note "and the first measures on" test ! -e told
kill -TERM "$begun"
wait "$begun"
status=$?
note "a stop: exit 130" exits 130
note "reaches the run" test -e told
cp stop-err err
note "and says how to go on" err_has "^stopped; to resume, type: numaprobe ab --resume stopped$"
call ab --resume stopped
note "it goes on: exit 0" exits 0
note "with the run that was stopped" in_order "base-1 base-1 new-1 new-2 base-2"
note "which says so" err_has "base-1 was interrupted: .* kept in stopped-base-1$"
stop killed
kill -KILL "$begun"
wait "$begun" 2> /dev/null
kill "$(cat waiting)"
call ab --resume killed
note "after the end of the process itself: exit 0" exits 0
note "all runs are there" test -e killed/base-2/summary.json -a -e killed/new-2/summary.json

rm order
(
    umask 002
    "${run[@]}" ab --runs 1 --pause -o "a pause" -- ./measure plain -- ./measure plain > out 2> err
)
status=$?
note "a pause has a status of its own: exit 6" exits 6
note "after one run" in_order "base-1"
note "the next is named" err_has '^paused: the next is run 2 of 2, new-1$'
note "and what to type" err_has ' new-1, resume with: numaprobe ab --resume "a pause"$'
call ab --resume "a pause"
note "after the last one there is the comparison" out_has "^verdict: "
note "and no run too many" in_order "base-1 new-1"

# ---- who may say what is run --------------------------------------------------------------------
rm order
refused() { # refused NAME PATTERN: of the directory `theirs`
    rm -f order
    call ab --resume theirs
    note "$1: exit 1" exits 1
    note "$1: a sentence" err_has "$2"
    note "$1: nothing is run" test ! -e order
}
renew() {
    rm -rf theirs
    call ab --runs 1 --pause -o theirs -- ./measure plain -- ./measure plain
}
renew
chmod 666 theirs/ab.json
refused "ab.json that others can write" "other users can write"
renew
mv theirs/ab.json real.json
ln -s "$work/real.json" theirs/ab.json
refused "ab.json that is a link" "is a link"
renew
ln theirs/ab.json second.json
refused "ab.json with a second name" "has a second name"
renew
sed -i 's/"runs": 1/"runs": 0/' theirs/ab.json
refused "ab.json with a number that cannot be" "number of runs that is not from 1 to 1000"
for field in margin require; do
    renew
    sed -i "s/\"$field\": null/\"$field\": 1e308/" theirs/ab.json
    refused "ab.json with a $field that cannot be" "not a share from 0.001 to 1"
done
if [ "$(id -u)" = 0 ]; then
    renew
    chown nobody theirs
    refused "a directory of another user" "belongs to another user"
    renew
    chown nobody theirs/ab.json
    refused "ab.json of another user" "belongs to another user"
    renew
    call ab --resume theirs
    note "what is one's own is run" test -e theirs/new-1
else
    echo "SKIPPED: files of another user (not root)"
fi
conclude
