"""What the tests of scripts share: a script on a terminal of its own, and what it has left behind."""
import contextlib
import os
import pathlib
import pty
import select
import signal
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PATIENCE_S = 120


class Terminal:
    """Runs a command on a terminal, where Ctrl-C reaches it as it does a person's."""

    def __init__(self, command, environment):
        self.printed = ""
        self.exit_code = None
        command = [str(part) for part in command]
        stops = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        # Until the child has its own reaction to them: that of the test's is lost with exec.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, stops)
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            for number in stops: signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, stops)
            os.execvpe(command[0], command, environment)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        while os.tcgetpgrp(self.master) != self.pid: time.sleep(0.001)  # or Ctrl-C reaches nobody

    def press_ctrl_c(self):
        try:
            os.write(self.master, b"\x03")
        except OSError:
            pass  # it has ended

    def read(self, seconds):
        """What it prints within that time; False once it has closed the terminal."""
        if not select.select([self.master], [], [], seconds)[0]: return True
        try:
            got = os.read(self.master, 65536)
        except OSError:
            return False
        self.printed += got.decode(errors="replace")
        return bool(got)

    def read_until(self, text):
        until = time.monotonic() + PATIENCE_S
        while text not in self.printed:
            assert self.read(1), f"it ended before it printed {text}:\n{self.printed}"
            assert time.monotonic() < until, f"it did not print {text}:\n{self.printed}"

    def read_for(self, seconds):
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            if not self.read(left): return

    def end(self):
        """Waits until it has ended."""
        until = time.monotonic() + PATIENCE_S
        while self.exit_code is None:
            if not self.read(0.02): time.sleep(0.02)
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid: self.exit_code = os.waitstatus_to_exitcode(status)
            assert time.monotonic() < until, f"it does not end:\n{self.printed}"
        while self.read(0.05) and select.select([self.master], [], [], 0)[0]: pass
        os.close(self.master)


def started_with(marker):
    """The processes whose environment has the marker, by what they are called."""
    found = {}
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if marker.encode() not in (process / "environ").read_bytes(): continue
            command = (process / "cmdline").read_bytes().replace(b"\0", b" ").decode()
        except OSError:
            continue  # it has just ended
        if command: found[int(process.name)] = command  # a zombie has none
    return found


def end_all(marker):
    """Kills what is left with the marker, and says what it was."""
    left = started_with(marker)
    for pid in left:
        with contextlib.suppress(ProcessLookupError): os.kill(pid, signal.SIGKILL)
    return left
