"""What a brief says: no more than the noise lets one say, in whole sentences of three languages."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deploy.console.i18n import Tongue, tongue
from deploy.console.store import Snapshot
from deploy.console.views import brief_words as say
from deploy.console.views.brief import AREAS, CORRIDORS, area_of, brief, code_of, years
from deploy.console.views.brief_words import Named
from deploy.console.views.cuts import ALL
from deploy.console.views.figures import Figure, difference
from deploy.exports.labels import LANGUAGES
from schemas.codelists import codelist
from tests.console.world import WITHDRAWN, releases, snapshot

EN, FR, AR = tongue("en"), tongue("fr"), tongue("ar")
BY_KEY = {release.key: release for release in releases()}
in_every_language = pytest.mark.parametrize("speaks", [EN, FR, AR], ids=LANGUAGES)


def figure(value: int, band: int = 0, unsure: bool = False) -> Figure:
    return Figure(value, value, max(0, value - band), value + band, unsure, False, 1, band)


figures = st.builds(figure, st.integers(0, 5000), st.integers(0, 200))


# --- Sentences ------------------------------------------------------------------------------------


@given(figures, figures)
def test_a_change_is_told_only_where_noise_does_not_explain_it(now: Figure, before: Figure) -> None:
    told = say.change(now, before, "2022", EN)
    found = difference(now, before)
    if found.beyond_noise:
        size = abs(found.change)
        word = "more" if found.change > 0 else "fewer"
        numbers = f"between {EN.number(size - found.band)} and {EN.number(size + found.band)}"
        assert told.startswith(f"That is {EN.number(size)} {word} than in 2022 ({numbers} {word})")
    else:
        assert re.findall(r"\d+", told) == ["2022"]


def test_without_a_year_before_no_change_is_told() -> None:
    assert say.change(figure(50), None, "2021", EN) == (
        "For 2021 no number is published that it could be compared with."
    )


@given(st.lists(figures, min_size=1, max_size=5))
def test_the_most_frequent_is_named_alone_only_if_it_is_ahead_by_more_than_noise(
    found: list[Figure],
) -> None:
    ranked = [Named(str(n), one) for n, one in enumerate(sorted(found, key=lambda f: -f.value))]
    first = say.foremost(ranked)
    assert first[0] == ranked[0]
    if len(first) == 1 and len(ranked) > 1:
        assert difference(ranked[0].figure, ranked[1].figure).beyond_noise


def test_of_numbers_too_small_none_is_named() -> None:
    ranked = [Named("a", figure(9, 6, unsure=True)), Named("b", figure(1, 6, unsure=True))]
    assert say.foremost(ranked) == ()
    assert say.FORMS.of(ranked, EN) == "No form is frequent enough to be relied on by itself."
    assert "a" not in re.findall(r"\b[ab]\b", say.CORRIDORS.of(ranked, FR))


@pytest.mark.parametrize(
    ("speaks", "number", "expected"),
    [
        (EN, 1, "In 2023 authorities identified 1 victim of trafficking in persons in Lebanon."),
        (EN, 2, "In 2023 authorities identified 2 victims of trafficking in persons in Lebanon."),
        (
            FR,
            0,
            "En 2023, les autorités ont identifié 0 victime de la traite des personnes au Liban.",
        ),
        (
            FR,
            2,
            "En 2023, les autorités ont identifié 2 victimes de la traite des personnes au Liban.",
        ),
        (AR, 0, "في سنة 2023 لم تتعرف السلطات في لبنان على أي ضحية للاتجار بالأشخاص."),
        (AR, 1, "في سنة 2023 تعرفت السلطات في لبنان على ضحية واحدة للاتجار بالأشخاص."),
        (AR, 2, "في سنة 2023 تعرفت السلطات في لبنان على ضحيتين اثنتين للاتجار بالأشخاص."),
        (AR, 7, "في سنة 2023 تعرفت السلطات في لبنان على 7 ضحايا للاتجار بالأشخاص."),
        (AR, 11, "في سنة 2023 تعرفت السلطات في لبنان على 11 ضحية للاتجار بالأشخاص."),
    ],
)
def test_plurals_are_those_of_the_language(speaks: Tongue, number: int, expected: str) -> None:
    assert say.identified("LBN", "2023", figure(number), speaks) == expected


@in_every_language
def test_every_country_has_its_place_in_a_sentence(speaks: Tongue) -> None:
    assert {*codelist("CL_REPORTING_COUNTRY").codes, ALL} == set(say.PLACES)
    assert len({say.where(area, speaks) for area in AREAS}) == len(AREAS)


# --- What it is made of ---------------------------------------------------------------------------


def test_there_is_a_brief_of_every_year_that_is_out_and_of_no_other() -> None:
    assert years(snapshot()) == ["2023", "2022", "2021"]
    for period in ("2024", "2023-Q1", "2023-05", "1999", ""):
        assert brief(snapshot(), "TUN", period, EN) is None
    assert brief(Snapshot(), "TUN", "2023", EN) is None


def test_areas_have_one_code_each_in_addresses() -> None:
    assert [area_of(code_of(area)) for area in AREAS] == list(AREAS)
    assert [area_of(code) for code in ("FRA", "_ALL", "tun", "")] == [None] * 4


def test_its_corridors_are_those_of_the_release() -> None:
    found = brief(snapshot(), "TUN", "2023", EN)
    assert found is not None
    corridors = found.parts[1]
    rows = {
        row.ORIGIN: row for row in BY_KEY["F3|2023|FINAL"].observations if row.REF_AREA == "TUN"
    }
    known = sorted((r for o, r in rows.items() if o and o[0] != "_"), key=lambda r: -r.OBS_VALUE)
    shown = [(one.figure.value, one.figure.lower, one.figure.upper) for one in corridors.rows]
    told = [(r.OBS_VALUE, r.LOWER_BOUND, r.UPPER_BOUND) for r in known]
    assert shown[:CORRIDORS] == told[:CORRIDORS]
    rest = corridors.rows[CORRIDORS]
    assert rest.name == f"{len(known) - CORRIDORS} more countries together"
    assert rest.figure.value == sum(r.OBS_VALUE for r in known[CORRIDORS:])
    assert rest.figure.cells == len(known) - CORRIDORS
    assert sum(one.figure.value for one in corridors.rows) == found.figure.value


def test_what_was_withdrawn_is_said_not_to_stand() -> None:
    found = brief(snapshot(), "TUN", "2022", EN)
    assert found is not None
    stages = next(part for part in found.parts if part.id == "stages")
    assert (stages.sentence, stages.rows) == ("No table of this stands for the year.", ())
    assert WITHDRAWN not in {one.key for one in found.sources}


def test_its_sources_are_told_with_their_digests() -> None:
    found = brief(snapshot(), ALL, "2023", EN)
    assert found is not None
    assert {one.key for one in found.sources} == {"F1|2023|FINAL", "F3|2023|FINAL", "F4|2023|FINAL"}
    assert all(one.digest == BY_KEY[one.key].statement.output for one in found.sources)
    assert found.others == [
        "F3|2022|FINAL",
        *(f"F5|{year}|FINAL" for year in (2021, 2022, 2023)),
    ]


def test_the_trend_ends_with_the_year() -> None:
    found = brief(snapshot(), "TUN", "2021", EN)
    assert found is not None
    assert [one.name for one in found.through] == [f"Q{n} 2021" for n in (1, 2, 3, 4)]
    assert found.through == found.quarters
