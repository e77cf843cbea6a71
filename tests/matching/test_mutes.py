"""Mutes: which papers they silence, and that ranking leaves those out and says why."""

from dataclasses import replace

import pytest
from fakes.pages import dump
from fakes.small_field import COMMON, NOW, TOPICS, papers, taste, vectors
from hypothesis import given, settings
from hypothesis import strategies as st

from matching.alerts import BadQuery, parse, percolate
from matching.background import Background, fit
from matching.ingest import ingest
from matching.mutes import Muting, holds_a_word
from matching.ranking import Pool, rank
from matching.reasons import why_not
from storage import mutes, profiles, votes
from storage.mutes import Mute, MuteKind
from storage.records import OwnerKind, Paper, VoteKind

STORED = papers(200)
NEW = papers(40, first=201)


def mute(kind, value, number=1):
    return Mute(id=number, profile_id=1, kind=kind, value=str(value), created_at=NOW)


def word(value):
    return mute(MuteKind.WORD, value)


def paper(title="", abstract="", **known):
    return Paper(seq=known.pop("seq", 1), title=title, abstract=abstract, first_seen=NOW, **known)


def is_muted(by, one):
    return 0 in Muting([one]).by([by])


_field: list[tuple[Background, Pool]] = []


async def field() -> tuple[Background, Pool]:
    """The background and the new papers: fitted once, since nothing here changes them."""
    if not _field:
        _field.append((fit(STORED, await vectors(STORED)), Pool(NEW, await vectors(NEW))))
    return _field[0]


@pytest.fixture
async def ground():
    return (await field())[0]


@pytest.fixture
async def pool():
    return (await field())[1]


# --- what a mute silences ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("muted", "written"),
    [
        ("survey", "A Survey of Everything"),
        ("Surveys", "One survey more"),
        ("naive", "Naïve Bayes"),
        ("few shot", "Few-Shot Learners"),
        ("few-shot", "fewshot learners"),
        ("dataset", "Two data sets"),
        ("graph network", "On Graph Networks"),
        ("λ", "The lambda calculus"),
        ("C++", "Written in C++"),
        ("扩散", "图像扩散模型"),
    ],
)
def test_case_plural_accents_and_hyphens_do_not_matter(muted, written):
    assert is_muted(word(muted), paper(title=written))
    assert is_muted(word(muted), paper(title="-", abstract=written))


@pytest.mark.parametrize(
    ("muted", "written"),
    [
        ("universe", "A university library"),
        ("art", "The start of parts"),
        ("graph network", "A network of graphs"),
        ("graph network", "graph of a network"),
        ("C++", "Written in C"),
        ("quantiz*", "Quantization"),
        ("…", "… and more"),
    ],
)
def test_a_word_or_phrase_is_whole_and_in_order(muted, written):
    assert not is_muted(word(muted), paper(title=written))


def test_a_phrase_does_not_run_from_the_title_into_the_abstract():
    assert not is_muted(word("graph networks"), paper(title="On a Graph", abstract="Networks are"))


@pytest.mark.parametrize("muted", ["Open AI", "openai", "@open-ai", "OpenAI"])
def test_an_organisation_is_known_by_its_name_or_handle_in_any_spelling(muted):
    by = mute(MuteKind.ORGANISATION, muted)
    assert is_muted(by, paper(title="x", organisation="OpenAI"))
    assert is_muted(by, paper(title="x", organisation="Another", organisation_handle="Open-AI"))
    assert not is_muted(by, paper(title="OpenAI at work", organisation="OpenAI Fans"))
    assert not is_muted(by, paper(title="OpenAI at work"))


def test_one_paper_is_muted_by_its_seq():
    found = Muting([paper("7", seq=1), paper("x", seq=7), paper("x", seq=77)]).by(
        [mute(MuteKind.PAPER, 7)]
    )
    assert set(found) == {1}


def test_every_mute_that_silences_a_paper_is_named():
    ones = [word("survey"), word("graph"), mute(MuteKind.PAPER, 1), word("speech")]
    assert Muting([paper("A Survey on Graphs")]).by(ones) == {0: tuple(ones[:3])}


