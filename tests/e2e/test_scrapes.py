"""Bad readers of /metrics: a thousand at once, some that stop reading, one while a thousand jails start."""
import json
import re
import selectors
import socket
import threading
import time

from harness import JaildTest, UnixConnection, until

JAILS = 1000
READERS = 1000  # the server takes 1,024 connections on one address
REQUEST = b"GET /metrics HTTP/1.1\r\nHost: jaild\r\nConnection: close\r\n\r\n"


class Scrapes(JaildTest):
    arguments = ("--parallel-starts", "16")

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        connection = UnixConnection(cls.jaild.socket, 120)
        for i in range(JAILS):
            body = {"name": f"j{i}", "spec": {"params": {"path": "/jail"}, "command": "sleep 1000000"}, "desired": "stopped"}
            connection.request("POST", "/jails", json.dumps(body), {"Content-Type": "application/json"})
            assert connection.getresponse().read()
        connection.close()

    def value(self, series):
        text = self.jaild.raw("GET", "/metrics")[2].decode()
        return float(re.search(rf"^{re.escape(series)} (\S+)$", text, re.M)[1])

    def resident(self):
        return self.value("process_resident_memory_bytes")

    def open_readers(self, count, receive_buffer=None):
        readers = []
        for _ in range(count):
            reader = socket.socket(socket.AF_UNIX)
            if receive_buffer:
                reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            reader.settimeout(60)
            reader.connect(self.jaild.socket)
            reader.sendall(REQUEST)
            readers.append(reader)
        return readers

    def read_all(self, readers):
        """What each reader got, read from all at the same time."""
        got = {reader: bytearray() for reader in readers}
        with selectors.DefaultSelector() as selector:
            for reader in readers:
                selector.register(reader, selectors.EVENT_READ)
            deadline = time.monotonic() + 120
            while selector.get_map():
                self.assertLess(time.monotonic(), deadline, "every scrape ends")
                for key, _ in selector.select(10):
                    piece = key.fileobj.recv(1 << 20)
                    got[key.fileobj] += piece
                    if not piece:
                        selector.unregister(key.fileobj)
                        key.fileobj.close()
        return [bytes(text) for text in got.values()]

    def check(self, body):
        """A scrape is whole, and jails without figures are counted."""
        self.assertTrue(body.endswith(b"\n"))
        errors = int(re.search(rb"^jaild_collect_errors (\d+)$", body, re.M)[1])
        up = len(re.findall(rb"^jaild_jail_id\{", body, re.M))
        read = len(re.findall(rb"^jaild_jail_processes\{", body, re.M))
        self.assertLessEqual(up - read, errors)

    def test_a_scrape_while_a_thousand_jails_start(self):
        starter = socket.socket(socket.AF_UNIX)
        starter.connect(self.jaild.socket)
        starter.sendall(b"".join(f"POST /jails/j{i}/start HTTP/1.1\r\nHost: jaild\r\n\r\n".encode() for i in range(JAILS)))
        # jaild answers in turn, so somebody has to take the answers.
        taker = threading.Thread(target=lambda: all(iter(lambda: starter.recv(1 << 16), b"")))
        taker.start()
        scrapes = 0
        running = 0
        deadline = time.monotonic() + 300
        while running < JAILS:
            self.assertLess(time.monotonic(), deadline, "all jails run")
            body = self.jaild.raw("GET", "/metrics")[2]
            self.check(body)
            scrapes += 1
            running = int(re.search(rb'^jaild_jails\{state="running"\} (\d+)$', body, re.M)[1])
        starter.shutdown(socket.SHUT_RDWR)
        taker.join()
        starter.close()
        print(f"{scrapes} scrapes while {JAILS} jails started; longest hold of the loop "
              f"{self.value('jaild_loop_longest_hold_seconds') * 1000:.1f} ms")

    def test_a_thousand_scrapes_at_once(self):
        self.resident()
        before = self.resident()
        texts = self.read_all(self.open_readers(READERS))
        bodies = [text.partition(b"\r\n\r\n")[2] for text in texts if text.startswith(b"HTTP/1.1 200")]
        refused = [text for text in texts if not text.startswith(b"HTTP/1.1 200")]
        self.assertTrue(all(text.startswith(b"HTTP/1.1 503") for text in refused), refused[:1])
        self.assertTrue(bodies)
        for body in set(bodies):
            self.check(body)
        grown = self.resident() - before
        print(f"{len(bodies)} scrapes of {len(bodies[0]) >> 10} KB in {len(set(bodies))} walks, {len(refused)} refused, "
              f"{grown / 2**20:.0f} MB more than before")
        self.assertLess(len(set(bodies)), READERS // 2, "those who come together share one walk")
        self.assertLess(grown, 200e6)

    def test_readers_that_stop_reading_hold_back_a_bounded_amount_and_nobody_else(self):
        self.resident()
        before = self.resident()
        stuck = []
        try:
            for _ in range(100):  # one after the other, so that each has a scrape of its own
                stuck += self.open_readers(1, receive_buffer=4096)
                self.assertEqual(self.jaild.call("GET", "/livez")[0], 200)
                if self.jaild.raw("GET", "/metrics")[0] == 503:
                    break
            status, headers, _ = self.jaild.raw("GET", "/metrics")
            if status == 503:
                self.assertIn("retry-after", headers)
            with open(f"/proc/{self.jaild.process.pid}/statm", encoding="ascii") as statm:
                grown = int(statm.read().split()[1]) * 4096 - before
            print(f"{len(stuck)} readers that stopped: {grown / 2**20:.0f} MB more than before, next scrape {status}")
            self.assertLess(grown, 300e6)
        finally:
            for reader in stuck:
                reader.close()
        until(60, lambda: self.jaild.raw("GET", "/metrics")[0] == 200, "scrapes go on once they are gone")
