"""A Prometheus of its own for a test, and what a scrape and an expression name."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import urllib.parse
import urllib.request

from harness import free_port, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
ALERTS = ROOT / "etc" / "prometheus" / "alerts.yml"
DASHBOARD = ROOT / "etc" / "grafana" / "jaild.json"
# What PromQL knows beside metrics: functions, operators, modifiers.
WORDS = {"and", "or", "unless", "on", "ignoring", "by", "without", "group_left", "group_right", "sum", "topk", "rate", "increase",
         "histogram_quantile", "time"}


def find_program(name):
    """Debian's package unpacked by `./dev test`, else what is installed; None where neither is."""
    beside = os.environ.get("JAILD_PROGRAMS")
    path = pathlib.Path(beside) / "usr" / "bin" / name if beside else None
    return str(path) if path and path.exists() else shutil.which(name)


def metric_names(scrape):
    """The names of the samples of a scrape."""
    return {re.match(r"[a-zA-Z_:][a-zA-Z0-9_:]*", line)[0] for line in scrape.splitlines() if line and line[0] != "#"}


def names_in(expression):
    """The metrics that a PromQL expression names."""
    text = re.sub(r"\{[^}]*\}|\[[^]]*\]", " ", expression)
    text = re.sub(r"\b(by|on|without|ignoring)\s*\([^)]*\)", " ", text)
    return {word for word in re.findall(r"(?<![\w.])[a-zA-Z_:][a-zA-Z0-9_:]*", text) if word not in WORDS}


def dashboard_expressions():
    panels = json.loads(DASHBOARD.read_text())["panels"]
    return [(panel["title"], target["expr"]) for panel in panels for target in panel.get("targets", [])]


class Prometheus:
    """Scrapes `targets` (name -> "host:port") once a second and evaluates the alert rules; `close()` leaves nothing behind."""

    def __init__(self, targets):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="jaild-prometheus."))
        self.port = free_port()
        jobs = "\n".join(f'      - {{ targets: ["{address}"], labels: {{ instance: {name} }} }}' for name, address in targets.items())
        (self.dir / "prometheus.yml").write_text(f"""
global: {{ scrape_interval: 1s, scrape_timeout: 1s, evaluation_interval: 1s }}
rule_files: [ {ALERTS} ]
scrape_configs:
  - job_name: jaild
    static_configs:
{jobs}
""")
        with open(self.dir / "log", "wb") as log:
            self.process = subprocess.Popen(
                [find_program("prometheus"), f"--config.file={self.dir}/prometheus.yml", f"--storage.tsdb.path={self.dir}/data",
                 f"--web.listen-address=127.0.0.1:{self.port}", "--web.console.templates=", "--web.console.libraries="],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            until(60, self.is_ready, f"Prometheus is ready; {(self.dir / 'log').read_text()[-2000:]}")
        except AssertionError:
            self.close()
            raise

    def get(self, path, **parameters):
        address = f"http://127.0.0.1:{self.port}{path}?{urllib.parse.urlencode(parameters)}"
        with urllib.request.urlopen(address, timeout=30) as response:
            return response.read()

    def is_ready(self):
        try:
            return bool(self.get("/-/ready"))
        except OSError:
            return False

    def query(self, expression):
        """The result of an instant query: a list of {"metric", "value"}."""
        return json.loads(self.get("/api/v1/query", query=expression))["data"]["result"]

    def alerts(self):
        """(alertname, jail, state) of what is pending or fires."""
        found = json.loads(self.get("/api/v1/alerts"))["data"]["alerts"]
        return {(each["labels"]["alertname"], each["labels"].get("jail"), each["state"]) for each in found}

    def rules(self):
        groups = json.loads(self.get("/api/v1/rules"))["data"]["groups"]
        return [rule for group in groups for rule in group["rules"]]

    def targets(self):
        return json.loads(self.get("/api/v1/targets"))["data"]["activeTargets"]

    def close(self):
        self.process.terminate()
        self.process.wait(60)
        shutil.rmtree(self.dir, ignore_errors=True)
