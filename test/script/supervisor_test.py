#!/usr/bin/env python3
"""The supervisor (script/supervisor.py), on a terminal, with processes of the shell's."""
import os
import pathlib
import random
import signal
import sys
import tempfile
import textwrap
import time
import unittest
import uuid

from processes import ROOT, Terminal, end_all, started_with

TRIES = int(os.environ.get("YARDSTICK_CTRL_C_TRIES", 40))
# Says when it is up and when it gets SIGTERM, and ends.
POLITE = 'trap "echo NAME ends >> log; exit 0" TERM; echo NAME runs >> log; while :; do sleep 0.01; done'
DEAF = 'trap "" TERM INT HUP; echo NAME runs >> log; while :; do sleep 0.01; done'


class SupervisorTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.marker = f"TEST_MARKER={uuid.uuid4()}"

    def tearDown(self):
        left = end_all(self.marker)
        self.assertEqual(left, {}, "these were left behind")

    def start(self, steps, options=""):
        """A script that supervises; `shell(name, text)` starts a process."""
        script = self.folder / "script.py"
        script.write_text(textwrap.dedent(f"""
            import sys
            sys.path.insert(0, {str(ROOT / 'script')!r})
            from supervisor import Supervisor, free_port
            def shell(name, text):
                return supervisor.start(name, ["sh", "-c", text.replace("NAME", name)])
            with Supervisor("test"{options}) as supervisor:
            """) + textwrap.indent(textwrap.dedent(steps), "    ") + "\nsys.exit(supervisor.exit_code)\n")
        name, value = self.marker.split("=")
        here = os.getcwd()
        os.chdir(self.folder)
        try:
            return Terminal([sys.executable, script], {**os.environ, name: value})
        finally:
            os.chdir(here)

    def log(self):
        return (self.folder / "log").read_text().split("\n")[:-1]

    def run_three(self):
        terminal = self.start(f"""
            for name in ("first", "second", "third"): shell(name, {POLITE!r})
            while open("log").read().count("runs") < 3: supervisor._look(0.01)
            print("all run", flush=True)
            supervisor.wait()
            """)
        (self.folder / "log").touch()
        terminal.read_until("all run")
        return terminal

    def test_ctrl_c_stops_all_in_reverse_order(self):
        terminal = self.run_three()
        terminal.press_ctrl_c()
        terminal.end()
        self.assertEqual(terminal.exit_code, 0, terminal.printed)
        self.assertEqual(self.log()[3:], ["third ends", "second ends", "first ends"])

    def test_sigterm_and_a_closed_terminal_do_so_too(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            terminal = self.run_three()
            os.kill(terminal.pid, number)
            terminal.end()
            self.assertEqual(terminal.exit_code, 0, terminal.printed)
            self.assertEqual(self.log()[3:], ["third ends", "second ends", "first ends"])
            (self.folder / "log").unlink()

    def test_a_second_ctrl_c_changes_nothing(self):
        terminal = self.run_three()
        for _ in range(3): terminal.press_ctrl_c()
        os.kill(terminal.pid, signal.SIGTERM)
        terminal.end()
        self.assertEqual(terminal.exit_code, 0, terminal.printed)
        self.assertEqual(self.log()[3:], ["third ends", "second ends", "first ends"])

    def test_when_the_supervisor_is_killed_all_end(self):
        terminal = self.run_three()
        os.kill(terminal.pid, signal.SIGKILL)
        terminal.end()
        for _ in range(500):
            if not started_with(self.marker): break
            time.sleep(0.01)
        self.assertEqual(sorted(self.log()[3:]), ["first ends", "second ends", "third ends"])

    def test_one_that_ends_by_itself_stops_the_others_and_is_named(self):
        terminal = self.start(f"""
            shell("first", {POLITE!r})
            shell("second", "sleep 0.1; exit 7")
            shell("third", {POLITE!r})
            supervisor.wait()
            """)
        terminal.end()
        self.assertEqual(terminal.exit_code, 7)
        self.assertIn("test: second ended with 7; stopping the others.", terminal.printed)

    def test_one_that_ends_before_it_takes_connections_is_not_waited_for(self):
        terminal = self.start(f"""
            shell("first", {POLITE!r})
            supervisor.wait_for_port(shell("second", "exit 3"), free_port())
            """)
        terminal.end()
        self.assertEqual(terminal.exit_code, 3)
        self.assertIn("test: second ended with 3", terminal.printed)

    def test_one_that_takes_no_connections_is_given_up(self):
        terminal = self.start(f"""
            supervisor.wait_for_port(shell("first", {POLITE!r}), free_port())
            """, ", port_patience_s=0.5")
        terminal.end()
        self.assertEqual(terminal.exit_code, 1)
        self.assertIn("test: first takes no connections; stopping the others.", terminal.printed)

    def test_a_step_that_fails_stops_all(self):
        for command, code, said in ((["sh", "-c", "exit 5"], 5, "step ended with 5"),
                                    (["/not/there"], 1, "step can't be started"),
                                    (["sh", "-c", "kill -9 $$"], 1, "step was ended by SIGKILL")):
            terminal = self.start(f"""
                shell("first", {POLITE!r})
                supervisor.run("step", {command!r})
                print("not reached")
                """)
            terminal.end()
            self.assertEqual(terminal.exit_code, code)
            self.assertIn(said, terminal.printed)
            self.assertNotIn("not reached", terminal.printed)

    def test_a_step_that_succeeds_is_over(self):
        terminal = self.start("""
            supervisor.run("step", ["true"])
            print("reached")
            """)
        terminal.end()
        self.assertEqual((terminal.exit_code, terminal.printed.strip()), (0, "reached"))

    def test_one_that_does_not_stop_is_killed_with_all_that_it_started(self):
        terminal = self.start(f"""
            shell("first", {POLITE!r})
            shell("second", "(" + {DEAF!r} + ") & " + {DEAF!r})
            while open("log").read().count("runs") < 3: supervisor._look(0.01)
            print("all run", flush=True)
            supervisor.wait()
            """, ", stop_patience_s=0.5")
        (self.folder / "log").touch()
        terminal.read_until("all run")
        terminal.press_ctrl_c()
        terminal.end()
        self.assertEqual(terminal.exit_code, 0)
        self.assertIn("second does not stop within 0.5 s and is killed.", terminal.printed)
        self.assertEqual(self.log()[-1], "first ends")

    def test_ctrl_c_at_any_moment_leaves_nothing(self):
        seed = random.randrange(2**32)
        moments = random.Random(seed)
        for attempt in range(TRIES):
            terminal = self.start(f"""
                shell("first", {POLITE!r})
                supervisor.wait_for_port(shell("second", "exec python3 -m http.server --bind "
                    "127.0.0.1 " + str(port := free_port())), port)
                supervisor.run("step", ["sh", "-c", "sleep 0.05"])
                shell("third", {POLITE!r})
                supervisor.wait()
                """)
            terminal.read_for(moments.uniform(0, 0.6))
            for _ in range(moments.choice((1, 1, 2))): terminal.press_ctrl_c()
            terminal.end()
            self.assertEqual(started_with(self.marker), {},
                             f"left behind by try {attempt} of the seed {seed}")


if __name__ == "__main__":
    unittest.main()
