"""From a death to the teardown, the loop while a jail hangs, sizes, the first answer."""
import datetime
import json
import os
import signal
import threading
import time

from common import BIN, Jaild, ask_all, drop, linux_root, make_root, metric, seconds_of_answer, start_all
from harness import UnixConnection


def run(report):
    for name in ("jaild", "jaild-monitor", "jailctl"):
        report.add(f"size of {name}", os.path.getsize(BIN / name) / 2**20, "MB")
    first_answer(report)
    if not linux_root():
        report.note("deaths and hangs skipped: need Linux, root and busybox")
        return
    jaild = Jaild()
    try:
        root = make_root(jaild.dir / "root")
        deaths(report, jaild, root)
        hang(report, jaild, root)
    finally:
        jaild.close()


def first_answer(report):
    times = []
    for _ in range(9):
        began = time.perf_counter()
        jaild = Jaild("sim", start=False)
        jaild.start(wait=False)
        while not jaild.answers():
            time.sleep(0.001)
        times.append((time.perf_counter() - began) * 1000)
        drop(jaild)
    report.add("first answer after the program was started", times, "ms")


def deaths(report, jaild, root):
    """The main command is killed; the event that says so carries jaild's time."""
    spec = {"params": {"path": root}, "command": "sleep 1000000", "restart": {"policy": "never"}}
    assert jaild.declare("dies", spec)[0] == 201
    stream = UnixConnection(jaild.socket, 60)
    stream.request("GET", "/events?type=jail.exited", headers={"Accept": "text/event-stream"})
    events = stream.getresponse()
    seen, told = [], []
    for _ in range(30):
        start_all(jaild, ["dies"])
        processes = jaild.call("GET", "/jails/dies/processes")[1]["items"]
        pid = next(each["pid"] for each in processes if "sleep" in each["command"])
        began = time.time()
        os.kill(pid, signal.SIGKILL)
        while True:
            line = events.readline()
            if line.startswith(b"data:") and b"jail.exited" in line:
                break
        told.append((time.time() - began) * 1000)
        at = datetime.datetime.fromisoformat(json.loads(line[5:])["at"].replace("Z", "+00:00"))
        seen.append(max(at.timestamp() - began, 0) * 1000)  # jaild's clock, in whole milliseconds
        while jaild.status("dies")["state"] not in ("failed", "stopped"):
            time.sleep(0.005)
    stream.close()
    report.add("death of a main command until its teardown begins", seen, "ms", 5)
    report.add("  until a subscriber knows, one commit later", told, "ms")
    jaild.call("DELETE", "/jails/dies?wait=60")


def hang(report, jaild, root):
    """One jail hangs in exec.start; fifty others start; lists and scrapes meanwhile. How late is /livez, at most?"""
    spec = {"params": {"path": root}, "command": "sleep 1000000"}
    hanging = {"params": {"path": root, "exec.start": ["sleep 600"]}, "command": "sleep 1"}
    assert jaild.call("POST", "/jails", {"name": "hangs", "spec": hanging})[0] == 201
    names = [f"h{i}" for i in range(50)]
    ask_all(jaild.socket, [("POST", "/jails", {"name": name, "spec": spec, "desired": "stopped"}) for name in names])
    ended = threading.Event()
    late = []

    def probe():
        connection = UnixConnection(jaild.socket, 60)
        while not ended.is_set():
            began = time.perf_counter()
            connection.request("GET", "/livez")
            connection.getresponse().read()
            late.append((time.perf_counter() - began) * 1000)
            time.sleep(0.001)
        connection.close()

    def read():
        while not ended.is_set():
            seconds_of_answer(jaild, "GET", "/jails")
            seconds_of_answer(jaild, "GET", "/metrics")

    threads = [threading.Thread(target=work) for work in (probe, read)]
    for thread in threads:
        thread.start()
    began = time.perf_counter()
    start_all(jaild, names)
    report.add("start of 50 jails beside one that hangs", time.perf_counter() - began, "s")
    ended.set()
    for thread in threads:
        thread.join()
    report.add("/livez meanwhile", late, "ms")
    report.add("longest hold of the loop, as jaild measures it", metric(jaild, "jaild_loop_longest_hold_seconds") * 1000, "ms", 50)
    report.note("it was " + json.dumps(jaild.call("GET", "/debug/tasks")[1]["loop"]["longest_hold"]))
    start_all(jaild, names + ["hangs"], "stop")
    ask_all(jaild.socket, [("DELETE", f"/jails/{name}?wait=60", None) for name in names + ["hangs"]])


