"""What the tests of deploy/ share: where things are, and how a Dockerfile is read."""
import json
import pathlib
import re
import subprocess
import unittest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"


def tool(name):
    """A program that script/engines installed."""
    folder = subprocess.run([ROOT / "script/engines", "folder"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout.strip()
    program = pathlib.Path(folder) / "bin" / name
    if not program.exists():
        raise unittest.SkipTest(
            f"needs the engine {name}, which is not installed: script/engines install {name}")
    return program


def run(*command, **options):
    """The finished process, its whole output as text."""
    return subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)


class Dockerfile:
    """The last stage of deploy/Dockerfile, which becomes the image; and what it copies from the
    project."""

    def __init__(self):
        text = (DEPLOY / "Dockerfile").read_text()
        text = re.sub(r"^\s*#.*\n", "", text, flags=re.M).replace("\\\n", " ")
        lines = [line.split(None, 1) for line in text.splitlines() if line.strip()]
        every = [(word, rest.strip()) for word, rest in lines]
        begin = max(i for i, (word, _) in enumerate(every) if word == "FROM")
        self.instructions = every[begin:]
        self.copied = [source for word, rest in every if word == "COPY" and "--from" not in rest
                       for source in rest.split()[:-1]]

    def last(self, word):
        return [rest for name, rest in self.instructions if name == word][-1]

    @property
    def packages(self):
        """Of Debian, installed by the stage."""
        installs = [re.search(r"apt-get install ([^&]*)", rest)
                    for word, rest in self.instructions if word == "RUN"]
        words = [word for found in installs if found for word in found[1].split()]
        return {word for word in words if not word.startswith("-")}

    @property
    def environment(self):
        return dict(pair.split("=", 1) for pair in self.last("ENV").split())

    @property
    def user(self):
        """User and group, as numbers."""
        return tuple(int(part) for part in self.last("USER").split(":"))

    @property
    def health_check(self):
        return json.loads(self.last("HEALTHCHECK").split("CMD", 1)[1])
