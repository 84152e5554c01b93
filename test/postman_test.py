#!/usr/bin/env python3
"""Has newman run the Postman collection against a server.

    postman_test.py PROGRAM [--distributed]
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

from servers import PATIENCE_S, ROOT, Servers, engine

COLLECTION = ROOT / "docs/postman/yardstick.postman_collection.json"
OPENAPI = ROOT / "src/api/openapi.json"
OPERATIONS = {"get", "post", "patch", "put", "delete"}


def requests_in(item):
    """Those of a collection or folder."""
    if "request" in item: return [item]
    return [request for each in item["item"] for request in requests_in(each)]


def routes_in(document):
    """Of the OpenAPI document: each route with its operations."""
    return {path: {method.upper() for method in item if method in OPERATIONS}
            for path, item in document["paths"].items()}


def route_of(request, paths):
    """The path of the document that a request asks: its own one rather than one with a parameter."""
    path = "/" + "/".join(request["url"]["path"])
    if path in paths: return path
    fitting = [each for each in paths
               if re.fullmatch("[^/]+".join(map(re.escape, re.split(r"{\w+}", each))), path)]
    assert len(fitting) == 1, f"{path} is asked, and fits {fitting}"
    return fitting[0]


def check(collection, report):
    """What newman lets pass: a request without an assertion, and a route that no request asks."""
    requests = requests_in(collection)
    routes = routes_in(json.loads(OPENAPI.read_text()))
    asked = {(request["request"]["method"], route_of(request["request"], routes))
             for request in requests}
    missing = [f"{method} {path}" for path, methods in routes.items()
               for method in sorted(methods) if (method, path) not in asked]
    assert not missing, f"no request asks {missing}"
    for request in requests:
        tests = [line for event in request["event"] if event["listen"] == "test"
                 for line in event["script"]["exec"] if "pm.test(" in line]
        assert tests, f"nothing is asserted of \"{request['name']}\""
    run = report["run"]["stats"]
    assert run["requests"]["total"] == len(requests), run
    assert run["assertions"]["total"] >= 2 * len(requests) and run["assertions"]["failed"] == 0, run


def main():
    program, distributed = pathlib.Path(sys.argv[1]).resolve(), "--distributed" in sys.argv
    with tempfile.TemporaryDirectory() as name, Servers(program, pathlib.Path(name)) as servers:
        if distributed:
            servers.start_distributed()
        else:
            servers.start("yardstick serve")
        report = pathlib.Path(name) / "report.json"
        done = subprocess.run(
            [engine("newman"), "run", COLLECTION, "--color", "off", "--reporters", "cli,json",
             "--reporter-json-export", report, "--timeout", str(PATIENCE_S * 1000),
             *(option for api in ("write", "read")
               for option in ("--env-var", f"{api}_url={servers.urls[api]}"))], cwd=name)
        if done.returncode != 0: sys.exit("the collection does not run through")
        check(json.loads(COLLECTION.read_text()), json.loads(report.read_text()))
        servers.stop()


main()
