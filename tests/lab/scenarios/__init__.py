# SPDX-License-Identifier: Apache-2.0
"""All scenarios, in the order in which they are run. One module a subject."""

from . import (aarch64, cpus, denied, endurance, kernel, knee, memory, restricted, sets, shapes,
               snapshots, truth, wrong, zoo)

MODULES = (snapshots, shapes, truth, knee, wrong, memory, sets, cpus, restricted, denied, kernel,
           aarch64, endurance, zoo)
ALL = [one for module in MODULES for one in module.SCENARIOS]
