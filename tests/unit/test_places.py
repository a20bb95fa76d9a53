"""Region cells of the four registers: each resolves within its own country or is refused."""

import csv
from importlib.resources import files

import pytest
from hypothesis import given
from hypothesis import strategies as st

from country_adapters.kit.places import PlaceRefusal, UnresolvedPlace, names, resolve_region
from country_adapters.kit.text import LOST_LETTER
from schemas.codelists import codelist

REGIONS = [entry for entry in codelist("CL_REGION") if "ISO3166-2" in entry.maps_to]
COUNTRY = {"TN": "TUN", "MA": "MAR", "JO": "JOR", "LB": "LBN"}


def answer(text: str, country: str) -> str:
    try:
        return resolve_region(text, country)
    except UnresolvedPlace as refused:
        return f"refused: {refused.reason}"


@pytest.mark.parametrize(
    ("expected", "spellings"),
    [
        ("TN-33", "Le Kef, El Kef, Kef, LE KEF, الكاف, كاف, ولاية الكاف, Gouvernorat du Kef"),
        ("TN-12", "Ariana, L'Ariana, L’ARIANA, أريانة, اريانه, Gouvernorat de l’Ariana"),
        ("TN-81", f"Gabès, Gabes, GABÈS, GabÃ¨s, Gab{LOST_LETTER}s, قابس"),
        ("TN-82", "Médenine, Medenine, Mednine, Médnine, مدنين"),
        ("TN-11", "Tunis, تونس, ولاية تونس"),
        ("TN-14", "La Manouba, Manouba, Mannouba, منوبة"),
        ("TN-43", "Sidi Bouzid, SidiBouzid, sidi-bouzid, سيدي بوزيد"),
        ("TN-42", "Kasserine, Kasserrine, Gouvernorat de Kasserine, القصرين"),
        ("MA-06", "Casablanca, Casa, Préfecture de Casablanca, Nouaceur, الدار البيضاء, Settat"),
        ("MA-09", "Souss-Massa, Chtouka-Ait Baha, Agadir, Tata, Taroudant, أكادير, سوس ماسة"),
        ("MA-02", "L'Oriental, Oriental, Région de l'Oriental, جهة الشرق, Oujda, Nador, وجدة"),
        ("MA-03", "Fès-Meknès, Fès, Fez, فاس, جهة فاس مكناس, Province de Taza"),
        ("MA-07", "Marrakech-Safi, Marrakesh, مراكش, Al Haouz, إقليم الحوز"),
        ("JO-AM", "Amman, العاصمة, عمان, عمّان, Capital, محافظة العاصمة"),
        ("JO-AZ", "Zarqa, Zarka, الزرقاء, الزرقا, Az Zarqa"),
        ("JO-IR", "Irbid, إربد, اربد, محافظة إربد"),
        ("JO-MN", "Ma'an, Maan, Ma‘ān, معان"),
        ("LB-JL", "Mount Lebanon, Mont-Liban, جبل لبنان, Keserwan, Keserwan-Jbeil, كسروان, جبيل"),
        ("LB-BI", "Békaa, Bekaa, Beqaa, البقاع, محافظة البقاع"),
        ("LB-AS", "North, Liban-Nord, Nord, الشمال, لبنان الشمالي"),
        ("LB-NA", "Nabatiyeh, Nabatieh, Nabatiye, النبطية"),
    ],
)
def test_spellings(expected: str, spellings: str) -> None:
    found = {s: answer(s, COUNTRY[expected[:2]]) for s in spellings.split(", ")}
    assert found == dict.fromkeys(found, expected)


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("غير معروف", "JOR", "_U"),
        ("inconnu", "TUN", "_U"),
        ("", "TUN", "refused: EMPTY"),
        ("Amman", "TUN", "refused: UNRECOGNISED"),  # a region, of another country
        ("JO-AM", "TUN", "refused: UNRECOGNISED"),
        ("Grand Tunis", "TUN", "refused: UNRECOGNISED"),  # a macro-region
        ("Souss-Massa-Drâa", "MAR", "refused: UNRECOGNISED"),  # divided in 2015
        ("LB-X-KJ", "LBN", "refused: UNRECOGNISED"),  # not a code of ISO 3166-2
        (f"Ta{LOST_LETTER}a", "MAR", "refused: AMBIGUOUS"),  # Tata or Taza
        ("Paris", "FRA", "refused: NO_LIST"),
    ],
)
def test_what_names_no_region(text: str, country: str, expected: str) -> None:
    assert answer(text, country) == expected


def test_every_region_has_all_its_labels_and_its_code_understood() -> None:
    for region in REGIONS:
        country = COUNTRY[region.code[:2]]
        for text in (region.code, *region.labels.values()):
            assert answer(text, country) == region.code


def test_each_country_answers_with_its_own_regions_only() -> None:
    for country, table in names().items():
        own = {region.code for region in REGIONS if COUNTRY[region.code[:2]] == country}
        assert set(table.values()) == own | {"_U"}


@pytest.mark.parametrize("alphabet", ["latin", "arabic"])
def test_moroccan_provinces_and_prefectures_are_known_in_both_alphabets(alphabet: str) -> None:
    with (files("country_adapters.kit") / "places.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["kind"] == "province"]
    written = [row for row in rows if (row["name"] > "\u0600") == (alphabet == "arabic")]
    assert {row["code"] for row in written} == {r.code for r in REGIONS if r.code[:2] == "MA"}
    assert len(written) >= 70  # of 75; a region's own name may serve its chief province


@given(st.text() | st.sampled_from(sorted(names()["TUN"])), st.sampled_from(sorted(names())))
def test_any_input_gives_a_region_of_the_country_or_a_refusal(text: str, country: str) -> None:
    found = answer(text, country)
    own = names()[country].values()
    assert found in own or found.removeprefix("refused: ") in set(PlaceRefusal)


def test_a_refusal_never_repeats_the_cell() -> None:
    with pytest.raises(UnresolvedPlace) as refused:
        resolve_region("Victime Fictive 0012", "TUN")
    assert "Fictive" not in str(refused.value)
