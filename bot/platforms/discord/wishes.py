"""Verbs with typed options, alike for people and channels: each becomes the text of a command."""

from typing import TYPE_CHECKING, Any, TypeAlias

import discord
from discord import app_commands
from discord.app_commands import locale_str

from bot import dials, timetable
from bot.commands.alerting import OF_ALL
from bot.commands.table import BY_NAME

if TYPE_CHECKING:
    from bot.platforms.discord.client import PaperClient

Interaction: TypeAlias = "discord.Interaction[PaperClient]"
Text: TypeAlias = app_commands.Range[str, 1, 500]
Query: TypeAlias = app_commands.Range[str, 1, 1000]
Size: TypeAlias = app_commands.Range[int, 1, 20]

MOST_ABOUT = float(dials.MOST_ABOUT)
LEAST_SURE, MOST_SURE = round(dials.LEAST_SURE * 100), round(dials.MOST_SURE * 100)
_SWITCH = ("on", "off")

DAYS = [
    app_commands.Choice(name=locale_str(full.capitalize()), value=short)
    for short, full in zip(timetable.WEEKDAYS, timetable.WEEKDAYS_IN_FULL, strict=True)
]


def does(verb: str) -> locale_str:
    """A verb's description, at most 100 characters."""
    return locale_str(BY_NAME[verb].does[:100] if verb in BY_NAME else verb)


class Verbs(app_commands.Group):
    """Commands whose options are text of one kind: `follow`, `alert`, `digest` …"""

    def __init_subclass__(cls, **options: Any) -> None:
        """A group has the commands of its parents too; the library looks at one class only."""
        cls.__discord_app_commands_group_children__ = [
            member
            for base in reversed(cls.__mro__)
            for member in vars(base).values()
            if isinstance(member, app_commands.Command)
        ]
        super().__init_subclass__(**options)

    def __init__(self, client: "PaperClient", before: str = "", **options: Any) -> None:
        """before: what stands before every verb, as `channel `."""
        super().__init__(**options)
        self._client = client
        self._before = before

    async def give(self, interaction: Interaction, *words: object) -> None:
        """Give the command that these words make; those that were left out are None."""
        said = " ".join(str(word) for word in words if word is not None)
        await self._client.ask(interaction, f"{self._before}{said}")

    async def completed(
        self, interaction: Interaction, verb: str, option: str, typed: str
    ) -> list[app_commands.Choice[str]]:
        """What completes an option."""
        return await self._client.complete(interaction, verb, option, typed)


class Digest(Verbs):
    """When a digest comes, and how long it is."""

    @app_commands.command(name=locale_str("show"), description=locale_str("When digests come"))
    async def show(self, interaction: Interaction) -> None:
        """The state."""
        await self.give(interaction, "digest")

    @app_commands.command(
        name=locale_str("now"), description=locale_str("Send the digest now, ahead of its time")
    )
    async def now(self, interaction: Interaction) -> None:
        """Ahead of its time."""
        await self.give(interaction, "digest now")

    @app_commands.command(
        name=locale_str("preview"), description=locale_str("What the next digest would hold")
    )
    async def preview(self, interaction: Interaction) -> None:
        """What it would hold."""
        await self.give(interaction, "digest preview")

    @app_commands.command(name=locale_str("daily"), description=locale_str("A digest every day"))
    @app_commands.describe(time=locale_str("As 08:30"), size=locale_str("How many papers at most"))
    async def daily(self, interaction: Interaction, time: str, size: Size | None = None) -> None:
        """Every day."""
        await self.give(interaction, "digest daily", time, _size(size))

    @app_commands.command(
        name=locale_str("weekdays"), description=locale_str("A digest from Monday to Friday")
    )
    @app_commands.describe(time=locale_str("As 08:30"), size=locale_str("How many papers at most"))
    async def weekdays(self, interaction: Interaction, time: str, size: Size | None = None) -> None:
        """From Monday to Friday."""
        await self.give(interaction, "digest weekdays", time, _size(size))

    @app_commands.command(name=locale_str("weekly"), description=locale_str("A digest a week"))
    @app_commands.describe(
        day=locale_str("The day of the week"),
        time=locale_str("As 09:00"),
        size=locale_str("How many papers at most"),
    )
    @app_commands.choices(day=DAYS)
    async def weekly(
        self, interaction: Interaction, day: str, time: str, size: Size | None = None
    ) -> None:
        """Once a week."""
        await self.give(interaction, "digest weekly", day, time, _size(size))

    @app_commands.command(
        name=locale_str("size"), description=locale_str("How many papers a digest holds at most")
    )
    @app_commands.describe(papers=locale_str("From 1 to 20"))
    async def size(self, interaction: Interaction, papers: Size) -> None:
        """How long it is."""
        await self.give(interaction, "digest size", papers)

    @app_commands.command(
        name=locale_str("dial"),
        description=locale_str("About so many a day, or only what is likely liked"),
    )
    @app_commands.describe(
        about=locale_str("About so many papers a day"),
        sure=locale_str("Only what is liked with this likelihood, in percent"),
    )
    async def dial(
        self,
        interaction: Interaction,
        about: app_commands.Range[float, 0.1, MOST_ABOUT] | None = None,
        sure: app_commands.Range[int, LEAST_SURE, MOST_SURE] | None = None,
    ) -> None:
        """How much comes; without either everything that fits."""
        said = [] if about is None else [f"about {about:g}"]
        said += [] if sure is None else [f"sure {sure}"]
        await self.give(interaction, "digest", *(said or ["dial off"]))

    @app_commands.command(
        name=locale_str("surprise"),
        description=locale_str("Whether one paper from outside the usual comes along"),
    )
    @app_commands.choices(
        on=[app_commands.Choice(name=locale_str(one.capitalize()), value=one) for one in _SWITCH]
    )
    async def surprise(self, interaction: Interaction, on: str) -> None:
        """The labelled one."""
        await self.give(interaction, "digest surprise", on)

    @app_commands.command(name=locale_str("off"), description=locale_str("No more digests"))
    async def off(self, interaction: Interaction) -> None:
        """No more of them."""
        await self.give(interaction, "digest off")


