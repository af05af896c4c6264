#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_submit.sh [RUNNER] PROGRAM
#
# A recorded run is given a host, users, paths and numbers of one machine; none of them is in the
# archive, all that was measured is, and what does not identify anybody stays as it was.
results=$(cd "$(dirname "${BASH_SOURCE[0]}")/../results" && pwd)
# shellcheck source=tests/program_checks.sh
. "$(dirname "${BASH_SOURCE[0]}")/program_checks.sh"

cp -R "$results"/amd-epyc-2cpu-vm/20261125-whole-machine run
python3 - run << 'PY'
import json, pathlib, sys
run = pathlib.Path(sys.argv[1])
machine = json.loads((run / "machine.json").read_text())
machine["host"] = machine["facts"]["host"] = "db01.example.com"
machine["facts"]["kernel_command_line"] = "root=UUID=secret-disk isolcpus=3 quiet mitigations=off"
machine["facts"]["os_product"] = "made for db01"
machine["settings"]["arguments"] = ["--output", "secret-project", "--like=/home/joe/other",
                                    "--size", "512M"]
machine["settings"]["chosen"] = {"pages_left_out": {"thp": "cannot read /home/joe/thp"}}
machine["warnings"] = ["cannot read /home/joe/x: 52:54:00:AB:cd:ef",
                       "disk 01234567-89ab-cdef-0123-456789abcdef of db01.example.com",
                       "/sys/db01/x, cpu:0/mem:1, 12:34:56, 1234-5678"]
(run / "machine.json").write_text(json.dumps(machine, indent=2))
summary = json.loads((run / "summary.json").read_text())
summary["host"] = "db01.example.com"
(run / "summary.json").write_text(json.dumps(summary))
rows = open(run / "rows.csv", newline="").read()
ending = "\r\n" if "\r\n" in rows else "\n"
rows = rows.replace(',"vm",', ',"db01.example.com",')
rows = rows.replace(',"ok",' + ending, ',"ok","no file in C:\\Users\\joe\\x"' + ending, 1)
open(run / "rows.csv", "w", newline="").write(rows)
topology = (run / "topology.xml").read_text().replace('value="vm"', 'value="db01.example.com"')
topology = topology.replace("  <object type=\"Package\"",
                            "  <info name=\"DMIBoardSerial\" value=\"secret-serial\"/>\n"
                            "  <info name=\"NobodyKnows\" value=\"secret\"/>\n"
                            "  <object type=\"Package\"", 1)
(run / "topology.xml").write_text(topology)
(run / "notes.txt").write_text("secret")
PY

call submit run --dry-run
note "a dry run shows what would go" out_has '^  kernel_command_line  root=UUID=secret-disk quiet$'
note "and writes nothing" test -z "$(find . -name '*.tar' -o -name '.*' -type d ! -name .)"
call submit run --output run.tar
cp out shown
note "submit" exits 0
for line in 'host  *db01.example.com -> host-1' 'user  *joe -> user' 'file  *notes.txt' \
    'path  *secret-project -> PATH' 'path  */home/joe/other -> PATH' \
    'MAC address  *52:54:00:AB:cd:ef -> 00:00:00:00:00:00' 'topology.xml  *DMIBoardSerial' \
    'UUID  *01234567-89ab-cdef-0123-456789abcdef -> 0' 'topology.xml  *NobodyKnows'; do
    note "it shows $line" grep -q "^  $line" shown
done
note "nothing is left behind" test -z "$(find . -name '.*' -type d ! -name .)"
secrets='secret|joe|example|54:00|0123-4567'
note "no secret is in the archive" test "$(grep -ciE "$secrets" run.tar)" = 0
mkdir unpacked && tar -C unpacked -xf run.tar
copy=$(echo unpacked/*)
note "the folder has the run's own name" grep -q "\"${copy#unpacked/}\"" run/machine.json
cat > check.py << 'PY'
import csv, json, pathlib, sys, xml.etree.ElementTree as tree
old, new = map(pathlib.Path, sys.argv[1:])
def rows(run):
    return list(csv.DictReader(open(run / "rows.csv", newline="")))
before, after = rows(old), rows(new)
assert len(before) == len(after) and {row["host"] for row in after} == {"host-1"}
assert after[0]["reason"] == r"no file in C:\Users\user\x"
for a, b in zip(before, after):
    assert all(b[name] == a[name] for name in a if name not in ("host", "reason")), (a, b)
machine, was = (json.loads((run / "machine.json").read_text()) for run in (new, old))
assert machine["settings"]["arguments"] == ["--output", "PATH", "--like=PATH", "--size", "512M"]
assert machine["settings"]["cells"] == was["settings"]["cells"]
assert machine["settings"]["chosen"]["pages_left_out"] == {"thp": "cannot read /home/user/thp"}
assert machine["facts"]["kernel_command_line"] == "isolcpus=3 mitigations=off"
assert machine["facts"]["os_product"] == "made for host-1"
assert machine["facts"]["cpu_model"] == was["facts"]["cpu_model"]
assert machine["warnings"][0] == "cannot read /home/user/x: 00:00:00:00:00:00"
assert machine["warnings"][1].endswith(" of host-1")
assert machine["warnings"][2] == was["warnings"][2]
summary = json.loads((new / "summary.json").read_text())
assert summary["host"] == "host-1" and summary["cells"]
kept = {info.get("name") for info in tree.parse(new / "topology.xml").iter("info")}
assert {"CPUModel", "OSRelease", "Inclusive"} <= kept, kept
assert not kept & {"HostName", "LinuxCgroup", "ProcessName", "DMIBoardSerial", "NobodyKnows"}
PY
note "what was measured is as it was" python3 check.py run "$copy"
call show "$copy"
note "the archive reads as a run" exits 0
"${run[@]}" submit run --output - > out 2> err # call would change its bytes
note "to stdout, the archive alone" cmp -s out run.tar
note "what goes is then on stderr" err_has '^Left out, or replaced:'

# ---- refusals -----------------------------------------------------------------------------------
call submit
note "no run" exits 2
call submit run run
note "one run twice" exits 2
note "says which" err_has 'is named already'
cp -R run hosts
python3 - hosts/rows.csv << 'PY'
import csv, sys
header, *rows = csv.reader(open(sys.argv[1], newline=""))
host = header.index("host")
lines = [rows[0][:host] + [f"h{number}"] + rows[0][host + 1:] for number in range(1001)]
csv.writer(open(sys.argv[1], "w", newline="")).writerows([header, *lines])
PY
call submit hosts -o hosts.tar
note "a host in each row: exit 1" exits 1
note "is refused" err_has "'hosts': more than 1000 hosts in one archive"
note "and no archive" test ! -e hosts.tar
mkdir bare && cp run/rows.csv bare
call submit bare -o bare.tar
note "no machine.json" exits 2
note "and no archive" test ! -e bare.tar
conclude
