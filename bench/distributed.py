"""The parts of script/bench that measure the distributed set-up, each on engines of its own."""
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

from measuring import BIN, METRICS, ROOT, Yardstick, create_metrics, run, say, wrk
from runtime_api import RuntimeApi

PARTS = ["commands", "hot", "projection", "function", "rebuild"]
TABLE = "yardstick-events"
# This engine wants the form of a signature, and doesn't check it.
UNSIGNED = {"Content-Type": "application/x-amz-json-1.0", "X-Amz-Date": "20261125T080000Z",
            "Authorization": "AWS4-HMAC-SHA256 Credential=bench/20261125/eu-central-1/dynamodb/"
                             "aws4_request, SignedHeaders=host, Signature=0"}
# What DynamoDB itself takes for a small write, within its region.
DYNAMODB_MS = 5


class Engine:
    """A server on a free port of this machine."""

    def __init__(self, *command):
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.process = subprocess.Popen(
            [str(part).replace("PORT", str(self.port)) for part in command],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        began = time.monotonic()
        while True:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port)) == 0:
                    return
            if self.process.poll() is not None or time.monotonic() - began > 30:
                self.process.kill()
                sys.exit(f"bench: {command[0]} does not listen")
            time.sleep(0.02)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(30)


def engine_folder():
    return run(ROOT / "script" / "engines", "folder").strip() + "/bin"


class DynamoDb(Engine):
    """With the table, but without its stream, whose records slow this engine down as they pile up:
    whoever is faster would be slowed more."""

    def __init__(self):
        super().__init__(engine_folder() + "/dynoxide", "serve", "--host", "127.0.0.1", "--port",
                         "PORT", "--log", "quiet")
        self.url = f"http://127.0.0.1:{self.port}"
        keys = [("aggregateId", "S", "HASH"), ("order", "N", "RANGE")]
        body = {"TableName": TABLE, "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": name, "AttributeType": kind}
                                         for name, kind, _ in keys],
                "KeySchema": [{"AttributeName": name, "KeyType": role} for name, _, role in keys]}
        urllib.request.urlopen(urllib.request.Request(
            self.url, json.dumps(body).encode(),
            {**UNSIGNED, "X-Amz-Target": "DynamoDB_20120810.CreateTable"}), timeout=10).close()


def mongodb():
    return Engine(engine_folder() + "/mongo-java-server", "127.0.0.1", "PORT")


def environment(url, mongo=None):
    variables = {"AWS_ENDPOINT_URL": url, "AWS_REGION": "eu-central-1", "AWS_ACCESS_KEY_ID": "bench",
                 "AWS_SECRET_ACCESS_KEY": "bench", "DYNAMODB_DB_NAME": TABLE}
    if mongo:
        variables |= {"MONGO_URI": f"mongodb://127.0.0.1:{mongo.port}", "MONGO_DB_NAME": "yardstick"}
    return variables


def commands_a_second(url, script, connections, seconds):
    """Through the write API, to the table behind `url`."""
    with Yardstick(["write-api", "--listen", "127.0.0.1:0"], ["write"], environment(url)) as server:
        create_metrics(server.urls["write"], METRICS)
        return wrk(server.urls["write"], connections, seconds, script)


def bare_puts(url, connections, seconds):
    return float(run(BIN / "bench_dynamodb", "puts", url, TABLE, connections, seconds))


def commands(table, options, folder):
    del folder
    for connections in [64] if options.quick else [1, 64]:
        figures = {"product": [], "p99": [], "bare": [], "prepared": []}
        for repeat in range(options.repeats):
            say(f"commands, {connections} connections, {repeat + 1} of {options.repeats}")
            with DynamoDb() as engine:
                rate, p99 = commands_a_second(engine.url, "commands.lua", connections,
                                              options.seconds)
                figures["product"].append(rate)
                figures["p99"].append(p99)
            with DynamoDb() as engine:
                figures["bare"].append(bare_puts(engine.url, connections, options.seconds))
            with DynamoDb() as engine:
                figures["prepared"].append(wrk(engine.url, connections, options.seconds,
                                               "puts.lua")[0])
        place = f", {connections} connection" + ("s" if connections > 1 else "")
        table.add("bare conditional puts, signed" + place, "puts/s", figures["bare"])
        table.add("the same by wrk, unsigned" + place, "puts/s", figures["prepared"])
        table.add("commands, 1,000 metrics" + place, "commands/s", figures["product"],
                  "the bare puts", figures["bare"], "0.7" if connections == 64 else "")
        table.add("the same beside wrk's puts", "commands/s", figures["product"], "wrk's puts",
                  figures["prepared"])
        table.add("p99" + place, "ms", figures["p99"])


