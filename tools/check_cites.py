#!/usr/bin/env python3
"""Holds what comments cite against what there is: facts and traps of doc/freebsd-kernel.md, numbers of
doc/requirements.md, and every file of doc/ and etc/ that a source or a document names."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FILES = ["*.h", "*.cpp", "*.py", "*.sh", "*.md", "*.[0-9]"]


def numbers(document, pattern):
    return set(re.findall(pattern, (ROOT / "doc" / document).read_text(encoding="utf-8"), re.M))


def cited(text, what):
    """The numbers in "WHAT 1.2, 1.4 and 4.1 to 4.3", the ends of a range only."""
    for run in re.findall(what + r" ?((?:\d+(?:\.\d+)?(?:, | to | and )?)+)", text):
        yield from re.findall(r"\d+(?:\.\d+)?", run)


def main():
    facts = numbers("freebsd-kernel.md", r"^###? (\d+(?:\.\d+)?)\.? ")
    traps = numbers("freebsd-kernel.md", r"^(\d+)\. ")
    requirements = numbers("requirements.md", r"^- R(\d+\.\d+) ")
    listed = subprocess.run(["git", "ls-files", *FILES], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    wrong = []
    for name in listed.split():
        if name == "CHANGELOG.md":  # what was, not what is
            continue
        text = (ROOT / name).read_text(encoding="utf-8", errors="replace")
        wrong += [f"{name}: no fact {each} in doc/freebsd-kernel.md" for each in cited(text, r"freebsd-kernel\.md") if each not in facts]
        wrong += [f"{name}: no trap {each} in doc/freebsd-kernel.md" for each in cited(text, r"\btraps?") if each not in traps]
        for first, second in re.findall(r"(?<![A-Za-z])R(\d+)[._](\d+)(?!\d)", text):
            if f"{first}.{second}" not in requirements:
                wrong.append(f"{name}: no R{first}.{second} in doc/requirements.md")
        for path in re.findall(r"(?<![\w/.])(?:doc|etc)/[a-z][\w./-]*\.(?:md|json|conf|sample|yml)\b", text):
            if not (ROOT / path).exists():
                wrong.append(f"{name}: there is no {path}")
        wrong += [f"{name}: facts are cited as freebsd-kernel.md N" for _ in re.findall(r"\bfacts? \d", text)]
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
