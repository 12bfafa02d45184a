"""Durable POST /jails with a disk that takes 5 ms for an fsync: how many commits share one."""
import concurrent.futures
import json
import re
import threading

from common import Jaild, drop, metric, seconds_of
from harness import UnixConnection

WRITERS = 64
WRITES = 3200
SYNC_MS = 5


def run(report):
    jaild = Jaild("sim", program="jaild-slow-disk", environment={"JAILD_SYNC_MS": str(SYNC_MS)})
    try:
        before = syncs(jaild)
        commits_before = metric(jaild, "jaild_store_transaction_duration_seconds_count")
        took = seconds_of(lambda: write_all(jaild))
        commits = metric(jaild, "jaild_store_transaction_duration_seconds_count") - commits_before
        used = syncs(jaild) - before
        report.add(f"{WRITERS} writers, fsync of {SYNC_MS} ms: durable POST /jails", WRITES / took, "1/s")
        report.add(f"{WRITERS} writers, fsync of {SYNC_MS} ms: commits for each fsync", commits / used, "", 20, better="above")
    finally:
        drop(jaild)


def syncs(jaild):
    """The program says so on standard error at every hundredth and when asked with a request for nothing."""
    found = re.findall(r"syncs=(\d+)", (jaild.dir / "stderr").read_text())
    return int(found[-1]) if found else 0


def write_all(jaild):
    local = threading.local()

    def one(number):
        if not hasattr(local, "connection"):
            local.connection = UnixConnection(jaild.socket, 120)
        body = {"name": f"w{number}", "spec": {"params": {"path": "/jail"}, "command": "sleep 1"}, "desired": "stopped"}
        local.connection.request("POST", "/jails", json.dumps(body), {"Content-Type": "application/json"})
        response = local.connection.getresponse()
        response.read()
        assert response.status == 201

    with concurrent.futures.ThreadPoolExecutor(WRITERS) as pool:
        list(pool.map(one, range(WRITES)))
