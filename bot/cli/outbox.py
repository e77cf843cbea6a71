"""`paperround outbox`: what is waiting, what was sent, what was buried and why."""

from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from bot.cli.base import Json, Limit, app, fail, now, out, say_json, with_db
from storage import outbox
from storage.database import Database
from storage.records import Delivery, DeliveryStatus

outbox_app = typer.Typer(no_args_is_help=True, help="Deliveries: list, try again, give up.")
app.add_typer(outbox_app, name="outbox")

Number = Annotated[int, typer.Argument(metavar="ID", help="A delivery's number, from the list.")]


@outbox_app.command("list")
def list_deliveries(
    status: Annotated[DeliveryStatus | None, typer.Option(help="Only these.")] = None,
    limit: Limit = 50,
    as_json: Json = False,
) -> None:
    """The newest deliveries, and how many stand where."""

    async def work(db: Database) -> tuple[list[Delivery], dict[DeliveryStatus, int]]:
        return await db.read(outbox.deliveries, status, limit), await db.read(outbox.counts)

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
            )
        return
    table = Table("id", "kind", "to", "status", "attempts", "due", "receipt or reason", box=None)
    for one in found:
        table.add_row(
            str(one.id),
            one.kind,
            Text(f"{one.destination.platform} {one.destination.address}"),
            one.status,
            str(one.attempts),
            f"{one.due_at:%d %b %H:%M:%S}",
            Text(one.reason or one.receipt or ""),
        )
    out.print(table)
    out.print(", ".join(f"{n:,} {status}" for status, n in counts.items()), style="dim")


@outbox_app.command("retry")
def retry(delivery: Number) -> None:
    """Try a waiting or buried delivery again now."""

    async def work(db: Database) -> bool:
        return await db.write(outbox.retry, delivery, now())

    if not with_db(work):
        fail(f"delivery {delivery} is sent, in flight or unknown: see `paperround outbox list`")
    out.print(f"Delivery {delivery} is due now.")


@outbox_app.command("bury")
def bury(
    delivery: Number,
    reason: Annotated[str, typer.Option(help="Kept on record.")] = "buried by hand",
) -> None:
    """Give up a waiting delivery."""

    async def work(db: Database) -> bool:
        return await db.write(outbox.bury_waiting, delivery, reason, now())

    if not with_db(work):
        fail(f"delivery {delivery} is not waiting: see `paperround outbox list --status pending`")
    out.print(f"Delivery {delivery} is buried.")
