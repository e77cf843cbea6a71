"""How many threads numpy's products use: one.

Ranking multiplies small matrices, thousands of times a second. Split over threads, each product
waits for the slowest of them, and where anything else runs on the machine (the encoder does) that
is a turn of the scheduler: a third of the processor time with one thread, measured by
`benchmarks/digests_due.py` on a busy machine with 2 cores. The encoder's own threads are not
numpy's and stay as they are.
"""

from functools import cache

from threadpoolctl import threadpool_limits


@cache
def one_thread() -> None:
    """Let numpy's and scipy's products use one thread each from now on, in this process."""
    threadpool_limits(limits=1, user_api="blas")
