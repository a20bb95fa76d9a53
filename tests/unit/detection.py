"""Short spellings of sightings for tests of detectors, and what Hypothesis draws of them."""

from __future__ import annotations

from hashlib import sha256

from hypothesis import strategies as st

from processors.alerts.facts import CaseKey, CaseProfile, Month, Sighting

NOW: Month = 2026 * 12 + 6
SEED = bytes(32)
AUTHORITIES = {"TUN": "tn.inltp", "MAR": "ma.cnclt", "JOR": "jo.ctu", "LBN": "lb.isf"}


def token(name: str) -> bytes:
    """The outer token behind a name."""
    return sha256(name.encode()).digest()


def sight(
    case: str,
    *names: str,
    month: Month = NOW,
    role: str = "RECRUIT",
    kind: str = "PHONE",
    backed: bool = True,
    fact: str = "",
) -> Sighting:
    """A sighting: ``sight("TUN/1", "phone")``; a second name is the token of the year before."""
    country, _, _ = case.partition("/")
    said = fact or f"{case} {names} {month} {role}"
    return Sighting(
        fact=token(said)[:16],
        country=country,
        authority=AUTHORITIES[country],
        case=token(case)[:16],
        tokens=tuple(token(name) for name in names),
        link_type=kind,
        role=role,
        month=month,
        backed=backed,
    )


def key(case: str) -> CaseKey:
    return sight(case, "any").holder


def profile(case: str, *codes: str, month: Month = NOW) -> CaseProfile:
    return CaseProfile(*key(case), month, frozenset(codes))


_cases = st.builds("{}/{}".format, st.sampled_from(sorted(AUTHORITIES)), st.integers(0, 5))
_names = st.lists(st.sampled_from("abcdefg"), min_size=1, max_size=2, unique=True)

sightings = st.lists(
    st.builds(
        lambda case, names, month, role, backed: sight(
            case, *names, month=month, role=role, backed=backed
        ),
        _cases,
        _names,
        st.integers(NOW - 26, NOW + 1),
        st.sampled_from(("RECRUIT", "TRANSP", "EXPLOIT", "_U")),
        st.booleans(),
    ),
    max_size=30,
    unique_by=lambda sighting: sighting.fact,
)
