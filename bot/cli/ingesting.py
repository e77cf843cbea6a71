"""`paperround ingest` and `paperround papers`: what goes in, and what is there."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.table import Table
from rich.text import Text

from bot.cli import storing
from bot.cli.base import (
    PAPERS,
    Bar,
    Json,
    app,
    complain,
    current,
    now,
    out,
    say,
    say_json,
    suggest,
    with_db,
    with_library,
)
from bot.inbox import read_file
from bot.messages import counted, facts
from matching.ingest import IngestReport, ingest
from storage import papers, profiles, vectors
from storage.database import Database
from storage.dumps import MAX_BYTES, NotADump, read_dump
from storage.records import Paper, RawDump

if TYPE_CHECKING:
    from matching.library import Library

PAGE = 1_000


@app.command("ingest", rich_help_panel=PAPERS)
def ingest_files(
    files: Annotated[
        list[str],
        typer.Argument(
            metavar="FILE…",
            help="Captured pages as text, RSS, Atom, JSON or JSON lines, gzipped or not; `-` reads "
            "standard input.",
        ),
    ],
    year: Annotated[
        int | None,
        typer.Option(
            min=2000, max=2999, help="The year of the capture; it wins over what a page suggests."
        ),
    ] = None,
    no_embed: Annotated[
        bool,
        typer.Option(
            "--no-embed",
            help="Files of JSON lines of any length, as arXiv's snapshot: papers of the past, to "
            "be found by words now and by meaning later; nobody is told of them.",
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """Read dumps and store their papers; a paper that is stored already is not stored twice.

    Each file is told of when it is done, those that are refused first. Exit code 1: a file was
    refused; 3: some lines of one could not be read.
    """
    if no_embed:
        storing.store_files(files, as_json)
        return
    dumps: list[RawDump] = []
    for name in files:  # a file that is refused needs no model to be refused
        found = _read(name, year)
        if isinstance(found, RawDump):
            dumps.append(found)
        else:
            _tell_refusal(name, found, as_json)

    async def work(library: "Library") -> tuple[int, bool]:
        rejects = 0
        for raw in dumps:
            report = await _ingest(library, raw)
            _tell(report, as_json)
            rejects += len(report.rejects)
        return rejects, bool(await library.db.read(profiles.every))

    rejects, is_read = with_library(work) if dumps else (0, True)
    if not is_read and not as_json:
        suggest("profile", "add", "ada", why="makes the first profile.")
    if len(dumps) < len(files):
        raise typer.Exit(1)
    if rejects:
        raise typer.Exit(3)


def _read(name: str, year: int | None) -> RawDump | str:
    """A file as a dump that can be read, or why it can't."""
    try:
        if name == "-":
            # One byte more than a dump may have is enough to be refused for it.
            data = sys.stdin.buffer.read(MAX_BYTES + 1)
            raw = RawDump(name="standard input", data=data, year=year)
        else:
            raw = read_file(Path(name), year)
        read_dump(raw)
    except NotADump as error:
        return str(error)
    except OSError as error:
        return f"{name} can't be read: {error.strerror}"
    return raw


async def _ingest(library: "Library", raw: RawDump) -> IngestReport:
    bar = Bar(f"Ingesting {raw.name}")
    try:
        return await ingest(library.db, library.encoder, raw, now(), bar)
    finally:
        bar.stop()


def _tell_refusal(name: str, why: str, as_json: bool) -> None:
    if as_json:
        say_json(name=name, error=why)
    complain(why, before="refused ")


def _tell(outcome: IngestReport, as_json: bool) -> None:
    if as_json:
        say_json(
            name=outcome.name,
            layout=outcome.layout.value,
            entries=outcome.entries,
            new=outcome.new,
            seen_again=outcome.seen_again,
            rejects=[asdict(reject) for reject in outcome.rejects],
            notes=list(outcome.notes),
            was_known=outcome.was_known,
        )
        return
    say(
        (f"{outcome.name} ", "bold"),
        f"({outcome.layout.value}): {counted(outcome.entries, 'entry', 'entries')}, ",
        (f"{outcome.new:,} new", "green"),
        f", {outcome.seen_again:,} seen again, {counted(len(outcome.rejects), 'reject')}",
    )
    if outcome.was_known:
        say("  This very dump was ingested before: nothing was done.", style="yellow")
    for note in outcome.notes:
        say(f"  {note}", style="yellow")
    if outcome.rejects:
        table = Table("line", "reason", "begins", box=None, padding=(0, 2))
        for reject in outcome.rejects:
            table.add_row(str(reject.line), Text(reject.reason), Text(reject.text[:60]))
        out.print(table)


@app.command("papers", rich_help_panel=PAPERS)
def list_papers(as_json: Json = False) -> None:
    """Every stored paper, in the order of arrival."""

    async def work(db: Database) -> None:
        after = vectors.EVERYTHING
        while page := await db.read(papers.between, after, await db.read(papers.newest), PAGE):
            for paper in page:
                _tell_paper(paper, as_json)
            after = page[-1].seq
        if after == vectors.EVERYTHING and not as_json:
            say(f"No papers yet in {current().db}: `paperround ingest FILE` reads a dump.")

    with_db(work)


def _tell_paper(paper: Paper, as_json: bool) -> None:
    if as_json:
        say_json(**paper_facts(paper))
    else:
        say((f"#{paper.seq:<6}", "dim"), paper.title, (f"  {facts(paper)}", "dim"))


def paper_facts(paper: Paper) -> dict[str, Any]:
    """A paper for programs; these names are relied upon."""
    return {
        "seq": paper.seq,
        "title": paper.title,
        "abstract": paper.abstract,
        "authors": paper.authors,
        "organisation": paper.organisation,
        "organisation_handle": paper.organisation_handle,
        "published": paper.published.isoformat() if paper.published else None,
        "comments": paper.comments,
        "arxiv_id": paper.arxiv_id,
        "doi": paper.facts.doi,
        "names": list(paper.author_names),
        "source": paper.source,
        "categories": list(paper.facts.categories),
        "upvotes": paper.facts.upvotes,
        "keywords": list(paper.facts.keywords),
        "first_seen": paper.first_seen.isoformat(),
    }
