"""Disks that run full or can't be written; only for a process that was started for that."""

import ctypes
import os
import resource
import sys
from contextlib import suppress
from pathlib import Path

CANNOT = 77
"""The exit code where nothing can be mounted here."""

CLONE_NEWNS, CLONE_NEWUSER = 0x00020000, 0x10000000
MS_RDONLY, MS_REMOUNT, MS_BIND, MS_REC, MS_PRIVATE = 0x1, 0x20, 0x1000, 0x4000, 0x40000
DISK = "size=16m"
"""More than the log of a database that is written to all the time, and little to fill."""


class SmallDisk:
    """A few megabytes, mounted over a folder where only this process sees it."""

    def __init__(self, folder: Path) -> None:
        _own_mounts()
        if _libc().mount(b"tmpfs", bytes(folder), b"tmpfs", 0, DISK.encode()):
            sys.exit(CANNOT)
        self._ballast = folder / "ballast"

    def fill(self, _: Path) -> None:
        """Leave no room for another page."""
        with self._ballast.open("ab", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(4096))

    def free(self) -> None:
        """Make room again."""
        self._ballast.unlink()


class Limit:
    """No file may grow beyond what the database's log has by now; every system has this."""

    def __init__(self, _: Path) -> None:
        self._was = resource.getrlimit(resource.RLIMIT_FSIZE)

    def fill(self, db: Path) -> None:
        """Let no file grow any more."""
        log = db.with_name(db.name + "-wal")
        size = log.stat().st_size if log.exists() else 0
        resource.setrlimit(resource.RLIMIT_FSIZE, (max(size, 1), self._was[1]))

    def free(self) -> None:
        """Let them."""
        resource.setrlimit(resource.RLIMIT_FSIZE, self._was)


def make_read_only(path: Path) -> None:
    """This process can't write to this file, or in this folder, not even as root."""
    if os.getuid():
        path.chmod(0o555 if path.is_dir() else 0o444)
        return
    _own_mounts()
    libc, place = _libc(), bytes(path)
    bound = libc.mount(place, place, None, MS_BIND, None)
    if bound or libc.mount(None, place, None, MS_REMOUNT | MS_BIND | MS_RDONLY, None):
        sys.exit(CANNOT)


def _own_mounts() -> None:
    uid, gid = os.getuid(), os.getgid()
    if _libc().unshare(CLONE_NEWNS | (CLONE_NEWUSER if uid else 0)):
        sys.exit(CANNOT)
    try:
        if uid:
            Path("/proc/self/setgroups").write_text("deny")
            Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
            Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    except OSError:
        sys.exit(CANNOT)
    _libc().mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None)


def _libc() -> ctypes.CDLL:
    return ctypes.CDLL(None, use_errno=True)
