"""The little HTML that a page needs: elements as functions, every text escaped.

``Html`` is text that is markup already; anything else is escaped on its way into an element, so
that forgetting it is no mistake one can make.

Example:
    >>> element("p", "a < b ", element("b", 3), lang="en")
    '<p lang="en">a &lt; b <b>3</b></p>'
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape


class Html(str):
    """Markup."""

    __slots__ = ()


Child = Html | str | int


def element(tag: str, *children: Child, **attributes: str) -> Html:
    """An element; an attribute ``class_`` is ``class``, and ``data_name`` is ``data-name``."""
    given = "".join(
        f' {name.rstrip("_").replace("_", "-")}="{escape(value)}"'
        for name, value in attributes.items()
        if value
    )
    return Html(f"<{tag}{given}>{together(children)}</{tag}>")


def together(parts: Iterable[Child]) -> Html:
    """Parts one after the other."""
    return Html("".join(part if isinstance(part, Html) else escape(str(part)) for part in parts))


def table(header: Sequence[str], rows: Iterable[Sequence[Child]], *, stack: bool = False) -> Html:
    """A table; columns whose name ends in ``#`` hold numbers.

    Args:
        header: Names of the columns.
        rows: Cells.
        stack: On a narrow screen, cells stand one below the other, each with its column's name.
    """
    names = [name.removesuffix("#") for name in header]
    kinds = ["number" if name.endswith("#") else "" for name in header]
    told = names if stack else [""] * len(names)
    head = [
        element("th", name, scope="col", class_=kind)
        for name, kind in zip(names, kinds, strict=True)
    ]
    lines = [
        element(
            "tr",
            *(
                element("td", cell, class_=kind, data_name=name)
                for cell, kind, name in zip(row, kinds, told, strict=True)
            ),
        )
        for row in rows
    ]
    thead, tbody = element("thead", element("tr", *head)), element("tbody", *lines)
    whole = element("table", thead, tbody, class_="stack" if stack else "")
    return element("div", whole, class_="wide")
