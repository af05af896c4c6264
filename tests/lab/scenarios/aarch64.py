# SPDX-License-Identifier: Apache-2.0
"""The core of the suite on AArch64, where the nodes come by device tree and not by ACPI."""

import dataclasses

from . import cpus, memory, shapes

ARCHITECTURE = "arm64"


def there(scenario):
    return dataclasses.replace(scenario, name=f"arm-{scenario.name}", architecture=ARCHITECTURE)


SCENARIOS = [
    there(one) for one in shapes.SCENARIOS + cpus.SCENARIOS
    if one.name in ("2s", "cxl", "cpu-offline", "cpuset-narrows")
] + [memory.huge_pages("arm-huge-pages", "64K", 64 << 10, architecture=ARCHITECTURE)]