@pytest.mark.parametrize(("text", "does"), [("survey", True), ("C++", True), ("…!", False)])
def test_signs_alone_hold_no_word(text, does):
    assert holds_a_word(text) is does


PIECES = [
    *("graph graphs network networks data set sets dataset few-shot few shot fewshot").split(),
    *("code book codebooks analysis analyses naïve naive model's C++ 2.5 λ lambda the").split(),
    *("扩散 模型 state-of-the-art GPU gpus children child ren a -").split(),
]
SAID = st.lists(st.sampled_from(PIECES), min_size=1, max_size=7).map(" ".join)
TYPED = st.lists(st.sampled_from(PIECES), min_size=1, max_size=3).map(" ".join)
NO_SYNTAX = st.characters(exclude_characters='*"“”„‟«»＂', exclude_categories=["C"])


@settings(max_examples=200, deadline=None)
@given(
    written=st.lists(st.tuples(SAID, SAID | st.just("")), min_size=1, max_size=6),
    muted=TYPED | st.text(NO_SYNTAX, max_size=6),
)
def test_a_muted_phrase_holds_where_an_alert_in_quotation_marks_does(written, muted):
    ones = [paper(title, abstract, seq=i) for i, (title, abstract) in enumerate(written, 1)]
    try:
        alert = parse(f'"{muted}"')
    except BadQuery:
        expected = set()
    else:
        expected = set(percolate({1: alert}, ones).get(1, ()))
    assert set(Muting(ones).by([word(muted)])) == expected
    assert holds_a_word(muted) or not expected


# --- what ranking makes of it --------------------------------------------------------------


async def test_a_muted_paper_gives_its_place_to_another(ground, pool):
    plain = await taste(["honey bees"])
    before = [match.paper for match in rank(plain, pool, ground, size=2)]
    wants = replace(plain, mutes=(mute(MuteKind.PAPER, before[0].seq),))

    found = [match.paper for match in rank(wants, pool, ground, size=2)]

    assert len(found) == len(before) == 2
    assert before[0] not in found


async def test_a_muted_topic_leaves_the_other_interest_alone(ground, pool):
    plain = await taste(["honey bees", "yarn looms"])

    found = rank(replace(plain, mutes=(word("Bees"),)), pool, ground, size=40)

    assert {match.paper.title.split()[0] for match in found} == {"looms"}


async def test_mutes_change_no_score(ground, pool):
    plain = await taste(["honey bees"])
    kept = rank(plain, pool, ground, size=40, floor=0.1)
    wants = replace(plain, mutes=(mute(MuteKind.PAPER, kept[0].paper.seq),))

    scores = {match.index: match.score for match in rank(wants, pool, ground, size=40, floor=0.1)}

    assert scores == {match.index: match.score for match in kept[1:]}


@settings(max_examples=25, deadline=None)
@given(
    wishes=st.lists(st.sampled_from([*TOPICS]), max_size=3),
    muted=st.lists(
        st.one_of(
            st.sampled_from([*TOPICS, *COMMON, "zeppelin"]).map(word),
            st.integers(201, 245).map(lambda seq: mute(MuteKind.PAPER, seq)),
        ),
        max_size=4,
    ),
    voted=st.lists(st.integers(0, 39), max_size=3, unique=True),
    size=st.integers(1, 12),
    floor=st.sampled_from([None, 0.0, 0.2, 0.9]),
)
async def test_what_is_sent_is_never_muted_and_the_trace_agrees(wishes, muted, voted, size, floor):
    background, pool = await field()
    plain = await taste(wishes, saved=[NEW[i] for i in voted])
    wants = replace(plain, mutes=tuple(muted))

    sent = {match.index for match in rank(wants, pool, background, size=size, floor=floor)}

    silenced = Muting(NEW).by(muted)
    assert not sent & set(silenced)
    for index in range(0, 40, 3):
        trace = why_not(wants, pool, background, index, size=size, floor=floor)
        assert trace.sent is (index in sent)
        assert (trace.stopped_by == "muted") is (index in silenced)
        assert (trace.smallest_change is None) is trace.sent


