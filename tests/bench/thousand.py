"""A thousand real jails: what they cost at rest, in memory, in a scrape and a list, and when jaild comes back to them."""
import subprocess
import time

from common import Jaild, alternate, ask_all, bare, busy, linux_root, make_root, metric, private_bytes, seconds_of_answer, start_all, status_field

STEPS = (10, 100, 1000)
FIRST_SWEEP_SECONDS = 62  # reads what the starts wrote; those after it find that nothing has changed
IDLE_SECONDS = 120  # two sweeps


def run(report):
    if not linux_root():
        report.note("skipped: needs Linux, root and busybox")
        return
    jaild = Jaild(arguments=("--parallel-starts", "4"))
    try:
        root = make_root(jaild.dir / "root")
        empty = status_field(jaild.process.pid, "VmRSS") / 1024
        report.add("jaild without a jail, resident", empty, "MB", 20)
        running = 0
        for count in STEPS:
            names = [f"k{i}" for i in range(running, count)]
            spec = {"params": {"path": root, "ip4": "disable", "ip6": "disable"}, "command": "sleep 1000000"}
            ask_some(jaild, [("POST", "/jails", {"name": name, "spec": spec, "desired": "stopped"}) for name in names])
            start_all(jaild, names)
            running = count
            scrape(report, jaild, count)
        idle(report, jaild)
        memory(report, jaild, empty)
        listing(report, jaild)
        adoption(report, jaild)
        ask_some(jaild, [("POST", f"/jails/k{i}/stop", None) for i in range(running)])
        while metric(jaild, 'jaild_jails{state="stopped"}') < running:
            time.sleep(0.5)
    finally:
        jaild.close()


def ask_some(jaild, requests, at_once=200):
    for first in range(0, len(requests), at_once):
        codes = set(ask_all(jaild.socket, requests[first:first + at_once]))
        if not codes <= {200, 201, 202}:
            raise RuntimeError(f"{codes}; {jaild.log()}")


def scrape(report, jaild, count):
    def walk():
        return float(subprocess.run([bare("bare-usage")], check=True, capture_output=True, text=True).stdout)

    values = alternate(15, {"/metrics": lambda: seconds_of_answer(jaild, "GET", "/metrics"), "bare": walk})
    for side, times in values.items():
        report.add(f"{count} jails: {'the bare usage calls' if side == 'bare' else side}", [each * 1000 for each in times], "ms")
    report.ratio(f"{count} jails: /metrics against the bare usage calls", values, "/metrics", "bare", 2)


def idle(report, jaild):
    time.sleep(FIRST_SWEEP_SECONDS)
    before, switches = busy(jaild.process.pid)
    monitors = monitor_pids(jaild)
    monitors_before = sum(busy(pid)[0] for pid in monitors)
    time.sleep(IDLE_SECONDS)
    after, more_switches = busy(jaild.process.pid)
    report.add("at rest, 1,000 jails: CPU of jaild", 100 * (after - before) / IDLE_SECONDS, "% of a CPU", 0.1)
    report.add("at rest, 1,000 jails: wakeups of jaild", (more_switches - switches) / IDLE_SECONDS, "1/s")
    report.add("at rest, 1,000 jails: CPU of all monitors", 100 * (sum(busy(pid)[0] for pid in monitors) - monitors_before) / IDLE_SECONDS,
               "% of a CPU")


def monitor_pids(jaild):
    return [pid for pid in jaild.pids() if pid != jaild.process.pid]


def memory(report, jaild, empty):
    resident = status_field(jaild.process.pid, "VmRSS") / 1024
    report.add("jaild with 1,000 jails, resident, after its scrapes", resident, "MB", 20 + 1000 * 8 / 1024)
    report.add("  beyond the empty one, for each jail", (resident - empty) * 1024 / 1000, "KB")
    report.add("a monitor, private", [private_bytes(pid) / 2**20 for pid in monitor_pids(jaild)], "MB", 1)


def listing(report, jaild):
    def ask():
        return seconds_of_answer(jaild, "GET", "/jails")

    body = jaild.raw("GET", "/jails")[2]
    sides = {
        "nothing changed": ask,
        "one jail changed": lambda: change_some(jaild, 1) or ask(),
        "all jails changed": lambda: change_some(jaild, 1000) or ask(),
        "JSON": lambda: float(subprocess.run([bare("bare-json")], input=body, check=True, capture_output=True).stdout),
    }
    values = alternate(9, sides)
    for side, times in values.items():
        what = f"{len(body) >> 10} KB built and written as JSON, nothing else" if side == "JSON" else f"GET /jails, 1,000 jails, {side}"
        report.add(what, [each * 1000 for each in times], "ms")
    for side in list(sides)[:3]:
        report.ratio(f"  {side}: against the JSON alone", values, side, "JSON", 2)


def change_some(jaild, count):
    """A label, which no running jail cares about."""
    value = str(time.monotonic_ns())
    body = {"spec": {"labels": {"bench": value}}}
    ask_some(jaild, [("PATCH", f"/jails/k{i}", body) for i in range(count)])


def adoption(report, jaild):
    times = []
    monitors = set(monitor_pids(jaild))
    for _ in range(5):
        jaild.kill()
        began = time.perf_counter()
        jaild.start(wait=False)
        while not jaild.answers():
            time.sleep(0.002)
        times.append(time.perf_counter() - began)
        if metric(jaild, 'jaild_jails{state="running"}') != 1000:
            raise RuntimeError("not all jails were adopted")
    if set(monitor_pids(jaild)) != monitors:
        raise RuntimeError("monitors changed")
    report.add("jaild killed and started over 1,000 jails: all adopted", times, "s", 1)


