"""What all parts of script/bench share: running programs, sending, wrk, and the table of figures."""
import http.client
import json
import os
import pathlib
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

ROOT = pathlib.Path(__file__).resolve().parent.parent
BIN = ROOT / "build" / "release" / "bin"
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


class Yardstick:
    """A running part of it that listens, and the URLs of its APIs by their names."""

    def __init__(self, arguments, apis, environment=None):
        self.log = tempfile.TemporaryFile()
        self.urls = {}
        began = time.monotonic()
        self.process = subprocess.Popen(
            [BIN / "yardstick", *arguments, "--log-format", "json", "--no-access-log"],
            stderr=self.log, env={**os.environ, **(environment or {})})
        try:
            while not self.urls.keys() >= set(apis):
                if self.process.poll() is not None or time.monotonic() - began > 60:
                    sys.exit(f"bench: yardstick {arguments[0]} does not listen")
                time.sleep(0.002)
                self.log.seek(0)
                self.urls.update(re.findall(r'"listening","api":"(\w+)","url":"([^"]+)"',
                                            self.log.read().decode()))
        except BaseException:
            self.process.kill()
            self.process.wait()
            raise

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


def timed(url, paths):
    """Milliseconds that each takes, asked for one after the other over one connection."""
    connection = http.client.HTTPConnection(urllib.parse.urlparse(url).netloc, timeout=15)
    times = []
    for path in paths:
        began = time.perf_counter()
        connection.request("GET", path)
        response = connection.getresponse()
        answer = response.read()
        times.append((time.perf_counter() - began) * 1000)
        assert response.status == 200, answer
    connection.close()
    return times


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
