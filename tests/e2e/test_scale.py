"""Ten thousand jails on the sim host, and how long the event loop was ever held."""
import concurrent.futures
import json
import re
import threading
import time

from harness import JaildTest, UnixConnection, until

COUNT = 10_000
CLIENTS = 16  # at once: what queues while one fsync is under way shares the next


class TenThousand(JaildTest):
    arguments = ("--parallel-starts", "64")

    def each(self, method, path, body=None):
        """The same request for every jail, over a connection a client."""
        local = threading.local()

        def one(i):
            if not hasattr(local, "connection"):
                local.connection = UnixConnection(self.jaild.socket, 120)
            local.connection.request(method, path.format(i=i), json.dumps(body(i)) if body else None,
                                     {"Content-Type": "application/json"} if body else {})
            response = local.connection.getresponse()
            response.read()
            return response.status

        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            return set(pool.map(one, range(COUNT)))

    def count(self, state):
        text = self.jaild.raw("GET", "/metrics")[2].decode()
        return int(float(re.search(rf'jaild_jails\{{state="{state}"\}} (\S+)', text)[1]))

    def test_up_and_down_and_the_longest_stall_is_printed(self):
        began = time.monotonic()
        self.assertEqual(self.each("POST", "/jails", lambda i: {"name": f"j{i}", "spec": self.spec()}), {201})
        until(300, lambda: self.count("running") == COUNT, "all run")
        up = time.monotonic() - began
        self.assertLessEqual(self.each("POST", "/jails/j{i}/stop"), {200, 202})
        until(300, lambda: self.count("stopped") == COUNT, "all are stopped")
        print(f"10,000 jails on sim: up in {up:.1f} s, down in {time.monotonic() - began - up:.1f} s")
        self.assertLessEqual(self.each("DELETE", "/jails/j{i}"), {202, 204})
        print("inputs that held the loop, by bound in seconds:")
        for line in re.findall(r"jaild_reconcile_duration_seconds_bucket.*", self.jaild.raw("GET", "/metrics")[2].decode()):
            print("  " + line)
