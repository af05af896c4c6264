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
    attributes: list  # rows of (latency in ns, bandwidth in GiB/s), for HMAT; empty for none
    dimms: dict       # node -> MiB that are plugged in, but not online

    @property
    def cpus(self):
        return list(range(int(self.smp.split(",")[0])))

    @property
    def threads_per_core(self):
        options = dict(part.split("=") for part in self.smp.split(",")[1:])
        return int(options.get("threads", 1))

    def cores_of(self, cpus):
        """How many cores these CPUs are of."""
        return len({cpu // self.threads_per_core for cpu in cpus})

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
        return (["-smp", self.smp, *self.memory_arguments(), *self.distance_arguments()]
                + self.attribute_arguments() + self.dimm_arguments())

    def memory_arguments(self):
        size = f"{sum(node[1] for node in self.given)}M"
        arguments = ["-m", size + (",slots=8,maxmem=16G" if self.dimms else "")]
        for node, mebibytes, cpus in self.given:
            numa = f"node,nodeid={node}" + "".join(f",cpus={cpu}" for cpu in cpus)
            if mebibytes:
                arguments += ["-object", f"memory-backend-ram,size={mebibytes}M,id=memory{node}"]
                numa += f",memdev=memory{node}"
            if self.attributes:
                numa += f",initiator={node if cpus else self.nearest(node)}"
            arguments += ["-numa", numa]
        return arguments

    def distance_arguments(self):
        return [argument for source, row in enumerate(self.distances)
                for target, value in enumerate(row) if source != target
                for argument in ("-numa", f"dist,src={source},dst={target},val={value}")]

    def nearest(self, memory_node):
        """The node with CPUs from which the firmware's latency is least."""
        column = self.memory_nodes.index(memory_node)
        return min(zip(self.attributes, self.cpu_nodes), key=lambda row: row[0][column])[1]

    def attribute_arguments(self):
        arguments = ["-machine", "hmat=on"] if self.attributes else []
        for initiator, row in zip(self.cpu_nodes, self.attributes):
            for target, (latency_ns, gibibytes_per_s) in zip(self.memory_nodes, row):
                pair = f"hmat-lb,initiator={initiator},target={target},hierarchy=memory"
                arguments += ["-numa", f"{pair},data-type=access-latency,latency={latency_ns}",
                              "-numa", f"{pair},data-type=access-bandwidth,"
                                       f"bandwidth={gibibytes_per_s}G"]
        return arguments

    def dimm_arguments(self):
        return [argument for node, mebibytes in self.dimms.items() for argument in
                ("-object", f"memory-backend-ram,size={mebibytes}M,id=dimm{node}",
                 "-device", f"pc-dimm,id=slot{node},memdev=dimm{node},node={node}")]


def parse_pair(text):
    return tuple(int(number) for number in text.split(":"))


def parse_rows(fields, place, parse):
    rows = fields[place].split("/") if len(fields) > place else []
    return [[parse(value) for value in row.split()] for row in rows if row.strip()]


def read_machine(name, smp, nodes, *tables):
    given, dimms = [], {}
    for node, memory, cpus in (text.split(":") for text in nodes.split()):
        if memory.startswith("+"):
            dimms[int(node)], memory = int(memory), "0"
        given.append((int(node), int(memory), parse_list(cpus)))
    return Machine(name, smp, given, parse_rows(tables, 0, int),
                   parse_rows(tables, 1, parse_pair), dimms)


def read_machines():
    """name -> Machine, in the order of the table"""
    machines = {}
    for line in TABLE.read_text(encoding="utf-8").replace("\\\n", " ").split("\n"):
        if line.strip() and not line.startswith("#"):
            fields = [field.strip() for field in line.split("|")]
            machines[fields[0]] = read_machine(*fields)
    return machines
