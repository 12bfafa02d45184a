"""Up to 10,000 jails on the sim host: how each thing grows."""
import json
import time

from common import Jaild, ask_all, drop, metric, seconds_of_answer, status_field

STEPS = (100, 1000, 10_000)


def run(report):
    for count in STEPS:
        jaild = Jaild("sim", arguments=("--parallel-starts", "64"))
        try:
            one(report, jaild, count)
        finally:
            drop(jaild)


def one(report, jaild, count):
    empty = status_field(jaild.process.pid, "VmRSS")
    requests = [("POST", "/jails", {"name": f"g{i}", "desired": "running",
                                    "spec": {"params": {"path": "/jail"}, "command": "sleep 1000000"}}) for i in range(count)]
    began = time.perf_counter()
    for first in range(0, count, 200):
        assert set(ask_all(jaild.socket, requests[first:first + 200])) == {201}
    report.add(f"{count} on sim: POST /jails, each", (time.perf_counter() - began) / count * 1e6, "us")
    while metric(jaild, 'jaild_jails{state="running"}') < count:
        time.sleep(0.05)
    report.add(f"{count} on sim: declared and up, each", (time.perf_counter() - began) / count * 1e6, "us")
    resident = status_field(jaild.process.pid, "VmRSS")
    report.add(f"{count} on sim: memory, for each jail, kernel model and unread scrape buffers included", (resident - empty) / count, "KB")
    report.add(f"{count} on sim: GET one", [seconds_of_answer(jaild, "GET", "/jails/g7") * 1000 for _ in range(50)], "ms")
    report.add(f"{count} on sim: GET /jails, at most 1,000", [seconds_of_answer(jaild, "GET", "/jails") * 1000 for _ in range(9)], "ms")
    report.add(f"{count} on sim: /metrics", [seconds_of_answer(jaild, "GET", "/metrics") * 1000 for _ in range(9)], "ms")
    report.add(f"{count} on sim: stop of one, wish to settled",
               [seconds_of_answer(jaild, "POST", f"/jails/g{i}/stop?wait=60") * 1000 for i in range(9)], "ms")
    report.add(f"{count} on sim: longest hold of the loop", metric(jaild, "jaild_loop_longest_hold_seconds") * 1000, "ms", 50)
    report.note("it was " + json.dumps(jaild.call("GET", "/debug/tasks")[1]["loop"]["longest_hold"]))
    jaild.kill()
    began = time.perf_counter()
    jaild.start(wait=False)
    while not jaild.answers():
        time.sleep(0.005)
    report.add(f"{count} on sim: first answer of a jaild that remembers them", (time.perf_counter() - began) * 1000, "ms")
