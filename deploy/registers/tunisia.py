"""Tunisia: a workbook kept by hand, in French, one sheet a year, and two sheets beside.

Headers take two lines with merged groups under a title line. Nationalities, forms of exploitation
(organic law 2016-61) and governorates are typed as they come; some dates are real Excel dates, some
are text with the day first; some officers note an age, some a birth date. In a sheet kept for a
year there is an empty line, and a line that was entered twice.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from itertools import groupby
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING

from deploy.registers.columns import Cell, Column, Hand, header_of
from deploy.registers.faults import BEFORE_REPORT, FUTURE, Fault, Kind, Written, plant
from deploy.registers.lines import Line, Raw, network_lines, training_lines, victim_lines
from deploy.registers.world import World

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

VICTIMS = (
    Column("Dossier / N°", "case", text="INLTP-{year}-{case:04}"),
    Column("Dossier / Ligne", "line"),
    Column("Signalement / Date", "reported_on"),
    Column("Signalement / Canal", "channel", "channel"),
    Column("Signalement / Origine", "reporter", "reporter"),
    Column("Signalement / Nombre de victimes", "n_presumed"),
    Column("Signalement / Enfant impliqué", "child", "yes_no"),
    Column("Signalement / Urgent", "urgent", "yes_no"),
    Column("Signalement / Gouvernorat", "region", "region"),
    Column("Signalement / Type de traite", "geography", "geography"),
    Column("Tri / Date", "triaged_on"),
    Column("Tri / Suite", "triage", "triage"),
    Column("Transmission / Date", "transmitted_on"),
    Column("Transmission / Destinataire", "recipient", "recipient"),
    Column("Victime / Nom et prénom", "person", text="Victime Fictive {person:05}"),
    Column("Victime / Téléphone", "person", text="+216 00 {person:06}"),
    Column("Victime / Pièce d'identité", "person", text="FICTIF {person:08}"),
    Column("Victime / Sexe", "sex", "sex"),
    Column("Victime / Date de naissance", "born"),
    Column("Victime / Âge", "age"),
    Column("Victime / Nationalité", "citizenship", "citizenship"),
    Column("Victime / Forme d'exploitation", "forms", "forms"),
    Column("Victime / Date de présomption", "presumed_on"),
    Column("Victime / Détectée par", "detected_by", "reporter"),
    Column("Identification / Date", "identified_on"),
    Column("Identification / Décision", "decision", "decision"),
    Column("Identification / Organe", "body", "body"),
    Column("Identification / Actes", "acts", "acts"),
    Column("Identification / Moyens", "means", "means"),
    Column("Identification / Moyens de contrôle", "control", "control"),
    Column("Identification / Secteur", "sector", "sector"),
    Column("Identification / Pays de recrutement", "recruited_in", "citizenship"),
    Column("Identification / Pays de transit", "transit", "citizenship"),
    Column("Identification / Pays d'exploitation", "exploited_in", "citizenship"),
    Column("Identification / Durée", "duration", "duration"),
    Column("Identification / Mode de recrutement", "recruitment", "recruitment"),
    Column("Identification / Lien avec le recruteur", "relation", "relation"),
    Column("Orientation / Date", "referred_on"),
    Column("Orientation / Vers", "referred_to", "referred_to"),
    Column("Orientation / Services", "referral_services", "services"),
    Column("Orientation / Acceptée", "accepted", "accepted"),
    Column("Prise en charge / Date", "served_on"),
    Column("Prise en charge / Services fournis", "services", "services"),
    Column("Prise en charge / Prestataire", "provider", "provider"),
    Column("Prise en charge / Date de fin", "closed_on"),
    Column("Prise en charge / Motif de fin", "closure", "closure"),
    Column("Retour / Date", "returned_on"),
    Column("Retour / Sens", "direction", "direction"),
    Column("Retour / Pays", "return_country", "citizenship"),
    Column("Retour / Volontaire", "voluntary", "yes_no"),
    Column("Suivi / Agent", "officer", text="Agent Fictif {officer:02}"),
    Column("Suivi / Observations", "remark", text="Remarque fictive no {remark} : à rappeler."),
)
TRAININGS = (
    Column("N°", "number", text="F-{year}-{number:02}"),
    Column("Date", "on"),
    Column("Gouvernorat", "region", "region"),
    Column("Axe", "axis", "axis"),
    Column("Public", "audience", "audience"),
    Column("Modalité", "mode", "mode"),
    Column("Femmes", "women"),
    Column("Hommes", "men"),
    Column("Total", "total"),
    Column("Heures", "hours"),
    Column("Langue", "language", "language"),
    Column("Formation de formateurs", "of_trainers", "yes_no"),
    Column("Régionale", "regional", "yes_no"),
    Column("Partenaire", "partner", "partner"),
    Column("Formateur", "number", text="Formateur Fictif {number:02}"),
)
NETWORKS = (
    Column("N°", "number", text="R-{year}-{number:02}"),
    Column("Date", "on"),
    Column("Gouvernorat", "region", "region"),
    Column("Type", "kind", "network_type"),
    Column("Membres", "members"),
    Column("Victimes", "victims"),
    Column("Pays", "countries", "citizenship"),
    Column("Rôles", "roles", "roles"),
    Column("Recrutement", "recruitment", "recruitment"),
    Column("Transport", "route", "route"),
    Column("Exploitation", "forms", "forms"),
    Column("Issue", "outcome", "network_outcome"),
    Column("Téléphone du recruteur", "recruiter_phone"),
    Column("Compte en ligne", "recruiter_account"),
    Column("Véhicule", "recruiter_car"),
    Column("Chef présumé", "number", text="Suspect Fictif {number:04}"),
)
KINDS = (
    Kind("IMPOSSIBLE_DATE", "reported_on", Raw("31/02/2020")),
    Kind("UNKNOWN_CODE", "forms", Raw("à voir avec le juge"), needs="person"),
    Kind("UNKNOWN_COUNTRY", "citizenship", Raw("zone nord"), needs="person"),
    Kind("WRONG_ORDER", "identified_on", BEFORE_REPORT, needs="identified_on"),
    Kind("MISSING_KEY", "case", None),
    Kind("UNKNOWN_CODE", "sex", Raw("voir dossier"), needs="person"),
    Kind("UNKNOWN_REGION", "region", Raw("chez l'employeur")),
    Kind("FUTURE_DATE", "reported_on", FUTURE),
    Kind("BAD_NUMBER", "n_presumed", Raw("une dizaine"), needs="n_presumed"),
)
TRAINING_KINDS = (Kind("BAD_NUMBER", "total", 1, needs="women"),)
NETWORK_KINDS = (Kind("UNKNOWN_CODE", "kind", Raw("à préciser"), needs="kind"),)
EMPTY_AFTER, TWICE = 40, 80
TITLE = "Instance nationale (données fictives) - {name}"


def _shown(value: Cell, turn: int) -> Cell:
    """Every third officer types dates as text, with slashes or hyphens."""
    if isinstance(value, date) and turn % 3 == 1:
        return value.strftime("%d/%m/%Y" if turn % 2 else "%d-%m-%Y")
    return value


HAND = Hand("tunisia", " ; ", _shown)


def write(world: World, path: Path, *, faults: Random | None = None) -> Written:
    """Writes a whole workbook.

    Args:
        world: What happened in Tunisia.
        path: The file to write, ``.xlsx``.
        faults: Chance for the faults; without it the register is without fault.
    """
    from openpyxl import Workbook  # noqa: PLC0415 - optional dependency

    book = Workbook()
    book.remove(book.worksheets[0])
    rows: dict[str, int] = {}
    found: list[Fault] = []
    lines = list(plant(victim_lines(world), KINDS, faults))
    for year, of_year in groupby(sorted(lines, key=_year), key=_year):
        sheet = _headed(book, year, VICTIMS)
        rows[sheet.title], here = _fill(sheet, _lived_in(of_year, kept=faults is not None))
        found += here
    beside = (
        ("Formations", training_lines(world), TRAININGS, TRAINING_KINDS),
        ("Réseaux", network_lines(world), NETWORKS, NETWORK_KINDS),
    )
    for name, others, columns, kinds in beside:
        sheet = _headed(book, name, columns)
        rows[name], here = _fill(sheet, plant(others, kinds, faults), columns)
        found += here
    book.save(path)
    return Written(path, rows, tuple(found))


def append(world: World, path: Path) -> None:
    """Adds the lines of a world to a workbook, in the sheets of their years."""
    from openpyxl import load_workbook  # noqa: PLC0415 - optional dependency

    book = load_workbook(path)
    for line in victim_lines(world):
        name = _year(line)
        sheet = book[name] if name in book.sheetnames else _headed(book, name, VICTIMS)
        sheet.append(HAND.row(line, VICTIMS))
    fresh = path.with_suffix(".new.xlsx")
    book.save(fresh)
    fresh.replace(path)


def _year(line: Line) -> str:
    return str(line.fields["year"])


def _headed(book: Workbook, name: str, columns: tuple[Column, ...]) -> Worksheet:
    """A new sheet with its title and headers; groups of headers are merged."""
    sheet: Worksheet = book.create_sheet(name)
    sheet.append([TITLE.format(name=name)])
    sheet.merge_cells(start_row=1, end_row=1, start_column=1, end_column=len(columns))
    for line in _header_lines(columns):
        sheet.append(line)
    groups = [column.header.rpartition(" / ")[0] for column in columns]
    start = 1
    for group, members in groupby(groups):
        end = start + len(list(members)) - 1
        if group and end > start:
            sheet.merge_cells(start_row=2, end_row=2, start_column=start, end_column=end)
        start = end + 1
    from openpyxl.styles import Font  # noqa: PLC0415 - optional dependency

    sheet["A1"].font = Font(bold=True)
    return sheet


def _header_lines(columns: tuple[Column, ...]) -> list[list[str | None]]:
    """One line of headers, or two where headers have groups."""
    if not any(" / " in column.header for column in columns):
        return [[column.header for column in columns]]
    parts = [column.header.split(" / ") for column in columns]
    groups = [group for group, _ in parts]
    above = ["", *groups]
    first = [None if group == left else group for left, group in zip(above, groups, strict=False)]
    return [list(first), [header for _, header in parts]]


def _lived_in(lines: Iterable[Line], *, kept: bool) -> Iterator[Line | None]:
    """The lines of a sheet; in one kept for a year there is an empty line and a line twice."""
    for number, line in enumerate(lines, start=1):
        yield line
        if kept and number == EMPTY_AFTER:
            yield None
        if kept and number == TWICE and line.fault is None:
            yield line


def _fill(
    sheet: Worksheet, lines: Iterable[Line | None], columns: tuple[Column, ...] = VICTIMS
) -> tuple[int, list[Fault]]:
    """Writes lines below the headers; returns how many, and the faults among them."""
    rows, faults = 0, []
    for row, line in enumerate(lines, start=sheet.max_row + 1):
        sheet.append(HAND.row(line, columns) if line else [])
        rows += line is not None
        if line and line.fault:
            kind, field = line.fault
            faults.append(Fault(sheet.title, row, header_of(columns, field), kind))
    return rows, faults
