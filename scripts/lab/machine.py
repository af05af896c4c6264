# SPDX-License-Identifier: Apache-2.0
"""Reads the table of the lab's machines: what qemu is told, and what is true inside."""

import dataclasses
import pathlib

TABLE = pathlib.Path(__file__).with_name("topologies")


def parse_list(text):
    """'0-2,5' -> [0, 1, 2, 5]; '-', '' and 'none' -> []"""
    numbers = []
    for part in text.split(",") if text not in ("-", "", "none") else []:
        first, _, last = part.partition("-")
        numbers += range(int(first), int(last or first) + 1)
    return numbers


@dataclasses.dataclass
class Machine:
    """One line of the table. Nodes and CPUs that never come up are in `given` only."""
    name: str
    smp: str
    given: list       # (node, MiB, list of CPUs), as qemu is told
    distances: list   # rows of the firmware's table; empty where none is given

    @property
    def cpus(self):
        return list(range(int(self.smp.split(",")[0])))

    @property
    def threads_per_core(self):
        options = dict(part.split("=") for part in self.smp.split(",")[1:])
        return int(options.get("threads", 1))

    @property
    def cpus_of(self):
        """node -> its CPUs, for every node that is there"""
        present = {node: [cpu for cpu in cpus if cpu in self.cpus] for node, _, cpus in self.given}
        memory = self.memory_nodes
        return {node: cpus for node, cpus in present.items() if cpus or node in memory}

    @property
    def cpu_nodes(self):
        return [node for node, cpus in self.cpus_of.items() if cpus]

    @property
    def memory_nodes(self):
        return [node for node, mebibytes, _ in self.given if mebibytes]

    def qemu_arguments(self):
        arguments = ["-smp", self.smp, "-m", f"{sum(node[1] for node in self.given)}M"]
        for node, mebibytes, cpus in self.given:
            numa = f"node,nodeid={node}" + "".join(f",cpus={cpu}" for cpu in cpus)
            if mebibytes:
                arguments += ["-object", f"memory-backend-ram,size={mebibytes}M,id=memory{node}"]
                numa += f",memdev=memory{node}"
            arguments += ["-numa", numa]
        for source, row in enumerate(self.distances):
            for target, value in enumerate(row):
                if source != target:
                    arguments += ["-numa", f"dist,src={source},dst={target},val={value}"]
        return arguments


def parse_node(text):
    node, mebibytes, cpus = text.split(":")
    return int(node), int(mebibytes), parse_list(cpus)


def read_machines():
    """name -> Machine, in the order of the table"""
    machines = {}
    for line in TABLE.read_text(encoding="utf-8").replace("\\\n", " ").split("\n"):
        if not line.strip() or line.startswith("#"):
            continue
        name, smp, nodes, *rest = [field.strip() for field in line.split("|")]
        distances = [[int(value) for value in row.split()]
                     for row in (rest[0].split("/") if rest else [])]
        machines[name] = Machine(name, smp, [parse_node(node) for node in nodes.split()], distances)
    return machines
