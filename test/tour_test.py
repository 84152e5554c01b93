#!/usr/bin/env python3
"""Runs the commands of a page as printed, in a fresh folder, with only the ports replaced, and compares
what they print with what the page says. "…" stands for any text.

    tour_test.py PROGRAM PAGE [--section TITLE] [--serve | --distributed]

--section runs one section ("## TITLE") alone. --serve starts `yardstick serve` before, --distributed
`script/server --distributed`, where the members of a payload come in the order of their names and
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
import threading
import time

# How many addresses each says it listens on.
LISTENS = {"serve": 2, "write-api": 1, "read-api": 1, "projector": 1, "--distributed": 3}
PORTS = {"write": 3000, "read": 3001, "projector": 3002}
PATIENCE_S = 60
VIEW_S = 10  # until views have followed
ROOT = pathlib.Path(__file__).resolve().parent.parent

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
    def __init__(self, program, folder):
        self.folder = folder
        self.distributed = False
        self.urls = {}
        self.running = []
        self.environment = {
            **{name: value for name, value in os.environ.items()
               if not name.startswith("YARDSTICK_")},
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "YARDSTICK_LOG_FORMAT": "json",
            **{f"YARDSTICK_{api.upper()}_LISTEN": "127.0.0.1:0" for api in PORTS}}

    def start(self, command):
        """Starts a server, and waits until it listens."""
        arguments = shlex.split(command)
        process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, cwd=self.folder,
                                   env=self.environment)
        self.running.append(process)
        timer = threading.Timer(PATIENCE_S, process.kill)
        timer.start()
        left = LISTENS[arguments[1]]
        while left > 0:
            line = process.stderr.readline()
            assert line, f"{command} ended before it listened"
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("message") == "listening":
                self.urls[entry["api"]] = entry["url"]
                left -= 1
        timer.cancel()
        threading.Thread(target=process.stderr.read, daemon=True).start()

    def start_all(self, commands):
        # The one that makes the store first: others wait for it before they listen.
        lines = commands.strip().splitlines()
        for line in sorted(lines, key=lambda line: shlex.split(line)[1] != "write-api"):
            self.start(line)

    def stop(self):
        codes = []
        for process in self.running:
            process.terminate()
        for process in self.running:
            codes.append(process.wait(PATIENCE_S))
        self.running = []
        assert not any(codes), f"the servers ended with {codes}"

    def start_distributed(self):
        self.distributed = True
        self.environment["YARDSTICK_DATA"] = str(self.folder / "data")
        self.start(f"{shlex.quote(str(ROOT / 'script/server'))} --distributed")

    def run(self, command, expected):
        for api, url in self.urls.items():
            command = command.replace(f"http://localhost:{PORTS[api]}", url)
        command = command.replace("build/release/bin/yardstick", "yardstick")
        environment = self.environment
        for api, url in self.urls.items():
            environment = {**environment, f"YARDSTICK_{api.upper()}_URL": url}
        only_reads = " -d " not in command
        until = time.monotonic() + (VIEW_S if self.distributed and only_reads else 0)
        while True:
            ran = subprocess.run(["bash", "-euo", "pipefail", "-c", command], capture_output=True,
                                 text=True, timeout=PATIENCE_S, cwd=self.folder, env=environment)
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
    with tempfile.TemporaryDirectory() as folder:
        os.symlink(ROOT / "examples", pathlib.Path(folder) / "examples")
        page = Page(program, pathlib.Path(folder))
        try:
            if "--serve" in options:
                page.start("yardstick serve")
            if "--distributed" in options:
                page.start_distributed()
            for what, command, expected in found:
                if what == "run":
                    page.run(command, expected)
                elif what == "background":
                    page.start_all(command)
                else:
                    page.stop()
            page.stop()
        finally:
            for process in page.running:
                process.terminate()  # a script then ends what it has started
                try:
                    process.wait(PATIENCE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
    print(f"{file.name} works as printed")


main()
