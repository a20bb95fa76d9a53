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
        text = "".join(map(_plain_char, text))
    return text.strip()


def _plain_char(char: str) -> str:
    category = unicodedata.category(char)
    if category == "Nd":
        return str(unicodedata.decimal(char))
    return "" if category == "Cf" else char
