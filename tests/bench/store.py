"""Durable POST /jails with a disk that takes 5 ms for an fsync: how many commits share one."""
import json
import re
import time

from common import Jaild, closed_loop, drop, metric, seconds_of

WRITERS = 64
WRITES = 6400
SYNC_MS = 5


def run(report):
    jaild = Jaild("sim", program="jaild-slow-disk", environment={"JAILD_SYNC_MS": str(SYNC_MS)})
    try:
        before = syncs(jaild)
        commits_before = metric(jaild, "jaild_store_transaction_duration_seconds_count")
        took = seconds_of(lambda: write_all(jaild))
        time.sleep(0.2)  # until it has said how many syncs there were
        commits = metric(jaild, "jaild_store_transaction_duration_seconds_count") - commits_before
        used = syncs(jaild) - before
        report.add(f"{WRITERS} writers, fsync of {SYNC_MS} ms: durable POST /jails", WRITES / took, "1/s")
        report.add(f"{WRITERS} writers, fsync of {SYNC_MS} ms: commits for each fsync", commits / used, "", 20, better="above")
    finally:
        drop(jaild)


def syncs(jaild):
    """As the program says on standard error, twenty times a second."""
    found = re.findall(r"syncs=(\d+)", (jaild.dir / "stderr").read_text())
    return int(found[-1]) if found else 0


def write_all(jaild):
    def request(number):
        body = json.dumps({"name": f"w{number}", "spec": {"params": {"path": "/jail"}, "command": "sleep 1"}, "desired": "stopped"})
        head = f"POST /jails HTTP/1.1\r\nHost: j\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        return (head + body).encode()

    statuses = closed_loop(jaild.socket, WRITERS, [request(number) for number in range(WRITES)])
    assert set(statuses) == {201}, statuses
