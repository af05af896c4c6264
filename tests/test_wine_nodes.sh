#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
#
# usage: tests/test_wine_nodes.sh RUNNER PROGRAM
#
# Wine takes nodes and CPUs from /sys/devices/system/{node,cpu} (dlls/ntdll/unix/system.c), and
# tells them by GetLogicalProcessorInformationEx, from which hwloc's Windows code works. So that it
# sees four nodes of eight CPUs, files of such a machine lie over these two directories, in a mount
# namespace that only this test sees. Needs root, or user namespaces; else it is skipped (77).
set -euo pipefail

runner=$1 program=$2 nodes=4 cpus=32
if [ "${3-}" != inside ]; then
    for namespace in "--mount" "--user --map-root-user --mount"; do
        # shellcheck disable=SC2086
        if unshare $namespace mount --bind /sys/devices/system/node /sys/devices/system/node \
            2> /dev/null; then
            # shellcheck disable=SC2086
            exec unshare $namespace "$0" "$runner" "$program" inside
        fi
    done
    echo "skipped: neither root nor user namespaces; nothing can be laid over /sys"
    exit 77
fi

fake=$(mktemp -d)
trap 'rm -rf "$fake"' EXIT
python3 - "$fake" $nodes $cpus << 'PY'
import pathlib, sys
fake, nodes, cpus = pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
each = cpus // nodes
def put(name, text):
    path = fake / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"{text}\n")
def mask(first, count):
    return f"{(1 << count) - 1 << first:08x}"
put("node/online", f"0-{nodes - 1}")
for node in range(nodes):
    put(f"node/node{node}/cpumap", mask(node * each, each))
for name in ("online", "present", "possible"):
    put(f"cpu/{name}", f"0-{cpus - 1}")
for cpu in range(cpus):
    put(f"cpu/cpu{cpu}/topology/physical_package_id", cpu // each)
    put(f"cpu/cpu{cpu}/topology/thread_siblings", mask(cpu, 1))
    put(f"cpu/cpu{cpu}/topology/thread_siblings_list", cpu)
PY
mount --bind "$fake/node" /sys/devices/system/node
mount --bind "$fake/cpu" /sys/devices/system/cpu
# hwloc would ask the real processor's CPUID beside Windows.
HWLOC_COMPONENTS=-x86 "$runner" "$program" $nodes $cpus
