"""What an interest would bring, and which other interest brings much the same."""

import matching.trial
from bot import messages
from bot.commands.ask import Ask
from bot.messages import Card, counted
from matching.ranking import FLOOR
from matching.reasons import explain, nearest_sentences
from matching.trial import Trial
from storage import mutes
from storage.records import Interest, Profile

SHOWN = 3
"""Papers that a new interest is shown with."""

NEAR = 0.85
"""Cosine from which two interests bring much the same: `speech recognition` and `automatic speech
recognition`."""


async def tried(ask: Ask, profile: Profile, interest: Interest) -> tuple[Trial, tuple[Card, ...]]:
    """The interest alone, tried on the latest papers without what is muted; its best as cards."""
    muted = await ask.db.read(mutes.of, profile.id)
    trial = await matching.trial.tried(ask.library, interest, SHOWN, ask.now, muted)
    pairs = [(trial.taste, match) for match in trial.matches]
    sentences = await nearest_sentences(ask.library.encoder, pairs)
    cards = tuple(
        messages.card(
            match.paper,
            reason=explain(match).text,
            sentence=sentence or "",
            score=match.score,
        )
        for match, sentence in zip(trial.matches, sentences, strict=True)
    )
    return trial, cards


def outcome(trial: Trial) -> str:
    """What comes before the cards, or instead of them."""
    stored = f"the latest {counted(trial.papers, 'paper')}"
    if trial.matches:
        return f"From {stored} it would have brought:"
    if not trial.papers:
        return "There are no papers yet to try it on; it waits for the first ones."
    return (
        f"Of {stored} none fits well enough: the best reaches {trial.nearest:.2f}, and "
        f"{FLOOR:.2f} is needed. It waits for new ones."
    )


async def much_like(ask: Ask, profile: Profile, interest: Interest) -> Interest | None:
    """The profile's other interest that brings much the same, if there is one."""
    taste = await ask.library.taste(profile.id, ask.now)
    place = next((i for i, one in enumerate(taste.interests) if one.id == interest.id), None)
    if place is None:
        return None  # taken back meanwhile
    cosines = taste.interest_vectors @ taste.interest_vectors[place]
    cosines[place] = -1.0
    nearest = int(cosines.argmax())
    return taste.interests[nearest] if cosines[nearest] >= NEAR else None
