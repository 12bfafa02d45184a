"""What the benchmarks share: daemons, requests, samples, the report."""
import collections
import json
import os
import pathlib
import platform
import re
import selectors
import shutil
import socket
import statistics
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "e2e"))
from harness import BIN, Jaild, UnixConnection, exchange, linux_root, make_root  # noqa: E402  (after the path is set)

__all__ = ["BIN", "ROOT", "Jaild", "Report", "alternate", "ask_all", "bare", "busy", "closed_loop", "drop", "linux_root",
           "make_root", "metric", "private_bytes", "program", "seconds_of", "seconds_of_answer", "start_all", "status_field"]


def program(name):
    """A program of a Debian package, unpacked by ./dev bench or installed; None where it is not there."""
    for place in (ROOT / "build" / "programs" / "usr" / "bin", ROOT / "build" / "programs" / "usr" / "sbin"):
        if (place / name).exists():
            return str(place / name)
    found = subprocess.run(["which", name], capture_output=True, text=True, check=False).stdout.strip()
    return found or None


def bare(name):
    return str(BIN / name)


def alternate(rounds, sides):
    """Each side once a round, the order turned round by round; {side: [value of each round]}."""
    values = {side: [] for side in sides}
    names = list(sides)
    for number in range(rounds):
        for name in names[number % len(names):] + names[:number % len(names)]:
            values[name].append(sides[name]())
    return values


def seconds_of(work):
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def seconds_of_answer(jaild, method, path):
    """Of one request over a connection of its own; nobody looks into the answer, which would take longer than it."""
    return seconds_of(lambda: exchange(UnixConnection(jaild.socket, 120), method, path))


def ask_all(path, requests, timeout=600):
    """Every request over a connection of its own, all at the same time; the statuses, in order."""
    answers = {}
    with selectors.DefaultSelector() as selector:
        for number, (method, target, body) in enumerate(requests):
            data = b"" if body is None else json.dumps(body).encode()
            head = f"{method} {target} HTTP/1.1\r\nHost: j\r\nConnection: close\r\nContent-Length: {len(data)}\r\n"
            head += "Content-Type: application/json\r\n\r\n" if data else "\r\n"
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(path)
            connection.sendall(head.encode() + data)
            selector.register(connection, selectors.EVENT_READ, (number, bytearray()))
        deadline = time.monotonic() + timeout
        while selector.get_map():
            if time.monotonic() > deadline:
                raise TimeoutError("no answer")
            for key, _ in selector.select(10):
                number, text = key.data
                piece = key.fileobj.recv(1 << 20)
                text += piece
                if not piece:
                    answers[number] = int(text[9:12])
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
    return [answers[number] for number in range(len(requests))]


def closed_loop(path, connections, requests):
    """Sends all `requests` (bytes); each connection sends its next one when it has its answer. The statuses, counted."""
    statuses = collections.Counter()
    left = iter(requests)
    with selectors.DefaultSelector() as selector:
        for _ in range(connections):
            connection = socket.socket(socket.AF_UNIX)
            connection.connect(path)
            connection.sendall(next(left))
            selector.register(connection, selectors.EVENT_READ, bytearray())
        while selector.get_map():
            for key, _ in selector.select(60):
                text = key.data
                text += key.fileobj.recv(1 << 16)
                end = text.find(b"\r\n\r\n") + 4
                if end < 4 or len(text) < end + int(re.search(rb"Content-Length: (\d+)", text)[1]):
                    continue
                statuses[int(text[9:12])] += 1
                text.clear()
                request = next(left, None)
                if request is None:
                    selector.unregister(key.fileobj)
                    key.fileobj.close()
                else:
                    key.fileobj.sendall(request)
    return statuses


def drop(jaild):
    """Ends a daemon on the sim host, of which nothing is anywhere else."""
    jaild.kill()
    shutil.rmtree(jaild.dir)


def start_all(jaild, names, verb="start", at_once=200):
    """Starts (or stops) jails and waits until they are up (or down)."""
    for first in range(0, len(names), at_once):
        codes = set(ask_all(jaild.socket, [("POST", f"/jails/{name}/{verb}?wait=600", None) for name in names[first:first + at_once]]))
        if not codes <= {200, 202}:
            raise RuntimeError(f"{verb}: {codes}; {jaild.log()}")


def metric(jaild, series):
    text = jaild.raw("GET", "/metrics")[2].decode()
    return float(re.search(rf"^{re.escape(series)} (\S+)$", text, re.M)[1])


def status_field(pid, name):
    for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    return 0


def private_bytes(pid):
    text = pathlib.Path(f"/proc/{pid}/smaps_rollup").read_text()
    return 1024 * sum(int(kb) for kb in re.findall(r"^Private_(?:Clean|Dirty):\s+(\d+)", text, re.M))


def busy(pid):
    """CPU seconds and context switches of all threads of a process so far."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    ticks = int(fields[11]) + int(fields[12])
    nanoseconds = 0
    switches = 0
    for task in pathlib.Path(f"/proc/{pid}/task").iterdir():
        nanoseconds += int((task / "schedstat").read_text().split()[0])
        for line in (task / "status").read_text().splitlines():
            if "ctxt_switches" in line:
                switches += int(line.split()[1])
    return max(nanoseconds / 1e9, 0) or ticks / os.sysconf("SC_CLK_TCK"), switches


class Report:
    """Rows with median and spread; printed as they come, written as JSON at the end."""

    def __init__(self):
        self.rows = []
        self.notes = []
        model = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
        self.machine = {"cpu": model[1] if model else platform.processor(), "cpus": os.cpu_count(), "kernel": platform.release(),
                        "memory_gb": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30),
                        "load_at_start": os.getloadavg()[0], "nice": os.nice(0)}
        print(", ".join(f"{key} {value}" for key, value in self.machine.items()))

    def add(self, what, values, unit, bound=None, better="below"):
        """`bound`: what the median is held against, if anything."""
        values = values if isinstance(values, list) else [values]
        median = statistics.median(values)
        row = {"what": what, "median": median, "low": min(values), "high": max(values), "n": len(values), "unit": unit}
        if bound is not None:
            row |= {"bound": bound, "met": median <= bound if better == "below" else median >= bound}
        self.rows.append(row)
        spread = f"{row['low']:.4g} to {row['high']:.4g}, n={row['n']}" if len(values) > 1 else ""
        held = "" if bound is None else f"  bound {bound:g}: {'met' if row['met'] else 'NOT MET'}"
        print(f"  {what:<62} {median:>10.4g} {unit:<9} {spread:<34}{held}", flush=True)
        return median

    def ratio(self, what, values, ours, theirs, bound=None):
        """Of the medians of one run."""
        self.add(what, statistics.median(values[ours]) / statistics.median(values[theirs]), "x", bound)

    def note(self, text):
        self.notes.append(text)
        print("  " + text, flush=True)

    def write(self, path):
        self.machine["load_at_end"] = os.getloadavg()[0]
        path.write_text(json.dumps({"machine": self.machine, "rows": self.rows, "notes": self.notes}, indent=1) + "\n")
