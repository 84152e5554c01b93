#!/usr/bin/env python3
"""Has schemathesis ask both APIs whatever the OpenAPI document allows, and what it forbids, and
compare the answers with the document (openapi/schemathesis.toml and _hooks.py).

    openapi_schemathesis_test.py PROGRAM
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

from servers import ROOT, Servers, engine

CONFIGURATION = ROOT / "test/openapi"
# A run whose commands are all refused would look just as well.
RECORDED_MIN = 30


def run(urls, api, folder, *options):
    """The document is that of `api`; routes that both have are asked there."""
    environment = {**os.environ, "WRITE_URL": urls["write"], "READ_URL": urls["read"],
                   "PYTHONPATH": str(CONFIGURATION)}
    done = subprocess.run(
        [engine("schemathesis"), "--config-file", CONFIGURATION / "schemathesis.toml", "run",
         f"{urls[api]}/openapi.json", "--no-color", *options], env=environment, cwd=folder)
    if done.returncode != 0:
        sys.exit(f"schemathesis: the {api} API and the document don't agree")


def commands_done(url):
    with urllib.request.urlopen(f"{url}/-/prometheus") as answer:
        figures = answer.read().decode()
    count = r'^yardstick_http_requests_total\{api="write",route="/metrics/\{command\}",status="2xx"\} (\d+)'
    return int(re.search(count, figures, re.M).group(1))


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name, Servers(program, pathlib.Path(name)) as servers:
        servers.start("yardstick serve")
        run(servers.urls, "write", name)
        # Nothing there leads from one to the next.
        run(servers.urls, "read", name, "--include-tag", "Operation", "--phases",
            "examples,coverage,fuzzing")
        done = commands_done(servers.urls["write"])
        print(f"{done} commands went well")
        assert done >= RECORDED_MIN, f"only {done} commands went well"
        servers.stop()


main()
