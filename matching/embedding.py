"""Papers to vectors, also where the model fails on one of them: that one is left out, not all.

A model that fails on a batch is given its papers one by one. One that fails alone, again and again,
while the model can do a plain sentence, is refused: it gets no vector, and the reason is on record.
Where the model can't do that either, the fault is the model's, and everything waits for it.
"""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import structlog

from matching.encoder import Encoder, paper_text
from storage import refused
from storage.database import Database
from storage.records import Paper, Vectors

TRIES = 3
"""Of one paper, before it is refused."""

PLAIN = "A plain sentence of seven words here."
"""What any model can encode that can encode anything."""

log = structlog.get_logger()


async def embedded(
    db: Database, encoder: Encoder, model: int, papers: Sequence[Paper], now: datetime
) -> tuple[list[Paper], Vectors]:
    """The papers that could be encoded, in order, and their (n, dim) unit rows.

    Raises what the encoder raises, where it can encode nothing at all.
    """
    try:
        return list(papers), await encoder.encode([paper_text(one) for one in papers])
    except Exception as error:
        log.warning("batch not encoded", papers=len(papers), error=type(error).__name__)
    done: list[Paper] = []
    rows = [np.zeros((0, encoder.dim), dtype=np.float32)]
    for paper in papers:
        found = await _alone(db, encoder, model, paper, now)
        if found is not None:
            done.append(paper)
            rows.append(found)
    return done, np.concatenate(rows)


async def _alone(
    db: Database, encoder: Encoder, model: int, paper: Paper, now: datetime
) -> "Vectors | None":
    """(1, dim), its unit row; None where it was refused."""
    for left in reversed(range(TRIES)):
        try:
            return await encoder.encode([paper_text(paper)])
        except Exception as error:
            await encoder.encode([PLAIN])  # raises where it is not the paper's fault
            if not left:
                # The type alone: a message may hold what the paper says.
                reason = f"the model failed on it {TRIES} times ({type(error).__name__})"
                await db.write(refused.refuse, model, paper.seq, reason, now)
                log.error("paper refused", seq=paper.seq, error=type(error).__name__)
    return None
