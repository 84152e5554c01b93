"""Runs processes that need each other: starts them in order, and stops them in reverse order, whatever
happens. Nothing that it started outlives it.

    with Supervisor("script/server") as supervisor:
        engine = supervisor.start("engine", [program, "--port", port])
        supervisor.wait_for_port(engine, port)
        supervisor.run("create-table", [yardstick, "create-table"])
        supervisor.start("write API", [yardstick, "write-api"])
        supervisor.wait()       # until one ends, or a signal comes
    sys.exit(supervisor.exit_code)

SIGINT, SIGTERM and SIGHUP are blocked, and looked at where it waits: between two steps none is lost, and
none comes at a bad time. The processes get sessions of their own, so that the terminal's Ctrl-C
reaches the supervisor alone and the order of the stop is its own.
"""
import ctypes
import os
import signal
import socket
import subprocess
import sys
import time

# For one to end after SIGTERM; then it is killed.
STOP_PATIENCE_S = 30
# For one to take connections: a Java machine on a busy computer takes its time.
PORT_PATIENCE_S = 60
LOOK_EVERY_S = 0.05
PR_SET_PDEATHSIG = 1


class _Stop(Exception):
    """Leaves the `with`: a signal came, or a process ended that should not have."""


class Supervisor:
    def __init__(self, name, stop_patience_s=STOP_PATIENCE_S, port_patience_s=PORT_PATIENCE_S):
        self.name = name
        self.exit_code = 0
        self.stop_patience_s = stop_patience_s
        self.port_patience_s = port_patience_s
        self.running = []  # (name, process), in the order of their starts
        # One that is ignored (nohup) stays so.
        self.stops = {number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
                      if signal.getsignal(number) != signal.SIG_IGN}

    def __enter__(self):
        # For good: once all is stopped, there is nothing left to do but to end.
        self.mask_before = signal.pthread_sigmask(signal.SIG_BLOCK, self.stops | {signal.SIGCHLD})
        self.parent = os.getpid()
        self.libc = ctypes.CDLL(None)
        return self

    def __exit__(self, kind, error, trace):
        for name, process in reversed(self.running): self._stop(name, process)
        self.running = []
        return kind is _Stop

    def start(self, name, command, **options):
        """Starts a process that shall run until the supervisor stops it."""
        try:
            process = subprocess.Popen([str(part) for part in command], stdin=subprocess.DEVNULL,
                                       start_new_session=True, preexec_fn=self._in_child, **options)
        except OSError as error:
            self._fail(f"{name} can't be started ({error})", 1)
        self.running.append((name, process))
        return process

    def wait_for_port(self, process, port):
        """Until it takes connections on this machine."""
        until = time.monotonic() + self.port_patience_s
        while not connects(port):
            self._look(LOOK_EVERY_S)
            if time.monotonic() > until:
                self._fail(f"{self._name_of(process)} takes no connections", 1)

    def run(self, name, command, **options):
        """Runs a process to its end, which must be a good one."""
        process = self.start(name, command, **options)
        while exit_code_of(process) is None: self._look(LOOK_EVERY_S, but=process)
        self.running.pop()
        self._end(process)
        if process.returncode != 0: self._fail_after(name, process.returncode)

    def wait(self):
        """Until a process ends by itself, or a signal comes."""
        while True: self._look(1)

    def say(self, sentence):
        try:
            print(f"{self.name}: {sentence}", file=sys.stderr, flush=True)
        except OSError:
            pass  # the terminal is gone

    def _in_child(self):
        signal.pthread_sigmask(signal.SIG_SETMASK, self.mask_before)
        # If the supervisor is killed, the kernel sends them SIGTERM.
        self.libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != self.parent: os._exit(1)

    def _look(self, seconds, but=None):
        """Waits that long, or until something happens; stops if that is a signal or an end."""
        came = signal.sigtimedwait(self.stops | {signal.SIGCHLD}, seconds)
        if came and came.si_signo in self.stops: raise _Stop()
        for name, process in self.running:
            code = exit_code_of(process)
            if process is not but and code is not None: self._fail_after(name, code)

    def _fail_after(self, name, code):
        how = f"ended with {code}" if code >= 0 else f"was ended by {signal.Signals(-code).name}"
        self._fail(f"{name} {how}", code)

    def _fail(self, sentence, code):
        self.say(f"{sentence}; stopping the others.")
        self.exit_code = code if 0 < code < 256 else 1
        raise _Stop()

    def _name_of(self, process):
        return next(name for name, other in self.running if other is process)

    def _stop(self, name, process):
        os.killpg(process.pid, signal.SIGTERM)
        until = time.monotonic() + self.stop_patience_s
        while exit_code_of(process) is None and time.monotonic() < until:
            signal.sigtimedwait({signal.SIGCHLD}, LOOK_EVERY_S)
        if exit_code_of(process) is None:
            self.say(f"{name} does not stop within {self.stop_patience_s} s and is killed.")
        self._end(process)

    def _end(self, process):
        """Takes its exit code, and leaves nothing that it has started."""
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def connects(port):
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", int(port))) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def exit_code_of(process):
    """As Popen.poll(), but the process stays a zombie: its number, and so its group's, is no
    other's until _end() takes it."""
    ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    if ended is None: return None
    return ended.si_status if ended.si_code == os.CLD_EXITED else -ended.si_status
