"""The checker that every request to the stand-in for Discord passes through."""

import discord
import pytest
from fakes.discord.bad_payloads import BAD, FINE
from fakes.discord.library import running
from fakes.discord.payloads import check_request
from fakes.discord.plain_bot import PlainBot
from fakes.discord.server import DiscordServer


@pytest.mark.parametrize("why", BAD)
def test_a_payload_that_discord_refuses_is_refused(why):
    method, path, body, where = BAD[why]
    found = check_request(method, path, body)
    assert [fault for fault in found if fault.startswith(f"{where}:")], found


@pytest.mark.parametrize("why", FINE)
def test_a_payload_that_discord_takes_is_taken(why):
    assert check_request(*FINE[why]) == []


def test_an_unknown_key_is_a_fault_where_the_specification_is_at_hand(shared):
    method, path, body = FINE["a plain message"]
    assert check_request(method, path, body | {"colour": 1}) == ["colour: unknown key"]


async def test_a_refused_payload_is_answered_with_a_tree_and_recorded():
    async with DiscordServer() as server:
        room = server.text(server.guild("Lab", owner=server.user("ada")), "room")
        async with running(PlainBot(), server.token) as bot:
            with pytest.raises(discord.HTTPException, match="2000 or fewer") as caught:
                await bot.place(room).send("x" * 2_001)
        assert (caught.value.status, caught.value.code, room.history) == (400, 50035, [])
        assert [violation.rpartition(" content: ")[2] for violation in server.violations] == [
            "Must be 2000 or fewer in length."
        ]
