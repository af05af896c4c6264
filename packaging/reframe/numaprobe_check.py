# SPDX-License-Identifier: Apache-2.0
"""A ReFrame test: latency and bandwidth of a node's memory, and that its placement is verified.

    reframe -C SITE.py -c numaprobe_check.py -r -S NumaprobeCheck.references=FILE.json

`references` says what a processor must reach, {"words of its name": {"local_latency": [VALUE,
LOWER, UPPER, "ns"]}}: the tuple of ReFrame, whose bounds are fractions or null. The name is the one
in the first line of numaprobe's output. A processor that is not there is measured and not judged.
"""

import json
import os
import pathlib

import reframe as rfm
import reframe.utility.sanity as sn

# The first line of a run: "numaprobe 0.1.0 on HOST: PROCESSOR".
PROCESSOR_PATTERN = r"^numaprobe \S+ on \S+: (?P<name>.+)$"
VERIFIED_PATTERN = r"^Placement  VERIFIED: "
# Lines of `numaprobe export --format prom`, one a cell; those of a mix are of the search for a peak.
CELL = r'^numaprobe_{figure}\{{[^}}]*cell="(?![^"]*/mix:)[^}}]*test="{test}"[^}}]*' \
       r'cpu_node="(?P<cpu>\d+)",mem_node="(?P<mem>\d+)"\}} (?P<value>\S+)$'
LATENCY_PATTERN = CELL.format(figure="latency_seconds", test="latency")
BANDWIDTH_PATTERN = CELL.format(figure="bandwidth_bytes_per_second", test="bandwidth")


@rfm.simple_test
class NumaprobeCheck(rfm.RunOnlyRegressionTest):
    descr = "Memory latency and bandwidth with proof of placement"
    valid_systems = ["*"]
    valid_prog_environs = ["*"]
    executable = "numaprobe"
    executable_opts = ["--no-progress", "--output", "run"]
    postrun_cmds = ["numaprobe export run --format prom"]
    exclusive_access = True
    num_tasks = 1
    time_limit = "15m"
    maintainers = ["numaprobe"]
    tags = {"memory", "numa"}
    references = variable(str, value="")

    @sanity_function
    def placement_is_verified(self):
        return sn.assert_found(VERIFIED_PATTERN, self.stdout)

    def output(self):
        """The path of the output; ReFrame runs hooks outside of the stage directory."""
        return os.path.join(self.stagedir, self.stdout.evaluate())

    @run_before("performance")
    def take_reference(self):
        if not self.references:
            return
        known = json.loads(pathlib.Path(self.references).read_text(encoding="utf-8"))
        name = sn.extractsingle(PROCESSOR_PATTERN, self.output(), "name").evaluate()
        for words, figures in known.items():
            if words in name:
                self.reference = {"*": {key: tuple(value) for key, value in figures.items()}}

    def worst(self, pattern, scale, of, is_local):
        """The worst (`of`: max or min) of the pairs of nodes; None where no pair is of it."""
        pairs = sn.extractall(pattern, self.output(), ("cpu", "mem", "value"),
                              (str, str, float)).evaluate()
        values = [value * scale for cpu, mem, value in pairs if (cpu == mem) == is_local]
        return of(values) if values else None

    @run_before("performance")
    def choose_figures(self):
        figures = {"local_latency": (LATENCY_PATTERN, 1e9, max, True, "ns"),
                   "remote_latency": (LATENCY_PATTERN, 1e9, max, False, "ns"),
                   "local_bandwidth": (BANDWIDTH_PATTERN, 1e-9, min, True, "GB/s"),
                   "remote_bandwidth": (BANDWIDTH_PATTERN, 1e-9, min, False, "GB/s")}
        self.perf_variables = {}
        for key, (*question, unit) in figures.items():
            value = self.worst(*question)
            if value is not None:  # a machine of one node has no remote memory
                self.perf_variables[key] = sn.make_performance_function(sn.defer(value), unit)
