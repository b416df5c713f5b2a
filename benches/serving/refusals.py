"""How long the API takes to refuse what cannot be meant, over a connection that is kept.

Usage: python refusals.py --api API --python PYTHON [--page PAGE] [--times N]

Each request is sent as bytes and its answer read to the end, N times; the median is of the whole
way, this program's own share included, which the answer of `/health` shows. Requests after which
the service closes the connection, as it does with a body it will not read, have a new one each
time; opening it does not count.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from systems import System, free_port

HERE = Path(__file__).resolve().parent
FROM, TO = "<!-- bench-refusals: from here -->", "<!-- bench-refusals: to here -->"
TOKEN = "s3cret"
JSON, CSV = "application/json", "text/csv"


def request(line, *headers, body=b"", length=None, token=TOKEN):
    lines = [f"{line} HTTP/1.1", "host: x", *headers]
    if token:
        lines.append(f"authorization: Bearer {token}")
    if body or length:
        lines.append(f"content-length: {length or len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def invocations(body, media=JSON):
    return request("POST /invocations", f"content-type: {media}", body=body)


def frame(n_rows, last="2026-01-05"):
    rows = [["2026-01-05"]] * (n_rows - 1) + [[last]]
    return json.dumps({"dataframe_split": {"columns": ["ds"], "data": rows}}).encode()


# What is asked, and the status that it must have.
CASES = [
    ("nothing wrong: `/health`", request("GET /health"), 200),
    ("nothing wrong: `/predict?days=30`", request("POST /predict?days=30"), 200),
    *((f"`days={days}`", request(f"POST /predict?days={days}"), 400)
      for days in ("0", "-5", "abc", "1e9", "100000", "30.5", "", "30&days=5")),
    ("`from=soon`", request("POST /predict?from=soon"), 400),
    ("`from` before the history", request("POST /predict?from=2017-06-01"), 400),
    ("`from` in the year 2126", request("POST /predict?from=2126-01-02"), 400),
    ("`version=99`", request("POST /predict?version=99"), 404),
    ("a query of 2,000 bytes", request("POST /predict?" + "x" * 2000), 414),
    ("no token", request("POST /predict", token=None), 401),
    ("a wrong token", request("POST /predict", token="wrong"), 401),
    ("a route that is none", request("GET /nowhere"), 404),
    ("a method that is none of the route's", request("DELETE /predict"), 405),
    ("100 MB announced to `/predict`", request("POST /predict", length=100_000_000), 413),
    ("100 MB announced to `/invocations`",
     request("POST /invocations", f"content-type: {JSON}", length=100_000_000), 413),
    ("`/invocations` without a body", invocations(b""), 400),
    ("a body that is not JSON", invocations(b"{" * 1000), 400),
    ("JSON of another shape", invocations(b'{"rows": [1, 2, 3]}'), 422),
    ("a body of `text/plain`", invocations(b"x", "text/plain"), 415),
    ("CSV of 1,000 rows, the last one bad", invocations(b"ds\n" + b"2026-01-05\n" * 999 + b"soon\n", CSV), 400),
    ("JSON of 1,000 rows, the last one bad", invocations(frame(1000, "soon")), 400),
    ("10,001 rows of JSON, 160 kB", invocations(frame(10_001)), 422),
    ("10,001 rows of CSV, 110 kB", invocations(b"ds\n" + b"2026-01-05\n" * 10_001, CSV), 422),
    ("a megabyte of JSON that is none", invocations(b" " * (1024 * 1024 - 1) + b"x"), 400),
]


def answer(stream):
    """The status and whether the connection stays."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += stream.recv(65536)
    head, body = data.split(b"\r\n\r\n", 1)
    headers = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(headers[b"content-length"]):
        body += stream.recv(65536)
    return int(head.split(b" ", 2)[1]), headers.get(b"connection") != b"close"


def connect(port):
    stream = socket.create_connection(("127.0.0.1", port))
    stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return stream


def times(port, sent, expected, n):
    found, stream = [], connect(port)
    # A body that never comes leaves no connection to go on with.
    promised = b"content-length: 100000000" in sent
    for _ in range(n):
        began = time.perf_counter()
        stream.sendall(sent)
        status, stays = answer(stream)
        found.append(1e3 * (time.perf_counter() - began))
        if status != expected:
            sys.exit(f"{status} instead of {expected}: {sent[:200]}")
        if promised or not stays:
            stream.close()
            stream = connect(port)
    return found


def main():
    parser = argparse.ArgumentParser()
    for name in ("api", "python"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--page")
    parser.add_argument("--times", type=int, default=300)
    given = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="refusals-"))
    uri, port = f"sqlite:///{folder}/mlflow.db", free_port()
    made = subprocess.run(
        [given.python, HERE / "make_model.py", uri, folder / "model.json"], cwd=folder, text=True,
        env={**os.environ, "MLFLOW_DISABLE_TELEMETRY": "true"}, capture_output=True)
    if made.returncode:
        sys.exit(made.stderr)
    api = System("api", [given.api, "--port", str(port), "--tracking-uri", uri], port, "/health", None,
                 {"PETR4__REGISTRY__CACHE_DIR": "", "PETR4__MONITOR__ENABLED": "false",
                  "PETR4__API__TOKEN": TOKEN, "RUST_LOG": "off"}, folder / "api.log", method="GET")
    try:
        while b"200 OK" not in ask_once(port, request("GET /ready")):
            time.sleep(0.05)
        rows = []
        for name, sent, expected in CASES:
            found = times(port, sent, expected, given.times)
            found.sort()
            rows.append(f"| {name} | {expected} | {statistics.median(found):.3f} | {found[int(0.95 * len(found))]:.3f} |")
    finally:
        api.stop()
    load = ", ".join(f"{x:.2f}" for x in os.getloadavg())
    text = (f"\n{given.times} times each; load average at the end, over 1, 5 and 15 minutes: {load}.\n\n"
            "| asked | status | median, ms | 95 %, ms |\n|---|---|---|---|\n" + "\n".join(rows) + "\n\n")
    print(text)
    if given.page:
        page = Path(given.page)
        old = page.read_text()
        page.write_text(old[:old.index(FROM) + len(FROM)] + "\n" + text + old[old.index(TO):])


def ask_once(port, sent):
    with connect(port) as stream:
        stream.sendall(sent)
        return stream.recv(65536)


if __name__ == "__main__":
    main()