class Wishes(Verbs):
    """What people and channels have alike: interests, alerts, mutes."""

    @app_commands.command(name=locale_str("follow"), description=does("follow"))
    @app_commands.describe(interest=locale_str("What it is about, in plain words"))
    async def follow(self, interaction: Interaction, interest: Text | None = None) -> None:
        """Add an interest."""
        await self.give(interaction, "follow", interest)

    @app_commands.command(name=locale_str("unfollow"), description=does("unfollow"))
    @app_commands.describe(interest=locale_str("Which one"))
    async def unfollow(self, interaction: Interaction, interest: Text) -> None:
        """Remove an interest."""
        await self.give(interaction, "unfollow", interest)

    @unfollow.autocomplete("interest")
    async def _interests(
        self, interaction: Interaction, typed: str
    ) -> list[app_commands.Choice[str]]:
        return await self.completed(interaction, f"{self._before}unfollow", "interest", typed)

    @app_commands.command(name=locale_str("interests"), description=does("interests"))
    async def interests(self, interaction: Interaction) -> None:
        """List the interests."""
        await self.give(interaction, "interests")

    @app_commands.command(name=locale_str("alert"), description=does("alert"))
    @app_commands.describe(query=locale_str('As "speculative decoding" OR quantiz*'))
    async def alert(self, interaction: Interaction, query: Query | None = None) -> None:
        """Try an alert, and save it."""
        await self.give(interaction, "alert", query)

    @app_commands.command(name=locale_str("alerts"), description=does("alerts"))
    @app_commands.describe(
        change=locale_str("What to do"),
        alert=locale_str("Which one; `3 2w` to end it in two weeks; papers a day for a limit"),
    )
    @app_commands.choices(
        change=[
            app_commands.Choice(name=locale_str(word.capitalize()), value=word)
            for word in ("pause", "resume", "expire", "remove", *OF_ALL)
        ]
    )
    async def alerts(
        self, interaction: Interaction, change: str | None = None, alert: Text | None = None
    ) -> None:
        """List the alerts, or change one."""
        of_all = change in OF_ALL
        asked = (change, alert) if change and (alert or of_all) else ()
        await self.give(interaction, "alerts", *asked)

    @alerts.autocomplete("alert")
    async def _alerts(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self.completed(interaction, f"{self._before}alerts", "alert", typed)

    @app_commands.command(name=locale_str("mute"), description=does("mute"))
    @app_commands.describe(words=locale_str("A word or phrase; `org NAME` mutes an organisation"))
    async def mute(self, interaction: Interaction, words: Text) -> None:
        """Never show papers with these words."""
        await self.give(interaction, "mute", words)

    @app_commands.command(name=locale_str("mutes"), description=does("mutes"))
    async def mutes(self, interaction: Interaction) -> None:
        """List what is muted."""
        await self.give(interaction, "mutes")

    @app_commands.command(name=locale_str("quiet"), description=does("quiet"))
    @app_commands.describe(hours=locale_str("As 22:00-07:00, or off"))
    async def quiet(self, interaction: Interaction, hours: Text | None = None) -> None:
        """Hours in which nothing comes."""
        await self.give(interaction, "quiet", hours)

    @app_commands.command(name=locale_str("snooze"), description=does("snooze"))
    @app_commands.describe(time=locale_str("As 3d, 2w, until monday, or off"))
    async def snooze(self, interaction: Interaction, time: Text | None = None) -> None:
        """Nothing for a while."""
        await self.give(interaction, "snooze", time)

    @app_commands.command(name=locale_str("timezone"), description=does("timezone"))
    @app_commands.describe(zone=locale_str("As Berlin, New York or Asia/Kolkata"))
    async def timezone(self, interaction: Interaction, zone: Text | None = None) -> None:
        """The zone of all times."""
        await self.give(interaction, "timezone", zone)

    @timezone.autocomplete("zone")
    async def _zones(self, interaction: Interaction, typed: str) -> list[app_commands.Choice[str]]:
        return await self.completed(interaction, "timezone", "zone", typed)


def _size(size: int | None) -> str | None:
    return None if size is None else f"size {size}"
