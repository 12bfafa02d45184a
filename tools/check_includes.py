#!/usr/bin/env python3
"""Holds every #include line against the picture of boxes and arrows in doc/design.md, and exits 1 naming each that crosses it.

A box may include itself and what its arrows reach; a test may include anything.
"""
import pathlib
import re
import sys

# box -> what it may include beside itself. "abstract" headers are single files that a box may use of another.
ARROWS = {
    "api/contract": [],
    "api/jailconf": ["api/contract"],
    "api/server": ["api/contract"],
    "daemon/core": ["api/contract"],
    "daemon/host": ["api/contract", "daemon/core", "daemon/monitor/protocol.h"],
    "daemon/store": ["api/contract", "daemon/core"],
    "daemon/metrics": ["api/contract", "daemon/core"],
    "daemon/monitor": ["api/contract", "daemon/host/host_walk.h", "daemon/host/jail_trees.h",
                       "daemon/host/linux/bind_source.h", "daemon/host/pass_fds.h", "daemon/host/unique_fd.h"],
    "daemon/runtime": ["api/contract", "daemon/core", "daemon/metrics", "daemon/host/exec.h", "daemon/host/host.h",
                       "daemon/host/unique_fd.h", "daemon/store/store.h",
                       "api/server/service.h"],
    "daemon": ["api/contract", "api/server", "daemon/host", "daemon/store", "daemon/metrics", "daemon/runtime", "daemon/core",
               "api/jailconf"],
    "client": ["api/contract", "api/jailconf"],
}
# What only some boxes may see of the libraries.
LIBRARIES = {
    "boost/": ["api/server", "daemon/runtime", "daemon/host", "daemon", "client"],
    "sqlite3.h": ["daemon/store"],
    "prometheus/": ["daemon/metrics"],
    "spdlog/": ["daemon"],
    "CLI/": ["daemon", "client"],
}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.M)


def box_of(path):
    """The deepest box that holds this file; None for tests and tools."""
    best = None
    for box in ARROWS:
        if path == box or path.startswith(box + "/"):
            best = box if best is None or len(box) > len(best) else best
    return best


def allowed(box, header):
    own = box_of(header)
    if own == box:
        return True
    return any(header == arrow or header.startswith(arrow + "/") for arrow in ARROWS[box])


def main():
    root = pathlib.Path(__file__).resolve().parent.parent
    faults = []
    checked = 0
    for path in sorted(list(root.rglob("*.h")) + list(root.rglob("*.cpp"))):
        name = path.relative_to(root).as_posix()
        box = box_of(name)
        if box is None or name.startswith("build/"):
            continue
        for kind, header in INCLUDE.findall(path.read_text()):
            checked += 1
            if kind == '"' and not allowed(box, header):
                faults.append(f"{name}: {box} may not include {header}")
            for prefix, boxes in LIBRARIES.items():
                if kind == "<" and header.startswith(prefix) and box not in boxes:
                    faults.append(f"{name}: {box} may not use {header}")
    print("\n".join(faults) if faults else f"{checked} includes follow the arrows")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
