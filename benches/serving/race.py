"""Races the API against other ways to serve the same Prophet model, and writes the tables.

Usage: python race.py --api API --bare BARE --python PYTHON --page PAGE [--rounds N] [--seconds S]

Every system forecasts the same 30 days on one worker, under `wrk` with 1, 8 and 64 connections,
in turn, round by round; medians. `bare` is actix-web alone, sending the bytes that the API sends:
the limit. Processor time is that of the system's processes over the requests they answered.
"""

import argparse
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request
from pathlib import Path

HERE = Path(__file__).resolve().parent
CONNECTIONS = (1, 8, 64)
# MLServer takes half a minute on two busy cores.
START_S = 180
FROM, TO = "<!-- bench-serving: from here -->", "<!-- bench-serving: to here -->"
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class System:
    """A program that is running, and how it is asked."""

    def __init__(self, name, command, port, path, body=None, env=None, log=None):
        self.name, self.port, self.path, self.body = name, port, path, body
        self.process = subprocess.Popen(
            command, env={**os.environ, **(env or {})}, cwd=log.parent,
            stdout=log.open("w"), stderr=subprocess.STDOUT, start_new_session=True)
        started = time.monotonic()
        while not self.answers():
            if self.process.poll() is not None or time.monotonic() - started > START_S:
                sys.exit(f"{name} does not answer; it said:\n{log.read_text()[-2000:]}")
            time.sleep(0.01)
        self.start_s = time.monotonic() - started

    def answers(self):
        headers = {"content-type": "application/json"} if self.body else {}
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{self.path}",
            data=(self.body or "").encode(), method="POST", headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.bytes = len(answer.read())
                return answer.status == 200
        except OSError:
            return False

    def processes(self):
        """The process and all that it started."""
        parents = {}
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    fields = (entry / "stat").read_text().rsplit(") ", 1)[1].split()
                except OSError:
                    continue
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
        found, queue = [], [self.process.pid]
        while queue:
            pid = queue.pop()
            found.append(pid)
            queue += parents.get(pid, [])
        return found

    def cpu_s(self):
        total = 0
        for pid in self.processes():
            try:
                fields = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1].split()
                total += int(fields[11]) + int(fields[12])
            except OSError:
                pass
        return total / TICKS

    def rss_mb(self):
        pages = 0
        for pid in self.processes():
            try:
                pages += int(Path(f"/proc/{pid}/statm").read_text().split()[1])
            except OSError:
                pass
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6

    def stop(self):
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def wrk(system, connections, seconds, script):
    lines = ['wrk.method = "POST"']
    if system.body:
        lines += [f"wrk.body = {json.dumps(system.body)}",
                  'wrk.headers["content-type"] = "application/json"']
    script.write_text("\n".join(lines))
    before = system.cpu_s()
    out = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}", "--latency", "--timeout", "60s", "-s",
         str(script), f"http://127.0.0.1:{system.port}{system.path}"],
        capture_output=True, text=True, check=True).stdout
    n = int(re.search(r"(\d+) requests in", out)[1])
    unit = {"us": 1e-3, "ms": 1.0, "s": 1e3, "m": 6e4}
    quantile = {q: float(v) * unit[u] for q, v, u in re.findall(r"(50|99)%\s+([\d.]+)(us|ms|s|m)\b", out)}
    failed = re.search(r"Non-2xx or 3xx responses: (\d+)", out)
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", out)
    return {
        "rate": float(re.search(r"Requests/sec:\s+([\d.]+)", out)[1]),
        "p50": quantile.get("50", float("nan")), "p99": quantile.get("99", float("nan")),
        "cpu_ms": 1e3 * (system.cpu_s() - before) / max(n, 1),
        "failed": (int(failed[1]) if failed else 0) + (sum(map(int, errors.groups())) if errors else 0),
    }


def median(results, key):
    return statistics.median(result[key] for result in results)


