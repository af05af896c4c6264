# SPDX-License-Identifier: Apache-2.0
"""Kernels that are not the developer's. The project's own tests of the system run on the guest's:
what they assume of a kernel has to hold there (zero page, answers of move_pages, page faults). And
one is told to count time in timer ticks."""

import re

from checks import SMALL, clean_run, refused_run, says
from scenario import Guest, program

TESTS = ("test_os", "test_disturbed")


def check_passed(test):
    def check(result):
        return result.status(test, 0) + [
            line for line in result.said(test).split("\n") if "FAILED" in line or "ERROR" in line]
    return check


def check_doctor(result):
    remedy = re.search(r"echo (\S+) \| sudo tee \S+current_clocksource", result.said("ill"))
    there = result.text("available").split()
    return (result.status("ill", 1) + says("doctor", result.said("ill"),
                                           r"BLOCK +clocksource +jiffies, in steps of \d{4} us")
            + ([] if remedy and remedy[1] in there else [f"a remedy that is none of {there}"])
            + ([] if "BLOCK     clocksource" not in result.said("well") else ["still blocked"]))


SCENARIOS = [
    Guest("own-tests", [(f"{test} passes on the guest's kernel", check_passed(test))
                        for test in TESTS],
          programs=tuple(str(program().parent / "tests" / test) for test in TESTS),
          script="\n".join(f"step {test} {test}" for test in TESTS)),
    Guest("coarse-clock", [("a clock of timer ticks: every row refused, by the clock's name",
                            refused_run("coarse", 2, r"this one \(jiffies\) has steps of \d{4}")),
                           ("doctor names a clock that is there", check_doctor),
                           ("twin: with that clock all is measured", clean_run("fine", 2))],
          kernel_options=("clocksource=jiffies",), script=f"""
few="--cpu-nodes 0 --mem-nodes 0,1 {SMALL}"
clock=/sys/devices/system/clocksource/clocksource0
measure coarse latency $few
step ill numaprobe doctor
cat $clock/available_clocksource > available # behind it: a guest calibrates its TSC late
better=$(sed -n 's/.*-> echo \\([a-z_-]*\\) .*current_clocksource.*/\\1/p' ill.out)
echo $better > $clock/current_clocksource
step well numaprobe doctor
measure fine latency $few
"""),
]
