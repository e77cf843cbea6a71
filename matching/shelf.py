"""Shelves: the papers of people's own libraries, encoded so that they train a profile."""

from datetime import datetime

from matching.encoder import Encoder, paper_text
from matching.ingest import Progress
from storage import library_papers, vectors
from storage.database import Database, Tx

BATCH = 32


async def embed(
    db: Database,
    encoder: Encoder,
    now: datetime,
    progress: Progress | None = None,
    most: int | None = None,
) -> int:
    """Encode papers of libraries that this encoder's model has not, at most so many; how many."""
    model = await db.write(vectors.model_id, encoder.identity, encoder.dim, now)
    done = 0
    while most is None or done < most:
        batch = BATCH if most is None else min(BATCH, most - done)
        found = await db.read(library_papers.without_vector, model, batch)
        if not found:
            break
        made = await encoder.encode([paper_text(paper) for paper in found])
        rows = {-paper.seq: row.tobytes() for paper, row in zip(found, made, strict=True)}
        await db.write(_put, model, rows)
        done += len(found)
        if progress is not None:
            progress(done, max(done, most or done))
    return done


def _put(tx: Tx, model: int, rows: dict[int, bytes]) -> None:
    for library_id, vector in rows.items():
        library_papers.put_vector(tx, model, library_id, vector)
