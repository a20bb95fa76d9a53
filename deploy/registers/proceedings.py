"""What an invented country does about trafficking: investigations, networks, trainings, requests.

The stages of a person follow the order of criminal procedure: nobody is convicted who was not
prosecuted, nobody is finally convicted who was not convicted before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import count
from random import Random

from deploy.registers.chance import Steps, day_of, pick, some
from deploy.registers.world import (
    Case,
    Codes,
    Cooperation,
    Dated,
    Investigation,
    Network,
    Sentence,
    Suspect,
    Training,
)

ABROAD = {
    "TUN": {"FRA": 3, "ITA": 3, "CIV": 2, "LBY": 2, "MAR": 1, "LBN": 1, "JOR": 1},
    "MAR": {"ESP": 4, "FRA": 3, "ITA": 2, "TUN": 1, "ARE": 1},
    "JOR": {"LBN": 2, "SAU": 2, "PHL": 2, "EGY": 2, "TUN": 1, "MAR": 1},
    "LBN": {"SYR": 4, "JOR": 2, "ETH": 2, "ARE": 1, "TUN": 1},
}
OFFENCES = {"TIPLAW": 14, "PROST": 3, "LABOUR": 1, "SMUGG": 1, "KIDNAP": 1, "BEGG": 1}
ROLES = ("RECRUIT", "BROKER", "TRANSP", "HARBOUR", "EXPLOIT", "CONTROL")
VERDICTS = {"CONV1": 13, "ACQUIT": 4, "DISMISS": 2, "REQUAL": 1}
SENTENCES = {"FINE": 1, "SUSP": 2, "C_LT1": 2, "C1T5": 5, "C5T10": 5, "C10T15": 3, "C_GE15": 1}


def investigation(
    country: str, forms: Codes, sent_on: date | None, step: Steps
) -> Investigation | None:
    """The investigation that follows a transmission, if one does."""
    rng = step.rng
    opened_on = step.after(sent_on, 0, 40, chance=0.85)
    if opened_on is None or forms == ("_U",):
        return None
    offence = pick(rng, OFFENCES)
    return Investigation(
        on=opened_on,
        offence=offence,
        proactive=rng.choice(("Y", "N", "N")),
        international=rng.choice(("Y", "N", "N", "N")),
        suspects=tuple(
            suspect
            for _ in range(rng.choice((0, 1, 1, 2, 3)))
            if (suspect := _suspect(country, offence, opened_on, step))
        ),
    )


def _suspect(country: str, offence: str, opened_on: date, step: Steps) -> Suspect | None:
    rng = step.rng
    suspected_on = step.after(opened_on, 0, 90)
    if suspected_on is None:
        return None
    prosecuted_on = step.after(suspected_on, 5, 160, chance=0.78)
    judged_on = step.after(prosecuted_on, 60, 500, chance=0.8)
    verdict = pick(rng, VERDICTS)
    convicted = judged_on is not None and verdict == "CONV1"
    citizenship = country if rng.random() < 0.75 else rng.choice(list(ABROAD[country]))
    return Suspect(
        sex=rng.choice(("M", "M", "F")),
        adult="Y" if rng.random() < 0.97 else "N",
        citizenship=citizenship,
        roles=some(rng, ROLES, 2),
        offence=offence,
        suspected_on=suspected_on,
        prosecuted_on=prosecuted_on,
        judgement=Dated(judged_on, verdict) if judged_on else None,
        final_on=step.after(judged_on, 40, 300, chance=0.5) if convicted else None,
        sentence=Sentence(
            code=pick(rng, SENTENCES),
            confiscated=rng.choice(("Y", "N", "N")),
            compensated=rng.choice(("Y", "N", "N", "N")),
            legal_person=rng.choice(("Y", *["N"] * 15)),
        )
        if convicted
        else None,
    )


def networks(
    country: str, years: Sequence[int], regions: Sequence[str], rng: Random
) -> Iterator[Network]:
    """Three to five networks a year."""
    numbers = count(1)
    for year in years:
        for _ in range(rng.randint(3, 5)):
            yield Network(
                number=next(numbers),
                on=day_of(year, rng),
                region=rng.choice(regions),
                kind=rng.choice(("ASSOC", "ASSOC", "OCG_BIZ", "SOLO")),
                members=rng.randint(1, 24),
                victims=rng.randint(1, 30),
                countries=(country, *some(rng, tuple(ABROAD[country]), 2)),
                roles=some(rng, ROLES, 4),
                recruitment=some(rng, ("COETH", "AGENCY", "SOCIAL", "MSG", "STREET"), 2),
                route=some(rng, ("AIR", "LAND", "SEA"), 2),
                forms=some(rng, ("LAB_DOM", "SEX_PROST", "BEG", "SLV_CHILD", "LAB_AGR"), 2),
                outcome=rng.choice(("ARRESTS", "DISMANTLED", "DISRUPTED")),
            )


def trainings(
    country: str, years: Sequence[int], regions: Sequence[str], rng: Random
) -> Iterator[Training]:
    """Eight to twelve trainings a year; a few of them too small to tell women from men."""
    audiences = ("JUDGE", "LAWYER", "POLICE", "BORDER", "LABINS", "CHILDP", "SOCIAL", "HEALTH")
    numbers = count(1)
    for year in years:
        for _ in range(rng.randint(8, 12)):
            women, men = rng.randint(0, 22), rng.randint(0, 22)
            total = max(women + men, 3)
            told = total >= 5
            yield Training(
                number=next(numbers),
                on=day_of(year, rng),
                region=rng.choice(regions),
                axis=rng.choice(("PREV", "PROT", "COOP", "INTER")),
                audience=some(rng, audiences, 3),
                mode=rng.choice(("INPERS", "INPERS", "ONLINE", "HELP", "BLEND")),
                women=women if told else None,
                men=men if told else None,
                total=total,
                hours=rng.choice((6, 12, 18, 24, 40)),
                language=rng.choice(("ar", "en") if country in ("JOR", "LBN") else ("ar", "fr")),
                of_trainers=rng.choice(("Y", "N", "N", "N")),
                regional=rng.choice(("Y", "N", "N", "N")),
                partner=rng.choice(("COE", "COE", "IOM", "UNODC", "NONE", "OTHER")),
            )


def cooperation(
    country: str, cases: Sequence[Case], until: date, rng: Random
) -> Iterator[Cooperation]:
    """One request for each investigation across borders."""
    numbers = count(1)
    for case in cases:
        found = case.investigation
        if found is None or found.international == "N":
            continue
        on = Steps(case.reported_on, until, rng).after(found.on, 5, 90)
        if on is None:
            continue
        yield Cooperation(
            number=next(numbers),
            case=case,
            on=on,
            region=case.region,
            direction=rng.choice(("SENT", "SENT", "RECEIVED")),
            country=pick(rng, ABROAD[country]),
            kind=rng.choice(("MLA", "POLICE", "POLICE", "EXTRADITION", "NRM")),
            outcome=rng.choice(("OPEN", "EXECUTED", "EXECUTED", "REFUSED")),
        )
