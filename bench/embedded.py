"""The parts of script/bench that measure one process on the embedded stores."""
import json
import shutil
import subprocess
import time

from measuring import BIN, METRICS, Yardstick, create_metrics, port, run, say, send, wrk

PARTS = ["micro", "commands", "openloop", "reads", "rebuild", "start"]


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
