"""What a back end made once, kept in the user's cache: files, their hashes, and its trial.

A folder appears whole, by one rename, or not at all. What does not match its hashes is as good as
absent, and is made again.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from matching.encoder.trial import SAMPLE_DIGEST, Trial

FACTS = "facts.json"


def root() -> Path:
    """`$XDG_CACHE_HOME/paperround/encoders`, by default under `~/.cache`."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(base) / "paperround" / "encoders"


def place(*facts: object) -> Path:
    """Where that is kept which was made for exactly these facts and today's sample."""
    key = json.dumps([SAMPLE_DIGEST, *facts], sort_keys=True, default=str)
    return root() / hashlib.sha256(key.encode()).hexdigest()[:24]


def look(folder: Path) -> Trial | None:
    """The trial that is kept in `folder`, if that is whole."""
    try:
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        for name, digest in facts["files"].items():
            if _digest(folder / name) != digest:
                return None
        return Trial(cosine=float(facts["cosine"]), ratio=float(facts["ratio"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def make(folder: Path, work: Callable[[Path], Trial]) -> Trial:
    """Let `work` write its files to a new folder, and keep them as `folder`.

    Raises OSError where nothing can be written.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=".making-", dir=folder.parent, ignore_cleanup_errors=True
    ) as scratch:
        made = Path(scratch) / "whole"
        made.mkdir()
        trial = work(made)
        files = {path.name: _digest(path) for path in sorted(made.iterdir())}
        facts = json.dumps({"files": files, **asdict(trial)})
        (made / FACTS).write_text(facts, encoding="utf-8")
        _put(made, folder)
    return trial


def _put(made: Path, folder: Path) -> None:
    """Two processes may be here at once: whoever comes second leaves what is whole."""
    if look(folder) is not None:
        return
    if folder.exists():
        aside = made.with_name("broken")
        folder.rename(aside)
        shutil.rmtree(aside, ignore_errors=True)
    made.rename(folder)


def _digest(path: Path) -> str:
    with path.open("rb") as data:
        return hashlib.file_digest(data, "sha256").hexdigest()
