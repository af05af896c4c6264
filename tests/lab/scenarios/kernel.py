# SPDX-License-Identifier: Apache-2.0
"""The project's own tests of the system, on the guest's kernel: what they assume of a kernel has to
hold on one that is not the developer's (zero page, answers of move_pages, page faults)."""

from scenario import Guest, program

TESTS = ("test_os", "test_disturbed")


def check_passed(test):
    def check(result):
        return result.status(test, 0) + [
            line for line in result.said(test).split("\n") if "FAILED" in line or "ERROR" in line]
    return check


SCENARIOS = [
    Guest("own-tests", [(f"{test} passes on the guest's kernel", check_passed(test))
                        for test in TESTS],
          programs=tuple(str(program().parent / "tests" / test) for test in TESTS),
          script="\n".join(f"step {test} {test}" for test in TESTS)),
]
