"""The HTTP interface under wrk (R7.2: 1,000 jails), over TCP with a token; one nginx worker serving the same bytes beside it."""
import pathlib
import re
import shutil
import subprocess
import tempfile
import time

from common import Jaild, alternate, drop, program
from prometheus import free_port

CONNECTIONS = (1, 8, 64)
SECONDS = 4
ROUNDS = 3
LATENCY = re.compile(r"99%\s+([\d.]+)(us|ms|s)")
FACTOR = {"us": 0.001, "ms": 1, "s": 1000}


def wrk(url, connections, token=None, script=None):
    """Requests a second and the 99th percentile in ms."""
    command = [program("wrk"), "-t1", f"-c{connections}", f"-d{SECONDS}s", "--latency"]
    if token:
        command += ["-H", f"Authorization: Bearer {token}"]
    if script:
        command += ["-s", script]
    libraries = pathlib.Path(program("wrk")).parents[1] / "lib" / "x86_64-linux-gnu"
    text = subprocess.run([*command, url], check=True, capture_output=True, text=True, env={"LD_LIBRARY_PATH": str(libraries)}).stdout
    value, unit = LATENCY.search(text).groups()
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", text)
    if wrong:
        raise RuntimeError(f"{url}: {wrong[0]}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1]), float(value) * FACTOR[unit]


class Nginx:
    """One worker that serves files from memory of the kernel."""

    def __init__(self, files):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="jaild-bench-nginx."))
        self.port = free_port()
        (self.dir / "html").mkdir()
        self.dir.chmod(0o755)
        for name, data in files.items():
            (self.dir / "html" / name).write_bytes(data)
        (self.dir / "nginx.conf").write_text(f"""
daemon off; worker_processes 1; pid {self.dir}/pid; error_log {self.dir}/error.log; user root;
events {{ worker_connections 1024; }}
http {{ access_log off; sendfile on; tcp_nopush on; keepalive_requests 1000000000; default_type application/json;
  client_body_temp_path {self.dir}/a; proxy_temp_path {self.dir}/b; fastcgi_temp_path {self.dir}/c; uwsgi_temp_path {self.dir}/d;
  scgi_temp_path {self.dir}/e; open_file_cache max=10;
  server {{ listen 127.0.0.1:{self.port}; root {self.dir}/html; }} }}
""")
        self.process = subprocess.Popen([program("nginx"), "-p", str(self.dir), "-c", str(self.dir / "nginx.conf")],
                                        stderr=subprocess.DEVNULL)
        time.sleep(0.5)
        if self.process.poll() is not None:
            raise RuntimeError(f"nginx: {(self.dir / 'error.log').read_text()}")

    def url(self, name):
        return f"http://127.0.0.1:{self.port}/{name}"

    def close(self):
        self.process.terminate()
        self.process.wait()
        shutil.rmtree(self.dir, ignore_errors=True)


def run(report):
    if not program("wrk") or not program("nginx"):
        report.note("skipped: needs wrk and nginx")
        return
    port = free_port()
    jaild = Jaild("sim", start=False)
    jaild.arguments += ["--listen", f"unix:{jaild.socket}", "--listen", f"127.0.0.1:{port}"]
    try:
        jaild.start()
        if jaild.process.poll() is None:
            measure(report, jaild, port)
        else:
            report.note(f"skipped: this jaild serves no TCP: {jaild.log().splitlines()[-1]}")
    finally:
        drop(jaild)


def measure(report, jaild, port):
    spec = {"params": {"path": "/jail"}, "command": "sleep 1000000"}
    for i in range(1000):
        assert jaild.call("POST", "/jails", {"name": f"a{i:03}", "spec": spec})[0] == 201
    code, made = jaild.call("POST", "/tokens", {"name": "bench", "role": "admin"})
    assert code == 201, made
    token = made["secret"]
    base = f"http://127.0.0.1:{port}"
    nginx = Nginx({"one": jaild.raw("GET", "/jails/a007")[2], "all": jaild.raw("GET", "/jails")[2]})
    try:
        for name, path in (("one", "/jails/a007"), ("all", "/jails")):
            for connections in CONNECTIONS:
                sides = {"jaild": lambda p=path, c=connections: wrk(base + p, c, token),
                         "nginx": lambda n=name, c=connections: wrk(nginx.url(n), c)}
                values = alternate(ROUNDS, sides)
                what = f"GET {'one' if name == 'one' else '1,000'}, {connections} connections"
                for side, pairs in values.items():
                    report.add(f"{what}: {side}", [pair[0] for pair in pairs], "1/s")
                    report.add(f"{what}: {side}, 99 %", [pair[1] for pair in pairs], "ms")
                held = name == "one" and connections == 64
                rates = {side: [pair[0] for pair in pairs] for side, pairs in values.items()}
                tails = {side: [pair[1] for pair in pairs] for side, pairs in values.items()}
                report.ratio(f"{what}: nginx's rate against jaild's", rates, "nginx", "jaild", 2 if held else None)
                report.ratio(f"{what}: jaild's 99 % against nginx's", tails, "jaild", "nginx", 3 if held else None)
    finally:
        nginx.close()
    writes(report, base, token)


SCRIPT = """
local n = 0
local id = tostring(os.time()) .. "c{connections}"
wrk.method = "{method}"
wrk.headers["Content-Type"] = "{kind}"
request = function()
  n = n + 1
  return wrk.format(nil, {path}, nil, {body})
end
"""


def writes(report, base, token):
    bodies = {
        "durable POST /jails": ("POST", "'/jails'", "application/json",
                                """'{"name":"p' .. id .. "n" .. n .. '","desired":"stopped",' ..
                                '"spec":{"params":{"path":"/jail"},"command":"sleep 1"}}'"""),
        "PATCH of a label": ("PATCH", "string.format('/jails/a%03d', n % 1000)", "application/merge-patch+json",
                             """'{"spec":{"labels":{"n":"' .. n .. '"}}}'"""),
    }
    for what, (method, path, kind, body) in bodies.items():
        for connections in CONNECTIONS:
            with tempfile.NamedTemporaryFile("w", suffix=".lua") as script:
                script.write(SCRIPT.replace("{method}", method).replace("{kind}", kind).replace("{path}", path)
                             .replace("{body}", body).replace("{connections}", str(connections) + method))
                script.flush()
                pairs = [wrk(base, connections, token, script.name)]
            report.add(f"{what}, {connections} connections", [pair[0] for pair in pairs], "1/s")
            report.add(f"{what}, {connections} connections, 99 %", [pair[1] for pair in pairs], "ms")
