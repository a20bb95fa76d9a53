"""The table of counting rules: every measure, which event counts for it, and by what."""

from __future__ import annotations

from processors.indicators.acceptance import DAY_OF_ACCEPTANCE
from processors.indicators.dimensions import UNKNOWN, Event
from processors.indicators.rule import Match, Once, Rule

# --- Events that rules speak of ------------------------------------------------------------------

PRESUMED = Match("victim.presumed")
DECIDED = Match("victim.identified")
IDENTIFIED = Match("victim.identified", "status", ("IDENTIFIED",))
REFERRED = Match("victim.referred")
TAKEN_ON = Match("victim.referred", "accepted", ("Y",))
ASSISTED = Match("assistance.provided")
CLOSED = Match("assistance.closed")
RETURNED = Match("victim.return")
CAME_HOME = Match("victim.return", "direction", ("IN",))
RECEIVED = Match("report.received")
TRIAGED = Match("report.triaged")
ACCEPTED = Match("report.triaged", "outcome", ("ACCEPTED",))
TRANSMITTED = Match("report.transmitted")
SENTENCED = Match("justice.sentence")
TRAINED = Match("training.delivered")


def staged(*stages: str) -> Match:
    """A person reached one of some stages of proceedings."""
    return Match("justice.person_stage", "stage", stages)


def assisted(*services: str) -> Match:
    """A victim was given one of some services."""
    return Match("assistance.provided", "service", services)


CONVICTED = staged("CONV1", "CONVF")

CORE = (assisted("SHELTER"), assisted("MEDICAL", "PSYCH"), assisted("LEGINFO", "LEGAID"))
"""Core assistance, CETS 197 art. 12: a roof, care, and help with the law."""


def _participants(event: Event) -> list[tuple[str, int]]:
    known = {"F": event["participants_f"] or 0, "M": event["participants_m"] or 0}
    rest = event["participants_total"] - sum(known.values())
    return [(sex, number) for sex, number in (*known.items(), (UNKNOWN, rest)) if number]


# --- The table -----------------------------------------------------------------------------------

PERSON = ("SEX", "AGE", "NATFOR")
VICTIM = (*PERSON, "REGION", "GEOGRAPHY", "EXPLOITATION")
FLOW = ("ORIGIN", "TRANSIT", "DEST", "EXPLOITATION")
RECRUITMENT = ("RECRUIT_CHANNEL", "RECRUITER", "ISIC", "SDG")
TRAINING = ("AXIS", "AUDIENCE", "MODE")
EVER, PERIOD = Once.EVER, Once.PERIOD

RULES: tuple[Rule, ...] = (
    Rule("VIC_PRES", PRESUMED, ("SEX", "AGE"), "QA", EVER),
    Rule("VIC_IDENT", IDENTIFIED, VICTIM, "QA", EVER),
    Rule("VIC_CITIZ", IDENTIFIED, ("CITIZ",), "A", EVER),
    Rule("VIC_MEANS", IDENTIFIED, ("SEX", "SDG", "MEANS"), "A", EVER),
    Rule("VIC_RECRUITED", IDENTIFIED, RECRUITMENT, "A", EVER),
    Rule("VIC_PRES2ID_DEN", PRESUMED, (), "A", EVER),
    Rule("VIC_PRES2ID_NUM", PRESUMED, (), "A", EVER, given=(IDENTIFIED,)),
    Rule("COR_FLOW", IDENTIFIED, FLOW, "A", EVER),
    Rule("COR_FLOW", CAME_HOME, FLOW, "A", EVER, unless=(IDENTIFIED,)),
    Rule("REF_COV_NUM", IDENTIFIED, ("SEX", "AGE"), "A", EVER, given=(TAKEN_ON,)),
    Rule("AST_CORE_COV_NUM", IDENTIFIED, (), "A", EVER, given=CORE),
    Rule("AST_N", ASSISTED, ("SERVICE", "SEX", "AGE"), "QA", PERIOD),
    Rule("COMP_N", assisted("COMPF", "COMPS"), ("SERVICE",), "A", PERIOD),
    Rule("RETURN_N", RETURNED, ("DIRECTION", "COUNTERPART")),
    Rule("T_REP_ID", IDENTIFIED, ("DUR_BAND", "AGE"), "A", EVER, shortest="days_from_report"),
    Rule("T_ID_REF", REFERRED, ("DUR_BAND",), "A", EVER, shortest="days_from_identification"),
    Rule("T_REF_AST", ASSISTED, ("DUR_BAND", "SERVICE"), "A", EVER, shortest="days_from_referral"),
    Rule("REP_N", RECEIVED, ("REGION", "CHANNEL", "REPORTER"), "MQA"),
    Rule("REP_TRANS_SH_DEN", RECEIVED, (), "A", EVER, given=(ACCEPTED,)),
    Rule("REP_TRANS_SH_NUM", RECEIVED, (), "A", EVER, given=(ACCEPTED, TRANSMITTED)),
    Rule("INV_N", Match("justice.investigation_opened"), ("OFFENCE", "EXPLOITATION"), "QA"),
    Rule("SUS_N", staged("SUSPECT"), PERSON, "A", EVER),
    Rule("PRO_N", staged("PROSEC"), (*PERSON, "OFFENCE"), "A", EVER),
    Rule("CONV_N", staged("CONV1"), (*PERSON, "OFFENCE", "STAGE"), "A", EVER),
    Rule("CONV_N", staged("CONVF"), (*PERSON, "OFFENCE", "STAGE"), "A", EVER),
    Rule("CONV_RATE_NUM", staged("PROSEC"), (), "A", EVER, given=(CONVICTED,)),
    Rule("REQUAL_SH_NUM", staged("PROSEC"), ("OFFENCE",), "A", EVER, given=(staged("REQUAL"),)),
    Rule("SENT_N", SENTENCED, ("SENTENCE", "ASSETS")),
    Rule("COOP_N", Match("cooperation.request"), ("DIRECTION", "COUNTERPART", "KIND", "OUTCOME")),
    Rule("NET_N", Match("network.intercepted"), ("TYPE", "OUTCOME")),
    Rule("TRN_N", TRAINED, TRAINING, "QA"),
    Rule("TRN_N_PER", TRAINED, (*TRAINING, "TRAINERS"), "QA", split=_participants),
    Rule("DQ_UNK_DEN", Match("*"), ("DIMENSION",), "Q"),
    Rule("DQ_UNK_NUM", Match("*"), ("DIMENSION_UNKNOWN",), "Q"),
    Rule("DQ_LATE", Match("*"), ("LAG",), "Q", dated=DAY_OF_ACCEPTANCE),
)
