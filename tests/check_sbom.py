#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The list of parts of a package (CycloneDX): numaprobe's version, and every part with a version
and a licence.

usage: tests/check_sbom.py FILE PART...     fails where one of these is not in it
"""

import json
import pathlib
import re
import sys

path, *parts = sys.argv[1:]
sbom = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
cmake = (pathlib.Path(__file__).resolve().parent.parent / "CMakeLists.txt").read_text("utf-8")
version = re.search(r"project\(numaprobe VERSION ([\d.]+)", cmake)[1]
assert (sbom["bomFormat"], sbom["specVersion"]) == ("CycloneDX", "1.5"), sbom
assert sbom["metadata"]["component"]["version"] == version, sbom["metadata"]
found = {part["name"]: part for part in sbom["components"]}
assert found.keys() == set(parts), f"{path} names {sorted(found)}"
for name, part in found.items():
    # Debian's gcc for Windows calls itself 12-posix, after its kind of threads.
    assert re.match(r"\d+(\.\d+)*(-\w+)?$", part["version"]), part
    licence, = part["licenses"]
    assert licence.get("expression") or licence["license"]["id"], part
