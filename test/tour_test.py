#!/usr/bin/env python3
"""Runs the README's tour as printed, with only the ports replaced, against a fresh server, and
compares what it prints with what the README says. "…" stands for any text."""
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

program, readme = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2])


def steps():
    """The tour's commands, each with the text that is to be printed."""
    tour = readme.read_text().split("## A five-minute tour")[1].split("\n## ")[0]
    blocks = re.findall(r"```(\w+)\n(.*?)```", tour, re.S)
    assert len(blocks) % 2 == 0 and len(blocks) > 10, "each command has its output"
    for (kind, command), (_, expected) in zip(blocks[::2], blocks[1::2]):
        assert kind == "sh", kind
        yield command, expected


def start(folder):
    server = subprocess.Popen(
        [program, "serve", "--data", folder, "--write-listen", "127.0.0.1:0",
         "--read-listen", "127.0.0.1:0", "--log-format", "json"], stderr=subprocess.PIPE, text=True)
    urls = {}
    while len(urls) < 2:
        line = server.stderr.readline()
        assert line, "the server ended"
        entry = json.loads(line)
        if entry["message"] == "listening":
            urls[entry["api"]] = entry["url"]
    return server, urls


def matches(text, expected):
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, text.strip(), re.S)


def main():
    with tempfile.TemporaryDirectory() as folder:
        server, urls = start(folder)
        try:
            for command, expected in steps():
                command = command.replace("http://localhost:3000", urls["write"])
                command = command.replace("http://localhost:3001", urls["read"])
                command = command.replace("build/release/bin/yardstick", str(program))
                run = subprocess.run(["bash", "-euc", command], capture_output=True, text=True,
                                     timeout=30, cwd=folder,
                                     env={**os.environ, "YARDSTICK_READ_URL": urls["read"]})
                if run.returncode != 0 or not matches(run.stdout, expected):
                    sys.exit(f"{command}\nprinted\n{run.stdout}{run.stderr}\nnot\n{expected}")
        finally:
            server.stderr.close()
            server.terminate()
            code = server.wait(10)
        assert code == 0, f"the server ended with {code}"
    print("the tour works as printed")


main()
