"""Races the API against other ways to serve the same Prophet model, and writes the tables.

Usage: python race.py --api API --bare BARE --swapping SWAPPING --python PYTHON [--page PAGE]
       [--rounds N] [--seconds S] [--without-peers]

Every system forecasts the same 30 days on one worker, under `wrk` with 1, 8 and 64 connections,
in turn, round by round, the others paused; medians. `bare` is actix-web alone, sending the bytes
that the API sends: the limit. It and the API take turns in more and shorter rounds besides, since
there the ratio is what counts. Processor time is that of the system's processes over the requests
they answered.
"""

import argparse
import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from systems import System, free_port, in_turn

HERE = Path(__file__).resolve().parent
CONNECTIONS = (1, 8, 64)
FROM, TO = "<!-- bench-serving: from here -->", "<!-- bench-serving: to here -->"
# Pairs of the API and the bare server, for each that the others have rounds.
PAIRS = 5


def note(text):
    print(text, file=sys.stderr)


def median(results, key):
    return statistics.median(result[key] for result in results)


def number(x):
    return f"{x:,.0f}" if x >= 100 else f"{x:.3g}"


def table(rows):
    head, *rest = rows
    lines = ["| " + " | ".join(row) + " |" for row in [head, *rest]]
    lines.insert(1, "|" + "---|" * len(head))
    return "\n".join(lines) + "\n"


