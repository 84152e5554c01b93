#!/usr/bin/env python3
"""Checks the Dockerfile, the Compose files and the systemd units: files_test.py PROGRAM"""
import pathlib
import re
import shutil
import sys
import tempfile
import unittest

from files import DEPLOY, ROOT, Dockerfile, run, tool

PROGRAM = pathlib.Path(sys.argv.pop(1)).resolve()
UNITS = sorted(DEPLOY.glob("systemd/*.service"))
SERVERS = [unit for unit in UNITS if "backup" not in unit.name]
TIMERS = sorted(DEPLOY.glob("systemd/*.timer"))
# What systemd says of a unit's sandbox, in tenths: 0 is closed, 100 is open.
EXPOSURE_MAX = 15


class Image(unittest.TestCase):
    def test_its_dockerfile_has_no_faults(self):
        done = run(tool("hadolint"), DEPLOY / "Dockerfile")
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_its_program_is_found_without_a_path(self):
        """Lambda wants the whole of it."""
        self.assertIn('\nENTRYPOINT ["/usr/local/bin/yardstick"]\n',
                      (DEPLOY / "Dockerfile").read_text())

    def test_its_user_is_a_number_and_not_root(self):
        self.assertTrue(all(number > 0 for number in Dockerfile().user))

    def test_what_it_is_built_from_is_complete(self):
        """A folder that the build needs and .dockerignore leaves out would be missed there only."""
        with tempfile.TemporaryDirectory() as folder:
            context = pathlib.Path(folder)
            entries = (ROOT / ".dockerignore").read_text().splitlines()
            self.assertIn("*", entries, "only what is named may go to whoever builds")
            for name in [entry[1:] for entry in entries if entry.startswith("!")]:
                copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy2
                copy(ROOT / name, context / name)
            for name in Dockerfile().copied:
                self.assertTrue((context / name).exists(), f"{name} is not in the context")
            done = run("cmake", "--preset", "release", cwd=context)
            self.assertEqual(done.returncode, 0, done.stdout)


class Compose(unittest.TestCase):
    def test_its_files_have_no_faults(self):
        """Also: ports are this machine's alone."""
        files = sorted(DEPLOY.glob("compose*.yaml"))
        self.assertTrue(files)
        # A name for what is built is what both are for.
        done = run(tool("dclint"), *files, "-q", "--disable-rule", "no-build-and-image")
        self.assertEqual(done.returncode, 0, done.stdout)


class Units(unittest.TestCase):
    def verified(self, *arguments):
        with tempfile.TemporaryDirectory() as folder:
            copies = []
            for unit in UNITS + TIMERS:
                # Where a person puts the program, this machine may have none.
                text = unit.read_text().replace("/usr/local/bin/yardstick", str(PROGRAM))
                copy = pathlib.Path(folder) / unit.name.replace("@.", "@read-api.")
                copy.write_text(text)
                copies.append(copy)
            if arguments[0] == "security":  # a timer runs nothing
                copies = [copy for copy in copies if copy.suffix == ".service"]
            done = run("systemd-analyze", *arguments, *copies)
            self.assertEqual(done.returncode, 0, done.stdout)
            return done.stdout

    def test_systemd_understands_them(self):
        self.assertEqual(self.verified("verify"), "")

    def test_they_are_closed(self):
        self.verified("security", "--offline=true", "--no-pager", f"--threshold={EXPOSURE_MAX}")

    def test_their_installation_is_printed_whole(self):
        """What the guide installs are all of them, into folders that it makes, for a user that it
        makes before."""
        guide = (DEPLOY / "README.md").read_text()
        with tempfile.TemporaryDirectory() as root:
            lines = [line.removeprefix("sudo ") for line in guide.splitlines()
                     if line.startswith("sudo install ")]
            for line in lines:
                # Everything below one folder; nobody need be root, or have the service's user.
                line = re.sub(r" -o \S+| -g \S+", "", line)
                line = re.sub(r"(?<= )/(?=usr|etc|var)", f"{root}/", line)
                line = line.replace("build/release/bin/yardstick", str(PROGRAM))
                done = run("bash", "-ec", line, cwd=ROOT)
                self.assertEqual(done.returncode, 0, done.stdout)
            there = {str(file.relative_to(root)) for file in pathlib.Path(root).rglob("*")}
        self.assertLessEqual({"usr/local/bin/yardstick", "etc/sysusers.d/yardstick.conf",
                              "etc/yardstick", "var/backups/yardstick"}, there)
        self.assertLessEqual({f"etc/systemd/system/{unit.name}" for unit in UNITS + TIMERS}, there)
        self.assertLess(guide.index("systemd-sysusers"), guide.index("-o yardstick"))

    def test_they_differ_in_what_they_run_alone(self):
        one, part = (re.sub(r"^(#.*|Description=.*|Conflicts=.*)\n", "", unit.read_text(),
                            flags=re.M) for unit in SERVERS)
        self.assertEqual(one.replace("yardstick serve", "yardstick %i"), part)

    def test_their_user_can_be_made(self):
        done = run("systemd-sysusers", "--dry-run", DEPLOY / "systemd/yardstick.conf")
        self.assertEqual(done.returncode, 0, done.stdout)


class Names(unittest.TestCase):
    FILES = [DEPLOY / "Dockerfile", *DEPLOY.glob("compose*.yaml"), *DEPLOY.glob("aws/*.yaml"),
             *UNITS]

    def test_of_variables_are_those_that_the_program_reads(self):
        source = "".join(file.read_text() for file in (ROOT / "src").rglob("*.cpp"))
        for file in self.FILES:
            names = re.findall(r"\b(?:YARDSTICK|AWS|MONGO|DYNAMODB)_[A-Z_]*[A-Z]\b",
                               file.read_text())
            for name in set(names) - {"MONGO_INITDB_ROOT_USERNAME", "MONGO_INITDB_ROOT_PASSWORD"}:
                self.assertIn(f'"{name}"', source, f"{file.name}: nothing reads {name}")

    def test_of_subcommands_are_the_programs(self):
        text = "".join(file.read_text() for file in self.FILES)
        commands = set(re.findall(r"(?i:command): \[([a-z-]+)\]", text))
        commands |= set(re.findall(r"yardstick@([a-z-]+)(?![a-z0-9])", text)) | {"serve"}
        commands.add(Dockerfile().health_check[1])
        self.assertLessEqual({"write-api", "projector", "read-api", "create-table"}, commands)
        # Not by asking each for its --help: a name that is unknown gets everybody's.
        known = re.findall(r"^  ([a-z-]+) ", run(PROGRAM, "--help").stdout, re.M)
        self.assertLessEqual(commands, set(known))


if __name__ == "__main__":
    unittest.main(verbosity=2)
