#!/usr/bin/env python3
"""Measures Yardstick on this machine, each figure beside its floor in the same run, and prints one
Markdown table. script/bench builds what it needs and calls it. Sends to loopback only; every load is
bounded in time, and what was started is ended, also on Ctrl-C."""
import argparse
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build" / "release" / "bin"
PARTS = ["micro", "commands", "openloop", "reads", "rebuild", "start"]
METRICS = 1000


def say(text):
    if sys.stderr.isatty():
        print(f"\r\033[K{text}", end="", file=sys.stderr, flush=True)


def run(*command, timeout=600):
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True,
                          timeout=timeout)
    if done.returncode != 0:
        sys.exit(f"bench: {command[0]} ended with {done.returncode}: {done.stderr.strip()}")
    return done.stdout


class Server:
    """`yardstick serve` over a folder."""

    def __init__(self, data):
        self.log = tempfile.TemporaryFile()
        began = time.monotonic()
        self.process = subprocess.Popen(
            [BIN / "yardstick", "serve", "--data", data, "--write-listen", "127.0.0.1:0",
             "--read-listen", "127.0.0.1:0", "--log-format", "json", "--no-access-log"],
            stderr=self.log)
        self.write = self.read = None
        try:
            self.find_urls(began)
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

    def find_urls(self, began):
        while not (self.write and self.read):
            if self.process.poll() is not None or time.monotonic() - began > 60:
                sys.exit("bench: the server does not listen")
            time.sleep(0.002)
            self.log.seek(0)
            for api, url in re.findall(r'"listening","api":"(\w+)","url":"([^"]+)"',
                                       self.log.read().decode()):
                setattr(self, api, url)

    def memory(self, name):
        """MB of VmRSS or VmHWM."""
        status = pathlib.Path(f"/proc/{self.process.pid}/status").read_text()
        return int(re.search(name + r":\s*(\d+)", status).group(1)) / 1024

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(30)
        self.log.close()


def port(url):
    return urllib.parse.urlparse(url).port


def send(url, method, path, body=None):
    connection = http.client.HTTPConnection(urllib.parse.urlparse(url).netloc, timeout=15)
    connection.request(method, path, json.dumps(body) if body else None,
                       {"Content-Type": "application/json"} if body else {})
    response = connection.getresponse()
    answer = response.read()
    connection.close()
    assert response.status < 300, answer
    return answer


def create_metrics(url, count):
    for number in range(count):
        send(url, "POST", "/metrics/CreateMetricCommand",
             {"id": f"m{number}",
              "props": {"name": f"Metric {number}", "description": "For measuring", "target": 1e9,
                        "unit": "units", "deadline": "2035-12-31", "kind": "gauge"}})


def wrk(url, connections, seconds, script=None):
    """(requests a second, p99 in ms); every answer must be a success."""
    command = ["wrk", "--threads", "1", "--connections", str(connections), "--duration",
               f"{seconds}s", "--latency"]
    if script:
        command += ["--script", str(ROOT / "bench" / script)]
    text = run(*command, url)
    if "Non-2xx" in text:
        sys.exit(f"bench: {url} answered errors: {text}")
    number, unit = re.search(r"99%\s+([\d.]+)(us|ms|s)", text).groups()
    p99 = float(number) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text).group(1)), p99


class Table:
    def __init__(self):
        self.rows = []

    def add(self, what, unit, values, floor=None, floors=None, mark=""):
        """`values` of the repeats; `floors` of the same repeats, for the ratio pair by pair."""
        ratio = ""
        if floors:
            ratio = f"{statistics.median(v / f for v, f in zip(values, floors)):.2f} of {floor}"
        self.rows.append((what, spread(values) + f" {unit}", ratio, mark))

    def print(self):
        print("| what | median (min to max) | beside its floor | mark |\n|---|---|---|---|")
        for row in self.rows:
            print("| " + " | ".join(row) + " |")


