"""Sets of thousands of chained jails, thirty at once from one client: how long another one waits, and who held the loop."""
import json
import statistics
import threading
import time

from common import Jaild, ask_all, drop, metric, seconds_of_answer

MEMBERS = 9_000
AT_ONCE = 30
LOOKS = 100


def chain(count):
    """Each needs the one before it."""
    jails = []
    for i in range(count):
        params = {"path": "/j", "persist": True, **({"depend": f"j{i - 1}"} if i else {})}
        jails.append({"name": f"j{i}", "spec": {"params": params}})
    return {"jails": jails}


def run(report):
    jaild = Jaild("sim", arguments=("--parallel-starts", "64"))
    try:
        hostile_plans(report, jaild)
        whole_apply(report, jaild)
    finally:
        drop(jaild)


def looks_until(jaild, ended):
    """Seconds that GET /jails took, again and again until `ended`."""
    took = []
    while not ended() or len(took) < LOOKS:
        took.append(seconds_of_answer(jaild, "GET", "/jails?limit=1"))
    return took


def hostile_plans(report, jaild):
    body = chain(MEMBERS)
    codes = []
    crowd = threading.Thread(target=lambda: codes.extend(ask_all(jaild.socket, [("POST", "/plan", body)] * AT_ONCE)))
    crowd.start()
    took = looks_until(jaild, lambda: not crowd.is_alive())
    crowd.join()
    report.add(f"{AT_ONCE} plans of {MEMBERS} jails at once: GET of another, longest", max(took) * 1000, "ms")
    report.add(f"{AT_ONCE} plans of {MEMBERS} jails at once: GET of another, median", statistics.median(took) * 1000, "ms")
    report.note(f"{codes.count(200)} were answered, {codes.count(503)} told to try again")
    told(report, jaild, f"{AT_ONCE} plans of {MEMBERS} jails at once: longest hold of the loop")


def whole_apply(report, jaild):
    began = time.perf_counter()
    codes = ask_all(jaild.socket, [("POST", "/apply", chain(MEMBERS))])
    report.add(f"one set of {MEMBERS} jails applied", (time.perf_counter() - began) * 1000, "ms")
    report.note(f"answered {codes}")
    told(report, jaild, f"one set of {MEMBERS} jails applied: longest hold of the loop")


def told(report, jaild, what):
    report.add(what, metric(jaild, "jaild_loop_longest_hold_seconds") * 1000, "ms", 50)
    report.note("it was " + json.dumps(jaild.call("GET", "/debug/tasks")[1]["loop"]["longest_hold"]))
