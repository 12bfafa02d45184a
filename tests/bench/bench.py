#!/usr/bin/env python3
"""bench.py [SUITE...]: all benchmarks, or those named; a table on standard output, build/bench.json beside it.

Run it through `./dev bench`, which builds the release programs. What the figures mean: doc/performance.md.
"""
import sys
import time

import api
import common
import growth
import life
import sets
import starts
import store
import thousand

SUITES = {"starts": starts.run, "life": life.run, "api": api.run, "store": store.run, "thousand": thousand.run, "growth": growth.run,
          "sets": sets.run}


def main():
    wanted = sys.argv[1:] or list(SUITES)
    unknown = set(wanted) - set(SUITES)
    if unknown:
        print(f"no suite {', '.join(sorted(unknown))}; there are {', '.join(SUITES)}", file=sys.stderr)
        return 2
    report = common.Report()
    for name in wanted:
        print(f"{name}:", flush=True)
        began = time.monotonic()
        SUITES[name](report)
        print(f"  ({time.monotonic() - began:.0f} s)", flush=True)
    report.write(common.ROOT / "build" / "bench.json")
    missed = [row["what"] for row in report.rows if row.get("met") is False]
    print("every bound is met" if not missed else "not met: " + "; ".join(missed))
    return 0


if __name__ == "__main__":
    sys.exit(main())
