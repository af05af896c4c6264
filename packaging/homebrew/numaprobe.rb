# SPDX-License-Identifier: Apache-2.0
# Formula/numaprobe.rb of a tap of your own.
class Numaprobe < Formula
  desc "Memory latency and bandwidth of NUMA machines, with proof of placement"
  homepage "https://numaprobe.invalid"
  url "https://numaprobe.invalid/releases/numaprobe-0.1.0.tar.gz"
  sha256 "0000000000000000000000000000000000000000000000000000000000000000"
  license "Apache-2.0"

  depends_on "cmake" => :build
  depends_on "hwloc"
  depends_on "jansson"
  depends_on "libcsv"
  depends_on :linux

  def install
    system "cmake", "-S", ".", "-B", "build", "-DNUMAPROBE_TESTS=OFF", "-DNUMAPROBE_BENCH=OFF",
           *std_cmake_args
    system "cmake", "--build", "build"
    system "cmake", "--install", "build"
  end

  test do
    assert_match version.to_s, shell_output("#{bin}/numaprobe --version")
    system bin/"numaprobe", "latency", "--dry-run", "--size", "16M", "--cached"
  end
end
