"""``southmed linkage``: the holders of the linkage key, and what they are asked."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Annotated, Any, get_args

import typer

from deploy.commands.health import HealthOption
from deploy.home import Site
from deploy.running import health, vitals
from deploy.running.guard import LoopGuard, beside
from deploy.terminal import (
    BrokerOption,
    Exit,
    IdentityOption,
    JsonOption,
    SiteOption,
    broker_at,
    out,
    print_json,
    run_until_stopped,
    table,
)
from deploy.trustee import LiveOffice, Place, enrol, make_key
from deploy.trustee import refresh as refresh_key
from deploy.trustee import split as split_key
from processors.linkage import lines
from processors.linkage.book import Book, Line
from processors.linkage.judge import Office, State
from processors.linkage.service import Trustee
from schemas.linkage_keys import WHOLE, LinkageKey
from schemas.log_lines import tell
from schemas.topics import COUNTRY_CODES, HOLDERS
from schemas.trust import Holder

app = typer.Typer(
    help="Holders of the linkage key: they evaluate blinded identifiers.", no_args_is_help=True
)


def _holder(text: str) -> Holder:
    found: Holder | None = next((name for name in get_args(Holder) if name == text), None)
    if found is None:
        raise typer.BadParameter(f"one of {', '.join(HOLDERS)}")
    return found


def _year(text: str) -> str:
    if len(text) != 4 or not text.isdecimal() or not text.startswith("20"):
        raise typer.BadParameter("a year, such as 2026")
    return text


HolderOption = Annotated[
    str, typer.Option("--holder", parser=_holder, metavar="PRINCIPAL", help="Whose folder it is.")
]
EpochOption = Annotated[
    str, typer.Option("--epoch", parser=_year, metavar="YEAR", help="The year of the key.")
]


# --- Keys ----------------------------------------------------------------------------------------


@app.command()
def init(
    site: SiteOption,
    holder: HolderOption = HOLDERS[0],
    epoch: Annotated[
        str | None,
        typer.Option("--epoch", parser=_year, metavar="YEAR", help="Make this year's key, whole."),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Makes a holder's folder and signing key, and the linkage key of a year if one is named.

    Public halves go into the site's trust document.
    """
    place = Place(Site(site), _holder(holder))
    written = enrol(place)
    key = make_key(place, epoch) if epoch else None
    if json:
        public = key.public.public.hex() if key else None
        print_json(
            {"holder": holder, "keyid": place.signer().keyid, "epoch": epoch, "public": public}
        )
        return
    for path in written:
        out.print(f"wrote {path}", soft_wrap=True)
    if key:
        out.print(f"wrote {place.key_file(key.epoch)}", soft_wrap=True)
        out.print(f"public key of {key.epoch}  {key.public.public.hex()}", soft_wrap=True)


@app.command()
def split(
    site: SiteOption,
    epoch: EpochOption,
    holder: HolderOption = HOLDERS[0],
    json: JsonOption = False,
) -> None:
    """Splits a whole key into three shares, one in each holder's folder; any two make its tokens.

    The public key of the year stays, and so does every token. The share takes the place of the
    whole key: destroy all copies of that.
    """
    _tell_shares(split_key(Site(site), _holder(holder), epoch), epoch, json=json)


@app.command()
def refresh(site: SiteOption, epoch: EpochOption, json: JsonOption = False) -> None:
    """Renews the three shares of a key: same tokens, and shares from before are worth nothing.

    Each holder takes its new file and destroys the old one.
    """
    _tell_shares(refresh_key(Site(site), epoch), epoch, json=json)


def _tell_shares(places: list[Place], epoch: str, *, json: bool) -> None:
    trust = places[0].site.trust()
    entry = trust.linkage_epoch(epoch)
    if json:
        shares = [share.model_dump() for share in entry.shares]
        print_json({"trust_version": trust.version, "public": entry.public, "shares": shares})
        return
    rows = [
        (share.index, share.holder, place.key_file(epoch).relative_to(place.site.root))
        for share, place in zip(entry.shares, places, strict=True)
    ]
    out.print(table(f"Shares of {epoch}", ["share#", "holder", "file"], rows))
    out.print(f"trust document {trust.version} names them; the public key of {epoch} stays")


# --- Answering -----------------------------------------------------------------------------------


@app.command()
def serve(
    site: SiteOption,
    broker: BrokerOption,
    holder: HolderOption = HOLDERS[0],
    identity: IdentityOption = None,
    once: Annotated[bool, typer.Option("--once", help="Answer what waits, and end.")] = False,
    health_port: HealthOption = None,
) -> None:
    """Answers authorities' requests until it is stopped; goes on from its book."""
    place, guard = Place(Site(site), _holder(holder)), LoopGuard()
    office = LiveOffice(place)
    office()
    tell(lines.TRUSTEE_STARTS, holder=holder, version=version("southmed"))
    book = Book(place.book, holder)
    trustee = Trustee(book, office, broker_at(broker, identity), secrets.token_bytes)
    guard.start()
    told = vitals.of_trustee(guard, trustee.meters, trustee.broker, identity, LiveOffice(place))
    with health.serve(health_port, told):
        run_until_stopped(beside(guard.tick_forever(), trustee.run(once=once)))
    book.close()


