# SPDX-License-Identifier: Apache-2.0
"""Spack: packages/numaprobe/package.py of a repository of your own. Spack has no package of libcsv,
so its one source file is built here."""

from spack_repo.builtin.build_systems.cmake import CMakePackage

from spack.package import *


class Numaprobe(CMakePackage):
    """Memory latency and bandwidth of NUMA machines, with proof of placement."""

    homepage = "https://numaprobe.invalid"
    url = "https://numaprobe.invalid/releases/numaprobe-0.1.0.tar.gz"

    license("Apache-2.0")

    version("0.1.0", sha256="0000000000000000000000000000000000000000000000000000000000000000")

    variant("bench", default=False, description="Build numaprobe-bench, on Google Benchmark")

    depends_on("c", type="build")
    depends_on("cxx", type="build", when="+bench")
    depends_on("cmake@3.20:", type="build")
    depends_on("hwloc@2.8:")
    depends_on("jansson")
    depends_on("benchmark", when="+bench")

    resource(
        name="libcsv",
        url="https://downloads.sourceforge.net/project/libcsv/libcsv/libcsv-3.0.3/libcsv-3.0.3.tar.gz",
        sha256="d9c0431cb803ceb9896ce74f683e6e5a0954e96ae1d9e4028d6e0f967bebd7e4",
        placement="libcsv",
    )

    conflicts("platform=darwin", msg="numaprobe runs on Linux and Windows")

    @run_before("cmake")
    def build_libcsv(self):
        with working_dir(join_path(self.stage.source_path, "libcsv")):
            Executable(self.compiler.cc)("-O2", "-fPIC", "-c", "libcsv.c")
            which("ar", required=True)("rcs", "libcsv.a", "libcsv.o")

    def cmake_args(self):
        libcsv = join_path(self.stage.source_path, "libcsv")
        return [
            self.define("NUMAPROBE_TESTS", False),
            self.define_from_variant("NUMAPROBE_BENCH", "bench"),
            self.define("csv_INCLUDE_DIR", libcsv),
            self.define("csv_LIBRARY", join_path(libcsv, "libcsv.a")),
        ]

    @run_after("install")
    @on_package_attributes(run_tests=True)
    def check_version(self):
        Executable(self.prefix.bin.numaprobe)("--version")
