#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Completion: what the program answers, and what the shells that are here make of it when the Tab
key is pressed.

usage: tests/check_completion.py PROGRAM
"""

import os
import pathlib
import pty
import re
import select
import shutil
import subprocess
import sys
import tempfile
import time

PROGRAM = pathlib.Path(sys.argv[1]).resolve()
WORK = pathlib.Path(tempfile.mkdtemp())


def call(*words):
    done = subprocess.run([PROGRAM, *words], capture_output=True, text=True, cwd=WORK, check=False)
    assert done.returncode == 0 and not done.stderr, (words, done)
    return done.stdout


def answer(*words):
    """Names that the last word may become."""
    return [line.split("\t")[0] for line in call("--complete", *words).splitlines()]


def options_of(*words):
    return re.findall(r"^  (--[\w-]+)", call(*words, "--help"), re.M)


def names_of(what):
    return re.findall(r"^([^\s:]+(?::\d)?) ", call("list", what), re.M)


def check_answers():
    topics = re.findall(r"^  (\w+)  ", call("help"), re.M)
    assert answer("la") == ["latency"] and answer("help", "exp") == ["export"]
    assert set(topics) <= set(answer(""))
    for topic in topics:
        assert answer(topic, "--") == options_of(topic), topic
    assert answer("--") == options_of() and answer("list", "kern") == ["kernels"]
    for option, what in (("--pages", "pages"), ("--pattern", "patterns")):
        assert answer("latency", option, "") == names_of(what) != [], option
        assert answer("latency", f"{option}=") == [f"{option}={n}" for n in names_of(what)]
    assert answer("--pages", "2M,t") == [f"2M,{name}" for name in names_of("pages")
                                         if name.startswith("t")]
    assert answer("--pages", "2M,al") == ["2M,all"] and answer("c2c", "--home", "w") == ["writer"]
    assert answer("bandwidth", "--mix", "3") == ["3:1"]
    assert answer("bandwidth", "--mix", "reads,2") == ["reads,2:1"]
    assert "read" in [name.split(".")[0] for name in answer("bandwidth", "--kernel", "rea")]
    assert answer("export", "run", "-f", "ml") == ["mlc"]
    assert answer("latency", "--format", "") == ["json", "mlc"]
    assert answer("compare", "--format", "m") == ["markdown"]
    assert "0" in answer("latency", "--cpu-nodes", "")
    assert answer("bandwidth", "--threads", "c") == ["cores"]
    # What nobody knows is left to the shell.
    for words in (["latency", "--size", ""], ["latency", "--output", "x"], ["nothing", ""],
                  ["latency", "x"], ["compare", "no-such/"]):
        assert answer(*words) == [], words


def check_runs():
    for name in ("base", "new", "other"):
        (WORK / "runs" / name).mkdir(parents=True)
    for name in ("base", "new"):
        (WORK / "runs" / name / "rows.csv").write_text("")
    assert sorted(answer("compare", "runs/")) == ["runs/base", "runs/new"]
    assert answer("compare", "runs/base", "runs/n") == ["runs/new"]
    assert answer("latency", "--like", "runs/b") == ["runs/base"]


def await_text(terminal, text):
    """Reads what a shell on a terminal shows until the text is there."""
    shown, end = b"", time.monotonic() + 120
    while text.encode() not in shown:
        assert select.select([terminal], [], [], max(0, end - time.monotonic()))[0], (text, shown)
        shown += os.read(terminal, 65536)


# What is typed, and what has to be shown before the next is typed.
LIST = [("numaprobe list exi\t", "exits"), ("\n", "interrupted (Ctrl-C")]
MIX = [("numaprobe bandwidth --dry-run --mix 3\t", "--mix 3:1"), ("\n", "mix:3:1")]
SHELLS = {
    "bash": (["bash", "--norc", "--noprofile", "-i"], "source ./completion-bash"),
    "zsh": (["zsh", "-f", "-i"], "autoload -U compinit; compinit -u; source ./completion-zsh"),
}


def check_shell(shell):
    command, load = SHELLS[shell]
    environment = dict(os.environ, PATH=f"{WORK}:{os.environ['PATH']}", TERM="dumb", PS1="$ ",
                       HOME=str(WORK), ZDOTDIR=str(WORK), HISTFILE="")
    child, terminal = pty.fork()
    if child == 0:
        os.chdir(WORK)
        os.execvpe(command[0], command, environment)
    for keys, text in [(f"{load}; echo loa''ded\n", "loaded"), *LIST, *MIX]:
        os.write(terminal, keys.encode())
        await_text(terminal, text)
    os.close(terminal) # which ends the shell
    os.waitpid(child, 0)


def check_fish():
    def ask(line):
        done = subprocess.run(["fish", "--no-config", "-c",
                               f"source completion-fish; complete -C '{line}'"], cwd=WORK,
                              env=dict(os.environ, PATH=f"{WORK}:{os.environ['PATH']}",
                                       HOME=str(WORK)),
                              capture_output=True, text=True, check=False)
        return [text.split("\t")[0] for text in done.stdout.splitlines()]
    assert ask("numaprobe --pages 2M,al") == ["2M,all"], ask("numaprobe --pages 2M,al")
    assert ask("numaprobe bandwidth --mix 3") == ["3:1"]
    assert set(names_of("pages")) <= set(ask("numaprobe latency --pages "))
    assert ask("numaprobe list kern") == ["kernels"]


def check_powershell():
    bare = re.sub(r"'(?:[^']|'')*'|\"[^\"]*\"", "", call("list", "completion-powershell"))
    for pair in ("()", "[]", "{}"):
        assert bare.count(pair[0]) == bare.count(pair[1]), pair
    assert "'" not in bare and '"' not in bare


def main():
    (WORK / "numaprobe").symlink_to(PROGRAM)
    for shell in ("bash", "zsh", "fish"):
        (WORK / f"completion-{shell}").write_text(call("list", f"completion-{shell}"))
    check_answers()
    check_runs()
    check_powershell()
    driven = [shell for shell in SHELLS if shutil.which(shell)]
    for shell in driven:
        check_shell(shell)
    if shutil.which("fish"):
        check_fish()
        driven.append("fish")
    print("driven:", ", ".join(driven))


try:
    main()
finally:
    shutil.rmtree(WORK)