# --- Looking -------------------------------------------------------------------------------------


@app.command()
def log(
    site: SiteOption,
    holder: HolderOption = HOLDERS[0],
    authority: Annotated[
        str, typer.Option("--authority", help="Only what this authority asked.")
    ] = "",
    refused: Annotated[bool, typer.Option("--refused", help="Only what was refused.")] = False,
    last: Annotated[int, typer.Option("--last", min=1, help="So many lines, the newest.")] = 50,
    json: JsonOption = False,
) -> None:
    """Shows who asked for how much and when, what was refused, and what is left to each."""
    place = Place(Site(site), _holder(holder))
    book = Book(place.book, holder, make=False)
    found = book.lines(limit=last, authority=authority, refused=refused)
    standing = _standing(book, place.office())
    book.close()
    if json:
        print_json({"lines": [_as_dict(line) for line in found], "authorities": standing})
        return
    rows = [
        (
            _moment(one.at),
            one.authority or "?",
            one.state,
            one.code,
            one.times,
            one.elements,
            one.left,
        )
        for one in found
    ]
    columns = ["since (UTC)", "authority", "state", "code", "requests#", "elements#", "left#"]
    out.print(table(f"Asked of {holder}", columns, rows))
    out.print(_standing_table(standing))


@app.command()
def status(site: SiteOption, holder: HolderOption = HOLDERS[0], json: JsonOption = False) -> None:
    """Shows a holder's keys, whether they are the announced ones, its quotas, and what waits.

    Exits 1 if the trust document names the holder for a year whose key it does not have, or does
    not list its signing key.
    """
    place = Place(Site(site), _holder(holder))
    office = place.office()
    keys = _keys(office)
    listed = office.signer.keyid in {key.keyid for key in office.trust.keys}
    book = Book(place.book, holder)
    standing, waiting = _standing(book, office), book.number_waiting()
    offsets = {country: book.next_offset(country) for country in COUNTRY_CODES}
    book.close()
    sound = listed and all(key["announced"] for key in keys if key["named"])
    if json:
        print_json(
            {
                "holder": holder,
                "sound": sound,
                "signing_key_listed": listed,
                "keys": keys,
                "answers_waiting": waiting,
                "next_offsets": offsets,
                "authorities": standing,
            }
        )
    else:
        rows = [
            (key["epoch"], key["part"], _yes(key["named"]), _yes(key["announced"])) for key in keys
        ]
        columns = ["year", "held here", "named in the document", "the announced key"]
        out.print(table(f"Keys of {holder}", columns, rows))
        out.print(_standing_table(standing))
        out.print(f"signing key listed: {_yes(listed)}; answers that wait for Kafka: {waiting}")
    if not sound:
        raise typer.Exit(Exit.FAILED)


def _keys(office: Office) -> list[dict[str, Any]]:
    """Every year that the holder has a key of, or is named for."""
    named = {one.epoch for one in office.trust.linkage if office.share(one.epoch)}
    rows = []
    for epoch in sorted(named | set(office.keys)):
        rows.append(
            {
                "epoch": epoch,
                "part": _part(office.keys.get(epoch)),
                "named": epoch in named,
                "announced": office.holds(epoch),
            }
        )
    return rows


def _part(key: LinkageKey | None) -> str:
    if key is None:
        return "nothing"
    return "the whole key" if key.holder == WHOLE else f"share {key.holder}"


def _standing(book: Book, office: Office) -> list[dict[str, Any]]:
    """What every authority of the trust document asked so far, and what is left to it now."""
    now, totals, rows = time.time_ns() // 1_000_000, book.totals(), []
    for authority in (one.id for one in office.trust.authorities):
        evaluated = totals.get((authority, State.EVALUATED), (0, 0))
        refused = totals.get((authority, State.REFUSED), (0, 0))
        left = book.account(authority).left(office.grants_of(authority), now)
        rows.append(
            {
                "authority": authority,
                "requests": evaluated[0],
                "elements": evaluated[1],
                "refused": refused[0],
                "left": left,
            }
        )
    return rows


def _standing_table(standing: list[dict[str, Any]]) -> Any:
    columns = ["authority", "answered#", "elements#", "refused#", "left now#"]
    return table("Quotas", columns, [tuple(row.values()) for row in standing])


def _as_dict(line: Line) -> dict[str, Any]:
    return {
        **line._asdict(),
        "at": _moment(line.at),
        "last": _moment(line.last),
        "request_id": line.request_id.hex(),
    }


def _moment(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="seconds")[:19]


def _yes(held: bool) -> str:
    return "yes" if held else "no"