def number(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def table(rows):
    head, *rest = rows
    lines = ["| " + " | ".join(row) + " |" for row in [head, *rest]]
    lines.insert(1, "|" + "---|" * len(head))
    return "\n".join(lines) + "\n"


def promoter(python, uri, stop, count):
    """Promotes the two versions in turn, as fast as the database commits."""
    script = (
        "import sqlite3, sys\n"
        "db = sqlite3.connect(sys.argv[1], timeout=20)\n"
        "n = 0\n"
        "while True:\n"
        "    n += 1\n"
        "    with db:\n"
        "        db.execute(\"UPDATE model_versions SET current_stage = CASE version WHEN ? THEN "
        "'Production' ELSE 'Archived' END, last_updated_time = last_updated_time + 1\", (1 + n % 2,))\n"
        "    print(n, flush=True)\n")
    process = subprocess.Popen([python, "-c", script, uri], stdout=subprocess.PIPE, text=True)
    for line in process.stdout:
        count[0] = int(line)
        if stop.is_set():
            break
    process.kill()


def main():
    parser = argparse.ArgumentParser()
    for name in ("api", "bare", "python", "page"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="serving-"))
    uri, model_json = f"sqlite:///{folder}/mlflow.db", folder / "model.json"
    # MLflow looks for its uvicorn there.
    path = f"{Path(given.python).parent}:{os.environ['PATH']}"
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path}
    made = subprocess.run(
        [given.python, HERE / "make_model.py", uri, model_json], cwd=folder, text=True,
        env={**os.environ, **quiet}, capture_output=True)
    if made.returncode:
        sys.exit(made.stderr)
    model_folder = made.stdout.strip().splitlines()[-1]
    frame = json.dumps({"dataframe_split": {
        "columns": ["ds"],
        "data": [[f"2026-01-{day:02}"] for day in range(1, 31)]}})
    script, systems = folder / "post.lua", []
    try:
        api_port = free_port()
        api = System("this API", [given.api, "--port", str(api_port), "--tracking-uri", uri], api_port,
                     "/predict?days=30", log=folder / "api.log",
                     env={"PETR4__API__WORKERS": "1", "PETR4__REGISTRY__CACHE_DIR": "", "RUST_LOG": "error"})
        systems.append(api)
        body = folder / "answer.json"
        request = urllib.request.Request(f"http://127.0.0.1:{api_port}/predict?days=30", method="POST")
        body.write_bytes(urllib.request.urlopen(request, timeout=30).read())
        port = free_port()
        bare = System("actix-web, the same bytes", [given.bare, str(port), str(body), "1"], port, "/predict",
                      log=folder / "bare.log")
        systems.append(bare)
        port = free_port()
        systems.append(System(
            "FastAPI with Prophet",
            [given.python, "-m", "uvicorn", "--app-dir", str(HERE), "fastapi_app:app", "--port", str(port),
             "--log-level", "error"],
            port, "/predict?days=30", env={"MODEL_JSON": str(model_json)}, log=folder / "fastapi.log"))
        port = free_port()
        systems.append(System(
            "mlflow models serve",
            [given.python, "-m", "mlflow", "models", "serve", "-m", model_folder, "--env-manager", "local",
             "-p", str(port), "-w", "1"],
            port, "/invocations", frame, env={**quiet, "MLFLOW_TRACKING_URI": uri}, log=folder / "serve.log"))
        settings = folder / "mlserver"
        settings.mkdir()
        port = free_port()
        (settings / "settings.json").write_text(json.dumps({
            "http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "parallel_workers": 0}))
        (settings / "model-settings.json").write_text(json.dumps({
            "name": "prophet", "implementation": "mlserver_mlflow.MLflowRuntime",
            "parameters": {"uri": model_folder}}))
        systems.append(System(
            "MLServer", [str(Path(given.python).parent / "mlserver"), "start", str(settings)],
            port, "/invocations", frame, env=quiet, log=folder / "mlserver.log"))

        results = {(s.name, c): [] for s in systems for c in CONNECTIONS}
        for turn in range(given.rounds):
            for connections in CONNECTIONS:
                for system in systems:
                    print(f"round {turn + 1}, {connections} connections: {system.name}", file=sys.stderr)
                    results[system.name, connections].append(wrk(system, connections, given.seconds, script))

        calm = [wrk(api, 8, given.seconds, script) for _ in range(given.rounds)]
        stop, count = threading.Event(), [0]
        thread = threading.Thread(target=promoter, args=(given.python, f"{folder}/mlflow.db", stop, count))
        began = time.monotonic()
        thread.start()
        moved = [wrk(api, 8, given.seconds, script) for _ in range(given.rounds)]
        stop.set()
        thread.join()
        promoted_for = time.monotonic() - began
        n_failed = sum(result["failed"] for result in moved)
        rss = {system.name: system.rss_mb() for system in systems}
    finally:
        for system in systems:
            system.stop()

    rows = [["", *(f"{c} connections, requests/s (p50, p99 ms)" for c in CONNECTIONS),
             "processor ms a request", "answer, bytes", "memory, MB", "start, s"]]
    for s in systems:
        cells = [
            f"{number(median(r, 'rate'))} ({number(median(r, 'p50'))}, {number(median(r, 'p99'))})"
            for r in (results[s.name, c] for c in CONNECTIONS)]
        cpu = median([r for c in CONNECTIONS for r in results[s.name, c]], "cpu_ms")
        rows.append([s.name, *cells, number(cpu), f"{s.bytes:,}", number(rss[s.name]), f"{s.start_s:.2g}"])
    ratios = [["requests a second, times those of", *(f"{c} connections" for c in CONNECTIONS)]]
    for s in systems[1:]:
        pairs = [[a["rate"] / b["rate"] for a, b in zip(results[api.name, c], results[s.name, c])]
                 for c in CONNECTIONS]
        ratios.append([s.name, *(f"{number(statistics.median(pair))}×" for pair in pairs)])
    load = ", ".join(f"{x:.2f}" for x in os.getloadavg())
    text = (
        f"\nRounds: {given.rounds} of {given.seconds} s; load average at the end, over 1, 5 and 15 minutes: {load}.\n\n"
        + table(rows) + "\nThis API's throughput, pair by pair in the same round:\n\n" + table(ratios)
        + "\nWhile the two versions are promoted in turn, as fast as the database commits "
        + f"({count[0]:,} times in {promoted_for:.0f} s), 8 connections:\n\n"
        + table([["", "requests/s", "p50, ms", "p99, ms", "failed"],
                 ["no promotions", number(median(calm, "rate")), number(median(calm, "p50")),
                  number(median(calm, "p99")), str(sum(r["failed"] for r in calm))],
                 ["promotions", number(median(moved, "rate")), number(median(moved, "p50")),
                  number(median(moved, "p99")), str(n_failed)]]) + "\n")
    print(text)
    page = Path(given.page)
    old = page.read_text()
    page.write_text(old[:old.index(FROM) + len(FROM)] + "\n" + text + old[old.index(TO):])


if __name__ == "__main__":
    main()
