"""The two drawings of corridors, each wide and narrow, and the words for those who see neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from deploy.console.charts import Flow, FlowMap, Sankey
from deploy.console.i18n import Tongue
from deploy.console.maps import Atlas
from deploy.console.views.drawing import told
from deploy.console.views.figures import Figure
from deploy.exports.labels import label
from schemas.releases import OTHER

WIDE, NARROW = 760, 340
MOST_LINES = 24
"""Corridors on a map; the table has all."""
MOST_WORDS = 6
Told = tuple[str, str, Figure, str]
"""Place of recruitment, country that counts, how many, and the corridor's name."""


@dataclass(frozen=True)
class Drawings:
    """What is drawn.

    Attributes:
        maps: The map, wide and narrow.
        sankeys: The Sankey diagram, likewise.
        left_out: Corridors with a place on the map that are not drawn there.
        placeless: What has no place on a map, in words.
    """

    maps: tuple[FlowMap, FlowMap]
    sankeys: tuple[Sankey, Sankey]
    left_out: int
    placeless: Sequence[str]


def drawings(
    name: str,
    corridors: Sequence[Told],
    origins: Mapping[str, Figure],
    countries: Mapping[str, Figure],
    atlas: Atlas,
    tongue: Tongue,
) -> Drawings:
    """Draws corridors.

    Args:
        name: What is drawn.
        corridors: In the order of the blocks of a Sankey diagram.
        origins: What comes from each place, in order.
        countries: What each country counts, likewise.
        atlas: What the map is made of.
        tongue: Language of the words.
    """
    counted = [one for one in corridors if one[2].value > 0]
    placed = [one for one in counted if one[0] in atlas.anchors]
    placed.sort(key=lambda one: -one[2].value)
    drawn = placed[:MOST_LINES]
    mirrored = tongue.direction == "rtl"
    names = {code: _place(code, tongue) for code in (*origins, *countries)}
    on_map, in_ribbons = _map_words(drawn, tongue), _sankey_words(counted, tongue)

    def flow_map(width: int) -> FlowMap:
        flows, known = _flows(drawn, tongue), tuple(countries)
        return FlowMap(name, on_map, mirrored, flows, names, known, width, atlas)

    def sankey(width: int, height: int) -> Sankey:
        wide = width == WIDE
        begins = {code: _block(names[code], one, wide, tongue) for code, one in origins.items()}
        ends = {code: _block(names[code], one, False, tongue) for code, one in countries.items()}
        return Sankey(
            name, in_ribbons, mirrored, _flows(counted, tongue), begins, ends, width, height
        )

    rows = len({one[0] for one in counted})
    return Drawings(
        (flow_map(WIDE), flow_map(NARROW)),
        (sankey(WIDE, 200 + 22 * rows), sankey(NARROW, 140 + 22 * rows)),
        len(placed) - len(drawn),
        [
            _told(label("ORIGIN", code, tongue.language), figure, tongue)
            for code, figure in origins.items()
            if code not in atlas.anchors
        ],
    )


def _flows(corridors: Sequence[Told], tongue: Tongue) -> tuple[Flow, ...]:
    return tuple(
        Flow(origin, to, one.value, one.unsure, _told(name, one, tongue))
        for origin, to, one, name in corridors
    )


def _told(name: str, figure: Figure, tongue: Tongue) -> str:
    return tongue.gettext("%(what)s: %(more)s", what=name, more=told(figure, tongue))


def _place(code: str, tongue: Tongue) -> str:
    """As short as a drawing needs it."""
    return tongue.gettext("Another") if code == OTHER else label("ORIGIN", code, tongue.language)


def _block(name: str, figure: Figure, wide: bool, tongue: Tongue) -> str:
    """Words beside a block: its number, and where there is room its bounds."""
    number = tongue.number(figure.value)
    if not wide or figure.exact:
        return f"{name} {number}"
    return f"{name} {number} ({tongue.number(figure.lower)}–{tongue.number(figure.upper)})"


def _listed(corridors: Sequence[Told], tongue: Tongue) -> str:
    largest = sorted(corridors, key=lambda one: -one[2].value)[:MOST_WORDS]
    return "; ".join(_told(name, one, tongue) for _, _, one, name in largest)


def _map_words(drawn: Sequence[Told], tongue: Tongue) -> str:
    dashed = sum(one.unsure for _, _, one, _ in drawn)
    return " ".join(
        (
            tongue.gettext("Map with a line for each corridor, as wide as its number."),
            tongue.gettext("The largest: %(listed)s.", listed=_listed(drawn, tongue)),
            tongue.ngettext(
                "%(num)s line is dashed: too small to be relied on.",
                "%(num)s lines are dashed: too small to be relied on.",
                dashed,
            ),
        )
    )


def _sankey_words(counted: Sequence[Told], tongue: Tongue) -> str:
    hollow = sum(one.unsure for _, _, one, _ in counted)
    return " ".join(
        (
            tongue.gettext(
                "Ribbons from countries of recruitment to reporting countries, as high as their"
                " numbers."
            ),
            tongue.gettext("The largest: %(listed)s.", listed=_listed(counted, tongue)),
            tongue.ngettext(
                "%(num)s ribbon is hollow: too small to be relied on.",
                "%(num)s ribbons are hollow: too small to be relied on.",
                hollow,
            ),
        )
    )