def shown(value):
    if value >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def spread(values):
    median = shown(statistics.median(values))
    if len(values) == 1:
        return median
    return f"{median} ({shown(min(values))} to {shown(max(values))})"


def micro(table, options, folder):
    del folder
    say("micro benchmarks")
    text = run(BIN / "bench_micro", f"--benchmark_repetitions={options.repeats}",
               "--benchmark_format=json", f"--benchmark_min_time={options.seconds / 40}")
    runs = {}
    for entry in json.loads(text)["benchmarks"]:
        if entry["run_type"] == "iteration":
            runs.setdefault(entry["run_name"], []).append(entry["items_per_second"])
    for name, values in runs.items():
        name = name.replace("/real_time", "").split("/")
        what = {"fold": "fold an event", "encode": "encode an event", "decode": "decode an event",
                "load": "load a stream of {} events", "append": "append, {} a batch"}[name[0]]
        table.add(what.format(f"{int(name[1]):,}" if len(name) > 1 else ""), "events/s", values)


def commands(table, options, folder):
    for connections in options.connections:
        figures = {"noop": [], "floor": [], "spread": [], "hot": []}
        for repeat in range(options.repeats):
            say(f"commands, {connections} connections, {repeat + 1} of {options.repeats}")
            data = folder / f"commands-{connections}-{repeat}"
            with Server(data) as server:
                create_metrics(server.write, METRICS)
                figures["noop"].append(wrk(server.write + "/-/healthy", connections,
                                           options.seconds))
                # In turn first and second: the second finds more work left by the first.
                loads = [("spread", "commands.lua"), ("hot", "hot.lua")]
                for name, script in loads if repeat % 2 == 0 else reversed(loads):
                    figures[name].append(wrk(server.write, connections, options.seconds, script))
            floor = run(BIN / "bench_floor", "events", data / "floor.db", connections,
                        options.seconds)
            figures["floor"].append((float(floor), 0))
            shutil.rmtree(data)
        rates = {name: [rate for rate, _ in values] for name, values in figures.items()}
        main = connections == 64
        place = f", {connections} connection" + ("s" if connections > 1 else "")
        table.add("no-op route" + place, "requests/s", rates["noop"])
        table.add(f"bare loop, {connections} rows a transaction", "events/s", rates["floor"])
        table.add("durable commands, 1,000 metrics" + place, "commands/s", rates["spread"],
                  "the no-op route", rates["noop"], "30,000" if main else "")
        table.add("the same beside the bare loop", "commands/s", rates["spread"],
                  "the bare loop", rates["floor"], "0.5" if main else "")
        table.add("durable commands, one metric" + place, "commands/s", rates["hot"],
                  "spread", rates["spread"], "1" if main else "")
        table.add("p99, 1,000 metrics" + place, "ms", [p99 for _, p99 in figures["spread"]])


def openloop(table, options, folder):
    for rate in (1000, 10_000):
        runs = []
        for repeat in range(options.repeats):
            say(f"open loop, {rate} a second, {repeat + 1} of {options.repeats}")
            data = folder / f"open-{rate}-{repeat}"
            with Server(data) as server:
                create_metrics(server.write, METRICS)
                text = run(BIN / "bench_openloop", port(server.write), port(server.read), rate,
                           options.seconds, METRICS)
                runs.append([float(part) for part in text.split()])
            shutil.rmtree(data)
        failed = sum(entry[1] for entry in runs)
        if failed:
            table.add(f"FAILED OR NOT ANSWERED at {rate:,}/s", "requests", [failed])
        names = ["command's answer p50", "command's answer p99", "command's answer, worst",
                 "from answer to visible p50", "from answer to visible p99"]
        for name, column in zip(names, range(2, 7)):
            mark = "15" if rate == 10_000 and column == 3 else ""
            table.add(f"{name}, {rate:,} commands/s", "ms", [entry[column] for entry in runs],
                      mark=mark)


