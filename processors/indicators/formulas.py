"""The table of formulas: how each indicator of the catalogue follows from cells."""

from __future__ import annotations

from dataclasses import dataclass

from processors.indicators.select import Select
from schemas.codelists import codelist


@dataclass(frozen=True)
class Count:
    """A number of persons, cases or events.

    Attributes:
        of: What is counted.
        always_by: The breakdown without which it says nothing.
    """

    of: Select
    always_by: str = ""


@dataclass(frozen=True)
class Share:
    """A percentage of one selection in another.

    Attributes:
        of: The part.
        among: The whole; what is unknown is left out of it.
        always_by: The breakdown without which it says nothing.
    """

    of: Select
    among: Select
    always_by: str = ""


@dataclass(frozen=True)
class Parts:
    """The percentage of each value of a dimension among the things of known value.

    Attributes:
        of: What is divided.
        along: The breakdowns that may divide it; the first, unless another is asked for.
    """

    of: Select
    along: tuple[str, ...]


@dataclass(frozen=True)
class Bands:
    """Parts along bands of days, and the band by whose end half of the things are reached."""

    of: Select
    along: str = "DUR_BAND"


@dataclass(frozen=True)
class Rate:
    """A number for each 100,000 residents."""

    of: Select


@dataclass(frozen=True)
class NotCounted:
    """An indicator that is not counted yet, and why. It has no value, not even zero."""

    reason: str


Formula = Count | Share | Parts | Bands | Rate | NotCounted

VICTIMS = Select("VIC_IDENT")
CHILDREN = codelist("CL_AGE").descendants("Y0T17")
CUSTODY = tuple(code for code in codelist("CL_SENTENCE").codes if code.startswith("C"))


def _only(measure: str, name: str, *values: str) -> Select:
    return Select(measure, where=((name, values),))


def _known(measure: str, *names: str) -> Select:
    return Select(measure, known=names)


FORMULAS: dict[str, Formula] = {
    "VIC_IDENT": Count(VICTIMS),
    "VIC_RATE": Rate(VICTIMS),
    "VIC_SEX": Count(_only("VIC_IDENT", "EXPLOITATION", "SDG_SEX")),
    "VIC_LAB": Count(_only("VIC_IDENT", "EXPLOITATION", "SDG_LAB")),
    "VIC_ORG": Count(_only("VIC_IDENT", "EXPLOITATION", "SDG_ORG")),
    "VIC_OTH": Count(_only("VIC_IDENT", "EXPLOITATION", "SDG_OTH")),
    "VIC_PRES": Count(Select("VIC_PRES")),
    "VIC_PRES2ID": Share(Select("VIC_PRES2ID_NUM"), Select("VIC_PRES2ID_DEN")),
    "VIC_CHILD_SH": Share(_only("VIC_IDENT", "AGE", *CHILDREN), _known("VIC_IDENT", "AGE")),
    "VIC_FEM_SH": Share(_only("VIC_IDENT", "SEX", "F"), _known("VIC_IDENT", "SEX")),
    "VIC_FOR_SH": Share(
        _only("VIC_IDENT", "NATFOR", "FOREIGN", "STATELESS"), _known("VIC_IDENT", "NATFOR")
    ),
    "VIC_CITIZ": Count(Select("VIC_CITIZ"), always_by="CITIZ"),
    "VIC_XBORDER_SH": Share(
        _only("VIC_IDENT", "GEOGRAPHY", "XB4", "XB"), _known("VIC_IDENT", "GEOGRAPHY")
    ),
    "COR_FLOW": Count(Select("COR_FLOW")),
    "COR_4": Count(Select("COR_FLOW", condition="origin and destination are two of the four")),
    "MEANS_SH": Parts(Select("VIC_MEANS"), ("MEANS",)),
    "RECR_SH": Parts(Select("VIC_RECRUITED"), ("RECRUIT_CHANNEL", "RECRUITER")),
    "SECTOR_SH": Parts(_only("VIC_RECRUITED", "SDG", "SDG_LAB"), ("ISIC",)),
    "REP_N": Count(Select("REP_N")),
    "REP_CSO_SH": Share(_only("REP_N", "REPORTER", "NGO", "IGO"), _known("REP_N", "REPORTER")),
    "REP_TRANS_SH": Share(Select("REP_TRANS_SH_NUM"), Select("REP_TRANS_SH_DEN")),
    "T_REP_ID": Bands(Select("T_REP_ID")),
    "T_ID_REF": Bands(Select("T_ID_REF")),
    "T_REF_AST": Bands(Select("T_REF_AST")),
    "REF_COV": Share(Select("REF_COV_NUM"), VICTIMS),
    "AST_N": Count(Select("AST_N")),
    "AST_CORE_COV": Share(Select("AST_CORE_COV_NUM"), VICTIMS),
    "REFLECT_N": Count(_only("AST_N", "SERVICE", "REFLECT")),
    "RESID_N": Count(_only("AST_N", "SERVICE", "RESID")),
    "COMP_N": Count(Select("COMP_N")),
    "RETURN_N": Count(Select("RETURN_N")),
    "INV_N": Count(Select("INV_N")),
    "SUS_N": Count(Select("SUS_N")),
    "PRO_N": Count(Select("PRO_N")),
    "CONV_N": Count(Select("CONV_N"), always_by="STAGE"),
    "CONV_RATE": Share(Select("CONV_RATE_NUM"), Select("PRO_N")),
    "CUST_SH": Share(_only("SENT_N", "SENTENCE", *CUSTODY), _known("SENT_N", "SENTENCE")),
    "ASSET_SH": Share(_only("SENT_N", "ASSETS", "Y"), Select("SENT_N")),
    "REQUAL_SH": Share(Select("REQUAL_SH_NUM"), Select("PRO_N")),
    "COOP_N": Count(Select("COOP_N")),
    "NET_N": Count(Select("NET_N")),
    "NET_XLINK": NotCounted(
        "Tokens of facilitators are compared by a trustee, which this version does not have; the"
        " events that would carry them are refused."
    ),
    "TRN_N": Count(Select("TRN_N")),
    "TRN_PER": Count(Select("TRN_N_PER")),
    "TRN_TOT": Count(_only("TRN_N_PER", "TRAINERS", "Y")),
    "DQ_UNK": Share(Select("DQ_UNK_NUM"), Select("DQ_UNK_DEN"), always_by="DIMENSION"),
    "DQ_LATE": Bands(Select("DQ_LATE"), along="LAG"),
    "DQ_SEQ": Count(Select("DQ_SEQ"), always_by="FAULT"),
}
"""By code of the catalogue."""
