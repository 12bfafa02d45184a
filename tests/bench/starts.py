"""Start and stop of 1, 10 and 100 trivial jails: jaild, the bare program, crun, podman."""
import json
import subprocess
import sys

from common import ROOT, Jaild, alternate, bare, linux_root, make_root, program, seconds_of, start_all, BIN

LANES = 2  # as many jails start at the same time on every side
ROUNDS = {1: 15, 10: 9, 100: 5}


def jaild_side(jaild, names):
    def work():
        return {"start": seconds_of(lambda: start_all(jaild, names)), "stop": seconds_of(lambda: start_all(jaild, names, "stop"))}
    return work


def program_side(command):
    def work():
        done = subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"{command}: {done.stderr[-500:]}")
        return json.loads(done.stdout)
    return work


def container_side(kind, root, count):
    return program_side(["unshare", "-m", "--propagation", "private", sys.executable, str(ROOT / "tests" / "bench" / "containers.py"),
                         kind, root, str(count), str(LANES)])


def run(report):
    if not linux_root():
        report.note("skipped: needs Linux, root and busybox")
        return
    jaild = Jaild(arguments=("--parallel-starts", str(LANES)))
    try:
        root = make_root(jaild.dir / "root")
        names = [f"t{i}" for i in range(100)]
        for name in names:
            spec = {"params": {"path": root, "ip4": "disable", "ip6": "disable"}, "command": "sleep 1000000"}
            code, body = jaild.call("POST", "/jails", {"name": name, "spec": spec, "desired": "stopped"})
            assert code == 201, body
        for count, rounds in ROUNDS.items():
            sides = {"jaild": jaild_side(jaild, names[:count]),
                     "bare": program_side([bare("bare-jails"), str(BIN / "jaild-monitor"), root, str(count), str(LANES)])}
            for kind in ("crun", "podman"):
                if program(kind):
                    sides[kind] = container_side(kind, root, count)
            values = alternate(rounds, sides)
            for verb in ("start", "stop"):
                for side in sides:
                    report.add(f"{verb} {count}: {side}", [each[verb] * 1000 for each in values[side]], "ms")
            for verb in ("start", "stop"):
                split = {side: [each[verb] for each in values[side]] for side in sides}
                report.ratio(f"{verb} {count}: jaild against bare", split, "jaild", "bare", 1.2)
                for other in sides.keys() - {"jaild", "bare"}:
                    report.ratio(f"{verb} {count}: jaild against {other}", split, "jaild", other)
    finally:
        jaild.close()
