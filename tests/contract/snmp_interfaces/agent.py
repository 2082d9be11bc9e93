"""A small SNMP v2c agent over UDP for the contract: it answers from a table of values, or breaks as it is told."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable

Oid = tuple[int, ...]
GET, GET_BULK = 0xA0, 0xA5
NO_SUCH_INSTANCE, END_OF_VIEW = b"\x81\x00", b"\x82\x00"


class Packed(bytes):
    """A value that is encoded already."""


Value = int | bytes | Packed


def oid(text: str) -> Oid:
    return tuple(int(part) for part in text.split("."))


def tlv(tag: int, content: bytes) -> bytes:
    if len(content) < 128:
        return bytes((tag, len(content))) + content
    size = len(content).to_bytes((len(content).bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(size))) + size + content


def whole(value: int, tag: int = 0x02) -> bytes:
    return tlv(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def name(parts: Oid) -> bytes:
    packed = bytearray([parts[0] * 40 + parts[1]])
    for part in parts[2:]:
        groups = [part & 0x7F]
        while part := part >> 7:
            groups.append(part & 0x7F | 0x80)
        packed += bytes(reversed(groups))
    return tlv(0x06, bytes(packed))


def encoded(value: Value) -> bytes:
    """Whole numbers as Counter64, which holds them all; text as a string."""
    if isinstance(value, int):
        return whole(value, 0x46)
    return bytes(value) if isinstance(value, Packed) else tlv(0x04, value)


def parts_of(data: bytes) -> list[tuple[int, bytes]]:
    """The members of a sequence."""
    found, at = [], 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            more = size & 0x7F
            size, at = int.from_bytes(data[at : at + more], "big"), at + more
        found.append((tag, data[at : at + size]))
        at += size
    return found


def read_name(data: bytes) -> Oid:
    parts, part = [data[0] // 40, data[0] % 40], 0
    for one in data[1:]:
        part = part << 7 | one & 0x7F
        if not one & 0x80:
            parts.append(part)
            part = 0
    return tuple(parts)


class Agent:
    """Serves `table()` on a free port; `broken` may change or drop (None) the bytes of an answer."""

    def __init__(self, table: Callable[[], dict[Oid, Value]], broken: Callable[[bytes], bytes | None]) -> None:
        self.table, self.broken = table, broken
        self.endless = False
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.bind(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.thread = threading.Thread(target=self._serve)
        self.thread.start()

    def close(self) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
            one.sendto(b"", ("127.0.0.1", self.port))
        self.thread.join()
        self.socket.close()

    def _serve(self) -> None:
        while True:
            data, sender = self.socket.recvfrom(65_535)
            if not data:
                return
            answer = self.broken(self.answer(data))
            if answer is not None:
                self.socket.sendto(answer, sender)

    def answer(self, data: bytes) -> bytes:
        [(_, message)] = parts_of(data)
        version, community, (kind, pdu) = parts_of(message)
        number, _, most, (_, asked) = parts_of(pdu)
        names = [read_name(parts_of(one)[0][1]) for _, one in parts_of(asked)]
        table = dict(sorted(self.table().items()))
        if kind == GET:
            found = [(one, encoded(table[one]) if one in table else NO_SUCH_INSTANCE) for one in names]
        else:
            found = self._following(table, names[0], int.from_bytes(most[1], "big"))
        rows = b"".join(tlv(0x30, name(one) + value) for one, value in found)
        body = tlv(*number) + whole(0) + whole(0) + tlv(0x30, rows)
        return tlv(0x30, tlv(*version) + tlv(*community) + tlv(0xA2, body))

    def _following(self, table: dict[Oid, Value], after: Oid, most: int) -> list[tuple[Oid, bytes]]:
        if self.endless:
            last = after[-1] if len(after) == 12 else 0
            return [((*after[:11], last + at + 1), encoded(b"eth")) for at in range(most)]
        later = [(one, encoded(value)) for one, value in table.items() if one > after]
        return later[:most] or [(after, END_OF_VIEW)]
