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
        "bank_test": "schema 1 is read as 300 cents\n", "saved": "500 cents, 2 events\n"}
SAVED_AGAIN = "1000 cents, 3 events\n"


def run(*command, **options):
    done = subprocess.run([str(part) for part in command], text=True, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, **options)
    if done.returncode != 0: sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}")
    return done.stdout


def build(source, folder, *options):
    run("cmake", "-G", "Ninja", "-S", source, "-B", folder, *options)
    run("cmake", "--build", folder)


def expect_said(program, name, expected=None, **options):
    said = run(program, **options)
    expected = expected or SAYS[name]
    if said != expected: sys.exit(f"{program} said:\n{said}instead of:\n{expected}")


def expect_saved(program, folder):
    """The second run finds what the first one has stored."""
    folder.mkdir()
    expect_said(program, "saved", cwd=folder)
    expect_said(program, "saved", SAVED_AGAIN, cwd=folder)


def compile_with(package, prefix, name, folder):
    """As without CMake: by pkg-config alone."""
    place = next(prefix.glob("**/es.pc")).parent
    flags = run("pkg-config", "--cflags", "--libs", package,
                env={**os.environ, "PKG_CONFIG_PATH": str(place)}).split()
    run("c++", EXAMPLES / f"{name}.cpp", "-o", folder / name, *flags)
    return folder / name


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
    for name in SAYS:
        if name != "saved": expect_said(folder / "found" / name, name)
    expect_saved(folder / "found/saved", folder / "first")
    expect_said(compile_with("es", prefix, "bank", folder), "bank")
    expect_saved(compile_with("es-sqlite", prefix, "saved", folder), folder / "second")


def as_part(folder):
    """Where SQLite is missing; with warnings that es doesn't pass: they are its user's alone."""
    (folder / "part").mkdir()
    (folder / "part/CMakeLists.txt").write_text(
        "cmake_minimum_required(VERSION 3.25)\nproject(part LANGUAGES CXX)\n"
        "include(FetchContent)\n"
        f"FetchContent_Declare(es SOURCE_DIR {SOURCE})\nFetchContent_MakeAvailable(es)\n"
        f"add_executable(bank {EXAMPLES}/bank.cpp)\ntarget_link_libraries(bank PRIVATE es::es)\n"
        "get_target_property(options es INTERFACE_COMPILE_OPTIONS)\n"
        "if(options)\n  message(FATAL_ERROR \"es passes ${options}\")\nendif()\n")
    build(folder / "part", folder / "part/build", "-DCMAKE_DISABLE_FIND_PACKAGE_SQLite3=ON")
    expect_said(folder / "part/build/bank", "bank")


def main():
    check_readme()
    with tempfile.TemporaryDirectory(prefix="es-package-") as name:
        folder = pathlib.Path(name)
        as_installed(folder)
        as_part(folder)


main()
