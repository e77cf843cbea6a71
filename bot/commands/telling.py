"""Help, and the first words: to somebody new, to a greeting, to what is no command."""

import difflib
from collections.abc import Sequence

from bot.commands import drafts
from bot.commands.ask import Ask, BadInput
from bot.commands.checking import status
from bot.commands.phrases import LABEL, cut, plain, quoted
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.messages import Button, Message, Row, Style, card
from storage import mentions
from storage.records import Paper

GROUPS = (
    (
        "What you read about",
        ("start", "follow", "unfollow", "interests", "mute", "unmute", "mutes"),
    ),
    ("Your own library", ("import", "missed")),
    ("What you change", ("try", "undo", "history")),
    ("Keyword alerts", ("alert", "alerts")),
    ("When it comes", ("digest", "timezone", "quiet", "snooze", "receipts")),
    ("Finding papers", ("search", "similar", "trending", "why")),
    ("What you think of them", ("like", "dislike", "unlike", "save", "unsave", "saved")),
    ("In a channel", ("channel",)),
    ("About you", ("profile", "status", "export", "forget", "help")),
)
"""In the order in which somebody new needs them. A verb of no group stands behind the last."""

NEAR = 0.7
"""Likeness from which a word may have meant a verb."""

APART = 0.12
"""Verbs that are less like it than the likeliest by more than this were not meant."""

OFFERED = 3
"""Verbs that are offered for a word that is none."""

GREETINGS = frozenset(
    "hi hello hey hiya howdy morning yo greetings good-morning good-evening hi-there "
    "hello-there hallo bonjour hola ciao servus".split()
)
THANKS = frozenset(
    "thanks thank-you thx ty cheers thank-you-very-much thanks-a-lot many-thanks great nice "
    "danke merci gracias".split()
)


def welcome(ask: Ask) -> Message:
    """The first words to a person."""
    return Message(
        heading="Welcome to Paperround",
        intro=(
            "Tell me what you read about, in plain words, and I bring the new papers that fit, "
            f"each with the reason why: {ask.written('follow graph neural networks')}."
        ),
        buttons=(
            Button(label="Begin with eight papers", action="start", style=Style.PRIMARY),
            Button(label="Add an interest", action="follow"),
            Button(label="What is talked about", action="trending"),
        ),
        footer=f"{ask.written('help')} lists the rest.",
    )


# --- what is no command --------------------------------------------------------------------


async def unknown(ask: Ask) -> Reply:
    """Something that is no verb: offered as a search or an interest. `ask.rest`: all of it."""
    text = " ".join(ask.rest.split())
    said = "-".join(text.casefold().strip(" .!?,;:)(").split())
    if not any(character.isalnum() for character in text):
        return await help_(ask)
    if said in GREETINGS:
        return Reply(message=await _greeting(ask))
    if said in THANKS:
        thanked = "You are welcome. Press Like under what you enjoyed, and there is more like it."
        return Reply(message=Message(heading="Gladly", intro=thanked))
    if named := await ask.db.read(mentions.named_in, text):
        return Reply(message=_named(named))
    if mentions.is_id(text):
        later = "Pages bring new papers every day; it may come with one of them."
        return Reply(message=Message(heading="I do not have that paper", intro=later))
    first, _, rest = text.partition(" ")
    alike = near(first)
    buttons = [one for verb in alike if (one := _meant(verb, rest)) is not None]
    search = await drafts.action(ask, "search", plain(text), "search-again")
    follow = await drafts.action(ask, "follow", plain(text), "follow-again")
    buttons += [Button(label="Search for it", action=search)]
    buttons += [Button(label="Follow it", action=follow)]
    guess = f" Did you mean {' or '.join(f'`{verb.name}`' for verb in alike)}?" if alike else ""
    return Reply(
        message=Message(
            heading="What shall I do with that?",
            intro=(
                f"{quoted(text)} is no command.{guess} I can search the stored papers for it, or "
                "follow it and tell you of new ones."
            ),
            footer=f"{ask.written('help')} lists what I do.",
            buttons=tuple(buttons),
        )
    )


def _named(found: Sequence[Paper]) -> Message:
    """Papers of which somebody typed the title, the arXiv id or the address, and nothing else."""
    cards = tuple(
        card(paper, reason=f"stored since {paper.first_seen:%d %b %Y}", sentence="")
        for paper in found[:OFFERED]
    )
    alike = Button(label="Papers like it", action=f"similar {found[0].seq}")
    return Message(
        heading="I know that paper" if len(found) == 1 else "I know these papers",
        cards=cards,
        buttons=(alike,) if len(found) == 1 else (),
    )


async def _greeting(ask: Ask) -> Message:
    if await ask.known() is None:
        return welcome(ask)
    return Message(
        heading="Hello",
        intro=(
            f"{ask.written('trending')} shows what is talked about, {ask.written('search WORDS')} "
            f"finds papers, {ask.written('help')} lists the rest."
        ),
        buttons=(
            Button(label="Trending", action="trending"),
            Button(label="Your profile", action="profile"),
        ),
    )


