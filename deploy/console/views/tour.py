"""The tour of the help page: what to look at on each page, and what not to conclude from it.

A reader is led to the pages that this reader's roles open, in the order of the navigation; a page
that is not served has no stop. How long it takes is measured by its words.
"""

from __future__ import annotations

from collections.abc import Mapping

from deploy.console.i18n import noop
from schemas.codelists import Language

WORDS_A_MINUTE: Mapping[Language, int] = {"en": 180, "fr": 155, "ar": 110}
"""Of somebody who looks at what is described; Arabic says in one word what takes others two."""

STOPS: Mapping[str, tuple[str, ...]] = {
    "region": (
        noop(
            "Begin here every morning. The first line says when something was published last; if "
            "it is the day that you remember, nothing has changed since."
        ),
        noop(
            "Look at the countries side by side. Every number has two smaller ones beside it: the "
            "true number lies between them. Then find a number with a question mark: it is too "
            "small to be relied on, and should not be quoted by itself."
        ),
        noop(
            "Follow the trend of one country. Where the bands of two quarters overlap widely, "
            "nothing has changed that one could prove. At the end of the page stands what "
            "changed, and only what noise does not explain is marked. Resist telling a story "
            "about the rest."
        ),
    ),
    "indicators": (
        noop(
            "The list has every indicator of the catalogue, those of which numbers are out first. "
            "Open one and read its head before its numbers: what it counts, in which status of "
            "persons, by which international standard, and its caveat. Two numbers of the same "
            "name in two reports often count different things."
        ),
        noop(
            "Choose a period, a breakdown and a country, and press Show. The address now holds "
            "your view: send it to a colleague, and they see the same. If nothing published "
            "answers exactly, the nearest view is shown, and the page says so."
        ),
        noop(
            "At the end, take the table with you: as a spreadsheet, as CSV or in the formats of "
            "statistical offices, with the note of method, and with the citation ready to be "
            "copied."
        ),
    ),
    "corridors": (
        noop(
            "Where people were recruited, and where they were found. The table comes first; the "
            "drawings show the same. A country on the drawing is a country told in a case, not a "
            "verdict on that country: what is far away, or not asked about, is told less often."
        ),
        noop(
            "A thin line is mostly noise. Before you speak of a new corridor, look whether the "
            "lower bound of its number is above zero, and whether it was so in the quarter "
            "before."
        ),
    ),
    "justice": (
        noop(
            "How far cases came: identified, referred, prosecuted, convicted. Each person counts "
            "once, under the highest stage that was reached when the table was made. Proceedings "
            "take years, so the newest year always looks worse than it will be."
        ),
        noop(
            "Never divide the convictions of a year by its prosecutions: they are of other cases. "
            "Compare a year with itself as later tables tell it, or with an earlier year at the "
            "same age."
        ),
    ),
    "cooperation": (
        noop(
            "Trainings held and requests made between countries. These tables count no persons, "
            "so they carry no noise: the numbers are exact, and two tables that count the same "
            "agree."
        ),
        noop(
            "They tell of effort, not of effect. A country that asks often may have many cases, "
            "or good habits."
        ),
    ),
    "alerts": (
        noop(
            "Signs that several cases may belong together, or that numbers of a table have risen "
            "more than they usually do. You see the alerts that concern you; a contact point sees "
            "those of the own country alone."
        ),
        noop(
            "Open one and read the evidence in words before you look at its score. Then answer: "
            "confirm, dismiss or ask for more, always with a reason. An answer can be followed by "
            "another one, and nothing is ever deleted: the history shows who changed their mind, "
            "by role and not by name."
        ),
    ),
    "releases": (
        noop(
            "The calendar: what is out, what is due and what comes next. Nobody can publish "
            "earlier or later to suit a headline without it being seen here."
        ),
        noop(
            "Every release spends some of the budget of privacy; the table below the calendar "
            "says how much of it is spent on each quarter. When it is spent, nothing more is "
            "published of that quarter, whoever asks."
        ),
        noop(
            "Open a release and press Verify now. What runs is what anybody can run who reads the "
            "topic: the signature, the digest, every cell, the cost and the budget."
        ),
    ),
    "quality": (
        noop(
            "Who is silent, late, refused or inconsistent. A fall in a country's numbers and "
            "silence of its authority belong on the same page: look here before you explain a "
            "fall."
        ),
    ),
    "brief": (
        noop(
            "One page for somebody who has two minutes. Choose a country or all four, and a year, "
            "read the page, and take it along as a PDF. It says a change only where noise does "
            "not explain it, and names the releases with their digests, so that whoever is handed "
            "it can verify it."
        ),
        noop(
            "Do not shorten it further. A number without its bounds is not the number that was "
            "published."
        ),
    ),
    "help": (
        noop(
            "Everything works by keyboard: the tabulator goes from place to place, and the first "
            "one leads straight to the content. Switch the language at the top: you stay where "
            "you are. Nothing on these pages is loaded from elsewhere, and nobody outside learns "
            "what you read."
        ),
        noop(
            "Pages renew themselves when something is published. If the connection is lost, a "
            "banner says so; what you see then was true, and may no longer be all."
        ),
    ),
    "audit": (
        noop(
            "Who signed in, opened or answered an alert, and what was refused to whom. Each entry "
            "carries the digest of the one before, so a change of an old one is noticed. It holds "
            "neither evidence nor answers."
        ),
    ),
}
"""Paragraphs by the first word of a page's address."""
