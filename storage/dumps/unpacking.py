"""Gzip, unpacked no further than a dump may be large: a bomb goes off in a bounded room."""

import zlib

from storage.dumps.lines import MAX_BYTES, REMEDY, NotADump

GZIP = b"\x1f\x8b"
ANY_HEADER = 32 + zlib.MAX_WBITS
"""zlib's way to say: gzip or zlib, as its header tells."""


class TooLarge(ValueError):
    """It unpacks to more than the limit."""


class Damaged(ValueError):
    """It is cut off, or no gzip."""


def unpacked(name: str, data: bytes) -> bytes:
    """The dump within a gzip archive; other data as they are. Raises NotADump."""
    if not data.startswith(GZIP):
        return data
    try:
        return gunzip(data, MAX_BYTES)
    except TooLarge as error:
        raise NotADump(
            f"{name}: this unpacks to more than the {MAX_BYTES / 1e6:.0f} MB that are read of one "
            "dump: split it into files of a few pages each; a snapshot goes in with "
            "`paperround ingest --no-embed`"
        ) from error
    except Damaged as error:
        raise NotADump(
            f"{name}: this is a gzip archive that is cut off or damaged: fetch it again, or "
            f"{REMEDY}"
        ) from error


def gunzip(data: bytes, limit: int) -> bytes:
    """What all members of a gzip archive hold. Raises TooLarge beyond `limit` bytes, Damaged."""
    found = bytearray()
    while data:
        member = zlib.decompressobj(wbits=ANY_HEADER)
        try:
            found += member.decompress(data, limit - len(found) + 1)
        except zlib.error as error:
            raise Damaged(str(error)) from error
        if len(found) > limit:
            raise TooLarge
        if not member.eof:
            raise Damaged("it ends too early")
        data = member.unused_data.lstrip(b"\0")  # padding, as tar leaves it
    return bytes(found)
