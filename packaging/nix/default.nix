# SPDX-License-Identifier: Apache-2.0
# nix-build -E 'with import <nixpkgs> {}; callPackage ./default.nix {}'
# nixpkgs is not known to have libcsv, so its one source file is built here.
{ lib, stdenv, fetchurl, cmake, hwloc, jansson }:

stdenv.mkDerivation rec {
  pname = "numaprobe";
  version = "0.1.0";

  src = fetchurl {
    url = "https://numaprobe.invalid/releases/numaprobe-${version}.tar.gz";
    sha256 = "0000000000000000000000000000000000000000000000000000000000000000";
  };
  libcsv = fetchurl {
    url = "https://downloads.sourceforge.net/project/libcsv/libcsv/libcsv-3.0.3/libcsv-3.0.3.tar.gz";
    sha256 = "d9c0431cb803ceb9896ce74f683e6e5a0954e96ae1d9e4028d6e0f967bebd7e4";
  };

  nativeBuildInputs = [ cmake ];
  buildInputs = [ hwloc jansson ];

  preConfigure = ''
    mkdir libcsv
    tar -xzf $libcsv -C libcsv --strip-components=1
    $CC -O2 -fPIC -c libcsv/libcsv.c -o libcsv/libcsv.o
    $AR rcs libcsv/libcsv.a libcsv/libcsv.o
    cmakeFlags="$cmakeFlags -Dcsv_INCLUDE_DIR=$PWD/libcsv -Dcsv_LIBRARY=$PWD/libcsv/libcsv.a"
  '';
  cmakeFlags = [ "-DNUMAPROBE_TESTS=OFF" "-DNUMAPROBE_BENCH=OFF" ];

  meta = {
    description = "Memory latency and bandwidth of NUMA machines, with proof of placement";
    homepage = "https://numaprobe.invalid";
    license = lib.licenses.asl20;
    mainProgram = "numaprobe";
    platforms = [ "x86_64-linux" "aarch64-linux" ];
  };
}
