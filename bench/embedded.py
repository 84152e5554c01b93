"""The parts of script/bench that measure one process on the embedded stores."""
import json
import shutil
import subprocess
import time

from measuring import (BIN, METRICS, Yardstick, create_metrics, port, run, say, send, timed,
                       wrk)

PARTS = ["micro", "commands", "openloop", "reads", "lists", "rebuild", "start"]


def serve(data):
    return Yardstick(["serve", "--data", data, "--write-listen", "127.0.0.1:0", "--read-listen",
                      "127.0.0.1:0"], apis=["write", "read"])


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
            with serve(data) as server:
                create_metrics(server.urls['write'], METRICS)
                figures["noop"].append(wrk(server.urls['write'] + "/-/healthy", connections,
                                           options.seconds))
                # In turn first and second: the second finds more work left by the first.
                loads = [("spread", "commands.lua"), ("hot", "hot.lua")]
                for name, script in loads if repeat % 2 == 0 else reversed(loads):
                    figures[name].append(wrk(server.urls['write'], connections, options.seconds, script))
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
            with serve(data) as server:
                create_metrics(server.urls['write'], METRICS)
                text = run(BIN / "bench_openloop", port(server.urls['write']), port(server.urls['read']), rate,
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
    with serve(data) as server:
        for value in range(120):
            send(server.urls['write'], "POST", "/metrics/UpdateMetricValueCommand",
                 {"id": "m5", "props": {"value": value}})
        send(server.urls['read'], "GET", "/metrics/m5?minVersion=121&wait=10000")
        paths = {"by id, 100 values": "/metrics/m5", "a page of 20 of 100,000": "/metrics?limit=20"}
        for what, path in paths.items():
            size = len(send(server.urls['read'], "GET", path))
            rates, floors = [], []
            for repeat in range(options.repeats):
                say(f"{what}, {repeat + 1} of {options.repeats}")
                rates.append(wrk(server.urls['read'] + path, 64, options.seconds)[0])
                floors.append(static_rate(size, options.seconds))
            table.add(f"static body, {size:,} bytes, 64 connections", "requests/s", floors)
            table.add(f"read {what}, 64 connections", "requests/s", rates, "the static body",
                      floors, "0.6" if "id" in what else "")


FILTERS = [
    "status=no_data", "status=on_track", "status=off_track,at_risk", "status=achieved",
    "status=missed", "stale=true", "due=true", "expired=true", "successful=true", "kind=gauge",
    "unit=u7", "owner=owner1", "owner=owner999", "tag=team", "tag=team&tag=eu&tag=us",
    "direction=at_most", "mode=keep", "archived=true", "archived=any", "q=churn", "q=m999"]


def lists(table, options, folder):
    data = folder / "goals"
    metrics = 100_000 if options.quick else 1_000_000
    say(f"{metrics:,} metrics with four values each")
    run(BIN / "bench_fill_goals", data, metrics)
    run(BIN / "yardstick", "rebuild", "--data", data)
    one = folder / "one"
    run(BIN / "bench_fill", one, 1_000_000, 1)
    run(BIN / "yardstick", "rebuild", "--data", one)
    with serve(data) as server:
        url = server.urls["read"]
        asked = 20 if options.quick else 100
        repeats = min(options.repeats, 3)
        for path in 20 * ["/summary"]:  # as many as it takes to load the index
            send(url, "GET", path)
        floors = [p99(url, ["/-/healthy"], asked) for _ in range(repeats)]
        table.add("no-op route, p99, one after the other", "ms", floors)
        groups = {
            "a page of 100, most urgent first": ["/metrics?sort=attention"],
            "the slowest filter's, by id": ["/metrics?" + f for f in FILTERS],
            "the slowest filter's, most urgent first":
                ["/metrics?sort=attention&" + f for f in FILTERS],
            "a summary": ["/summary"],
            "the slowest filter's summary": ["/summary?" + f for f in FILTERS]}
        for what, paths in groups.items():
            times = []
            for repeat in range(repeats):
                say(f"{what}, {repeat + 1} of {repeats}")
                times.append(p99(url, paths, asked))
            table.add(f"p99, {what}, {metrics:,} metrics", "ms", times, mark="20")
        table.add("memory then", "MB", [server.memory("VmRSS")])
    with serve(one) as server:
        times = [timed(server.urls["read"], [f"/metrics/m0/chart?points={500 + repeat}"])[0]
                 for repeat in range(options.repeats)]
        table.add("a chart of a million values, not asked for before", "ms", times, mark="300")


def p99(url, paths, count):
    """Of the path for which it is highest."""
    return max(sorted(timed(url, count * [path]))[round(count * 0.99) - 1] for path in paths)


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
        with serve(data) as server:
            send(server.urls['read'], "GET", "/metrics/m5")
            send(server.urls['write'], "POST", "/metrics/UpdateMetricValueCommand",
                 {"id": "m5", "props": {"value": 1}})
            times.append((time.monotonic() - began) * 1000)
            resident.append(server.memory("VmRSS"))
            peak.append(server.memory("VmHWM"))
    table.add("start to the first read and command answered, a million events", "ms", times,
              mark="1,000")
    table.add("memory then", "MB", resident, mark="100")
    table.add("memory at most until then", "MB", peak)
