"""Servers for tests that are written in Python, on free ports and with their data in a folder of the
test's; and the programs that `script/engines` has installed.

    with Servers(program, folder) as servers:
        servers.start("yardstick serve")        # or servers.start_distributed()
        print(servers.urls["write"], servers.urls["read"])
        servers.stop()                          # they must end well
"""
import json
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import threading

ROOT = pathlib.Path(__file__).resolve().parent.parent
PATIENCE_S = 60
SKIPPED = 77  # the exit code that CMakeLists.txt knows
# How many addresses each says it listens on.
LISTENS = {"serve": 2, "write-api": 1, "read-api": 1, "projector": 1, "--distributed": 3,
           "--lambda": 2}
APIS = ("write", "read", "projector")


def engine(name):
    """The path of an installed program. Ends the test as skipped if it isn't, which script/test counts."""
    folder = subprocess.run([ROOT / "script/engines", "folder"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout.strip()
    program = pathlib.Path(folder) / "bin" / name
    if not program.exists():
        print(f"needs the engine {name}, which is not installed: script/engines install {name}")
        sys.exit(SKIPPED)
    return program


def system_program(name):
    """The path of a program of Debian's. Ends the test as skipped if it isn't installed."""
    program = shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin")
    if program is None:
        print(f"needs {name}, which is not installed: script/bootstrap --tests")
        sys.exit(SKIPPED)
    return program


class Servers:
    def __init__(self, program, folder):
        self.folder = folder
        self.urls = {}
        self.running = []
        self.environment = {
            **{name: value for name, value in os.environ.items()
               if not name.startswith("YARDSTICK_")},
            "PATH": f"{program.parent}:{os.environ['PATH']}",
            "YARDSTICK_LOG_FORMAT": "json",
            **{f"YARDSTICK_{api.upper()}_LISTEN": "127.0.0.1:0" for api in APIS}}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for process in self.running:
            process.terminate()  # a script then ends what it has started
            try:
                process.wait(PATIENCE_S)
            except subprocess.TimeoutExpired:
                process.kill()

    def start(self, command):
        """Starts a server, and waits until it listens."""
        arguments = shlex.split(command)
        process = subprocess.Popen(arguments, stderr=subprocess.PIPE, text=True, cwd=self.folder,
                                   env=self.environment)
        self.running.append(process)
        timer = threading.Timer(PATIENCE_S, process.kill)
        timer.start()
        left = LISTENS[arguments[1]]
        while left > 0:
            line = process.stderr.readline()
            assert line, f"{command} ended before it listened"
            entry = json.loads(line) if line.startswith("{") else {}
            if entry.get("message") == "listening":
                self.urls[entry["api"]] = entry["url"]
                left -= 1
        timer.cancel()
        threading.Thread(target=process.stderr.read, daemon=True).start()

    def start_distributed(self, projector="--distributed"):
        """The parts on servers that speak DynamoDB's and MongoDB's protocols. "--lambda": with a
        function in the projector's place."""
        for name in ("dynoxide", "mongo-java-server", "cargo-lambda"):
            if name != "cargo-lambda" or projector == "--lambda": engine(name)
        self.environment["YARDSTICK_DATA"] = str(self.folder / "data")
        self.start(f"{shlex.quote(str(ROOT / 'script/server'))} {projector}")

    def stop(self):
        codes = []
        for process in self.running:
            process.terminate()
        for process in self.running:
            codes.append(process.wait(PATIENCE_S))
        self.running = []
        assert not any(codes), f"the servers ended with {codes}"
