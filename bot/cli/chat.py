"""`paperround discord`: what an operator needs to set a chat platform up."""

import asyncio

import typer

from bot.cli.base import SERVICE, app, complain, current, fail, say

discord_app = typer.Typer(no_args_is_help=True, help="Set the Discord bot up.")
app.add_typer(discord_app, name="discord", rich_help_panel=SERVICE)


@discord_app.command("invite")
def invite() -> None:
    """Print the link that adds the bot to a server, and what each permission is for."""
    from bot.platforms import Misconfigured
    from bot.platforms.discord.invite import WHY
    from bot.platforms.discord.invite import invite as link

    try:
        found = asyncio.run(link(current()))
    except Misconfigured as error:
        fail(str(error))
    except Exception as error:  # whatever the network or the library raises
        fail(f"Discord can't be reached ({type(error).__name__}): try again later")
    say(found)
    for permission, why in WHY.items():
        complain(f"{permission.replace('_', ' ')}: to {why}", before="  ")
