"""The terms of national law for the forms of exploitation, and the codes that they stand for.

Terms are those of the laws: Tunisia, organic law 2016-61 of 3 August 2016, article 2; Jordan, law 9
of 2009, article 3(b), as amended in 2021.
"""

from __future__ import annotations

import pytest

from country_adapters.kit.register import load_register

TERMS = {
    "tunisia": [
        ("exploitation de la prostitution ou de la débauche d’autrui", "SEX_PROST"),
        ("toutes autres formes d’exploitation sexuelle", "SEX"),
        ("travail ou services forcés", "LAB"),
        ("esclavage ou pratiques analogues à l’esclavage", "SLV"),
        ("servitude", "SRV"),
        ("servitude pour dettes", "SLV_DEBT"),
        ("servage", "SLV_SERF"),
        ("mendicité", "BEG"),
        ("prélèvement total ou partiel d’organes, tissus, cellules, gamètes, gènes", "ORG"),
        ("mariage ou grossesse forcés", "FMR"),
        ("gestation pour autrui contrainte", "SUR"),
        ("adoption aux fins d’exploitation", "ADO"),
        ("utilisation d’enfants dans des activités criminelles", "CRI"),
        ("utilisation d’enfants dans un conflit armé", "ARM"),
        ("toutes autres formes d’exploitation", "OTH"),
    ],
    "jordan": [
        ("العمل بالسخرة أو العمل قسرا", "LAB"),
        ("الاسترقاق", "SLV"),
        ("الاستعباد", "SRV"),
        ("نزع الأعضاء", "ORG"),
        ("الدعارة", "SEX_PROST"),
        ("أي شكل من أشكال الاستغلال الجنسي", "SEX"),
        ("التسول المنظم", "BEG"),
    ],
}


@pytest.mark.parametrize(
    ("country", "term", "code"),
    [(country, *pair) for country, pairs in TERMS.items() for pair in pairs],
)
def test_a_term_of_the_law_stands_for_its_code(country: str, term: str, code: str) -> None:
    words = load_register(country).words["forms"]
    assert words.code(term) == words.code(term.upper()) == code