async def test_the_trace_names_the_mute_that_stopped_a_paper(ground, pool):
    plain = await taste(["honey bees"])
    best = rank(plain, pool, ground, size=1)[0].index
    wants = replace(plain, mutes=(word("bees"), word("zeppelins")))

    trace = why_not(wants, pool, ground, best, size=8)

    assert (trace.sent, trace.stopped_by, trace.rank) == (False, "muted", None)
    assert trace.smallest_change == "unmute “bees”"
    assert trace.text.startswith("You muted “bees”, and this paper holds it.")
    assert "Otherwise it would be sent." in trace.text
    assert "zeppelins" not in trace.text


async def test_every_mute_that_stops_a_paper_has_to_go(ground, pool):
    plain = await taste(["honey bees"])
    best = rank(plain, pool, ground, size=1)[0]
    wants = replace(plain, mutes=(word("bees"), mute(MuteKind.PAPER, best.paper.seq)))

    trace = why_not(wants, pool, ground, best.index, size=8)

    assert trace.smallest_change == "unmute “bees” and unmute this paper"


async def test_a_muted_paper_that_would_not_fit_either_is_told_both(ground, pool):
    plain = await taste(["honey bees"])
    below = next(i for i, one in enumerate(NEW) if one.title.startswith("looms"))
    wants = replace(plain, mutes=(word("looms"),))

    trace = why_not(wants, pool, ground, below, size=8)

    without = why_not(plain, pool, ground, below, size=8)
    assert without.stopped_by == "floor"
    assert trace.stopped_by == "muted"
    assert trace.smallest_change == f"unmute “looms” and {without.smallest_change}"
    assert f"It scores {without.score:.2f}; the floor is 0.50." in trace.text
    assert "Otherwise" not in trace.text


async def test_the_library_gives_a_taste_its_mutes(library, clock):
    await ingest(library.db, library.encoder, dump("Graphs at Night", "Speech"), clock.now)
    profile = await library.db.write(
        profiles.add, kind=OwnerKind.PERSON, platform="console", workspace="local", owner="ada",
        name="ada", zone="UTC", now=clock.now,
    )  # fmt: skip
    await library.db.write(profiles.add_interest, profile.id, "graphs", clock.now)
    await library.db.write(votes.vote, profile.id, 2, VoteKind.LIKE, clock.now)
    one = await library.db.write(mutes.add, profile.id, MuteKind.WORD, "night", clock.now)

    assert (await library.taste(profile.id, clock.now)).mutes == (one,)


@pytest.mark.parametrize(
    ("muted", "names"),
    [
        ("Ada Ames", ("Bo Berg", "Ada Ames")),
        ("ames", ("Ada Ames",)),
        ("A. Ames", ("Ada Ames",)),
        ("Ames, Ada", ("Ada Ames",)),
        ("Ada Ames", ("Ames, Ada",)),
        ("Ada Ames", ("Ada B. Ames",)),
        ("Zoë Ümläut", ("Zoe Umlaut",)),
    ],
)
def test_an_author_is_muted_however_the_name_is_written(muted, names):
    assert is_muted(mute(MuteKind.AUTHOR, muted), paper("A Paper", author_names=names))


@pytest.mark.parametrize(
    ("muted", "names"),
    [
        ("Ada Ames", ("Bo Ames",)),
        ("Ada Ames", ("Ada Berg", "Bo Ames")),
        ("Ada", ("Ada Ames",)),
        ("Ames", ()),
        ("Ada Ames", ("A. Ames",)),
    ],
)
def test_a_muted_author_silences_nobody_else(muted, names):
    assert not is_muted(mute(MuteKind.AUTHOR, muted), paper("A Paper", author_names=names))


async def test_each_kind_of_mute_is_kept_and_has_words_for_why(db, clock):
    from matching.reasons import _MUTED, _UNMUTE

    ada = await db.write(
        profiles.add, kind=OwnerKind.PERSON, platform="console", workspace="local", owner="ada",
        name="ada", zone="UTC", now=clock.now,
    )  # fmt: skip
    for kind in MuteKind:
        await db.write(mutes.add, ada.id, kind, "7", clock.now)
    assert [one.kind for one in await db.read(mutes.of, ada.id)] == list(MuteKind)
    assert set(_MUTED) == set(_UNMUTE) == set(MuteKind)
