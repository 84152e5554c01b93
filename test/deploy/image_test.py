#!/usr/bin/env python3
"""Whether the image holds all that the program needs: image_test.py PROGRAM

Without Docker: the folder that becomes the container's root is put together from the packages that
the Dockerfile names and what these depend on, as they are installed here, and nothing else. In it
the program runs as the image's user, with the image's environment, on a root that is read-only."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import unittest
import urllib.request

from files import Dockerfile, run

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
IMAGE = Dockerfile()
PATIENCE_S = 30
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"  # in a container
# Folders that are links into /usr.
MERGED = ("bin", "lib", "lib32", "lib64", "libx32", "sbin")
DEBIAN_12 = "VERSION_CODENAME=bookworm" in pathlib.Path("/etc/os-release").read_text()


def closure(packages):
    """The packages and all that they depend on, of those that are installed here."""
    done = run("apt-cache", "depends", "--recurse", "--installed", "--important", *packages)
    assert done.returncode == 0, done.stdout
    return {line.split(":")[0] for line in done.stdout.splitlines() if re.match(r"\w", line)}


def files_of(package):
    done = run("dpkg-query", "-L", package)
    assert done.returncode == 0, f"{package} is not installed here: script/bootstrap must bring it"
    return [pathlib.Path(line) for line in done.stdout.splitlines() if line.startswith("/")]


def owner(library):
    """The package of a file. dpkg knows it under the name from before /usr was merged, or after."""
    real = str(library.resolve())
    for name in (real, real.removeprefix("/usr")):
        done = run("dpkg-query", "-S", name)
        if done.returncode == 0: return done.stdout.split(":")[0]
    raise AssertionError(f"no package owns {library}")


def libraries():
    """By the name that is asked for: where it is. Those of the libraries too."""
    done = run("ldd", PROGRAM)
    assert "not found" not in done.stdout, done.stdout
    found = re.findall(r"(\S+) => (/\S+)|(/\S+ld-linux\S+)", done.stdout)
    return {name or pathlib.Path(loader).name: pathlib.Path(path or loader)
            for name, path, loader in found}


def named_by_the_program():
    dynamic = run("objdump", "-p", PROGRAM).stdout
    return re.findall(r"NEEDED +(\S+)", dynamic)


def put(source, target):
    target.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy2(source, target, follow_symlinks=False)


def assemble(root):
    """Makes the container's root. All in it but the program comes from the named packages."""
    for name in MERGED:
        (root / "usr" / name).mkdir(parents=True)
        (root / name).symlink_to(f"usr/{name}")
    for package in closure(IMAGE.packages):
        for source in files_of(package):
            target = root / source.relative_to("/")
            whole = source.is_file() or source.is_symlink()
            if whole and not os.path.lexists(target): put(source, target)
    put(PROGRAM, root / "usr/local/bin/yardstick")
    for name in ("proc", "dev", "data"): (root / name).mkdir(exist_ok=True)
    done = run("ldconfig", "-r", root)
    assert done.returncode == 0, done.stdout


