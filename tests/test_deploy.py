"""What is deployed: nothing in it names a setting, a metric or a section that is not there."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from bot.metrics import CommandOutcome, DumpOutcome, Metrics, Outcome
from bot.settings import Settings

HOUSE = Path(__file__).resolve().parents[1]
DEPLOY = HOUSE / "deploy"
RUNBOOK = (DEPLOY / "RUNBOOK.md").read_text(encoding="utf-8")
RULES = yaml.safe_load((DEPLOY / "alerts.yml").read_text(encoding="utf-8"))["groups"][0]["rules"]
BOARD = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text(encoding="utf-8"))
ASKED = [rule["expr"] for rule in RULES] + [
    target["expr"] for panel in BOARD["panels"] for target in panel["targets"]
]


def series() -> set[str]:
    metrics = Metrics()
    metrics.expect(
        platforms=["a"], ticks=["a"], sources=["a"], polled=["a"], invariants=["a"], statuses=["a"]
    )
    return {
        sample.name
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
    }


def test_rules_and_dashboard_ask_for_metrics_that_exist():
    asked = {name for one in ASKED for name in re.findall(r"paperround_\w+", one)}
    assert asked
    assert asked <= series()


def test_rules_ask_for_outcomes_that_exist():
    known = {*Outcome, *DumpOutcome, *CommandOutcome, "failed", "done"}
    named = {
        name
        for one in ASKED
        for found in re.findall(r'outcome=~?"([^"]+)"', one)
        for name in found.split("|")
    }
    assert named <= {str(one) for one in known}


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_every_alert_has_its_section_in_the_runbook(rule):
    assert f"\n### {rule['alert']}\n" in RUNBOOK


def test_every_section_of_the_runbook_has_its_alert():
    assert set(re.findall(r"^### (\w+)$", RUNBOOK, re.M)) == {rule["alert"] for rule in RULES}


@pytest.mark.parametrize(
    "name", ["Dockerfile", "compose.yaml", "env.example", "paperround.service"]
)
def test_every_setting_that_is_deployed_exists(name):
    known = {f"PAPERROUND_{field.upper()}" for field in Settings.model_fields}
    assert set(re.findall(r"PAPERROUND_[A-Z_]+", (DEPLOY / name).read_text("utf-8"))) <= known


def test_the_container_writes_nowhere_else_and_is_nobody():
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))["services"]
    assert services["paperround"]["read_only"] is True
    assert services["paperround"]["cap_drop"] == ["ALL"]
    assert "ports" not in services["paperround"]
    published = [port for one in services.values() for port in one.get("ports", [])]
    assert all(port.startswith("127.0.0.1:") for port in published)
    assert re.findall(r"^USER (.+)$", (DEPLOY / "Dockerfile").read_text("utf-8"), re.M) == [
        "10001:10001"
    ]


def test_the_image_installs_by_hash_and_asks_whether_it_is_alive():
    text = re.sub(r"\\\n\s*", "", (DEPLOY / "Dockerfile").read_text("utf-8"))
    installs = re.findall(r"pip install (.*?)(?: && |\n)", text)
    assert installs
    for one in installs:
        assert "--no-deps" in one
        assert "--require-hashes" in one or one.endswith(" .")
    last = text.rpartition("\nFROM ")[2]
    assert last.index("\nUSER ") < last.index("\nENTRYPOINT ")
    (check,) = re.findall(r"^HEALTHCHECK .*?CMD (\[.*\])$", last, re.M)
    assert json.loads(check)[:2] == ["python", "-c"]
    compile(json.loads(check)[2], "healthcheck", "exec")
    assert "/live" in check
    assert "\nSTOPSIGNAL SIGTERM\n" in last
    assert not re.search(r"^(?:ADD|COPY) \.env|latest$", text, re.M)


@pytest.mark.skipif(shutil.which("hadolint") is None, reason="hadolint is not installed here")
def test_hadolint_finds_nothing_wrong():
    done = subprocess.run(["hadolint", "Dockerfile"], cwd=DEPLOY, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd is not here")
def test_systemd_understands_the_unit_and_finds_it_well_shut(tmp_path):
    unit = tmp_path / "paperround.service"
    text = (DEPLOY / "paperround.service").read_text("utf-8")
    unit.write_text(text.replace("/opt/paperround/bin/paperround", shutil.which("true") or ""))
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--threshold=20", str(unit)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    assert "Unknown" not in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["requirements.lock", "torch.lock"])
def test_every_package_of_the_container_is_locked_with_a_hash(name):
    locked = (DEPLOY / name).read_text("utf-8").replace("\\\n", " ")
    packages = [line for line in locked.splitlines() if line.strip() and line[0] not in " #"]
    assert packages
    assert all("==" in line and "--hash=sha256:" in line for line in packages)


def test_the_lock_has_what_the_project_asks_for():
    asked = re.search(r"\ndependencies = \[(.*?)\n\]", (HOUSE / "pyproject.toml").read_text(), re.S)
    names = set(re.findall(r'^\s+"([A-Za-z0-9._-]+)', asked[1], re.M))
    both = "".join((DEPLOY / f"{one}.lock").read_text("utf-8") for one in ("requirements", "torch"))
    locked = set(re.findall(r"^([A-Za-z0-9._-]+)==", both, re.M))
    plain = {name.lower().replace(".", "-").replace("_", "-") for name in names}
    assert plain <= {name.lower().replace(".", "-").replace("_", "-") for name in locked}


def test_the_lock_agrees_with_what_is_tested():
    tested = dict(
        re.findall(r"^([\w.-]+)==(\S+)", (HOUSE / "constraints.txt").read_text("utf-8"), re.M)
    )
    locked = dict(
        re.findall(r"^([\w.-]+)==(\S+)", (DEPLOY / "requirements.lock").read_text("utf-8"), re.M)
    )
    shared = tested.keys() & locked.keys()
    assert {name: locked[name] for name in shared} == {name: tested[name] for name in shared}


@pytest.mark.skipif(shutil.which("promtool") is None, reason="promtool is not installed here")
def test_promtool_finds_nothing_wrong():
    for command in (
        ["check", "rules", "alerts.yml"],
        ["test", "rules", "alerts.test.yml"],
        ["check", "config", "--syntax-only", "prometheus.yml"],
    ):
        done = subprocess.run(["promtool", *command], cwd=DEPLOY, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", ["THREATS.md", "../CONTRIBUTING.md"])
def test_every_room_and_test_that_a_page_names_exists(name):
    text = (DEPLOY / name).read_text(encoding="utf-8")
    named = set(re.findall(r"`([\w/*-]+(?:\.py|\.yaml|\.service|/))`", text))
    assert named
    every = [path for path in HOUSE.rglob("*") if not {".venv", ".git"} & set(path.parts)]
    missing = [one for one in named if not any(path.match(one.rstrip("/")) for path in every)]
    assert missing == []
