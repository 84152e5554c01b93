#!/usr/bin/env python3
"""Measures Yardstick on this machine, each figure beside its floor in the same run, and prints one
Markdown table. script/bench builds what it needs and calls it. Sends to loopback only; every load is
bounded in time, and what was started is ended, also on Ctrl-C."""
import argparse
import os
import pathlib
import shutil
import signal
import sys
import tempfile
import time

import distributed
import embedded
from measuring import Table, say


def main():
    parser = argparse.ArgumentParser(prog="script/bench", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART",
                        help="of: " + ", ".join(embedded.PARTS) + "; with --distributed: " +
                        ", ".join(distributed.PARTS))
    parser.add_argument("--distributed", action="store_true",
                        help="on servers that speak DynamoDB's and MongoDB's protocols")
    parser.add_argument("--quick", action="store_true", help="one short run of each")
    options = parser.parse_args()
    module = distributed if options.distributed else embedded
    unknown = set(options.parts) - set(module.PARTS)
    if unknown:
        parser.error(f"there is no part {', '.join(sorted(unknown))}; "
                     f"there are: {', '.join(module.PARTS)}")
    options.repeats, options.seconds = (1, 2) if options.quick else (5, 3)
    if options.distributed and not options.quick:
        options.repeats = 3  # the engines are slow to fill
    options.connections = [64] if options.quick else [1, 64, 256]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    folder = pathlib.Path(tempfile.mkdtemp(prefix="yardstick-bench-"))
    table = Table()
    began = time.monotonic()
    try:
        for part in module.PARTS:
            if not options.parts or part in options.parts:
                getattr(module, part)(table, options, folder)
    finally:
        say("")
        shutil.rmtree(folder, ignore_errors=True)
    table.print()
    print(f"\n{options.repeats} runs of {options.seconds} s each, {os.cpu_count()} cores, "
          f"{(time.monotonic() - began) / 60:.1f} minutes in all.")


main()