def near(word: str) -> list[Verb]:
    """Visible verbs that a word may have meant, the likeliest first."""
    names = {name: verb for verb in _visible() for name in (verb.name, *verb.aliases)}
    wanted = word.casefold()
    like = {name: difflib.SequenceMatcher(None, name, wanted).ratio() for name in names}
    best = max(like.values())
    close = sorted(
        (name for name in names if like[name] >= max(NEAR, best - APART)),
        key=lambda name: -like[name],
    )
    return list(dict.fromkeys(names[name] for name in close))[:OFFERED]


def _meant(verb: Verb, rest: str) -> Button | None:
    command = f"{verb.name} {rest}".strip() if verb.takes else verb.name
    if len(command.encode()) > drafts.LONGEST_ACTION:
        return None
    return Button(label=cut(command, LABEL), action=command, style=Style.PRIMARY)


def _visible() -> list[Verb]:
    # Here and not above: the table is made of this room among others.
    from bot.commands import table

    return [verb for verb in table.VERBS if not verb.is_hidden]


# --- help ----------------------------------------------------------------------------------


async def help_(ask: Ask) -> Reply:
    """`help [VERB]`."""
    if not ask.rest.strip(" .!?"):
        return Reply(message=_all(ask))
    from bot.commands import table

    name = ask.rest.split()[0].strip("`").removeprefix("/").casefold()
    verb = table.BY_NAME.get(name)
    if verb is None or verb.is_hidden:
        alike = near(name)
        raise BadInput(
            f"I know no command {quoted(name, 40)}; {ask.written('help')} lists them all.",
            *[Button(label=f"Help: {one.name}", action=f"help {one.name}") for one in alike],
        )
    return Reply(message=_channel(ask, verb) if verb.name == "channel" else _one(ask, verb))


def _all(ask: Ask) -> Message:
    verbs = {verb.name: verb for verb in _visible()}
    grouped = [
        (title, [verbs.pop(name) for name in names if name in verbs]) for title, names in GROUPS
    ]
    grouped[-1][1].extend(verbs.values())
    rows = tuple(
        Row(text=title, detail="\n".join(_line(ask, verb) for verb in found))
        for title, found in grouped
        if found
    )
    return Message(
        heading="What I do",
        intro=(
            "New papers come in every day. Say what you read about, and I bring those that fit, "
            "with reasons; your votes sharpen it."
        ),
        rows=rows,
        footer=f"{ask.written('help follow')} tells more of one. A paper goes by its number, "
        "its arXiv id or its title.",
        buttons=(
            Button(label="Add an interest", action="follow", style=Style.PRIMARY),
            Button(label="Trending", action="trending"),
            Button(label="Your profile", action="profile"),
        ),
    )


def _line(ask: Ask, verb: Verb) -> str:
    return f"{ask.written(verb.examples[0] if verb.examples else verb.name)}: {_lower(verb.does)}"


def _one(ask: Ask, verb: Verb) -> Message:
    examples = "\n".join(ask.written(one) for one in verb.examples)
    said = [_sentence(verb.does), verb.more]
    if verb.in_channel:
        said.append(f"For a channel, in that channel: `{ask.request.prefix}channel {verb.name}`.")
    if verb.aliases:
        said.append(f"Also: {', '.join(f'`{one}`' for one in verb.aliases)}.")
    rows = (Row(text="For example", detail=examples),) if examples else ()
    return Message(
        heading=f"{verb.name} {verb.takes}".strip(),
        intro="\n".join(one for one in said if one),
        rows=rows,
        buttons=(Button(label="All commands", action="help"),),
    )


def _channel(ask: Ask, verb: Verb) -> Message:
    there = [one for one in _visible() if one.in_channel]
    listed = [
        f"`{ask.request.prefix}channel {one.examples[0] if one.examples else one.name}`: "
        f"{_lower(one.does)}"
        for one in there
    ]
    message = _one(ask, verb)
    return Message(
        heading=message.heading,
        intro=message.intro,
        rows=(*message.rows, Row(text="All of them", detail="\n".join(listed))),
        buttons=message.buttons,
    )


def _lower(text: str) -> str:
    """With a small letter in front, as behind a colon; not where a word is written in capitals."""
    return text if text[:2].isupper() else text[:1].lower() + text[1:]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


VERBS: tuple[Verb, ...] = (
    Verb(
        name="help",
        takes="[command]",
        does="List what I do, or tell more of one command",
        examples=("help", "help follow"),
        handler=help_,
        aliases=("?",),
    ),
    Verb(
        name="status",
        does="Show what came in, what comes next, and whether anything is broken",
        examples=("status",),
        handler=status,
        in_channel=True,
        only_reads=True,
    ),
)
