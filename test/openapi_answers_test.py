#!/usr/bin/env python3
"""Asks a server for everything that the OpenAPI document names: every address is answered where the
document says so, and the document's examples are what really comes.

    openapi_answers_test.py PROGRAM
"""
import http.client
import json
import pathlib
import re
import subprocess
import sys
import tempfile
import urllib.parse

from servers import PATIENCE_S, Servers

# What differs from one run to the next.
CHANGING = {"createdAt", "updatedAt", "occurredOn", "commandId", "lag", "start", "at", "attentionAt",
            "set"}
# The same where they are times.
CHANGING_TIMES = {"from", "next"}
# The requests of the examples make these versions of the metric; the answers show the second.
SHOWN_VERSION = 2
# Whose examples, in the order of their versions, make the metric that the answers show.
FIRST_COMMANDS = [f"/metrics/{name}Command" for name in
                  ("CreateMetric", "UpdateMetricDetails", "UpdateMetricTarget",
                   "UpdateMetricDeadline", "UpdateMetricValue")]
# Query parameters without which a method isn't answered.
REQUIRED = {"isExpired", "isSuccessful", "metricId"}


def ask(url, method, path, body=None, headers=None):
    """Status and body."""
    host = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(host.hostname, host.port, timeout=PATIENCE_S)
    try:
        connection.request(method, path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


class Document:
    def __init__(self, text):
        self.json = json.loads(text)

    def resolved(self, node):
        if "$ref" not in node: return node
        found = self.json
        for name in node["$ref"].removeprefix("#/").split("/"):
            found = found[name]
        return found

    def operations(self):
        """(path, item, method, operation) of each."""
        for path, item in self.json["paths"].items():
            for method, operation in item.items():
                if method in ("get", "head", "post", "patch"):
                    yield path, item, method.upper(), operation

    def apis_of(self, item, operation):
        servers = operation.get("servers", item.get("servers", self.json["servers"]))
        return [variable.removesuffix("Url") for server in servers
                for variable in server["variables"]]

    def target(self, path, item, operation):
        """The path with the examples of its parameters, and of those that all of its methods take in
        the query."""
        query = {}
        own = [each for each in map(self.resolved, operation.get("parameters", []))
               if each["in"] == "path" or each["name"] in REQUIRED]
        for parameter in [*map(self.resolved, item.get("parameters", [])), *own]:
            example = parameter.get("example")
            if example is None: continue
            text = json.dumps(example) if isinstance(example, bool) else str(example)
            if parameter["in"] == "path":
                path = path.replace("{" + parameter["name"] + "}", urllib.parse.quote(text))
            if parameter["in"] == "query":
                query[parameter["name"]] = text
        return path + ("?" + urllib.parse.urlencode(query) if query else "")


def is_point(value):
    """Of a time and a number."""
    return len(value) == 2 and isinstance(value[0], str) and isinstance(value[1], (int, float))


def is_changing(name, member):
    is_time = isinstance(member, str) and re.fullmatch(r"\d{4}-\d\d-\d\dT.*Z", member)
    return name in CHANGING or (name in CHANGING_TIMES and is_time)


def without_changing(value):
    if isinstance(value, list) and is_point(value): return ["…", value[1]]
    if isinstance(value, list): return [without_changing(each) for each in value]
    if not isinstance(value, dict): return value
    return {name: "…" if is_changing(name, member) else without_changing(member)
            for name, member in value.items()}


def commands_of(document):
    """(version that the example makes, path, example of the request, example of the answer)"""
    found = []
    for path in FIRST_COMMANDS:
        operation = document.json["paths"][path]["post"]
        request = operation["requestBody"]["content"]["application/json"]["example"]
        answer = operation["responses"]["201"]["content"]["application/json"]["example"]
        found.append((answer["version"], path, request, answer))
    return sorted(found)


def check_others(document, url):
    """The examples of all other writes are taken, in the order of the document."""
    taken = 0
    for path, item, method, operation in document.operations():
        if "requestBody" not in operation or path in FIRST_COMMANDS: continue
        kind, content = next(iter(operation["requestBody"]["content"].items()))
        request = content["example"]
        target = document.target(path, item, operation)
        text = request if isinstance(request, str) else json.dumps(request)
        status, body = ask(url, method, target, text, {"Content-Type": kind})
        assert status in (200, 201), f"{method} {target} {request}: {status} {body}"
        if kind == "application/x-ndjson": check_lines(text, body)
        taken += 1
    assert taken > 10, f"only {taken} examples"


def check_lines(request, answer):
    """Each is answered, in its place, as recorded."""
    lines = [json.loads(line) for line in answer.splitlines()]
    assert [line["line"] for line in lines] == [*range(1, request.count("\n") + 1)], answer
    assert all(line["status"] == 201 for line in lines), answer


def check_command(url, version, path, request, expected):
    status, body = ask(url, "POST", path, json.dumps(request),
                       {"Content-Type": "application/json"})
    assert (status, json.loads(body)) == (201, expected), f"{path}: {status} {body}"


def wait_for_version(url, metric, version):
    status, body = ask(url, "GET", f"/metrics/{metric}?minVersion={version}&wait=10000")
    assert status == 200, body


def check_answers(document, urls):
    """Those that come with an example."""
    checked = 0
    for path, item, method, operation in document.operations():
        for kind, content in operation["responses"].get("200", {}).get("content", {}).items():
            if method != "GET" or "example" not in content: continue
            for api in document.apis_of(item, operation):
                status, body = ask(urls[api], method, document.target(path, item, operation))
                expected = content["example"]
                if kind == "application/json":
                    body, expected = json.loads(body), without_changing(expected)
                    body = without_changing(body)
                    if "/-/ready" in path: body = {name: body[name] for name in expected}
                assert (status, body) == (200, expected), f"{path}: {status} {body}\nnot\n{expected}"
                checked += 1
    assert checked > 8, f"only {checked} examples"


def check_addresses(document, urls):
    for path, item, method, operation in document.operations():
        for api in document.apis_of(item, operation):
            status, body = ask(urls[api], method, document.target(path, item, operation))
            wrong = status in (404, 405, 500, 501)
            assert not wrong, f"{method} {path} of the {api} API: {status} {body}"


def check_problems(document, urls):
    names = document.json["components"]["parameters"]["ProblemName"]["schema"]["enum"]
    for name in names:
        for api in ("write", "read"):
            status, body = ask(urls[api], "GET", f"/problems/{name}")
            assert status == 200 and f"({name}, status " in body, f"{name}: {status} {body}"


def check_version(document, program):
    printed = subprocess.run([program, "--version"], check=True, text=True,
                             stdout=subprocess.PIPE).stdout
    assert printed.split()[-1] == document.json["info"]["version"], printed


def main():
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder, Servers(program, pathlib.Path(folder)) as servers:
        servers.start("yardstick serve")
        urls = servers.urls
        texts = {ask(urls[api], "GET", "/openapi.json")[1] for api in ("write", "read")}
        assert len(texts) == 1, "the APIs have different documents"
        document = Document(texts.pop())
        check_version(document, program)
        commands = commands_of(document)
        for command in commands:
            check_command(urls["write"], *command)
            if command[0] == SHOWN_VERSION:
                wait_for_version(urls["read"], command[3]["id"], SHOWN_VERSION)
                check_answers(document, urls)
        check_others(document, urls["write"])
        check_addresses(document, urls)
        check_problems(document, urls)
        servers.stop()
    print("the document's addresses and examples are real")


main()
