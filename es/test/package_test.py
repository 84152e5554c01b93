#!/usr/bin/env python3
"""es as its users get it: installed, and found by CMake and by pkg-config, and as a part of another
build. The programs of es/README.md are compiled as printed, and say what it says that they do.

  package_test.py SOURCE    the folder es
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

SOURCE = pathlib.Path(sys.argv[1]).resolve()
EXAMPLES = SOURCE / "examples"
SAYS = {"bank": "insufficient-funds\n500 cents\n", "ledger": "Ada 750\nBob 40\n",
        "bank_test": "schema 1 is read as 300 cents\n"}


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    if done.returncode != 0: sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}")
    return done.stdout


def build(source, folder, *options):
    run("cmake", "-G", "Ninja", "-S", source, "-B", folder, *options)
    run("cmake", "--build", folder)


def expect_said(program, name):
    said = run(program)
    if said != SAYS[name]: sys.exit(f"{program} said:\n{said}instead of:\n{SAYS[name]}")


def check_readme():
    """Its code blocks are the examples, or parts of them."""
    def plain(text): return " ".join(text.split())
    page = (SOURCE / "README.md").read_text()
    examples = {name: plain((EXAMPLES / f"{name}.cpp").read_text()) for name in SAYS}
    blocks = re.findall(r"```cpp\n(.*?)```", page, re.DOTALL)
    if plain(blocks[0]) != examples["bank"]: sys.exit("README.md's program is not bank.cpp.")
    if blocks[0].count("\n") > 45: sys.exit("README.md's program has more than 45 lines.")
    if SAYS["bank"] not in page: sys.exit("README.md doesn't print what bank.cpp says.")
    for block in blocks:
        if not any(plain(block) in text for text in examples.values()):
            sys.exit(f"README.md prints what no example holds:\n{block}")


def as_installed(folder):
    prefix = folder / "prefix"
    build(SOURCE, folder / "es", "-DCMAKE_BUILD_TYPE=Release")
    run("cmake", "--install", folder / "es", "--prefix", prefix)
    build(EXAMPLES, folder / "found", f"-DCMAKE_PREFIX_PATH={prefix}")
    for name in SAYS: expect_said(folder / "found" / name, name)
    package = next(prefix.glob("**/es.pc")).parent
    flags = run("pkg-config", "--cflags", "--libs", f"--define-variable=prefix={prefix}", "es",
                env={**os.environ, "PKG_CONFIG_PATH": str(package)}).split()
    run("c++", EXAMPLES / "bank.cpp", "-o", folder / "bank", *flags)
    expect_said(folder / "bank", "bank")


def as_part(folder):
    """With warnings that es doesn't pass: they are its user's alone."""
    (folder / "part").mkdir()
    (folder / "part/CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(part LANGUAGES CXX)\n"
        "include(FetchContent)\n"
        f"FetchContent_Declare(es SOURCE_DIR {SOURCE})\nFetchContent_MakeAvailable(es)\n"
        f"add_executable(bank {EXAMPLES}/bank.cpp)\ntarget_link_libraries(bank PRIVATE es::es)\n"
        "get_target_property(options es INTERFACE_COMPILE_OPTIONS)\n"
        "if(options)\n  message(FATAL_ERROR \"es passes ${options}\")\nendif()\n")
    build(folder / "part", folder / "part/build")
    expect_said(folder / "part/build/bank", "bank")


def main():
    check_readme()
    with tempfile.TemporaryDirectory(prefix="es-package-") as name:
        folder = pathlib.Path(name)
        as_installed(folder)
        as_part(folder)


main()
