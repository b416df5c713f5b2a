"""Promotes two versions in turn, thousands of times, while clients ask without a pause.

Usage: python soak.py --api API --python PYTHON [--promotions 10000] [--clients 4]

The program is the real one, over MLflow's own SQLite file, and a promotion is the commit that
MLflow would make. Every answer must be 200 and wholly of the version that its header names; every
promotion must be served before the next is made, and the memory must not grow. Exits with 1 at
the first failure, and says which.
"""

import argparse
import http.client
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from race import System, free_port

HERE = Path(__file__).resolve().parent
# How long a promotion may take to be served; the poll interval, which ends the wait at the
# latest, is 5 s.
SERVED_S = 10
# What the allocator may keep more at the end than after the first tenth, in MB.
GROWTH_MB = 8
# Between the two versions, which forecast 100 apart.
BORDER = 70


class Client(threading.Thread):
    """Asks until it is told to stop, and checks every answer."""

    def __init__(self, port, stop):
        super().__init__(daemon=True)
        self.port, self.stop, self.n, self.failure = port, stop, 0, None

    def run(self):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            while not self.stop.is_set():
                connection.request("POST", "/predict?days=30")
                answer = connection.getresponse()
                body, version = answer.read(), answer.getheader("x-model-version")
                rows = json.loads(body)
                is_second = {row["yhat"] > BORDER for row in rows}
                if answer.status != 200 or len(rows) != 30 or is_second != {version == "2"}:
                    raise AssertionError(f"{answer.status} of version {version}: {body[:200]}")
                self.n += 1
        except Exception as error:
            self.failure = f"{type(error).__name__}: {error}"


def promote(db, version):
    with db:
        db.execute(
            "UPDATE model_versions SET current_stage = CASE version WHEN ? THEN 'Production' "
            "ELSE 'Archived' END, last_updated_time = last_updated_time + 1", (version,))


def main():
    parser = argparse.ArgumentParser()
    for name in ("api", "python"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--promotions", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=4)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="soak-"))
    uri = f"sqlite:///{folder}/mlflow.db"
    made = subprocess.run(
        [given.python, HERE / "make_model.py", uri, folder / "model.json"], cwd=folder, text=True,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}, capture_output=True)
    if made.returncode:
        sys.exit(made.stderr)
    port = free_port()
    api = System("the API", [given.api, "--port", str(port), "--tracking-uri", uri], port,
                 "/predict?days=30", log=folder / "api.log", env={"RUST_LOG": "error"})
    stop = threading.Event()
    clients = [Client(port, stop) for _ in range(given.clients)]
    waits, first_mb = [], None
    try:
        for client in clients:
            client.start()
        db = sqlite3.connect(folder / "mlflow.db", timeout=20)
        asked = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        for n in range(given.promotions):
            version = 2 - n % 2
            promote(db, version)
            began = time.monotonic()
            while True:
                asked.request("GET", "/health")
                if json.loads(asked.getresponse().read())["version"] == version:
                    break
                if time.monotonic() - began > SERVED_S:
                    sys.exit(f"promotion {n + 1}: version {version} is not served after {SERVED_S} s")
                time.sleep(0.001)
            waits.append(time.monotonic() - began)
            failures = [client.failure for client in clients if client.failure]
            if failures:
                sys.exit(f"promotion {n + 1}: {failures[0]}")
            if n + 1 == max(1, given.promotions // 10):
                first_mb = api.rss_mb()
            if sys.stderr.isatty() and n % 100 == 0:
                print(f"\r{n} promotions", end="", file=sys.stderr)
        last_mb = api.rss_mb()
        stop.set()
        for client in clients:
            client.join()
        failures = [client.failure for client in clients if client.failure]
        if failures:
            sys.exit(failures[0])
        if last_mb - first_mb > GROWTH_MB:
            sys.exit(f"memory grew from {first_mb:.1f} to {last_mb:.1f} MB")
    finally:
        stop.set()
        api.stop()
    waits.sort()
    answers = sum(client.n for client in clients)
    print(f"{given.promotions} promotions, {answers} answers, none failed; "
          f"served after {1e3 * waits[len(waits) // 2]:.1f} ms (median), {1e3 * waits[-1]:.0f} ms at most; "
          f"{first_mb:.1f} MB after a tenth, {last_mb:.1f} MB at the end")


if __name__ == "__main__":
    main()
