# SPDX-License-Identifier: Apache-2.0
"""All scenarios, in the order in which they are run. One module a subject."""

from . import cpus, denied, memory, restricted, shapes, snapshots, truth, wrong

ALL = [one for module in (snapshots, shapes, truth, wrong, memory, cpus, restricted, denied)
       for one in module.SCENARIOS]
