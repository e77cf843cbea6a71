import pytest
from fakes.small_field import DIM, aged, papers, taste, vectors
from fakes.words_encoder import WordsEncoder

from matching.background import fit
from matching.ranking import Pool, rank, score
from matching.reasons import explain, nearest_sentences, why_not

STORED = papers(200)
NEW = papers(40, first=201)


def of(topic):
    return [paper for paper in STORED if paper.title.startswith(topic)]


@pytest.fixture
async def ground():
    return fit(STORED, await vectors(STORED))


@pytest.fixture
async def pool():
    return Pool(NEW, await vectors(NEW))


async def test_the_reason_names_the_interest_and_the_words_in_common(ground, pool):
    match = rank(await taste(["honey bees"]), pool, ground, size=1)[0]

    text = explain(match).text

    assert text.startswith("close to your interest “honey bees”; in common: ")
    assert "bees" in text.split("in common: ")[1]


async def test_the_reason_names_the_liked_paper_that_carried_it(ground, pool):
    match = rank(await taste(liked=of("looms")[:3]), pool, ground, size=1)[0]

    reason = explain(match)

    assert f"like “{reason.because.likes[0].paper.title}”, which you liked" in reason.text


@pytest.mark.parametrize("topic", ["bees", "looms", "comets"])
async def test_without_the_liked_paper_that_is_named_the_score_is_lower(ground, pool, topic):
    liked = [*of(topic)[:3], *of("glaciers")[:2]]
    for match in rank(await taste(liked=liked), pool, ground, size=6):
        named = match.because.likes[0].paper

        rest = await taste(liked=[paper for paper in liked if paper is not named])

        assert score(rest, pool, ground).total[match.index] < match.score


@pytest.mark.parametrize("topic", ["bees", "looms", "comets"])
async def test_without_the_like_of_some_years_ago_that_is_named_the_score_is_lower(
    ground, pool, topic
):
    ages = {paper.seq: age for age, paper in enumerate([*of(topic)[:4], *of("glaciers")[:2]])}

    async def wanting(liked):
        return aged(await taste(liked=liked), [ages[paper.seq] for paper in liked])

    liked = [paper for paper in STORED if paper.seq in ages]
    wants = await wanting(liked)
    for match in rank(wants, pool, ground, size=3):
        named = match.because.likes[0].paper

        rest = await wanting([paper for paper in liked if paper is not named])

        assert score(rest, pool, ground).total[match.index] < match.score


async def test_without_the_interest_that_is_named_the_score_is_lower(ground, pool):
    wishes = ["honey bees", "yarn looms", "comets near the sun"]
    for match in rank(await taste(wishes), pool, ground, size=10):
        named = match.because.interest
        assert named is not None

        rest = await taste([wish for wish in wishes if wish != named.text])

        assert score(rest, pool, ground).total[match.index] < match.score


async def test_the_sentence_shown_is_verbatim_and_nearest_to_the_interest(ground):
    rainy = papers(1, first=900)[0]
    shown = type(rainy)(
        seq=900,
        title="bees and other things",
        abstract="We study rain. A swarm of honey bees leaves the hive. Data are new.",
        first_seen=rainy.first_seen,
    )
    wants = await taste(["honey bees"])
    pool = Pool([shown], await vectors([shown]))
    match = rank(wants, pool, ground, size=1, floor=0.0)[0]

    assert await nearest_sentences(WordsEncoder(dim=DIM), [(wants, match)]) == [
        "A swarm of honey bees leaves the hive."
    ]


async def test_sentences_are_encoded_once_for_all_profiles(ground, pool):
    wants, others = await taste(["honey bees"]), await taste(liked=of("bees")[:2])
    pairs = [
        (profile, match)
        for profile in (wants, others)
        for match in rank(profile, pool, ground, size=4)
    ]
    encoder = WordsEncoder(dim=DIM)

    found = await nearest_sentences(encoder, pairs)

    assert len(encoder.encoded) == len(set(encoder.encoded))
    for (_, match), sentence in zip(pairs, found, strict=True):
        assert sentence is not None
        assert sentence in match.paper.abstract


async def test_a_paper_without_an_abstract_has_no_sentence(ground):
    bare = papers(1, first=900)[0]
    bare = type(bare)(seq=900, title=bare.title, abstract="", first_seen=bare.first_seen)
    wants = await taste(["honey bees"])
    match = rank(wants, Pool([bare], await vectors([bare])), ground, size=1, floor=0.0)[0]

    assert await nearest_sentences(WordsEncoder(dim=DIM), [(wants, match)]) == [None]
    assert await nearest_sentences(WordsEncoder(dim=DIM), []) == []


async def test_a_paper_that_is_sent_needs_no_change(ground, pool):
    wants = await taste(["honey bees"])
    best = rank(wants, pool, ground, size=1)[0]

    trace = why_not(wants, pool, ground, best.index, size=1)

    assert trace.sent
    assert (trace.rank, trace.stopped_by, trace.smallest_change) == (1, None, None)


async def test_below_the_floor_the_change_is_a_lower_floor_that_lets_it_in(ground, pool):
    wants = await taste(["honey bees"])
    totals = score(wants, pool, ground).total
    below = max((i for i in range(len(pool)) if totals[i] < 0.5), key=lambda i: totals[i])

    trace = why_not(wants, pool, ground, below, size=40)

    assert (trace.sent, trace.stopped_by, trace.rank) == (False, "floor", None)
    assert trace.smallest_change is not None
    lower = float(trace.smallest_change.rsplit(" ", 1)[1])
    assert why_not(wants, pool, ground, below, size=40, floor=lower).sent


async def test_beyond_the_size_the_change_is_a_size_that_lets_it_in(ground, pool):
    wants = await taste(["honey bees"])
    last = rank(wants, pool, ground, size=40, floor=0.2)[-1].index

    trace = why_not(wants, pool, ground, last, size=1, floor=0.2)

    assert (trace.sent, trace.stopped_by) == (False, "size")
    assert trace.smallest_change is not None
    size = int(trace.smallest_change.split()[4].rstrip(","))
    assert why_not(wants, pool, ground, last, size=size, floor=0.2).sent
    assert not why_not(wants, pool, ground, last, size=size - 1, floor=0.2).sent


async def test_a_copy_is_stopped_by_diversity_and_the_trace_names_what_took_its_place(ground):
    wants = await taste(["honey bees"])
    bees = [paper for paper in NEW if paper.title.startswith("bees")][:4]
    total = score(wants, Pool(bees, await vectors(bees)), ground).total
    best = bees[int(total.argmax())]
    twin = type(best)(seq=900, title=best.title, abstract=best.abstract, first_seen=best.first_seen)
    others = [paper for paper in bees if paper is not best]
    pool = Pool([best, twin, *others], await vectors([best, twin, *others]))

    trace = why_not(wants, pool, ground, 1, size=2, floor=0.0)

    assert (trace.rank, trace.stopped_by) == (2, "diversity")
    assert f"“{best.title}”" in trace.text


async def test_a_paper_voted_on_is_told_apart(ground, pool):
    trace = why_not(await taste(["honey bees"], saved=NEW[:1]), pool, ground, 0, size=9)

    assert (trace.sent, trace.stopped_by) == (False, "voted")


async def test_a_profile_without_wishes_is_told_what_is_missing(ground, pool):
    trace = why_not(await taste(), pool, ground, 0, size=9)

    assert trace.stopped_by == "nothing"
    assert trace.smallest_change == "add an interest, or like a paper"
