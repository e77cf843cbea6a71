"""Memory: what was let go is given back to the system, and what stays is not looked at again.

glibc keeps an arena for each thread that ever allocated, and pages of freed memory in each; a
service of many days would slowly come to the sum of all its threads' worst moments. Elsewhere this
does nothing. https://man7.org/linux/man-pages/man3/mallopt.3.html
"""

import ctypes
import gc

M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8

ARENAS = 2
"""One for the model's thread and one for the others, more or less."""

LARGE = 8 * 1024 * 1024
"""Bytes from which a piece has pages of its own, that go back the moment it is let go. By itself
glibc raises this to 32 MB as soon as a large piece was freed: then the tables of ranking lie in the
arenas, small things that stay settle between them, and what is free in there never goes back. With
1 MB the model would get new pages for each layer, and takes a tenth longer.
"""


def be_frugal() -> None:
    """From now on threads share arenas, and large pieces are the system's own. To be called before
    there are any threads.
    """
    choose = getattr(ctypes.CDLL(None), "mallopt", None)
    if choose is not None:
        choose(M_ARENA_MAX, ARENAS)
        choose(M_MMAP_THRESHOLD, LARGE)
        choose(M_TRIM_THRESHOLD, 4 * LARGE)


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
