"""A JSON of any size, element by element, in flat memory.

The text is decoded in pieces. Of a list on top each element is handed out with its number; of an
object on top each value with its key, and the elements of values that are lists one by one. Where
the text is damaged or ends too early, everything before that place has been handed out.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Iterator
from typing import IO, Any

from ..plausible import SetAside
from .inside import DAMAGED

PIECE_BYTES = 1 << 20
LONGEST_ELEMENT = 4 << 20
DECODER = json.JSONDecoder()
BLANK = " \t\r\n"
# How a character that is written as two halves begins.
HALVED = ("\\ud", "\\uD")
CUT = "the file is damaged or ends from here on; what came before was read"
Element = tuple[str, int, Any]


class _Cut(Exception):
    """The text ends, or goes wrong, here."""


def elements(file: IO[bytes], aside: SetAside) -> Iterator[Element]:
    """Key of the list ("" for one on top; number 0 for a plain value), number, and element.

    Several documents after one another, as in JSON lines, are read in turn; their objects on top
    share no number, so "" and 0 mark the beginning of each.
    """
    text, last = _Text(file), 0
    try:
        while text.peek():
            for key, number, element in _document(text):
                last = number or last
                yield key, number, element
    except _Cut:
        aside.add(last + 1, CUT)
    except DAMAGED:
        aside.add(last + 1, CUT)


def _document(text: _Text) -> Iterator[Element]:
    opening = text.peek()
    if opening == "[":
        yield from _list(text, "")
    elif opening == "{":
        yield "", 0, None
        yield from _object(text)
    else:
        raise _Cut


def _object(text: _Text) -> Iterator[Element]:
    text.take("{")
    while text.peek() != "}":
        key = text.value()
        if not isinstance(key, str):
            raise _Cut
        text.take(":")
        if text.peek() == "[":
            yield from _list(text, key)
        else:
            yield key, 0, text.value()
        if text.peek() != "}":
            text.take(",")
    text.take("}")


def _list(text: _Text, key: str) -> Iterator[Element]:
    text.take("[")
    number = 0
    while text.peek() != "]":
        number += 1
        yield key, number, text.value()
        if text.peek() != "]":
            text.take(",")
    text.take("]")


def _whole(value: Any) -> Any:
    """The same value with a mark in place of each half of a character, which is no text."""
    text = json.dumps(value, ensure_ascii=False)
    return json.loads(text.encode("utf-8", "replace"))


class _Text:
    """The part of a text that is being read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        head = file.read(4)
        wide = head.startswith((b"\xff\xfe", b"\xfe\xff"))
        decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")
        self._decoder = decoder(errors="replace")
        self._text = self._decoder.decode(head)
        self._at = 0
        self._ended = False

    def peek(self) -> str:
        """The next character that is not blank; "" at the end."""
        while True:
            while self._at < len(self._text) and self._text[self._at] in BLANK:
                self._at += 1
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more():
                return ""

    def take(self, character: str) -> None:
        """Pass over a character that has to come next."""
        if self.peek() != character:
            raise _Cut
        self._at += 1

    def value(self) -> Any:
        """The value that comes next, whole."""
        if not self.peek():
            raise _Cut
        while True:
            try:
                value, end = DECODER.raw_decode(self._text, self._at)
            except RecursionError as error:
                raise _Cut from error
            except ValueError as error:
                if len(self._text) - self._at > LONGEST_ELEMENT or not self._more():
                    raise _Cut from error
                continue
            if end == len(self._text) and self._more():
                continue  # a number may go on
            halved = any(self._text.find(one, self._at, end) >= 0 for one in HALVED)
            self._at = end
            return _whole(value) if halved else value

    def _more(self) -> bool:
        """Read on, at least as much as waits already; whether there was more."""
        if self._ended:
            return False
        waiting = self._text[self._at :]
        piece = self._file.read(max(PIECE_BYTES, len(waiting)))
        self._ended = not piece
        self._text = waiting + self._decoder.decode(piece, final=self._ended)
        self._at = 0
        return len(self._text) > len(waiting)
