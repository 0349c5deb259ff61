"""Bodies of answers: taken whole or not at all, and never larger than allowed."""

import zlib
from typing import TYPE_CHECKING

from throughline.rest_stream import Limits

if TYPE_CHECKING:
    import httpx

_MEGABYTE = 1024 * 1024
_STEP = 256 * 1024
_RATIO_FROM = _MEGABYTE
"""Bytes below which the ratio of packed to unpacked is not looked at."""


class OversizeError(Exception):
    """An answer is larger than the stream allows."""


class TruncatedError(Exception):
    """An answer ended before its end."""


def read_body(answer: "httpx.Response", limits: Limits) -> bytes:
    """Read and unpack a body.

    Raises:
        OversizeError: more bytes, or a higher ratio of unpacked to packed, than allowed.
        TruncatedError: it ended too early.
    """
    coding = answer.headers.get("content-encoding", "identity").strip().lower()
    if coding not in ("identity", "gzip", "x-gzip", ""):
        raise TruncatedError(f"it is packed with {coding}, which was not asked for")
    packed = "gzip" in coding
    unpack = zlib.decompressobj(wbits=31) if packed else None
    taken, made = 0, bytearray()
    for chunk in answer.iter_raw():
        taken += len(chunk)
        if unpack is None:
            made += chunk
            _check(len(made), taken, limits)
        else:
            unpack = _unpack(unpack, chunk, made, taken, limits)
    if unpack is not None and not unpack.eof and taken:
        raise TruncatedError("its gzip is cut")
    return bytes(made)


def _unpack(unpack: "zlib._Decompress", chunk: bytes, made: bytearray, taken: int, limits: Limits):
    """Unpack a chunk in small steps; a further gzip member begins a new decompressor."""
    while chunk:
        if unpack.eof:
            unpack = zlib.decompressobj(wbits=31)
        try:
            made += unpack.decompress(chunk, _STEP)
        except zlib.error as error:
            raise TruncatedError(f"its gzip is broken: {error}") from error
        _check(len(made), taken, limits)
        chunk = unpack.unconsumed_tail or unpack.unused_data
    return unpack


def _check(made: int, taken: int, limits: Limits) -> None:
    if made > limits.page_megabytes * _MEGABYTE:
        raise OversizeError(f"of more than {limits.page_megabytes:g} MB (limits.page_megabytes)")
    if made > _RATIO_FROM and made > limits.ratio * taken:
        raise OversizeError(
            f"that unpacks to more than {limits.ratio:g} times its size (limits.ratio)"
        )
