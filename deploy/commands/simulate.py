"""``southmed simulate``: invented years of four countries, with networks planted in them."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from deploy.simulate.extent import Extent
from deploy.simulate.registers import NAMES, TRUTH, write_all
from deploy.simulate.story import invent
from deploy.simulate.truth import Truth, told
from deploy.terminal import JsonOption, out, print_json, table


def simulate(
    seed: Annotated[int, typer.Option("--seed", min=0, help="The same seed invents the same.")],
    folder: Annotated[
        Path, typer.Option("--out", file_okay=False, help="A new or empty folder for the files.")
    ],
    years: Annotated[int, typer.Option("--years", min=1, max=10, help="How many years.")] = 3,
    json: JsonOption = False,
) -> None:
    """Invents years of four registers, in their real formats; every person and number is invented.

    Planted among them are networks across borders, surges and displacements. The file truth.json
    says what, where, when, and from when on it could have been found.
    """
    if folder.exists() and any(folder.iterdir()):
        raise typer.BadParameter("the folder holds files already", param_hint="--out")
    story = invent(seed, Extent(years=years))
    written = write_all(story, folder)
    if json:
        truth = story.truth.document()
        rows = {NAMES[country]: each.total for country, each in written.items()}
        print_json({"folder": str(folder), "rows": rows, "truth": truth})
        return
    lines = [(NAMES[country], each.path, each.total) for country, each in written.items()]
    out.print(table("invented registers", ["register", "file", "rows#"], lines))
    _show(story.truth)
    out.print(f"All of it is invented. What was planted stands in {folder / TRUTH}.")


def _show(truth: Truth) -> None:
    rows = [
        (n.name, ", ".join(n.countries), len(n.identifiers), told(n.begins), _months(n.detectable))
        for n in truth.networks
    ]
    columns = ["network", "countries", "identifiers#", "begins", "could be found"]
    out.print(table("planted networks", columns, rows))
    changes = [
        (
            c.kind,
            c.origin,
            " to ".join(filter(None, (c.fell_in, c.country))),
            told(c.start),
            c.ratio,
        )
        for c in truth.changes
    ]
    out.print(table("planted changes", ["kind", "origin", "in", "begins", "ratio#"], changes))


def _months(detectable: dict[str, int | None]) -> str:
    found = (f"{name} {told(month)}" for name, month in detectable.items() if month is not None)
    return ", ".join(found) or "never"
