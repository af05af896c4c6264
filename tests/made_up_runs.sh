# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
#
# Runs that nobody measured, for tests of readers; sourced behind program_checks.sh by scripts that
# have set `program`.

ends() { [ "$status" != 124 ] && [ "$status" != 137 ]; }
# within SECONDS ARGUMENTS...: as call, with so much CPU time, however busy the machine is; for what
# it waits for it has ten times as long. Status 137 or 124 when it did not end.
within() {
    (ulimit -t "$1" && exec timeout -k 1 $((10 * $1)) "$program" "${@:2}") \
        > out 2> err < /dev/null
    status=$?
}

# make_run DIR [RUN_ID] [HOST] [FACTOR]: the least that every reader takes, 6 visits of two cells.
make_run() {
    mkdir -p "$1"
    python3 - "$1" "${2-20260101T000000Z-00000001}" "${3-host}" "${4-1}" << 'PY'
import json, random, sys
where, run_id, host, factor = sys.argv[1:]
random.seed(run_id)
def noisy(value): return value * random.uniform(0.999, 1.001)
columns = ("schema_version run_id host timestamp_utc test kernel pattern cpu_node mem_node threads"
           " buffer_bytes pages round visit cell block latency_ns bandwidth_bytes_per_s placement"
           " flags status reason").split()
day = "2026-01-%sT00:00:00Z" % run_id[6:8]
def text(value): return '"' + value + '"'
with open(where + "/rows.csv", "w", newline="") as file:
    file.write(",".join(columns) + "\r\n")
    for visit in range(24):
        latency = visit % 2 == 0
        row = dict(schema_version=1, run_id=text(run_id), host=text(host), timestamp_utc=text(day),
                   test=text("latency" if latency else "bandwidth"),
                   kernel=text("chase" if latency else "read.avx2"),
                   pattern=text("structural") if latency else "", cpu_node=0, mem_node=0, threads=1,
                   buffer_bytes=1 << 28, pages=text("4K"), round=visit // 2 + 1, visit=visit + 1,
                   cell=text("latency/a" if latency else "bandwidth/b"),
                   block=text("idle" if latency else "matrix"),
                   latency_ns=noisy(float(factor) * 100) if latency else "",
                   bandwidth_bytes_per_s="" if latency else noisy(1e10),
                   placement=text("verified"), flags="", status=text("ok"), reason="")
        file.write(",".join(str(row[c]) for c in columns) + "\r\n")
json.dump({"schema_version": 1, "run_id": run_id, "host": host, "timestamp_utc": day,
           "tool": {"name": "numaprobe", "version": "0.1.0", "method_version": 1, "compiler": "c",
                    "hwloc_api": "2.9.0", "system": "linux"},
           "settings": {"command": "latency", "arguments": []}, "facts": {"cpu_model": "A CPU"},
           "nodes": [{"node": 0, "cpus": "0-1", "has_cpus": True, "has_memory": True,
                      "memory_bytes": 1 << 34, "firmware_distances": [10]}],
           "warnings": []}, open(where + "/machine.json", "w"))
PY
}

# change_machine DIR CODE: m is its machine.json.
change_machine() {
    python3 - "$1" "$2" << 'PY'
import json, sys
name = sys.argv[1] + "/machine.json"
m = json.load(open(name))
exec(sys.argv[2])
json.dump(m, open(name, "w"))
PY
}
