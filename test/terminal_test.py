#!/usr/bin/env python3
"""What only shells, `man` and terminals can say about the program's command line.

    terminal_test.py PROGRAM bash | zsh | fish | man | man-lint | terminal

bash, zsh, fish: the completion script is one that the shell can read; and bash completes with it, against
a real server. man: the manual page names every subcommand and option that the help does. man-lint: mandoc
finds nothing in it. terminal: colours, shapes and widths on a terminal.
"""
import fcntl
import os
import pathlib
import pty
import re
import struct
import subprocess
import sys
import tempfile
import termios
import unicodedata

from servers import PATIENCE_S, Servers, system_program

CREATE = "create {} --target 24 --unit books --deadline 2099-12-31 --start 2026-01-01"


def output_of(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=PATIENCE_S, **options)
    assert done.returncode == 0, f"{command} ended with {done.returncode}: {done.stderr}"
    return done.stdout


def is_readable(program, shell):
    """The script, as the shell itself reads it."""
    script = output_of(program, "completion", shell)
    checked = subprocess.run([system_program(shell), "-n"] +
                             (["/dev/stdin"] if shell != "bash" else []),
                             input=script, capture_output=True, text=True, timeout=PATIENCE_S)
    assert checked.returncode == 0 and not checked.stderr, f"{shell}: {checked.stderr}"


def environment_of(servers):
    return {"PATH": "/usr/bin:/bin", "TERM": "xterm", "LANG": "C.UTF-8",
            "YARDSTICK_WRITE_URL": servers.urls["write"],
            "YARDSTICK_READ_URL": servers.urls["read"]}


def completes(program, servers, words):
    """What bash offers for the last word."""
    script = """source <("$1" completion bash); shift
                COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _yardstick; printf '%s\\n' "${COMPREPLY[@]}" """
    return output_of("bash", "-c", script, "bash", program, program, *words,
                     env=environment_of(servers)).split()


def bash(program, servers):
    is_readable(program, "bash")
    for metric in ("books", "churn"):
        output_of(program, *CREATE.format(metric).split(), "--name", "Books",
                  env=environment_of(servers))
    for words, expected in (
            (["ret"], ["retract"]),
            (["list", "--sta"], ["--status"]),
            (["list", "--status", "o"], ["on_track", "off_track"]),
            (["list", "--status", "=", "ac"], ["achieved"]),
            (["list", "--status", "at_risk,mi"], ["at_risk,missed"]),
            (["list", "--due", "--format", ""], ["table", "csv", "json", "markdown"]),
            (["edit", ""], ["books", "churn"]),
            (["report", "--by", "me", "--json", "ch"], ["churn"]),
            (["report", "books", ""], []),
            (["create", "new", "--like", "b"], ["books"]),
            (["completion", "z"], ["zsh"]),
            (["export", "v"], ["values"]),
            (["serve", "--log-format", ""], ["auto", "text", "json"]),
            (["import", "/etc/passw"], ["/etc/passwd"])):
        offered = completes(program, servers, words)
        if expected == ["/etc/passwd"]: offered = [word for word in offered if word in expected]
        assert offered == expected, f"{words}: {offered}, not {expected}"


def man(program, servers):
    page = output_of(program, "man").replace("\\-", "-")
    commands = re.findall(r"^\.SS (\S+)$", page, re.M)
    offered = re.findall(r"^  ([a-z][a-z-]+)  ", output_of(program, "--help"), re.M)
    assert len(offered) > 15 and commands == offered, f"{commands}, not {offered}"
    for command in offered:
        section = page.split(f".SS {command}\n")[1].split("\n.S")[0]
        options = re.findall(r"^\s+(?:-\w,)?(--[a-z-]+)", output_of(program, command, "--help"), re.M)
        assert options, command
        for option in options:
            assert f"\\fB{option}\\fR" in section, f"{command} {option} is not in the manual page"
    for variable in ("YARDSTICK_READ_URL", "YARDSTICK_DATA", "NO_COLOR"):
        assert f"\\fB{variable}\\fR" in page, variable


def man_lint(program, servers):
    checked = subprocess.run([system_program("mandoc"), "-Tlint", "-Wwarning"], text=True,
                             input=output_of(program, "man"), capture_output=True)
    # The page has no date of its own: the same program prints the same page.
    faults = [line for line in checked.stdout.splitlines() if "missing date" not in line]
    assert not faults, faults


def on_a_terminal(command, columns, environment):
    """What the command prints on a terminal so wide."""
    terminal, end = pty.openpty()
    fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    process = subprocess.Popen([str(word) for word in command], stdin=end, stdout=end, stderr=end,
                               env=environment)
    os.close(end)
    printed = b""
    try:
        while piece := os.read(terminal, 65536):
            printed += piece
    except OSError:  # the other end is closed
        pass
    os.close(terminal)
    assert process.wait(timeout=PATIENCE_S) == 0, printed
    return printed.decode().replace("\r\n", "\n")


def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in line)


def terminal(program, servers):
    environment = environment_of(servers)
    for metric, name in (("books", "Books"), ("a-metric-with-a-long-id", "売上" * 50)):
        output_of(program, *CREATE.format(metric).split(), "--name", name, env=environment)
    for value in (0, 7, 24):
        output_of(program, "report", "books", value, env=environment)

    wide = on_a_terminal([program, "list"], 100, environment)
    assert "\033[34m✓ achieved\033[0m  books " in wide, wide
    assert "  ▁▃█" in wide, wide
    filtered = on_a_terminal([program, "list", "--status", "achieved"], 100, environment)
    assert re.search(r"^1 of 2 metrics$", filtered, re.M), filtered
    plain = on_a_terminal([program, "list"], 100, {**environment, "NO_COLOR": "1"})
    assert "\033" not in plain and "✓ achieved" in plain, plain
    ascii_only = on_a_terminal([program, "list", "--ascii"], 100, {**environment, "NO_COLOR": "1"})
    assert ascii_only.isascii() and "+ achieved" in ascii_only, ascii_only
    for columns in (20, 40, 60):
        narrow = on_a_terminal([program, "list", "--columns", "status,id,name,target"], columns,
                               {**environment, "NO_COLOR": "1"})
        assert all(width(line) <= columns for line in narrow.splitlines()), narrow
        assert "…" in narrow, narrow
    piped = output_of(program, "list", env=environment)
    assert "\033" not in piped and "✓" not in piped and "metrics" not in piped, piped
    assert "a-metric-with-a-long-id" in piped, piped


def main():
    program, what = pathlib.Path(sys.argv[1]).resolve(), sys.argv[2]
    if what in ("zsh", "fish"): return is_readable(program, what)
    with tempfile.TemporaryDirectory() as folder, Servers(program, pathlib.Path(folder)) as servers:
        if what in ("bash", "terminal"): servers.start("yardstick serve --no-access-log")
        {"bash": bash, "man": man, "man-lint": man_lint, "terminal": terminal}[what](program, servers)


main()
