#!/usr/bin/env python3
"""Files of a box are compiled together (CMAKE_UNITY_BUILD), so a function or constant that one file keeps for itself is seen by its
neighbours, and hides one of an outer namespace from them: a name may then mean something else, without a word from the
compiler where types convert. So no other file of the box has one of its name, and no header of an outer namespace."""
import collections
import pathlib
import re
import subprocess
import sys

FUNCTION = re.compile(r"^(?:template <[^>]*>\s*)?(?:\[\[\w+\]\] )?(?:(?:constexpr|inline|static|const|unsigned) )*"
                      r"[A-Za-z_][\w:]*(?:<[^()]*>)?(?:\s*[*&]+)?\s+[*&]?([a-z_]\w*)\(")
CONSTANT = re.compile(r"^(?:inline )?const(?:expr)? [\w:]+(?:<.*?>)?(?:\s*[*&])?\s+[*&]?([a-z_]\w*)\s*(?:\{|=|\[|;)")
NOT_NAMES = {"if", "for", "while", "switch", "return", "case", "else"}


def declared(lines):
    """Functions and constants of a namespace: what begins at the left margin."""
    for number, line in enumerate(lines, 1):
        match = FUNCTION.match(line) or CONSTANT.match(line)
        if match and match.group(1) not in NOT_NAMES and not line.startswith(("return ", "using ", "else ")):
            yield match.group(1), number


def anonymous(lines):
    """The same, but only in anonymous namespaces."""
    inside = False
    kept = []
    for line in lines:
        if line.startswith("namespace {"):
            inside = True
        elif line.startswith("}  // namespace") and line.rstrip() == "}  // namespace":
            inside = False
        kept.append(line if inside else "")
    return declared(kept)


def box_of(path):
    """The folder with the CMakeLists.txt that lists it."""
    folder = path.parent
    while not (folder / "CMakeLists.txt").exists():
        folder = folder.parent
    return folder


def namespace_of(lines):
    for line in lines:
        match = re.match(r"namespace ([\w:]+) \{", line)
        if match:
            return match.group(1)
    return ""


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    files = subprocess.run(["git", "ls-files", "*.cpp", "*.h"], cwd=root, capture_output=True, text=True, check=True).stdout.split()
    headers = collections.defaultdict(list)
    own = collections.defaultdict(list)
    for name in files:
        path = root / name
        lines = path.read_text().splitlines()
        space = namespace_of(lines)
        if name.endswith(".h"):
            for function, _ in declared(lines):
                headers[function].append((space, name))
        else:
            for function, _ in set(anonymous(lines)):
                own[(box_of(path), function)].append((space, name))
    mistakes = []
    for (_, function), places in sorted(own.items()):
        names = sorted({name for _, name in places})
        if len(names) > 1:
            mistakes.append(f"{names[0]}: {function} is in an anonymous namespace of {', '.join(names[1:])}, too")
        for space, name in sorted(set(places)):
            hidden = [other for outer, other in headers[function] if space.startswith(outer + "::")]
            if hidden:
                mistakes.append(f"{name}: {function} hides that of {hidden[0]} from its neighbours")
    print("\n".join(mistakes) or f"{len(own)} functions and constants of one file each have a name of their own")
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main())
