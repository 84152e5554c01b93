#!/usr/bin/env python3
"""Runs the commands of a page as printed, in a fresh folder, with only the ports replaced, and compares
what they print with what the page says. "…" stands for any text.

    tour_test.py PROGRAM PAGE [--section TITLE] [--serve | --distributed | --lambda]

--section runs one section ("## TITLE") alone. --serve starts `yardstick serve` before, the other two
`script/server` with the same option, where the members of a payload come in the order of their names and
views follow after a moment, which a person doesn't notice. In the page:

    ```sh                   commands; the next block is what they print
    ```sh background        commands that go on running, one a line
    ```text example         not looked at
    <!-- test: stop -->     those that run are stopped, as the text before it tells a person
"""
import json
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile
import time

from servers import PATIENCE_S, ROOT, Servers

PORTS = {"write": 3000, "read": 3001, "projector": 3002}
VIEW_S = 10  # until views have followed

BLOCK = re.compile(r"^```(\w+)([^\n]*)\n(.*?)^```$|^<!-- test: (\w+) -->$", re.M | re.S)


def steps(page):
    """(what, text, expected output) for each step of the page."""
    blocks = [match.groups() for match in BLOCK.finditer(page)]
    blocks = [block for block in blocks if not (block[1] or "").strip() == "example"]
    while blocks:
        kind, info, text, marker = blocks.pop(0)
        if marker:
            assert marker == "stop", f"unknown marker {marker}"
            yield "stop", "", ""
        elif info.strip() == "background":
            yield "background", text, ""
        else:
            assert kind == "sh" and not info.strip(), f"a block of {kind} {info} without a command"
            assert blocks and blocks[0][0] not in (None, "sh"), f"what does this print?\n{text}"
            yield "run", text, blocks.pop(0)[2]


class Page:
    def __init__(self, servers):
        self.servers = servers
        self.distributed = False

    def start_all(self, commands):
        # The one that makes the store first: others wait for it before they listen.
        lines = commands.strip().splitlines()
        for line in sorted(lines, key=lambda line: shlex.split(line)[1] != "write-api"):
            self.servers.start(line)

    def run(self, command, expected):
        urls = self.servers.urls
        for api, url in urls.items():
            command = command.replace(f"http://localhost:{PORTS[api]}", url)
        command = command.replace("build/release/bin/yardstick", "yardstick")
        environment = {**self.servers.environment,
                       **{f"YARDSTICK_{api.upper()}_URL": url for api, url in urls.items()}}
        only_reads = " -d " not in command
        until = time.monotonic() + (VIEW_S if self.distributed and only_reads else 0)
        while True:
            ran = subprocess.run(["bash", "-euo", "pipefail", "-c", command], capture_output=True,
                                 text=True, timeout=PATIENCE_S, cwd=self.servers.folder,
                                 env=environment)
            printed = ran.stdout
            if self.distributed:
                printed, expected = sort_payloads(printed), sort_payloads(expected)
            if ran.returncode == 0 and matches(printed, expected): return
            if time.monotonic() >= until:
                sys.exit(f"{command}\nprinted\n{printed}{ran.stderr}\nnot\n{expected}")


def sort_payloads(text):
    def in_order(match):
        payload = json.loads(match.group(1))
        return '"payload":' + json.dumps(payload, sort_keys=True, separators=(",", ":"))
    return re.sub(r'"payload":({[^{}]*})', in_order, text)


def matches(text, expected):
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, text.strip(), re.S)


def main():
    program, file = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])
    options = sys.argv[3:]
    text = file.read_text()
    if "--section" in options:
        title = options[options.index("--section") + 1]
        text = text.split(f"## {title}\n")[1].split("\n## ")[0]
    found = list(steps(text))
    assert sum(what == "run" for what, _, _ in found) > 5, "these are too few commands"
    with tempfile.TemporaryDirectory() as folder, Servers(program, pathlib.Path(folder)) as servers:
        os.symlink(ROOT / "examples", pathlib.Path(folder) / "examples")
        page = Page(servers)
        if "--serve" in options:
            servers.start("yardstick serve")
        for set_up in {"--distributed", "--lambda"}.intersection(options):
            page.distributed = True
            servers.start_distributed(set_up)
        for what, command, expected in found:
            if what == "run":
                page.run(command, expected)
            elif what == "background":
                page.start_all(command)
            else:
                servers.stop()
        servers.stop()
    print(f"{file.name} works as printed")


main()
