#!/usr/bin/env python3
"""Counts what ctest's report says, and names what was skipped and why: summary.py REPORT [--no-skips]

Ends with 1 if a test failed, if there were none, or if --no-skips is given and one was skipped."""
import collections
import re
import sys
import xml.etree.ElementTree


def reason_of(case):
    """Of a test that was skipped: what it needs, by its own words."""
    output = case.findtext("system-out") or ""
    found = re.search(r"\bneeds [^\n']+", output) or re.search(r"this machine [^\n']+", output)
    return found[0] if found else "for a reason that it doesn't say"


def summarize(report, no_skips):
    cases = xml.etree.ElementTree.parse(report).getroot().findall("testcase")
    counts = collections.Counter(case.get("status") for case in cases)
    skipped = [case for case in cases if case.find("skipped") is not None]
    passed = counts["run"]
    failed = len(cases) - passed - len(skipped)
    reasons = collections.defaultdict(list)
    for case in skipped: reasons[reason_of(case)].append(case.get("name"))
    for reason, names in sorted(reasons.items()):
        print(f"{len(names)} skipped: {reason}: {', '.join(names[:3])}" +
              (", ..." if len(names) > 3 else ""))
    print(f"{passed} passed, {failed} failed, {len(skipped)} skipped", flush=True)
    if failed or not passed: sys.exit(1)
    if skipped and no_skips: sys.exit("A skipped test is a failure here (--no-skips).")


if __name__ == "__main__":
    try:
        summarize(sys.argv[1], "--no-skips" in sys.argv[2:])
    except FileNotFoundError:
        sys.exit("ctest has written no report: no test was run.")
