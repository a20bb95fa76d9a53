"""The commands as a person or a program meets them: what they print, where, and how they exit.

Commands run in this process through the program's own entry point, so that errors are told as a
user sees them; the demo runs as a process.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from country_adapters import AUTHORITIES
from deploy.home import LiveSecrets, Site
from processors.intake.fold import Record, fold
from processors.intake.ledger import Ledger, ledger_path
from processors.intake.records import cell_key, pack_count
from schemas.anonymity import BOTTOM
from schemas.indicators import catalogue
from schemas.trust import TrustDocument
from tests.integration.shell import Southmed
from tests.samples import an_event, ref
from tests.told import attested
from tests.world import TOPIC, World, sealed


@pytest.fixture
def counted(site: Site) -> Site:
    """A site whose ledger has folded one batch of the Tunisian authority."""
    secrets = LiveSecrets(site)()
    tunisia, platform = site.signing_key("tn.inltp"), site.receipt_key()
    world = World(tunisia, tunisia, platform, secrets.keys[0], secrets.trust)
    events = [
        an_event(period="2019-05", victim_ref=ref(f"victim {n}"), sex=sex)
        for n, sex in enumerate("FFM")
    ]
    events += [an_event("training.delivered", period="2018-02", audience=["POLICE"])]
    ledger = Ledger(ledger_path(site.ledgers / "worker-1", TOPIC))
    batch = sealed(*events, world=world, anonymity=[attested(BOTTOM, "2019-Q2")]).message
    ledger.commit(fold(Record(TOPIC, 0, batch), ledger.read, secrets).writes)
    ledger.close()
    return site


# --- site ----------------------------------------------------------------------------------------


def test_site_init_makes_keys_that_only_their_owner_reads(
    southmed: Southmed, tmp_path: Path
) -> None:
    said = southmed("site", "init", tmp_path / "new")
    assert (said.status, said.err) == (0, "")
    keys = {path.relative_to(tmp_path / "new") for path in (tmp_path / "new").rglob("*.key")}
    expected = {Path("authorities") / a / f"{k}.key" for a in AUTHORITIES for k in KEYS_AT_HOME}
    platform = {Path("platform") / f"{name}.key" for name in ("opening", "receipts", "linkage")}
    assert keys == expected | platform
    assert {(tmp_path / "new" / key).stat().st_mode & 0o777 for key in keys} == {0o600}
    trust = TrustDocument.parse((tmp_path / "new" / "trust.json").read_bytes())
    assert {a.id: a.country for a in trust.authorities} == AUTHORITIES
    assert {key.scheme for key in trust.keys if key.purpose == "open"} == {"mlkem768-x25519"}


KEYS_AT_HOME = ("signing", "pseudonyms")


def test_site_init_without_the_post_quantum_part(southmed: Southmed, tmp_path: Path) -> None:
    assert southmed("site", "init", tmp_path / "new", "--x25519").status == 0
    trust = Site(tmp_path / "new").trust()
    assert {key.scheme for key in trust.keys if key.purpose == "open"} == {"x25519"}


def test_no_secret_stands_in_the_trust_document(site: Site) -> None:
    public = site.trust_file.read_bytes()
    for key in site.root.rglob("*.key"):
        assert key.read_bytes() not in public
        assert key.read_bytes().hex().encode() not in public


def test_site_init_refuses_a_second_time_and_leaves_the_keys(
    southmed: Southmed, site: Site
) -> None:
    before = {path: path.read_bytes() for path in site.root.rglob("*") if path.is_file()}
    said = southmed("site", "init", site.root)
    assert said.status == 1
    assert "KEY_FILE_INVALID" in said.told
    assert "no trust document yet" in said.told
    assert before == {path: path.read_bytes() for path in site.root.rglob("*") if path.is_file()}


def test_site_init_over_keys_without_a_trust_document_is_refused(
    southmed: Southmed, site: Site
) -> None:
    site.trust_file.unlink()
    said = southmed("site", "init", site.root)
    assert said.status == 1
    assert "KEY_FILE_INVALID" in said.told


# --- indicators ----------------------------------------------------------------------------------


def test_indicators_list_is_the_catalogue(southmed: Southmed) -> None:
    said = southmed("indicators", "list", "--json")
    assert said.status == 0
    assert [entry["code"] for entry in said.json] == list(catalogue())
    assert said.json[0]["breakdowns"] == list(catalogue()["VIC_IDENT"].breakdowns)
    assert said.json[0]["not_additive"] == ["FORM", "FORM_SDG", "FORM_NAT"]
    told = southmed("indicators", "list")
    assert told.status == 0
    assert "FORM_SDG*" in told.out
    assert "VIC_IDENT" in told.out


def test_indicators_show_as_json(southmed: Southmed, counted: Site) -> None:
    said = southmed("indicators", "show", "VIC_IDENT", "--site", counted.root, "--json")
    assert said.status == 0
    assert said.json == [
        {
            "indicator": "VIC_IDENT",
            "ref_area": "TUN",
            "time_period": "2019",
            "breakdown": {},
            "value": 3,
            "obs_status": "A",
            "numerator": None,
            "denominator": None,
            "unknown": None,
            "median": None,
        }
    ]


def test_exact_counts_come_with_a_warning_beside_the_output(
    southmed: Southmed, counted: Site
) -> None:
    said = southmed("indicators", "show", "VIC_IDENT", "--site", counted.root, "--json")
    assert "never leave the platform" in said.told
    assert "never leave" not in said.out


ASKED: list[tuple[list[str], list[tuple[str, dict[str, str], object]]]] = [
    (["vic_ident", "--by", "sex"], [("2019", {"SEX": "F"}, 2), ("2019", {"SEX": "M"}, 1)]),
    (["VIC_IDENT", "--period", "2019-Q2"], [("2019-Q2", {}, 3)]),
    (["VIC_IDENT", "--period", "2018"], []),
    (["VIC_IDENT", "--country", "mar"], []),
    (["VIC_IDENT", "--country", "tun", "--by", "FORM_SDG"], [("2019", {"FORM_SDG": "SDG_LAB"}, 3)]),
    (["TRN_PER"], [("2018", {}, 20)]),
    (["VIC_RATE", "--by", "SEX"], [("2019", {"SEX": s}, None) for s in "FM"]),
    (["VIC_LAB", "--by", "FORM"], [("2019", {"FORM": f}, 3) for f in ("LAB", "LAB_DOM")]),
    (["T_REP_ID"], [("2019", {"DUR_BAND": "D8T30"}, 100)]),
    (["MEANS_SH", "--by", "SEX"], [("2019", {"MEANS": "EARN", "SEX": s}, 100) for s in "FM"]),
    (["TRN_TOT"], []),
    (["NET_XLINK"], []),
]


@pytest.mark.parametrize(("arguments", "expected"), ASKED, ids=lambda a: " ".join(map(str, a)))
def test_indicators_show_what_is_asked_for(
    southmed: Southmed,
    counted: Site,
    arguments: list[str],
    expected: list[tuple[str, dict[str, str], object]],
) -> None:
    said = southmed("indicators", "show", *arguments, "--site", counted.root, "--json")
    assert said.status == 0
    assert [(o["time_period"], o["breakdown"], o["value"]) for o in said.json] == expected


def test_indicators_show_as_a_table(southmed: Southmed, counted: Site) -> None:
    said = southmed("indicators", "show", "VIC_RATE", "--site", counted.root)
    assert said.status == 0
    # 3 of 11,875,081 residents (World Bank SP.POP.TOTL).
    assert "0.0253" in said.out
    assert "11,875,081" in said.out
    assert "Detected part only" in said.out


def test_a_missing_value_is_not_shown_as_zero(southmed: Southmed, counted: Site) -> None:
    said = southmed("indicators", "show", "VIC_RATE", "--by", "SEX", "--site", counted.root)
    lines = [line for line in said.out.splitlines() if "TUN" in line]
    assert len(lines) == 2
    assert not any(cell.strip() == "0" for line in lines for cell in line.split("│"))


def test_the_median_band_and_the_unknown_stand_beside_a_share(
    southmed: Southmed, counted: Site
) -> None:
    said = southmed("indicators", "show", "T_REP_ID", "--site", counted.root, "--json")
    (one,) = said.json
    assert (one["median"], one["denominator"], one["unknown"]) == ("D8T30", 3, 0)
    told = southmed("indicators", "show", "T_REP_ID", "--site", counted.root).out
    assert "Counted: Formally identified victims." in told
    assert "median" in told
    assert "unknown" in told


def test_parts_that_do_not_add_up_are_told_as_such(southmed: Southmed, counted: Site) -> None:
    several = "FORM_SDG: several values a person, no sum."
    said = southmed("indicators", "show", "VIC_IDENT", "--by", "FORM_SDG", "--site", counted.root)
    assert several in said.out
    said = southmed("indicators", "show", "VIC_IDENT", "--by", "SEX", "--site", counted.root)
    assert "no sum" not in said.out


def test_an_indicator_that_is_not_counted_says_why(southmed: Southmed, counted: Site) -> None:
    said = southmed("indicators", "show", "NET_XLINK", "--site", counted.root)
    assert said.status == 0
    assert "NET_XLINK is not counted. Tokens of facilitators" in said.told
    listed = {e["code"]: e["not_counted"] for e in southmed("indicators", "list", "--json").json}
    assert [code for code, reason in listed.items() if reason] == ["NET_XLINK"]


def test_what_is_unknown_of_an_indicator(southmed: Southmed, counted: Site) -> None:
    said = southmed("indicators", "unknown", "vic_xborder_sh", "--site", counted.root, "--json")
    assert [(u["dimension"], u["unknown"], u["total"]) for u in said.json] == [
        ("GEOGRAPHY", 0, 3),
        ("EXPLOITATION", 0, 3),
    ]
    told = southmed("indicators", "unknown", "VIC_IDENT", "--site", counted.root)
    assert (told.status, "NATFOR" in told.out) == (0, True)


def test_the_cells_of_a_ledger_add_up(southmed: Southmed, counted: Site) -> None:
    said = southmed("indicators", "quality", "--site", counted.root, "--json")
    assert (said.status, said.json) == (0, {"findings": [], "gaps": []})
    assert "The cells add up." in southmed("indicators", "quality", "--site", counted.root).out


def test_a_ledger_whose_cells_do_not_add_up_is_told(southmed: Southmed, counted: Site) -> None:
    ledger = Ledger(ledger_path(counted.ledgers / "worker-1", TOPIC))
    quarter = cell_key(("TRN_N", "TUN", "2018-Q1", "PREV", "POLICE", "BLEND"))
    ledger.commit({quarter: pack_count(2)})
    ledger.close()
    said = southmed("indicators", "quality", "--site", counted.root, "--json")
    assert said.status == 1
    assert {(gap["of"], gap["whole"], gap["parts"]) for gap in said.json["gaps"]} == {
        ("quarters", 1, 2),
        ("AUDIENCE", 1, 2),
    }
    assert "Cells do not add up" in southmed("indicators", "quality", "--site", counted.root).told


# --- What goes wrong -----------------------------------------------------------------------------

ERRORS: list[tuple[list[str], str]] = [
    (["indicators", "show", "VIC_IDENTT", "--site", "{counted}"], "UNKNOWN_INDICATOR"),
    (["indicators", "show", "VIC_IDENT", "--by", "ISIC", "--site", "{counted}"], "UNKNOWN_IND"),
    (["indicators", "show", "VIC_IDENT", "--site", "{empty}"], "LEDGER_MISSING"),
    (["verify", "--site", "{empty}", "--broker", "127.0.0.1:1"], "LEDGER_MISSING"),
    (["adapter", "status", "tunisia", "--site", "{empty}"], "OUTBOX_MISSING"),
    (["adapter", "status", "atlantis", "--site", "{counted}"], "DECLARATION_INVALID"),
    (["intake", "run", "--site", "{empty}", "--broker", "127.0.0.1:1"], "KEY_FILE_INVALID"),
    *(
        ([*command, "--site", "{counted}", *options], code)
        for command in (["intake", "run"], ["adapter", "run", "tunisia"], ["verify"])
        for options, code in (
            (["--broker", "kafka:9092"], "TLS_REQUIRED"),
            (["--broker", "127.0.0.1:1,192.0.2.7:9092"], "TLS_REQUIRED"),
            (["--broker", "kafka:9092", "--identity", "{empty}"], "IDENTITY_INVALID"),
        )
    ),
]


@pytest.mark.parametrize(("arguments", "code"), ERRORS, ids=str)
def test_an_error_tells_its_code_and_what_to_do_and_exits_with_1(
    southmed: Southmed, counted: Site, tmp_path: Path, arguments: list[str], code: str
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    said = southmed(*(a.format(counted=counted.root, empty=empty) for a in arguments))
    assert said.status == 1
    assert code in said.told
    assert said.out == ""
    assert "Traceback" not in said.err
    _, *advice = said.err.rstrip().splitlines()
    assert advice
    assert advice[-1].startswith("  ")
    assert list(empty.iterdir()) == [], "a failed command left something behind"


def test_an_error_repeats_what_was_typed_as_it_was(southmed: Southmed, counted: Site) -> None:
    said = southmed("indicators", "show", "vic[/]", "--site", counted.root)
    assert said.status == 1
    assert "got VIC[/]" in said.told


def test_a_key_that_others_may_read_is_refused(southmed: Southmed, site: Site) -> None:
    key = site.authority("tn.inltp") / "pseudonyms.key"
    key.chmod(0o640)
    said = southmed("adapter", "open-epoch", "tunisia", "--site", site.root)
    assert said.status == 1
    assert "KEY_FILE_INVALID" in said.told
    assert "chmod 600" in said.told


def test_a_secret_that_was_cut_short_is_refused(southmed: Southmed, site: Site) -> None:
    """An empty secret would make pseudonyms that anyone can compute."""
    key = site.authority("tn.inltp") / "pseudonyms.key"
    key.write_bytes(b"")
    said = southmed("adapter", "open-epoch", "tunisia", "--site", site.root)
    assert said.status == 1
    assert "SECRET_FILE_INVALID" in said.told


USAGE = [
    ["nonsense"],
    ["indicators", "show"],
    ["indicators", "show", "VIC_IDENT"],
    ["adapter", "status", "tunisia", "--nonsense"],
    ["demo", "--workers", "9"],
]


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_wrong_usage_exits_with_2(
    southmed: Southmed, monkeypatch: pytest.MonkeyPatch, arguments: list[str]
) -> None:
    monkeypatch.delenv("SOUTHMED_SITE", raising=False)
    said = southmed(*arguments)
    assert said.status == 2
    assert said.out == ""


def test_the_site_may_be_named_by_the_environment(
    southmed: Southmed, monkeypatch: pytest.MonkeyPatch, counted: Site
) -> None:
    monkeypatch.setenv("SOUTHMED_SITE", str(counted.root))
    assert southmed("indicators", "show", "VIC_IDENT", "--json").json[0]["value"] == 3


def test_help_names_every_command(southmed: Southmed) -> None:
    said = southmed("--help")
    assert said.status == 0
    for command in ("demo", "site", "pki", "adapter", "intake", "indicators", "verify"):
        assert command in said.out