# In a mount namespace of its own: $1, the root, is read-only but for /data, which is $2's and $3's;
# then the rest of the arguments run in it.
CONTAINER = """
mount --bind "$1" "$1"
mount --bind /proc "$1/proc"
mount --rbind /dev "$1/dev"
mount -t tmpfs -o "uid=$2,gid=$3,mode=0750" data "$1/data"
mount -o remount,bind,ro "$1"
root=$1 user=$2:$3
shift 3
exec chroot --userspec="$user" --groups= "$root" "$@"
"""


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Container:
    """A program that runs in the root as it would in a container."""

    def __init__(self, root, *command, environment):
        self.root = root
        self.environment = {"PATH": DEFAULT_PATH, **IMAGE.environment, **environment}
        user, group = (str(number) for number in IMAGE.user)
        self.process = subprocess.Popen(
            ["unshare", "--mount", "sh", "-ec", CONTAINER, "sh", root, user, group, *command],
            env=self.environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.timer = threading.Timer(PATIENCE_S, self.process.kill)
        self.timer.start()

    def lines_until(self, message, times):
        """Reads its log until the message came so often."""
        for line in self.process.stderr:
            times -= json.loads(line)["message"] == message if line.startswith("{") else 0
            if times == 0: return
        raise AssertionError(f"it ended before it said '{message}'")

    def beside(self, *command):
        """Another command in the same container."""
        user, group = (str(number) for number in IMAGE.user)
        return run("nsenter", f"--mount=/proc/{self.process.pid}/ns/mnt", "chroot",
                   f"--userspec={user}:{group}", "--groups=", self.root, *command,
                   env=self.environment, timeout=PATIENCE_S)

    def end(self):
        """Its exit code and what it had printed."""
        out, err = self.process.communicate()
        self.timer.cancel()
        return self.process.returncode, out + err

    def kill(self):
        if self.process.returncode is None:
            self.process.kill()
            self.end()

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.end()


def ask(url, body=None):
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
        return answer.status, json.loads(answer.read() or "null")


@unittest.skipUnless(DEBIAN_12, "needs Debian 12, whose packages the image has")
class Libraries(unittest.TestCase):
    def test_of_the_program_are_the_named_packages_and_these_no_others(self):
        places = libraries()
        owners = {owner(places[name]) for name in named_by_the_program()}
        self.assertEqual(IMAGE.packages, owners | {"ca-certificates"})

    def test_of_those_libraries_come_with_them(self):
        owners = {owner(path) for path in libraries().values()}
        self.assertLessEqual(owners, closure(IMAGE.packages))


def may_mount():
    """Root in an ordinary container or in a chroot may not."""
    return run("unshare", "--mount", "true").returncode == 0


@unittest.skipUnless(DEBIAN_12, "needs Debian 12, whose packages the image has")
@unittest.skipUnless(may_mount(), "needs root that may mount (CAP_SYS_ADMIN), outside of a chroot")
class Running(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.root = pathlib.Path(cls.folder.name)
        cls.root.chmod(0o755)
        assemble(cls.root)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def start(self, *command, **environment):
        container = Container(self.root, *command, environment=environment)
        self.addCleanup(container.kill)
        return container

    def test_it_tells_its_version(self):
        code, out = self.start("yardstick", "--version").end()
        self.assertEqual((code, out.split()[0]), (0, "yardstick"), out)

    def test_nothing_can_be_written_but_data(self):
        # Where the folder can be made, it is the address that is refused.
        for folder, expected in (("/data", 64), ("/usr", 1)):
            code, out = self.start("yardstick", "serve", "--data", f"{folder}/new",
                                   "--write-listen", "nonsense").end()
            self.assertEqual(code, expected)
            self.assertEqual("Read-only file system" in out, expected == 1, out)

    def test_it_serves_is_healthy_and_stops(self):
        write, read = free_port(), free_port()
        container = self.start("yardstick", "serve",
                               YARDSTICK_WRITE_LISTEN=f"0.0.0.0:{write}",
                               YARDSTICK_READ_LISTEN=f"0.0.0.0:{read}",
                               YARDSTICK_PROJECTOR_LISTEN=f"0.0.0.0:{free_port()}")
        container.lines_until("listening", 2)
        props = {"name": "Books", "description": "Read", "target": 24, "unit": "books",
                 "deadline": "2035-12-31"}
        status, answer = ask(f"http://127.0.0.1:{write}/metrics/CreateMetricCommand",
                             json.dumps({"id": "books", "props": props}).encode())
        self.assertEqual((status, answer), (201, {"id": "books", "version": 1}))
        status, answer = ask(f"http://127.0.0.1:{read}/metrics/books?minVersion=1&wait=10000")
        self.assertEqual((status, answer["target"]), (200, 24))
        backup = container.beside("yardstick", "backup", "/data/backup.db")
        self.assertEqual(backup.returncode, 0, backup.stdout)
        healthy = container.beside(*IMAGE.health_check)
        self.assertEqual(healthy.returncode, 0, healthy.stdout)
        code, out = container.stop()
        self.assertEqual(code, 0, out)

    def test_its_health_check_notices_that_nobody_answers(self):
        container = self.start("yardstick", "projector", AWS_REGION="nowhere-1",
                               AWS_ACCESS_KEY_ID="none", AWS_SECRET_ACCESS_KEY="none",
                               AWS_ENDPOINT_URL=f"http://127.0.0.1:{free_port()}",
                               DYNAMODB_DB_NAME="none", MONGO_URI="mongodb://127.0.0.1:1",
                               YARDSTICK_PROJECTOR_LISTEN=f"0.0.0.0:{free_port()}",
                               YARDSTICK_WRITE_LISTEN=f"0.0.0.0:{free_port()}",
                               YARDSTICK_READ_LISTEN=f"0.0.0.0:{free_port()}")
        container.lines_until("waiting for the event store", 1)
        healthy = container.beside(*IMAGE.health_check)
        self.assertEqual(healthy.returncode, 1, healthy.stdout)
        code, out = container.stop()
        self.assertEqual(code, 0, out)


if __name__ == "__main__":
    unittest.main(verbosity=2)
