"""Digits of any script as ASCII digits, and text without invisible direction marks."""

from __future__ import annotations

import unicodedata


def plain(text: str) -> str:
    r"""The text with ASCII digits, without invisible marks, trimmed.

    Example:
        >>> plain("\u200f٢٠٢١/٠١٢٣ ")
        '2021/0123'
    """
    if not text.isascii():
        text = text.translate(_PLAIN)
    return text.strip()


class _Plain(dict[int, str]):
    """What becomes of a character; found out when it first occurs."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        category = unicodedata.category(char)
        if category == "Nd":
            char = str(unicodedata.decimal(char))
        elif category == "Cf":
            char = ""
        self[code] = char
        return char


_PLAIN = _Plain()
