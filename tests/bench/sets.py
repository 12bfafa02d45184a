"""Sets of thousands of chained jails, planned thirty at once and applied: how long another client waits, who held the loop."""
import json
import statistics
import threading
import time

from common import Jaild, ask_all, drop, metric, seconds_of_answer

MEMBERS = 9_000
AT_ONCE = 30
LOOKS = 100


def chain(count, **more):
    """Each needs the one before it; `more` is in the spec of each."""
    jails = []
    for i in range(count):
        params = {"path": "/j", "persist": True, **({"depend": f"j{i - 1}"} if i else {})}
        jails.append({"name": f"j{i}", "spec": {"params": params, **more}})
    return {"jails": jails}


def run(report):
    # The longest hold is that since the daemon's start: each has one of its own.
    for measure in (hostile_plans, whole_apply, changed_apply):
        jaild = Jaild("sim", arguments=("--parallel-starts", "64"))
        try:
            measure(report, jaild)
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


def applied(report, jaild, what, body):
    began = time.perf_counter()
    codes = ask_all(jaild.socket, [("POST", "/apply", body)])
    report.add(what, (time.perf_counter() - began) * 1000, "ms")
    report.note(f"answered {codes}")
    told(report, jaild, f"{what}: longest hold of the loop")


def whole_apply(report, jaild):
    applied(report, jaild, f"one set of {MEMBERS} jails applied", chain(MEMBERS))


def changed_apply(report, jaild):
    """The worst there is: all of them are on their way up, one after the other, and each gets another spec."""
    ask_all(jaild.socket, [("POST", "/apply", chain(MEMBERS))])
    applied(report, jaild, f"one set of {MEMBERS} jails changed while they start", chain(MEMBERS, priority=7))


def told(report, jaild, what):
    report.add(what, metric(jaild, "jaild_loop_longest_hold_seconds") * 1000, "ms", 50)
    report.note("it was " + json.dumps(jaild.call("GET", "/debug/tasks")[1]["loop"]["longest_hold"]))