def hot(table, options, folder):
    """One client has one command in each write; of many clients those that wait share the next."""
    del folder
    for delay_ms in (0, DYNAMODB_MS):
        many, one = [], []
        for repeat in range(options.repeats):
            say(f"one metric, answers {delay_ms} ms later, {repeat + 1} of {options.repeats}")
            with DynamoDb() as engine, Engine(sys.executable, ROOT / "bench" / "relay.py", "PORT",
                                              engine.port, delay_ms) as relay:
                url = f"http://127.0.0.1:{relay.port}" if delay_ms else engine.url
                one.append(commands_a_second(url, "hot.lua", 1, options.seconds)[0])
            with DynamoDb() as engine, Engine(sys.executable, ROOT / "bench" / "relay.py", "PORT",
                                              engine.port, delay_ms) as relay:
                url = f"http://127.0.0.1:{relay.port}" if delay_ms else engine.url
                many.append(commands_a_second(url, "hot.lua", 64, options.seconds)[0])
        place = f", DynamoDB's answers {delay_ms} ms later" if delay_ms else ""
        table.add("commands on one metric, 1 connection" + place, "commands/s", one)
        table.add("commands on one metric, 64 connections" + place, "commands/s", many,
                  "one command a write", one, "5")


def projection(table, options, folder):
    del folder
    events = 20_000
    rates, floors = [], []
    for repeat in range(options.repeats):
        say(f"projection, {repeat + 1} of {options.repeats}")
        for kind, figures in [("projection", rates), ("bare", floors)]:
            with mongodb() as engine:
                figures.append(float(run(BIN / "bench_mongodb", kind,
                                         f"mongodb://127.0.0.1:{engine.port}", events, METRICS)))
    table.add("bare bulk writes, batches of 1,000 events", "events/s", floors)
    table.add("projection of the same events", "events/s", rates, "the bare bulk writes", floors,
              "0.5")


def record(metric, version, name, payload):
    """As Lambda delivers it."""
    keys = {"aggregateId": {"S": metric}, "order": {"N": str(version)}}
    image = {**keys, "name": {"S": name}, "occurredOn": {"S": "2026-01-01T00:00:00.000Z"},
             "payload": {"M": payload}}
    return {"eventName": "INSERT",
            "eventSourceARN": f"arn:aws:dynamodb:eu-central-1:1:table/{TABLE}/stream/1",
            "dynamodb": {"Keys": keys, "NewImage": image, "SequenceNumber": str(version)}}


def batches(count, size):
    """The first one creates its metrics, each further one reports a value of each."""
    created = {"name": {"S": "n"}, "description": {"S": "d"}, "target": {"N": "10"},
               "unit": {"S": "u"}, "deadline": {"S": "2099-12-31T00:00:00.000Z"}}
    events = [("MetricCreated", created)] + [("MetricValueUpdated", {"value": {"N": str(value)}})
                                             for value in range(1, count)]
    return [json.dumps({"Records": [record(f"m{number}", version, *event)
                                    for number in range(size)]}).encode()
            for version, event in enumerate(events, start=1)]


def function(table, options, folder):
    """From the start of the process, as on a cold start of Lambda's."""
    del folder
    size, warm = 100, 50
    starts, firsts, rates = [], [], []
    for repeat in range(max(options.repeats, 3)):
        say(f"function, {repeat + 1}")
        with DynamoDb() as engine, mongodb() as views, RuntimeApi(batches(warm + 1, size)) as api:
            began = time.monotonic()
            process = subprocess.Popen(
                [BIN / "yardstick", "lambda"], stderr=subprocess.DEVNULL,
                env={**os.environ, **environment(engine.url, views),
                     "AWS_LAMBDA_RUNTIME_API": api.address})
            api.done.wait(120)
            process.terminate()
            process.wait(30)
        if set(api.answers) != {b'{"batchItemFailures":[]}'} or len(api.answers) != warm + 1:
            sys.exit(f"bench: the function answered {set(api.answers)}")
        starts.append((api.asked[0] - began) * 1000)
        firsts.append((api.answered[0] - began) * 1000)
        rates.append(warm * size / (api.answered[-1] - api.answered[0]))
    table.add("function, start to its first question for work", "ms", starts, mark="100")
    table.add(f"function, start to its first batch of {size} dealt with", "ms", firsts)
    table.add(f"function, batches of {size} events, one after the other", "events/s", rates)


def ended(arguments, engine, views):
    """(seconds, MB at most, exit code) of a command."""
    began = time.monotonic()
    process = subprocess.Popen([BIN / "yardstick", *arguments], stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL,
                               env={**os.environ, **environment(engine.url, views)})
    _, status, usage = os.wait4(process.pid, 0)
    return time.monotonic() - began, usage.ru_maxrss / 1024, os.waitstatus_to_exitcode(status)


def rebuild(table, options, folder):
    """One long stream; and many metrics, which are only looked at: this MongoDB looks through all
    documents for each guarded write."""
    del folder
    # Metrics, further events of one of them, the command, and what it ends with: no view is there.
    cases = [(1_000, 50_000, ["rebuild"], 0),
             (20_000 if options.quick else 200_000, 0, ["rebuild", "--check"], 3)]
    for metrics, long_stream, arguments, code in cases:
        say(f"{' '.join(arguments)}, {metrics:,} metrics")
        with DynamoDb() as engine, mongodb() as views:
            run(BIN / "bench_dynamodb", "fill", engine.url, TABLE, metrics, metrics, long_stream)
            seconds, megabytes, got = ended(arguments, engine, views)
        if got != code:
            sys.exit(f"bench: {' '.join(arguments)} ended with {got}")
        what = f"{' '.join(arguments)}, {metrics:,} metrics"
        if long_stream:
            what += f", one of {long_stream:,} events"
        table.add(what, "events/s", [(metrics + long_stream) / seconds])
        table.add("memory at most", "MB", [megabytes])
