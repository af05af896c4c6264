#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""usage: tests/check_packaging.py ROOT PROGRAM

Lints debian/ and packaging/ with what is installed here, and says what was not checked. Each recipe
has the version of project() in CMakeLists.txt, and no address of the project but the placeholder
that packaging/fill replaces. PROGRAM takes the command lines of recipes and of the examples for
fleets, and the patterns of the profiles find their figures in its output.
Each check is also given a recipe that is wrong, and has to say so.
"""

import ast
import functools
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

try:
    import yaml
except ImportError:
    yaml = None

PLACEHOLDER = "https://numaprobe.invalid"
# Others' addresses, which a recipe may name.
FOREIGN = ("https://downloads.sourceforge.net/project/libcsv/",
           "https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/")
VERSION = r"(\d+\.\d+\.\d+)"
# Where a recipe has its version; the spec, the PKGBUILD and Nix derive the archive's name from it.
VERSIONS = {
    "debian/changelog": rf"^numaprobe \({VERSION}-",
    "packaging/arch/PKGBUILD": rf"^pkgver={VERSION}$",
    "packaging/conda/meta.yaml": rf'^  version: "{VERSION}"',
    "packaging/easybuild/numaprobe-*.eb": rf"^version = '{VERSION}'",
    "packaging/homebrew/numaprobe.rb": rf"numaprobe-{VERSION}\.tar",
    "packaging/nix/default.nix": rf'^  version = "{VERSION}";',
    "packaging/phoronix/downloads.xml": rf"numaprobe-{VERSION}\.tar",
    "packaging/phoronix/install.sh": rf"numaprobe-{VERSION}",
    "packaging/phoronix/test-definition.xml": rf"<AppVersion>{VERSION}<",
    "packaging/rpm/numaprobe.spec": rf"^Version: +{VERSION}$",
    "packaging/scoop/numaprobe.json": rf'^    "version": "{VERSION}"',
    "packaging/spack/package.py": rf'^    version\("{VERSION}"',
    "packaging/winget/*.yaml": rf"^PackageVersion: {VERSION}$",
    "vcpkg.json": rf'^  "version": "{VERSION}"',
}
# Where a recipe or an example for fleets has a command line of the program; one a line.
COMMANDS = {
    "packaging/ci/self-test.yml": r"run: \S*numaprobe(?:\.exe)? (.+)$",
    "packaging/conda/meta.yaml": r"^    - numaprobe (.+)$",
    "packaging/easybuild/numaprobe-*.eb": r"^sanity_check_commands = \['numaprobe (.+)'\]$",
    "packaging/homebrew/numaprobe.rb": r'system bin/"numaprobe", (.+)$',
    "packaging/phoronix/install.sh": r"^\./build/numaprobe (.+) > ",
    "packaging/phoronix/test-definition.xml": r"<Value>(.+)</Value>",
    "packaging/reframe/numaprobe_check.py": r"(?:^    executable_opts = |\[\"numaprobe )(.+)\]$",
    "scripts/fleet/ansible.yml": r'cmd: "\{\{ program \}\} (.+)"$',
    "scripts/fleet/kubernetes.yml": r"^ +numaprobe (-.+)$",
}
# In them, what another program puts in: a value, or any number of words.
VALUE, WORDS = r"\$\w+", r"\$?\{\{.*?\}\}|\$@"
# Any other place of a file that names a release.
ARCHIVE = re.compile(rf"numaprobe-{VERSION}(?:\.tar|-windows|-GCCcore| |$)")


class NotHere(str):
    """What an answer is when its linter is not installed: no fault, but it is said."""


# ---- linters: a path in, the fault out, or None --------------------------------------------------

def tool(*command):
    """A linter that is a program."""
    def lint(path):
        if not shutil.which(command[0]):
            return NotHere(f"{command[0]} is not installed")
        run = subprocess.run([*command, path], capture_output=True, text=True, check=False)
        return None if run.returncode == 0 else (run.stdout + run.stderr).strip()
    return lint


def parser(parse, *errors):
    def lint(path):
        try:
            parse(path.read_text(encoding="utf-8"))
        except errors as error:
            return str(error)
        return None
    return lint


def lint_yaml(path):
    if not yaml:
        return NotHere("python3-yaml is not installed")
    return parser(yaml.safe_load, yaml.YAMLError)(path)


def lint_workflow(path):
    """What GitHub asks of a workflow; there is no actionlint in Debian."""
    if not yaml:
        return None
    jobs = yaml.safe_load(path.read_text(encoding="utf-8")).get("jobs") or {}
    for name, job in jobs.items():
        if "runs-on" not in job:
            return f"job {name} has no runs-on"
        for needed in [job["needs"]] if isinstance(job.get("needs"), str) else job.get("needs", ()):
            if needed not in jobs:
                return f"job {name} needs {needed}, which is no job"
        for step in job.get("steps") or [{}]:
            if ("run" in step) == ("uses" in step):
                return f"job {name} has a step that is not one of run and uses"
    return None


SHELL = [tool("bash", "-n"), tool("shellcheck")]
PYTHON = [parser(ast.parse, SyntaxError)]
LINTERS = {
    "*.xml": [parser(xml.etree.ElementTree.fromstring, xml.etree.ElementTree.ParseError),
              tool("xmllint", "--noout")],
    "*.json": [parser(json.loads, json.JSONDecodeError)],
    "*.yaml": [lint_yaml],
    "ci/*.yml": [lint_yaml, lint_workflow],
    "*.py": PYTHON,
    "*.eb": PYTHON,  # an easyconfig is Python
    "*.sh": SHELL,
    "PKGBUILD": SHELL,
    "fill": SHELL, "source": SHELL, "tarball": SHELL, "image": SHELL,
    "tests/measures": SHELL,
    "debian/changelog": [tool("dpkg-parsechangelog", "--all", "-l")],
    "debian/rules": [tool("make", "--dry-run", "--silent", "override_dh_auto_test", "-f")],
    "*.1": [tool("mandoc", "-T", "lint", "-W", "warning")],
    "*.rb": [tool("ruby", "-c")],
    "*.nix": [tool("nix-instantiate", "--parse")],
    "*.spec": [tool("rpmspec", "--parse")],
}
BROKEN = {  # a recipe that each linter must refuse
    "a.xml": "<a><b></a>", "a.json": '{"a": 1,}', "a.yaml": "a: [1", "a.py": "def f(:\n",
    "a.eb": "version = '1\n", "a.sh": "#!/bin/sh\nif true\n", "debian/changelog": "numaprobe\n",
    "debian/rules": "no rule\n", "a.1": ".Dd\n.Sh\n", "a.rb": "class\n", "a.nix": "{ a = ; }",
    "a.spec": "%if 1\n", "PKGBUILD": "build( {\n", "ci/a.yml": "jobs: {a: {steps: []}}",
}


def lint(path):
    for pattern, linters in LINTERS.items():
        if path.match(pattern):
            yield from filter(None, (one(path) for one in linters))


def lint_version(name, text, pattern, version):
    found = re.findall(pattern, text, re.MULTILINE)
    if not found:
        yield f"{name}: no version where '{pattern}' looks for it"
    for other in {*found, *ARCHIVE.findall(text)} - {version}:
        yield f"{name}: version {other}, and project() in CMakeLists.txt says {version}"


def lint_commands(name, text, pattern, takes):
    """`takes` says whether the program takes these words."""
    commands = re.findall(pattern, text, re.MULTILINE)
    if not commands:
        yield f"{name}: no command where '{pattern}' looks for it"
    for command in commands:
        words = re.sub(WORDS, "", re.sub(VALUE, "1", command))
        if not takes(*re.sub(r"[\"'\[\]]|, ", " ", words).split()):
            yield f"{name}: the program does not take '{command}'"


def lint_addresses(name, text):
    for url in re.findall(r"https?://[^\s\"'<>),]+", text):
        if url != PLACEHOLDER and not url.startswith((PLACEHOLDER + "/", *FOREIGN)):
            yield f"{name}: {url} is neither the placeholder {PLACEHOLDER} nor a known address"


# ---- profiles against the program's output -------------------------------------------------------

def phoronix_result(template, output):
    """As the suite reads it: brackets and tabs are spaces, words of a template hold places."""
    def words(line):
        return re.sub(r"[()\t]", " ", line).split()
    place = words(template).index("#_RESULT_#")
    first = template.split("#_RESULT_#")[0].split()[0]
    for line in output.split("\n"):
        if line.startswith(first) and len(words(line)) == len(words(template)):
            return float(words(line)[place])
    return None


def lint_profiles(packaging, export, shown):
    results = xml.etree.ElementTree.parse(packaging / "phoronix/results-definition.xml")
    for entry in results.iter("ResultsParser"):
        template, hint = entry.findtext("OutputTemplate"), entry.findtext("LineHint")
        if hint not in template:
            yield f"phoronix: the hint '{hint}' is not in its template"
        if not phoronix_result(template, export("mlc")):
            yield f"phoronix: '{template}' finds nothing in the program's output"
    space = {}
    for node in ast.parse((packaging / "reframe/numaprobe_check.py").read_text()).body:
        if isinstance(node, ast.Assign):
            exec(ast.unparse(node), space)  # the patterns alone: ReFrame is not needed
    for pattern, text in (("PROCESSOR_PATTERN", shown), ("VERIFIED_PATTERN", shown),
                          ("LATENCY_PATTERN", export("prom")),
                          ("BANDWIDTH_PATTERN", export("prom"))):
        if not re.search(space[pattern], text, re.MULTILINE):
            yield f"reframe: {pattern} finds nothing in the program's output"


# ---- all of it -----------------------------------------------------------------------------------

def check_tree(root, version, takes):
    for folder in ("debian", "packaging"):
        for path in sorted(path for path in (root / folder).rglob("*") if path.is_file()):
            for fault in lint(path):
                yield type(fault)(f"{path.relative_to(root)}: {fault}")
            if path.suffix != ".md":
                yield from lint_addresses(path.relative_to(root), path.read_text("utf-8"))
    for check, places, right in (lint_version, VERSIONS, version), (lint_commands, COMMANDS, takes):
        for pattern, where in places.items():
            paths = list(root.glob(pattern))
            if not paths:
                yield f"{pattern}: the file does not exist"
            for path in paths:
                yield from check(path.relative_to(root), path.read_text("utf-8"), where, right)


def check_fill(root, work):
    (work / "a.tar.gz").write_text("source")
    (work / "a.zip").write_text("windows")
    subprocess.run([root / "packaging/fill", "https://example.org/numaprobe/", work / "a.tar.gz",
                    work / "a.zip", work / "filled"], check=True)
    for path in (work / "filled").rglob("*"):
        if path.is_file() and re.search(rf"{PLACEHOLDER}|0{{64}}", path.read_text("utf-8")):
            yield f"packaging/fill left a placeholder in {path.name}"


def check_checks(work):
    """Each check fires. A linter that is not installed counts as one that does."""
    for name, text in BROKEN.items():
        path = work / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        if not list(lint(path)):
            yield f"the linters of {name} take '{text}'"
    if not list(lint_version("a", "version 1.2.3", rf"version {VERSION}", "1.2.4")):
        yield "another version is not seen"
    if list(lint_version("a", "version 1.2.4", rf"version {VERSION}", "1.2.4")):
        yield "the version is taken for another"
    if not list(lint_addresses("a", "url = 'https://example.org/a'")):
        yield "an unknown address is not seen"
    if list(lint_addresses("a", f"url = '{PLACEHOLDER}/a'")):
        yield "the placeholder is taken for an address"


def main():
    root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
    version = re.search(rf"^project\(numaprobe VERSION {VERSION}",
                        (root / "CMakeLists.txt").read_text(), re.MULTILINE).group(1)
    run = root / "results/amd-epyc-2cpu-vm/20261125-whole-machine"

    @functools.cache
    def ask(*words):
        return subprocess.run([program, *words], check=True, stdout=subprocess.PIPE,
                              text=True).stdout

    def takes(*words):
        """With --help the program looks at all words, and does no more."""
        return subprocess.run([program, *words, "--help"], capture_output=True,
                              check=False).returncode == 0

    faults = [*check_tree(root, version, takes),
              *lint_profiles(root / "packaging", lambda form: ask("export", run, "-f", form),
                             ask("show", run))]
    blank = list(lint_profiles(root / "packaging", lambda form: "", ""))
    if len(blank) < 6:
        faults.append(f"profiles find figures in an empty text: {blank}")
    if not list(lint_commands("a", "latency --sise 16M", "(.+)", takes)):
        faults.append("an unknown option is not seen")
    with tempfile.TemporaryDirectory() as work:
        faults += [*check_fill(root, pathlib.Path(work)), *check_checks(pathlib.Path(work))]
    unknown = [fault for fault in faults if isinstance(fault, NotHere)]
    faults = [fault for fault in faults if not isinstance(fault, NotHere)]
    for sentence in unknown:
        print(f"not checked: {sentence}")
    for fault in faults:
        print(fault)
    sys.exit(bool(faults))


main()
