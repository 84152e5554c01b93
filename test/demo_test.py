#!/usr/bin/env python3
"""Runs script/demo twice: the second run records nothing, and there is a goal of every shape.

    demo_test.py PROGRAM
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.request

from servers import PATIENCE_S, ROOT, Servers

STATUSES = {"churn": "at_risk", "incidents": "at_risk", "uptime": "at_risk",
            "newsletter": "on_track", "revenue": "achieved", "pages": "on_track"}


def demo(program, servers):
    """The numbers of values recorded, and of those that were there."""
    run = subprocess.run([ROOT / "script/demo", servers.urls["write"], servers.urls["read"]],
                         env={**servers.environment, "YARDSTICK_PROGRAM": program},
                         stdout=subprocess.PIPE, text=True, timeout=PATIENCE_S)
    assert run.returncode == 0, run.stdout
    found = re.search(r"^(\d+) values recorded, (\d+) were there before\n\Z", run.stdout, re.M)
    assert found, run.stdout
    return tuple(int(number) for number in found.groups())


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as name, Servers(program, pathlib.Path(name)) as servers:
        servers.start("yardstick serve")

        def read(path):
            with urllib.request.urlopen(servers.urls["read"] + path, timeout=PATIENCE_S) as answer:
                return json.load(answer)

        recorded, known = demo(program, servers)
        assert recorded > 700 and known == 0, (recorded, known)
        assert demo(program, servers) == (0, recorded)
        documents = {id: read(f"/metrics/{id}") for id in STATUSES}
        assert {id: each["status"] for id, each in documents.items()} == STATUSES, documents
        assert [id for id, each in documents.items() if each["stale"]] == ["newsletter"]
        late = documents["revenue"]
        assert late["isExpired"] and late["lateDays"] == 30, late
        pages = read("/metrics/pages/values?retracted=true")["items"]
        assert [each.get("amended", {}).get("was", {}).get("value") for each in pages] == \
            [None, 220, 31, None, None], pages
        assert [each["value"] for each in pages if "retracted" in each] == [31], pages
        servers.stop()
    print("script/demo records every shape of goal, once")


main()
