import json
import sys

import numpy as np
import pytest

from matching.encoder import backends, kept, load_encoder, weights
from matching.encoder.backends import Backend, Unsuited
from matching.encoder.trial import SAMPLE, Trial, compare

GOOD = Trial(cosine=0.9999, ratio=2.0)


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def without_openvino(monkeypatch):
    monkeypatch.setitem(sys.modules, "openvino", None)


@pytest.mark.parametrize(
    ("cosine", "identity"),
    [
        (0.9991, "model"),
        (0.999, "model-openvino-bfloat16"),
        (0.995, "model-openvino-bfloat16"),
    ],
)
def test_vectors_may_mix_only_above_the_cosine(cosine, identity):
    backend = Backend(name="openvino bfloat16", trial=Trial(cosine=cosine, ratio=5))

    assert backend.identity("model") == identity


def test_plain_float32_is_the_model_itself():
    assert Backend(name="torch float32").identity("model") == "model"


@pytest.mark.parametrize("cosine", [0.91, 0.99, float("nan")])
def test_vectors_that_are_off_are_refused_however_fast(cosine):
    with pytest.raises(Unsuited, match="off here"):
        backends.check(Trial(cosine=cosine, ratio=9), must_be_faster=False)


def test_what_is_no_faster_is_refused_unless_it_was_asked_for():
    slow = Trial(cosine=1.0, ratio=0.9)

    backends.check(slow, must_be_faster=False)
    with pytest.raises(Unsuited, match="slower"):
        backends.check(slow)


@pytest.mark.parametrize(
    ("has", "computes"),
    [
        ({"avx2"}, False),
        ({"avx2", "avx512_f", "avx512_bw"}, False),
        ({"avx512_f", "avx512_bf16"}, True),
        ({"amx_bf16"}, True),
    ],
)
def test_bfloat16_is_for_processors_that_have_it(has, computes):
    assert backends.computes_bfloat16(has) is computes


async def test_without_the_extra_torch_computes_and_says_why(without_openvino, monkeypatch):
    monkeypatch.setattr(backends, "abilities", lambda: frozenset({"avx2"}))

    encoder = await load_encoder()
    (row,) = await encoder.encode(["ice melts"])
    await encoder.aclose()

    assert encoder.backend.name == "torch float32"
    assert "openvino: not installed" in str(encoder.backend)
    assert "no bfloat16 arithmetic" in str(encoder.backend)
    assert np.linalg.norm(row) == pytest.approx(1, abs=1e-5)


def test_bfloat16_keeps_order_unit_rows_and_the_identity(without_openvino, monkeypatch):
    monkeypatch.setattr(backends, "abilities", lambda: frozenset({"avx512_bf16"}))
    # In software it is far too slow for the whole sample.
    monkeypatch.setattr(backends, "_compare", lambda model, swift: GOOD)
    plain = weights.bundled()
    texts = ["ice melts", "", "bees and their honey"]

    swift, backend = backends.choose(plain, "model", "auto")
    rows, expected = backends.unit_rows(swift, texts), backends.unit_rows(plain, texts)

    assert backend.name == "torch bfloat16"
    assert backend.identity("model") == "model"
    assert rows.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, rtol=1e-5)
    assert np.sum(rows * expected, axis=1).min() > 0.99
    assert plain[0].auto_model.dtype.itemsize == 4


def test_a_trial_compares_row_by_row():
    asked = []

    def plain(texts):
        asked.append(texts)
        return np.eye(len(texts), dtype=np.float32)

    def half_wrong(texts):
        rows = np.eye(len(texts), dtype=np.float32)
        rows[: len(texts) // 2] = 0
        return rows

    trial = compare(plain, half_wrong)

    assert trial.cosine == pytest.approx(0.5)
    assert asked[0] == list(SAMPLE)


def made(text="weights"):
    def work(folder):
        (folder / "model.bin").write_text(text)
        return GOOD

    return work


def test_what_was_made_is_found_again_whole():
    place = kept.place("openvino", "model")

    kept.make(place, made())

    assert kept.look(place) == GOOD
    assert [path.name for path in place.parent.iterdir()] == [place.name]


@pytest.mark.parametrize("damage", ["cut", "gone", "no facts", "half facts"])
def test_a_broken_cache_counts_as_none_and_is_made_again(damage):
    place = kept.place("openvino", "model")
    kept.make(place, made())
    if damage == "cut":
        (place / "model.bin").write_text("weigh")
    elif damage == "gone":
        (place / "model.bin").unlink()
    elif damage == "no facts":
        (place / kept.FACTS).unlink()
    else:
        (place / kept.FACTS).write_text(json.dumps({"files": {}}))

    assert kept.look(place) is None
    kept.make(place, made("again"))
    assert kept.look(place) == GOOD
    assert (place / "model.bin").read_text() == "again"


def test_work_that_fails_leaves_nothing_behind():
    place = kept.place("openvino", "model")

    def fails(folder):
        (folder / "model.bin").write_text("half")
        raise ValueError

    with pytest.raises(ValueError):  # noqa: PT011 - the test's own
        kept.make(place, fails)

    assert list(place.parent.iterdir()) == []


def test_another_version_is_kept_elsewhere():
    assert kept.place("openvino", "model", "1") != kept.place("openvino", "model", "2")


def test_a_cache_that_cannot_be_written_is_no_way_to_fail(cache, without_openvino, monkeypatch):
    cache.write_text("a file where the folder should be")
    monkeypatch.setattr(backends, "abilities", lambda: frozenset({"avx512_bf16"}))
    monkeypatch.setattr(backends, "_compare", lambda model, swift: GOOD)

    _, backend = backends.choose(weights.bundled(), "model", "auto")

    assert backend.name == "torch bfloat16"


async def test_openvino_computes_the_same_vectors_from_the_cache(cache, monkeypatch):
    pytest.importorskip("openvino")

    first = await load_encoder(None, "openvino")
    again = await load_encoder(None, "openvino")
    plain = await load_encoder(None, "float32")
    texts = ["ice", "", "bees and their honey " * 30, "ice melts"]
    rows = [await one.encode(texts) for one in (first, again, plain)]
    for one in (first, again, plain):
        await one.aclose()

    assert first.backend.name.startswith("openvino")
    assert first.backend == again.backend
    np.testing.assert_allclose(rows[0], rows[1], atol=1e-5)
    assert np.sum(rows[0] * rows[2], axis=1).min() > 0.99
