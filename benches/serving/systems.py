"""Programs that are raced: started, paused while others run, asked under `wrk`, stopped."""

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

# MLServer takes half a minute on two busy cores.
START_S = 180
TICKS = os.sysconf("SC_CLK_TCK")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class System:
    """A program that is running, and how it is asked."""

    def __init__(self, name, command, port, path, body=None, env=None, log=None, method="POST"):
        self.name, self.port, self.path, self.body, self.method = name, port, path, body, method
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
            data=(self.body or "").encode(), method=self.method, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                self.answer = answer.read()
                return answer.status == 200
        except OSError:
            return False

    def metric(self, name):
        """The sum of a metric's series."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/metrics", timeout=30) as answer:
            lines = answer.read().decode().splitlines()
        series = [line for line in lines if re.match(rf"{name}[{{ ]", line)]
        return sum(float(line.rsplit(" ", 1)[1]) for line in series)

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

    def pause(self):
        os.killpg(self.process.pid, signal.SIGSTOP)

    def go_on(self):
        os.killpg(self.process.pid, signal.SIGCONT)

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


def in_turn(systems, connections, rounds, seconds, script, note=lambda text: None):
    """Asks each system in turn, round by round, all others paused; every other round backwards.

    Returns what `wrk` said, by name, and how much of a metric went by meanwhile where a system
    has a `watched` one.
    """
    results = {system.name: [] for system in systems}
    for system in systems:
        system.pause()
    for turn in range(rounds):
        for system in systems if turn % 2 == 0 else systems[::-1]:
            note(f"round {turn + 1}, {connections} connections: {system.name}")
            system.go_on()
            watched = getattr(system, "watched", None)
            before = system.metric(watched) if watched else 0
            began = time.monotonic()
            result = wrk(system, connections, seconds, script)
            if watched:
                result["watched"] = (system.metric(watched) - before) / (time.monotonic() - began)
            results[system.name].append(result)
            # Behind what it still has in its queue, which would otherwise be there in its next turn.
            system.answers()
            system.pause()
    for system in systems:
        system.go_on()
    return results