class Race:
    def __init__(self, given):
        self.given = given
        self.folder = Path(tempfile.mkdtemp(prefix="serving-"))
        self.uri, self.model_json = f"sqlite:///{self.folder}/mlflow.db", self.folder / "model.json"
        self.script = self.folder / "post.lua"
        # MLflow looks for its uvicorn there.
        path = f"{Path(given.python).parent}:{os.environ['PATH']}"
        self.quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "PATH": path}
        made = subprocess.run(
            [given.python, HERE / "make_model.py", self.uri, self.model_json], cwd=self.folder, text=True,
            env={**os.environ, **self.quiet}, capture_output=True)
        if made.returncode:
            sys.exit(made.stderr)
        self.model_folder = made.stdout.strip().splitlines()[-1]
        self.running = []

    def start(self, name, command, path, body=None, env=None, port=None):
        log = self.folder / f"{len(self.running)}.log"
        system = System(name, command, port, path, body, env, log)
        self.running.append(system)
        return system

    def stop(self, systems):
        for system in systems:
            self.running.remove(system)
            system.stop()

    def api(self, name, uri=None, env=None):
        port = free_port()
        env = {"PETR4__API__WORKERS": "1", "PETR4__REGISTRY__CACHE_DIR": "", "RUST_LOG": "off",
               "PETR4__MONITOR__ENABLED": "false", **(env or {})}
        command = [self.given.api, "--port", str(port), "--tracking-uri", uri or self.uri]
        return self.start(name, command, "/predict?days=30", env=env, port=port)

    def bare(self, api):
        body, port = self.folder / "answer.json", free_port()
        body.write_bytes(api.answer)
        command = [self.given.bare, str(port), str(body), "1"]
        return self.start("actix-web, the same bytes", command, "/predict?days=30", port=port)

    def swapping(self, name, pause_ms):
        port = free_port()
        command = [self.given.swapping, str(port), str(self.model_json) + ".small", str(pause_ms)]
        system = self.start(name, command, "/predict?days=30", env={"RUST_LOG": "off"}, port=port)
        system.watched = "model_swaps_total"
        return system

    def peers(self):
        """FastAPI, `mlflow models serve` and MLServer."""
        python, frame = self.given.python, json.dumps({"dataframe_split": {
            "columns": ["ds"],
            "data": [[f"2026-01-{day:02}"] for day in range(1, 31)]}})
        port = free_port()
        yield self.start(
            "FastAPI with Prophet",
            [python, "-m", "uvicorn", "--app-dir", str(HERE), "fastapi_app:app", "--port", str(port),
             "--log-level", "error"],
            "/predict?days=30", env={"MODEL_JSON": str(self.model_json)}, port=port)
        port = free_port()
        yield self.start(
            "mlflow models serve",
            [python, "-m", "mlflow", "models", "serve", "-m", self.model_folder, "--env-manager", "local",
             "-p", str(port), "-w", "1"],
            "/invocations", frame, env={**self.quiet, "MLFLOW_TRACKING_URI": self.uri}, port=port)
        settings = self.folder / "mlserver"
        settings.mkdir()
        port = free_port()
        (settings / "settings.json").write_text(json.dumps({
            "http_port": port, "grpc_port": free_port(), "metrics_port": free_port(), "parallel_workers": 0}))
        (settings / "model-settings.json").write_text(json.dumps({
            "name": "prophet", "implementation": "mlserver_mlflow.MLflowRuntime",
            "parameters": {"uri": self.model_folder}}))
        yield self.start(
            "MLServer", [str(Path(python).parent / "mlserver"), "start", str(settings)],
            "/invocations", frame, env=self.quiet, port=port)

    def in_turn(self, systems, connections, rounds, seconds):
        return in_turn(systems, connections, rounds, seconds, self.script, note)

    def all(self, api, bare):
        systems = [api, bare, *self.peers()]
        results = {c: self.in_turn(systems, c, self.given.rounds, self.given.seconds) for c in CONNECTIONS}
        rows = [["", *(f"{c} connections, requests/s (p50, p99 ms)" for c in CONNECTIONS),
                 "processor ms a request", "answer, bytes", "memory, MB", "start, s"]]
        for s in systems:
            cells = [
                f"{number(median(r, 'rate'))} ({number(median(r, 'p50'))}, {number(median(r, 'p99'))})"
                for r in (results[c][s.name] for c in CONNECTIONS)]
            cpu = median([r for c in CONNECTIONS for r in results[c][s.name]], "cpu_ms")
            rows.append([s.name, *cells, number(cpu), f"{len(s.answer):,}", number(s.rss_mb()), f"{s.start_s:.2g}"])
        ratios = [["requests a second, times those of", *(f"{c} connections" for c in CONNECTIONS)]]
        for s in systems[2:]:
            # A system may not answer at all in its time.
            pairs = [[a["rate"] / b["rate"] if b["rate"] else float("inf")
                      for a, b in zip(results[c][api.name], results[c][s.name])] for c in CONNECTIONS]
            ratios.append([s.name, *(f"{number(statistics.median(pair))}×" for pair in pairs)])
        self.stop(systems[2:])
        return table(rows) + "\nThis API's throughput, pair by pair in the same round:\n\n" + table(ratios)

    def limit(self, api, bare):
        rounds = PAIRS * self.given.rounds
        rows = [["connections", "requests/s, times the bare server's", "quartiles", "processor µs a request, both",
                 "p99 ms, both"]]
        for c in CONNECTIONS:
            results = self.in_turn([api, bare], c, rounds, 1)
            ours, theirs = results[api.name], results[bare.name]
            low, middle, high = statistics.quantiles([a["rate"] / b["rate"] for a, b in zip(ours, theirs)])
            cpu = [f"{1e3 * median(r, 'cpu_ms'):.2f}" for r in (ours, theirs)]
            p99 = [number(median(r, "p99")) for r in (ours, theirs)]
            rows.append([str(c), f"**{middle:.2f}**", f"{low:.2f} to {high:.2f}", ", ".join(cpu), ", ".join(p99)])
        return f"\nAgainst the bare server alone, {rounds} pairs of runs of 1 s:\n\n" + table(rows)

    def calm_or_not(self, systems, what):
        """The same question to each, with 8 connections, in pairs of runs of 1 s."""
        rounds = PAIRS * self.given.rounds
        results = self.in_turn(systems, 8, rounds, 1)
        rows = [["", what, "requests/s", "p50, ms", "p99, ms", "processor µs a request", "failed"]]
        for s in systems:
            r = results[s.name]
            watched = number(statistics.mean(x["watched"] for x in r))
            rows.append([s.name, watched, number(median(r, "rate")), number(median(r, "p50")),
                         number(median(r, "p99")), f"{1e3 * median(r, 'cpu_ms'):.2f}", str(sum(x["failed"] for x in r))])
        self.stop(systems)
        return table(rows)

    def swaps(self):
        still, moved = self.swapping("one version", 10**9), self.swapping("two versions in turn", 0)
        return ("\nWhile two versions of a small model take turns as fast as the watcher swaps, "
                "8 connections:\n\n" + self.calm_or_not([still, moved], "swaps a second"))

    def away(self):
        """MLflow's file, a server that is gone, and one that takes connections and says nothing."""
        cache = {"PETR4__REGISTRY__CACHE_DIR": str(self.folder / "last-good"),
                 "PETR4__REGISTRY__POLL_SECONDS": "0.05"}
        there = self.api("MLflow's file is there", env=cache)
        gone = self.api("the server is gone", f"http://127.0.0.1:{free_port()}", cache)
        with socket.create_server(("127.0.0.1", 0)) as deaf:
            hangs = self.api("the server hangs", f"http://127.0.0.1:{deaf.getsockname()[1]}", cache)
            for system in (there, gone, hangs):
                system.watched = "registry_polls_total"
            return ("\nWhile MLflow is away (the service started from its copy on disk; it asks every 50 ms, "
                    "and less often while nobody answers), 8 connections:\n\n"
                    + self.calm_or_not([there, gone, hangs], "questions to MLflow a second"))


def main():
    parser = argparse.ArgumentParser()
    for name in ("api", "bare", "swapping", "python"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--page")
    parser.add_argument("--without-peers", action="store_true")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=int, default=4)
    race = Race(parser.parse_args())
    given = race.given
    try:
        api = race.api("this API")
        bare = race.bare(api)
        peers = "" if given.without_peers else race.all(api, bare)
        pairs = race.limit(api, bare)
        race.stop([api, bare])
        text = peers + pairs + race.swaps() + race.away()
    finally:
        race.stop(race.running[:])
    load = ", ".join(f"{x:.2f}" for x in os.getloadavg())
    text = (f"\nRounds: {given.rounds} of {given.seconds} s; load average at the end, over 1, 5 and 15 minutes: "
            f"{load}.\n\n" + text + "\n")
    print(text)
    if given.page:
        page = Path(given.page)
        old = page.read_text()
        page.write_text(old[:old.index(FROM) + len(FROM)] + "\n" + text + old[old.index(TO):])


if __name__ == "__main__":
    main()
