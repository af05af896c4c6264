# SPDX-License-Identifier: Apache-2.0
"""What tests take from Debian without installing it: kernels, busybox, hwloc's test machines, Wine
of another processor.

All of it is kept below ${NUMAPROBE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/numaprobe}/lab; delete a
file there to get the newest.
"""

import fcntl
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

OWN = "amd64"


class LabError(Exception):
    """What stands in the way of a guest, as a sentence."""


def cache_folder():
    caches = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    folder = os.environ.get("NUMAPROBE_CACHE") or os.path.join(caches, "numaprobe")
    return pathlib.Path(folder) / "lab"


def output_of(*command, **options):
    try:
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, **options).stdout
    except FileNotFoundError as error:
        raise LabError(f"{command[0]} is missing: scripts/packages lab installs it") from error
    except subprocess.CalledProcessError as error:
        raise LabError(f"{' '.join(command)} ended with status {error.returncode}") from error


def kept(name, make):
    """The path of NAME in the cache; make(path, a folder that goes away) is called once."""
    path = cache_folder() / name
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(cache_folder() / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            with tempfile.TemporaryDirectory(dir=path.parent) as folder:
                make(path, pathlib.Path(folder))
    return path


# ---- apt -----------------------------------------------------------------------------------------

def source_lists(kind):
    """The machine's own package lists in both of apt's forms, as KIND: sources.list(5)."""
    found = {}
    for path in [pathlib.Path("/etc/apt/sources.list"),
                 *sorted(pathlib.Path("/etc/apt/sources.list.d").glob("*"))]:
        if path.suffix not in (".list", ".sources") or not path.is_file():
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".sources":
            text = re.sub(r"(?m)^Architectures:.*\n", "", text)
            found[path.name] = re.sub(r"(?mi)^Types:.*", f"Types: {kind}", text)
        else:
            found[path.name] = re.sub(r"(?m)^\s*deb(-src)?(\s)", rf"{kind}\2", text)
    return found


class PrivateApt:
    """apt with a state of its own in FOLDER: nothing here changes, and no root is needed."""

    def __init__(self, folder, kind="deb", architecture=OWN):
        parts, lists = folder / "parts", folder / "lists"
        for path in (parts, lists / "partial", folder / "cache/archives/partial"):
            path.mkdir(parents=True)
        for name, text in source_lists(kind).items():
            (parts / name).write_text(text, encoding="utf-8")
        self.folder = folder
        self.options = [
            "-qq", "-o", "Dir::Etc::sourcelist=/dev/null", "-o", f"Dir::Etc::sourceparts={parts}",
            "-o", f"Dir::State::lists={lists}", "-o", f"Dir::Cache={folder}/cache",
            "-o", f"APT::Architecture={architecture}", "-o", f"APT::Architectures={architecture}",
            "-o", "APT::Sandbox::User=root", "-o", "Acquire::Retries=3"]
        # Lists of other people's packages may be out of reach: what is missing shows below.
        subprocess.run(["apt-get", *self.options, "update"], check=False,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def newest_kernel(self, architecture, name):
        """By a package without files, which depends on the newest kernel of its series. AArch64
        boots on qemu's board by the cloud kernel too."""
        words = [word for word in name.split("-") if word and word != "full"]
        flavour = [] if "full" in name.split("-") else ["cloud"]
        package = "-".join(["linux-image", *words, *flavour, architecture])
        try:
            depends = output_of("apt-cache", *self.options, "depends", package, text=True,
                                stderr=subprocess.DEVNULL)
        except LabError:
            depends = ""
        found = re.search(r"Depends: (linux-image-\S+)", depends)
        if not found:
            raise LabError(f"this system's package sources have no {package}: Debian 12 has 6.1, "
                           "and since 2025 the series 6.12 in bookworm-security")
        return found.group(1).partition(":")[0]

    def unpack(self, package):
        """The folder in which PACKAGE lies unpacked."""
        target = self.folder / "unpacked"
        output_of("apt-get", *self.options, "download", package, cwd=self.folder)
        archive, = self.folder.glob("*.deb")
        output_of("dpkg", "-x", str(archive), str(target))
        archive.unlink()
        return target

    def unpack_with_dependencies(self, packages, target):
        """All that they need, as on a machine that has nothing; no script of a package runs."""
        (self.folder / "status").touch()
        output_of("apt-get", *self.options, "-o", f"Dir::State::status={self.folder}/status",
                  "--yes", "--download-only", "--no-install-recommends", "install", *packages)
        for archive in (self.folder / "cache/archives").glob("*.deb"):
            output_of("dpkg", "-x", str(archive), str(target))

    def source(self, package):
        """Its upstream archive, which is the one that scripts/sources.sha256 names."""
        output_of("apt-get", *self.options, "source", "--download-only", package, cwd=self.folder,
                  stderr=subprocess.DEVNULL)
        archive, = self.folder.glob("*.orig.tar.*[!c]")
        output_of(pathlib.Path(__file__).resolve().parent.parent / "check-sources", archive)
        return archive


# ---- what is kept --------------------------------------------------------------------------------

def kernel(architecture=OWN, name=""):
    """The kernel of this series ("6.12"), without one that of this Debian. It is the one for cloud
    machines; "full" or "6.12-full" is the other, which is large and leaves nothing out."""
    def make(path, folder):
        apt = PrivateApt(folder, architecture=architecture)
        image, = apt.unpack(apt.newest_kernel(architecture, name)).glob("boot/vmlinuz-*")
        os.replace(image, path)
    own = "" if architecture == OWN else architecture
    return kept("-".join(filter(None, ("vmlinuz", own, name))), make)


def busybox(architecture):
    if architecture == OWN:
        own = shutil.which("busybox")
        if not own:
            raise LabError("busybox is missing: scripts/packages lab installs it")
        return own

    def make(path, folder):
        found = PrivateApt(folder, architecture=architecture).unpack("busybox-static")
        os.replace(found / "bin/busybox", path)
    return kept(f"busybox-{architecture}", make)


def wine(architecture):
    """The folder of a system of that processor whose /usr/lib/wine/wine64 starts."""
    def make(path, folder):
        unpacked = folder / "system"
        PrivateApt(folder, architecture=architecture).unpack_with_dependencies(["wine64"], unpacked)
        os.replace(unpacked, path)
    return kept(f"wine-{architecture}", make)


def hwloc_machines():
    """The folder tests/hwloc of hwloc's source: snapshots (linux/*.tar.bz2) and XMLs."""
    def make(path, folder):
        archive = PrivateApt(folder, kind="deb-src").source("hwloc")
        unpacked = folder / "source"
        unpacked.mkdir()
        output_of("tar", "-C", str(unpacked), "-xf", str(archive), "--strip-components=1",
                  "--wildcards", "*/tests/hwloc/linux/*", "*/tests/hwloc/xml/*")
        os.replace(unpacked / "tests/hwloc", path)
    return kept("hwloc-machines", make)