def static_rate(size, seconds):
    process = subprocess.Popen([BIN / "bench_static", str(size)], stdin=subprocess.PIPE,
                               stdout=subprocess.PIPE, text=True)
    try:
        return wrk(process.stdout.readline().strip(), 64, seconds)[0]
    finally:
        process.stdin.close()
        process.wait(10)


def reads(table, options, folder):
    data = folder / "reads"
    say("100,000 metrics for reading")
    run(BIN / "bench_fill", data, 100_000, 100_000)
    run(BIN / "yardstick", "rebuild", "--data", data)
    with Server(data) as server:
        for value in range(120):
            send(server.write, "POST", "/metrics/UpdateMetricValueCommand",
                 {"id": "m5", "props": {"value": value}})
        send(server.read, "GET", "/metrics/m5?minVersion=121&wait=10000")
        paths = {"by id, 100 values": "/metrics/m5", "a page of 20 of 100,000": "/metrics?limit=20"}
        for what, path in paths.items():
            size = len(send(server.read, "GET", path))
            rates, floors = [], []
            for repeat in range(options.repeats):
                say(f"{what}, {repeat + 1} of {options.repeats}")
                rates.append(wrk(server.read + path, 64, options.seconds)[0])
                floors.append(static_rate(size, options.seconds))
            table.add(f"static body, {size:,} bytes, 64 connections", "requests/s", floors)
            table.add(f"read {what}, 64 connections", "requests/s", rates, "the static body",
                      floors, "0.6" if "id" in what else "")


def million(folder):
    data = folder / "million"
    if not data.exists():
        say("a million events")
        run(BIN / "bench_fill", data, 1_000_000, METRICS)
    return data


def rebuild(table, options, folder):
    data = million(folder)
    rates, floors = [], []
    for repeat in range(options.repeats):
        say(f"rebuild, {repeat + 1} of {options.repeats}")
        began = time.monotonic()
        run(BIN / "yardstick", "rebuild", "--data", data)
        rates.append(1_000_000 / (time.monotonic() - began))
        floor = folder / "values.db"
        floors.append(float(run(BIN / "bench_floor", "views", floor, 1_000_000)))
        floor.unlink()
    table.add("bare loop, a million rows of values, sorted, index last", "rows/s", floors)
    table.add("rebuild, a million events of 1,000 metrics", "events/s", rates, "the bare loop",
              floors, "300,000")


def start(table, options, folder):
    data = million(folder)
    run(BIN / "yardstick", "rebuild", "--data", data)
    times, resident, peak = [], [], []
    for repeat in range(options.repeats):
        say(f"start, {repeat + 1} of {options.repeats}")
        began = time.monotonic()
        with Server(data) as server:
            send(server.read, "GET", "/metrics/m5")
            send(server.write, "POST", "/metrics/UpdateMetricValueCommand",
                 {"id": "m5", "props": {"value": 1}})
            times.append((time.monotonic() - began) * 1000)
            resident.append(server.memory("VmRSS"))
            peak.append(server.memory("VmHWM"))
    table.add("start to the first read and command answered, a million events", "ms", times,
              mark="1,000")
    table.add("memory then", "MB", resident, mark="100")
    table.add("memory at most until then", "MB", peak)


def main():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help="of: " + ", ".join(PARTS))
    parser.add_argument("--quick", action="store_true", help="one short run of each")
    options = parser.parse_args()
    unknown = set(options.parts) - set(PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; there are: {', '.join(PARTS)}")
    options.repeats, options.seconds = (1, 2) if options.quick else (5, 3)
    options.connections = [64] if options.quick else [1, 64, 256]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="yardstick-bench-"))
    table = Table()
    began = time.monotonic()
    try:
        for part in PARTS:
            if not options.parts or part in options.parts:
                globals()[part](table, options, folder)
    finally:
        say("")
        shutil.rmtree(folder, ignore_errors=True)
    table.print()
    print(f"\n{options.repeats} runs of {options.seconds} s each, {os.cpu_count()} cores, "
          f"{(time.monotonic() - began) / 60:.1f} minutes in all.")


main()
