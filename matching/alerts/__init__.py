"""Keyword alerts: a query language, and the run of many queries over new papers.

`parse` reads a query or raises `BadQuery`; `Percolator` runs queries over a dump; `highlight` says
why a paper is a hit; `dry_run` tells what a query would have found. All of it is pure and takes
its time in the calling thread. The language is described in `query`, how words meet in `reading`.
"""

from matching.alerts.errors import BadQuery
from matching.alerts.history import History
from matching.alerts.narrower import Tightening
from matching.alerts.percolator import Percolator, percolate
from matching.alerts.query import MAX_CHARACTERS, Query, parse
from matching.alerts.replay import DryRun, Overlap, Sample, Week, dry_run
from matching.alerts.shown import Shown, highlight

__all__ = [
    "MAX_CHARACTERS",
    "BadQuery",
    "DryRun",
    "History",
    "Overlap",
    "Percolator",
    "Query",
    "Sample",
    "Shown",
    "Tightening",
    "Week",
    "dry_run",
    "highlight",
    "parse",
    "percolate",
]
