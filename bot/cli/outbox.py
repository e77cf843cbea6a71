"""`paperround outbox`: what is waiting, what was sent, what was buried and why."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from bot.cli.base import (
    GREATEST_ID,
    SERVICE,
    Json,
    Limit,
    app,
    fail,
    now,
    out,
    say,
    say_json,
    unicode_text,
    with_db,
)
from storage import deliveries
from storage.database import Database
from storage.records import Delivery, DeliveryStatus

outbox_app = typer.Typer(
    no_args_is_help=True, help="Messages on their way: list, try again, give up."
)
app.add_typer(outbox_app, name="outbox", rich_help_panel=SERVICE)

Number = Annotated[
    int,
    typer.Argument(
        metavar="ID", min=1, max=GREATEST_ID, help="A delivery's number, from `outbox list`."
    ),
]


@outbox_app.command("list")
def list_deliveries(
    status: Annotated[DeliveryStatus | None, typer.Option(help="Only those that stand so.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """The newest deliveries, and how many stand where."""

    async def work(db: Database) -> tuple[list[Delivery], dict[DeliveryStatus, int]]:
        return await db.read(deliveries.newest, status, limit), await db.read(deliveries.counts)

    found, counts = with_db(work)
    if as_json:
        for one in found:
            say_json(
                id=one.id,
                key=one.key,
                kind=one.kind.value,
                platform=one.destination.platform,
                address=one.destination.address,
                status=one.status.value,
                attempts=one.attempts,
                due_at=one.due_at.isoformat(),
                receipt=one.receipt,
                reason=one.reason,
                trace=one.trace,
            )
        return
    table = Table("id", "kind", "to", "status", "attempts", "due", "receipt or reason", box=None)
    for one in found:
        table.add_row(
            str(one.id),
            Text(one.kind),
            Text(f"{one.destination.platform} {one.destination.address}"),
            Text(one.status),
            str(one.attempts),
            f"{one.due_at:%d %b %H:%M:%S}",
            Text(one.reason or one.receipt or ""),
        )
    if found:
        out.print(table)
    say(", ".join(f"{n:,} {status}" for status, n in counts.items()), style="dim")


@outbox_app.command("retry")
def retry(delivery: Number) -> None:
    """Make a waiting or dead delivery due now; the running service tries it at once."""

    async def work(db: Database) -> bool:
        return await db.write(deliveries.retry, delivery, now())

    if not with_db(work):
        fail(f"delivery {delivery} is sent, in flight or unknown: see `paperround outbox list`")
    say(f"Delivery {delivery} is due now: `paperround run` sends it.")


@outbox_app.command("bury")
def bury(
    delivery: Number,
    reason: Annotated[
        str, typer.Option(callback=unicode_text, help="Kept on record.")
    ] = "buried by hand",
) -> None:
    """Give up a waiting delivery: it becomes dead, and is never sent."""

    async def work(db: Database) -> bool:
        return await db.write(deliveries.bury_waiting, delivery, reason, now())

    if not with_db(work):
        fail(f"delivery {delivery} is not waiting: see `paperround outbox list --status pending`")
    say(f"Delivery {delivery} is buried; `paperround outbox retry {delivery}` would dig it up.")
