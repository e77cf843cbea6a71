"""`try …`: what a change would do to the last month, before it is made."""

from bot import deltas, intended, shadows
from bot.commands import drafts
from bot.commands.ask import Ask, BadInput
from bot.commands.history import history_button
from bot.commands.phrases import sentence
from bot.commands.request import Reply
from bot.commands.verbs import Verb
from bot.intended import EXAMPLES, BadDial, BadIntent, BadWant
from bot.messages import Button, Message, Style
from storage import changes

WITHOUT_PAPERS = "There are no papers yet to try it on."


async def suppose(ask: Ask) -> Reply:
    """`try follow graph networks`: its shadow, and a button that makes it so."""
    profile = await ask.known()
    if profile is None:
        raise BadInput(
            f"There is nothing yet that could be changed: begin with {ask.written('start')}.",
            Button(label="Begin", action=ask.action("start")),
        )
    try:
        delta = await ask.db.read(intended.read, profile, ask.rest)
    except (BadIntent, BadWant, BadDial) as error:
        raise BadInput(f"{sentence(str(error))} As {ask.written(f'try {EXAMPLES[0]}')}.") from error
    if not delta:
        raise BadInput("That is so already: nothing would change.", history_button(ask))
    was = await shadows.wish(ask.library, profile, ask.now)
    shadow = await shadows.ahead(ask.library, profile, was, delta, ask.now)
    kept = await drafts.keep(ask, [changes.written(delta)])
    make = Button(
        label="Make this change", action=ask.action(f"missed-apply {kept}"), style=Style.PRIMARY
    )
    message = Message(
        heading="Nothing is changed yet",
        intro=f"To {deltas.proposed(delta)}:\n{shadows.told(shadow) or WITHOUT_PAPERS}",
        rows=shadows.rows(shadow),
        buttons=(make, history_button(ask)),
    )
    return Reply(message=message)


VERBS: tuple[Verb, ...] = (
    Verb(
        name="try",
        takes="follow … | unfollow … | mute … | digest about 6 …",
        does="See what a change would do to the last month, before you make it",
        examples=tuple(f"try {one}" for one in EXAMPLES),
        more="Nothing is changed until you press the button under the answer.",
        handler=suppose,
        in_channel=True,
    ),
)
