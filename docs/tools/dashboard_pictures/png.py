"""Smaller PNGs: the browser's 24 bits a pixel become 8 with a palette, which flat pictures don't show.

Source: W3C, Portable Network Graphics (PNG) Specification, third edition.
"""

import struct
import zlib
from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

SIGNATURE = b"\x89PNG\r\n\x1a\n"
PALETTE = 256
_RGB, _INDEXED = 2, 3
_CHANNELS = 3


class NotRgbError(ValueError):
    """Another kind of PNG than 8-bit RGB without interlacing."""


class _Header(NamedTuple):
    width: int
    height: int
    depth: int
    colour: int
    compression: int
    filtering: int
    interlace: int


def with_palette(png: bytes) -> bytes:
    """The same picture with at most 256 colours: the most frequent, and for others the nearest of these.

    Raises `NotRgbError`.
    """
    header, packed = _read(png)
    pixels = b"".join(_rows(zlib.decompress(packed), header))
    colours = Counter(pixels[place : place + _CHANNELS] for place in range(0, len(pixels), _CHANNELS))
    palette = [colour for colour, _ in colours.most_common(PALETTE)]
    index = {colour: place for place, colour in enumerate(palette)}
    for colour in colours:
        if colour not in index:
            index[colour] = min(range(len(palette)), key=lambda place, c=colour: _distance(palette[place], c))
    indexed = bytes(index[pixels[place : place + _CHANNELS]] for place in range(0, len(pixels), _CHANNELS))
    rows = b"".join(b"\0" + indexed[start : start + header.width] for start in range(0, len(indexed), header.width))
    return (
        SIGNATURE
        + _chunk(b"IHDR", struct.pack(">IIBBBBB", *header._replace(colour=_INDEXED)))
        + _chunk(b"PLTE", b"".join(palette))
        + _chunk(b"IDAT", zlib.compress(rows, 9))
        + _chunk(b"IEND", b"")
    )


def _read(png: bytes) -> tuple[_Header, bytes]:
    header, packed, place = None, b"", len(SIGNATURE)
    while place < len(png):
        length, kind = struct.unpack(">I4s", png[place : place + 8])
        body = png[place + 8 : place + 8 + length]
        if kind == b"IHDR":
            header = _Header(*struct.unpack(">IIBBBBB", body))
        elif kind == b"IDAT":
            packed += body
        place += 12 + length
    if header is None or (header.depth, header.colour, header.interlace) != (8, _RGB, 0):
        raise NotRgbError("only 8-bit RGB without interlacing is read")
    return header, packed


def _rows(data: bytes, header: _Header) -> Iterator[bytes]:
    """Rows without their filters."""
    stride = header.width * _CHANNELS
    above = bytearray(stride)
    for start in range(0, len(data), stride + 1):
        row = bytearray(data[start + 1 : start + 1 + stride])
        _unfilter(data[start], row, above)
        yield bytes(row)
        above = row


def _unfilter(kind: int, row: bytearray, above: bytearray) -> None:
    for place in range(len(row)):
        left = row[place - _CHANNELS] if place >= _CHANNELS else 0
        match kind:
            case 0:
                return
            case 1:
                predicted = left
            case 2:
                predicted = above[place]
            case 3:
                predicted = (left + above[place]) // 2
            case _:
                corner = above[place - _CHANNELS] if place >= _CHANNELS else 0
                predicted = _paeth(left, above[place], corner)
        row[place] = (row[place] + predicted) & 0xFF


def _paeth(left: int, up: int, corner: int) -> int:
    estimate = left + up - corner
    to_left, to_up, to_corner = abs(estimate - left), abs(estimate - up), abs(estimate - corner)
    if to_left <= to_up and to_left <= to_corner:
        return left
    return up if to_up <= to_corner else corner


def _distance(first: bytes, second: bytes) -> int:
    return sum((one - other) ** 2 for one, other in zip(first, second, strict=True))


def _chunk(kind: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))
