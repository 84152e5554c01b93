#!/usr/bin/env python3
"""script/bootstrap and script/engines on machines that are not as they wish, played by a folder of programs
that is all of the path."""
import os
import pathlib
import shutil
import subprocess
import tempfile
import unittest

from processes import ROOT

REAL = ("bash", "cat", "env", "grep", "head", "mktemp", "rm", "sed", "sh", "sleep", "touch")


class Machine(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        self.bin = self.folder / "bin"
        self.bin.mkdir()
        for name in REAL: (self.bin / name).symlink_to(shutil.which(name))

    def program(self, name, text):
        (self.bin / name).write_text(f"#!/bin/sh\ncd {self.folder}\n{text}\n")
        (self.bin / name).chmod(0o755)

    def run_script(self, *command, **environment):
        done = subprocess.run([ROOT / "script" / command[0], *command[1:]], text=True,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={"PATH": str(self.bin), "HOME": str(self.folder), **environment})
        return done.returncode, done.stdout

    def log(self):
        return (self.folder / "log").read_text()


class Bootstrap(Machine):
    def setUp(self):
        super().setUp()
        self.program("id", "echo 0")
        self.program("dpkg-query", "exit 1")
        self.program("apt-cache", 'echo "$2 | 1.0"')
        self.program("apt-get", 'echo "$DEBIAN_FRONTEND $*" >> log')

    def test_installs_without_questions_and_removes_nothing(self):
        code, printed = self.run_script("bootstrap")
        self.assertEqual(code, 0, printed)
        install = self.log().splitlines()[-1]
        for part in ("noninteractive", "--no-remove", "DPkg::Lock::Timeout=300", " g++ "):
            self.assertIn(part, install)

    def test_installs_nothing_twice(self):
        self.program("dpkg-query", "echo install ok installed")
        self.assertEqual(self.run_script("bootstrap", "--tests", "--tools"), (0, ""))

    def test_asks_no_questions_by_sudo_either(self):
        self.program("id", "echo 1000")
        self.program("sudo", 'exec env -i PATH="$PATH" "$@"')
        code, printed = self.run_script("bootstrap")
        self.assertEqual(code, 0, printed)
        self.assertIn("noninteractive", self.log().splitlines()[-1])

    def test_without_root_and_sudo_it_says_what_to_do(self):
        self.program("id", "echo 1000")
        code, printed = self.run_script("bootstrap", "--tests")
        self.assertEqual((code, len(printed.splitlines())), (1, 1), printed)
        self.assertIn('run "script/bootstrap --tests" once as root', printed)

    def test_waits_for_another_apt(self):
        self.program("apt-get", """
            echo "$*" >> log
            case $* in *update*) ;; *) exit 0;; esac
            [ -e tried ] && exit 0
            touch tried
            echo "E: Could not get lock /var/lib/apt/lists/lock"; exit 100""")
        code, printed = self.run_script("bootstrap")
        self.assertEqual(code, 0, printed)
        self.assertEqual(sum(line.endswith(" update") for line in self.log().splitlines()), 2)

    def test_without_a_network_it_says_so(self):
        self.program("apt-cache", "exit 0")
        code, printed = self.run_script("bootstrap")
        self.assertEqual((code, len(printed.splitlines())), (1, 2), printed)
        self.assertIn("Is the network there", printed)

    def test_on_another_system_it_says_so(self):
        (self.bin / "dpkg-query").unlink()
        code, printed = self.run_script("bootstrap")
        self.assertEqual((code, len(printed.splitlines())), (1, 1), printed)
        self.assertIn("has no apt", printed)

    def test_one_package_that_can_not_be_installed_is_named_and_does_not_hold_up_the_others(self):
        self.program("apt-get", """
            case $* in *cargo-web*) echo "E: Packages need to be removed"; exit 100;; esac
            echo "$*" >> log""")
        code, printed = self.run_script("bootstrap", "--engines")
        self.assertEqual(code, 1)
        self.assertIn("apt can't install cargo-web.", printed)
        self.assertIn(" maven\n", self.log())


class Engines(Machine):
    def setUp(self):
        super().setUp()
        (self.bin / "python3").symlink_to("/usr/bin/python3")

    def install(self, name):
        """With the tools of this path alone."""
        code = ("import importlib.machinery, importlib.util, sys\n"
                "loader = importlib.machinery.SourceFileLoader('engines', sys.argv[1])\n"
                "module = importlib.util.module_from_spec("
                "importlib.util.spec_from_loader('engines', loader))\n"
                "loader.exec_module(module)\n"
                "real = module.tools_environment\n"
                "module.tools_environment = lambda: {**real(), 'PATH': sys.argv[3]}\n"
                "module.main(['install', sys.argv[2]])\n")
        done = subprocess.run(["/usr/bin/python3", "-B", "-c", code, ROOT / "script/engines", name,
                               self.bin],
                              text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={**os.environ, "YARDSTICK_ENGINES": str(self.folder / "engines")})
        return done.returncode, done.stdout

    def test_a_tool_that_is_missing_is_named_with_its_package(self):
        code, printed = self.install("dynoxide")
        self.assertEqual(code, 1)
        self.assertIn("dynoxide can't be installed: cargo 1.88 or newer is needed and not there: "
                      "apt-get install cargo-web rustc-web", printed)

    def test_a_tool_that_is_too_old_is_named_with_its_version(self):
        self.program("cargo", "echo cargo 1.65.0")
        code, printed = self.install("dynoxide")
        self.assertEqual(code, 1)
        self.assertIn(f"cargo 1.88 or newer is needed, {self.bin}/cargo is 1.65.0", printed)

    def test_the_reason_of_a_tool_that_fails_is_shown(self):
        self.program("cargo", 'case $1 in --version) echo cargo 1.96.0;; *) echo "a certificate"; exit 3;; esac')
        code, printed = self.install("dynoxide")
        self.assertEqual(code, 1)
        self.assertIn("cargo ended with 3:\na certificate", printed)
        self.assertNotIn("Traceback", printed)


if __name__ == "__main__":
    unittest.main()
