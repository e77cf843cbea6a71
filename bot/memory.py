"""Memory: what was let go is given back to the system, and what stays is not looked at again.

glibc keeps an arena for each thread that ever allocated, and pages of freed memory in each; a
service of many days would slowly come to the sum of all its threads' worst moments. Elsewhere this
does nothing. https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

import ctypes
import gc

M_ARENA_MAX = -8
ARENAS = 2
"""One for the model's thread and one for the others, more or less."""


def keep_few_arenas() -> None:
    """From now on threads share arenas. To be called before there are any threads."""
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    if choose is not None:
        choose(M_ARENA_MAX, ARENAS)


def settle() -> None:
    """Whatever is there now stays for good: nobody looks through it again for what can be let go.
    With the model's libraries loaded each such look takes long, in the midst of work.
    """
    gc.collect()
    gc.freeze()


def give_back() -> None:
    """Return free pages to the system; milliseconds, to be called on a thread."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
