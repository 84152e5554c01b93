#!/usr/bin/env python3
"""script/server on a terminal, as a person uses it."""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tempfile
import unittest
import uuid

from processes import ROOT, Terminal, end_all, started_with

sys.path.insert(0, str(ROOT / "test"))
from servers import engine

TRIES = int(os.environ.get("YARDSTICK_CTRL_C_TRIES", 5))
SERVER = ROOT / "script/server"
MOMENT_MAX_S = 4  # until it runs on a machine that isn't busy


class Usage(unittest.TestCase):
    def test_help_needs_nothing_installed_or_built(self):
        with tempfile.TemporaryDirectory() as folder:
            shutil.copytree(ROOT / "script", pathlib.Path(folder) / "script")
            done = subprocess.run([pathlib.Path(folder) / "script/server", "--help"], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(os.listdir(folder), ["script"])
        self.assertEqual(done.returncode, 0, done.stdout)
        for told in ("--distributed", "--lambda", "serve --help"): self.assertIn(told, done.stdout)

    def test_of_bench_and_demo_neither(self):
        for name in ("bench", "demo"):
            with tempfile.TemporaryDirectory() as folder:
                shutil.copytree(ROOT / "script", pathlib.Path(folder) / "script")
                done = subprocess.run([pathlib.Path(folder) / "script" / name, "--help"], text=True,
                                      stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
                self.assertEqual(os.listdir(folder), ["script"])
            self.assertIn(f"script/{name} [", done.stdout)

    def test_flags_that_can_not_be_passed_on_are_refused(self):
        for flag, said in (("--store=sqlite", "--store is refused"), ("nonsense", "nonsense is unknown"),
                           ("--listen=127.0.0.1:0", "--write-listen or --read-listen")):
            done = subprocess.run([SERVER, "--distributed", flag], text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 1, done.stdout)
            self.assertIn(said, done.stdout)


class Running(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = pathlib.Path(folder.name) / "data"
        self.marker = f"TEST_MARKER={uuid.uuid4()}"

    def tearDown(self):
        left = end_all(self.marker)
        self.assertEqual(left, {}, "these were left behind")

    def start(self, *arguments):
        name, value = self.marker.split("=")
        environment = {variable: text for variable, text in os.environ.items()
                       if not variable.startswith("YARDSTICK_")}
        environment |= {name: value, "YARDSTICK_WRITE_LISTEN": "127.0.0.1:0",
                        "YARDSTICK_READ_LISTEN": "127.0.0.1:0",
                        "YARDSTICK_PROJECTOR_LISTEN": "127.0.0.1:0"}
        return Terminal([SERVER, *arguments, "--data", self.data], environment)

    def test_flags_reach_the_parts(self):
        terminal = self.start("--log-level", "nonsense", "--distributed")
        terminal.end()
        self.assertEqual(terminal.exit_code, 64, terminal.printed)
        self.assertIn("--log-level", terminal.printed)
        self.assertRegex(terminal.printed, "script/server: the [a-z-]+ ended with 64; stopping")

    def test_the_embedded_one_ends_well_at_ctrl_c(self):
        terminal = self.start()
        terminal.read_until("url=")
        terminal.press_ctrl_c()
        terminal.end()
        self.assertEqual(terminal.exit_code, 0, terminal.printed)

    def test_with_a_function_it_says_nothing_of_variables_to_set(self):
        engine("cargo-lambda")
        terminal = self.start("--lambda", "--log-format", "json")
        for api in ("write", "read"): terminal.read_until(f'"api":"{api}"')
        terminal.press_ctrl_c()
        terminal.end()
        self.assertEqual(terminal.exit_code, 0, terminal.printed)
        self.assertNotIn("MUST", terminal.printed)
        self.assertIn("MUST", (self.data / "distributed/cargo-lambda.log").read_text())

    def test_ctrl_c_at_any_moment_leaves_nothing(self):
        seed = random.randrange(2**32)
        moments = random.Random(seed)
        for attempt in range(TRIES):
            terminal = self.start("--distributed")
            terminal.read_for(moments.uniform(0, MOMENT_MAX_S))
            for _ in range(moments.choice((1, 1, 2))): terminal.press_ctrl_c()
            terminal.end()
            self.assertEqual(started_with(self.marker), {},
                             f"left behind by try {attempt} of the seed {seed}")


if __name__ == "__main__":
    for name in ("dynoxide", "mongo-java-server"): engine(name)  # or all of it is skipped
    unittest.main()
