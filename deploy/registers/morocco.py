"""Morocco: a relational database with the short French codes of its own lists (law 27-14).

Six tables; each row has a number and the time of its last change, by which the adapter reads on.
The same definitions serve SQLite and PostgreSQL. Dates are dates and numbers are numbers, so the
faults that a database lets through are others than those of a workbook: wrong codes, missing
references, days in the wrong order.

A register is shipped as ``register.sql``: plain statements, one a line, that both databases read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from random import Random

import sqlalchemy as sa
from sqlalchemy.schema import CreateIndex, CreateTable

from deploy.registers.columns import Cell, Column, Hand, header_of
from deploy.registers.faults import BEFORE_REPORT, FUTURE, Fault, Kind, Written, plant
from deploy.registers.lines import (
    Line,
    Raw,
    cooperation_lines,
    investigation_lines,
    report_lines,
    suspect_lines,
    training_lines,
    victim_lines,
)
from deploy.registers.world import World

NUMBER = "CN-{year}-{case:04}"
DOSSIERS = (
    Column("numero", "case", text=NUMBER),
    Column("date_signalement", "reported_on"),
    Column("canal", "channel", "channel"),
    Column("source", "reporter", "reporter"),
    Column("formes", "forms", "forms"),
    Column("geographie", "geography", "geography"),
    Column("nb_victimes", "n_presumed"),
    Column("mineur", "child", "yes_no"),
    Column("urgent", "urgent", "yes_no"),
    Column("region", "region", "region"),
    Column("date_tri", "triaged_on"),
    Column("resultat_tri", "triage", "triage"),
    Column("date_transmission", "transmitted_on"),
    Column("destinataire", "recipient", "recipient"),
    Column("agent", "officer", text="Agent Fictif {officer:02}"),
)
VICTIMES = (
    Column("dossier_numero", "case", text=NUMBER),
    Column("ordre", "line"),
    Column("nom", "person", text="Fictive {person:05}"),
    Column("prenom", "person", text="Victime"),
    Column("cnie", "person", text="XX{person:06}"),
    Column("telephone", "person", text="+212 0 00 {person:06}"),
    Column("sexe", "sex", "sex"),
    Column("date_naissance", "born"),
    Column("age", "age"),
    Column("nationalite", "citizenship", "citizenship"),
    Column("formes", "forms", "forms"),
    Column("geographie", "geography", "geography"),
    Column("region", "region", "region"),
    Column("date_signalement", "reported_on"),
    Column("date_presomption", "presumed_on"),
    Column("detecte_par", "detected_by", "reporter"),
    Column("date_identification", "identified_on"),
    Column("decision", "decision", "decision"),
    Column("organe", "body", "body"),
    Column("actes", "acts", "acts"),
    Column("moyens", "means", "means"),
    Column("controle", "control", "control"),
    Column("secteur", "sector", "sector"),
    Column("pays_recrutement", "recruited_in", "citizenship"),
    Column("pays_transit", "transit", "citizenship"),
    Column("pays_exploitation", "exploited_in", "citizenship"),
    Column("duree", "duration", "duration"),
    Column("recrutement", "recruitment", "recruitment"),
    Column("lien_recruteur", "relation", "relation"),
    Column("date_orientation", "referred_on"),
    Column("orientation", "referred_to", "referred_to"),
    Column("services_orientation", "referral_services", "services"),
    Column("acceptation", "accepted", "accepted"),
    Column("date_prestation", "served_on"),
    Column("prestations", "services", "services"),
    Column("prestataire", "provider", "provider"),
    Column("date_cloture", "closed_on"),
    Column("motif_cloture", "closure", "closure"),
    Column("date_retour", "returned_on"),
    Column("sens_retour", "direction", "direction"),
    Column("pays_retour", "return_country", "citizenship"),
    Column("retour_volontaire", "voluntary", "yes_no"),
    Column("observations", "remark", text="Remarque fictive no {remark}, l'assistante rappellera."),
)
MIS_EN_CAUSE = (
    Column("dossier_numero", "case", text=NUMBER),
    Column("ordre", "line"),
    Column("nom", "person", text="Suspect Fictif {person:05}"),
    Column("cnie", "person", text="ZZ{person:06}"),
    Column("tel_mis_en_cause", "recruiter_phone"),
    Column("compte", "recruiter_account"),
    Column("vehicule", "recruiter_car"),
    Column("sexe", "sex", "sex"),
    Column("majeur", "adult", "yes_no"),
    Column("nationalite", "citizenship", "citizenship"),
    Column("roles", "roles", "roles"),
    Column("qualification", "offence", "offence"),
    Column("region", "region", "region"),
    Column("date_enquete", "opened_on"),
    Column("date_mise_en_cause", "suspected_on"),
    Column("date_poursuite", "prosecuted_on"),
    Column("date_jugement", "judged_on"),
    Column("jugement", "verdict", "verdict"),
    Column("date_definitive", "final_on"),
    Column("peine", "sentence", "sentence"),
    Column("confiscation", "confiscated", "yes_no"),
    Column("indemnisation", "compensated", "yes_no"),
    Column("personne_morale", "legal_person", "yes_no"),
)
ENQUETES = (
    Column("dossier_numero", "case", text=NUMBER),
    Column("date_ouverture", "opened_on"),
    Column("qualification", "offence", "offence"),
    Column("formes", "forms", "forms"),
    Column("d_office", "proactive", "yes_no"),
    Column("cooperation_internationale", "international", "yes_no"),
    Column("region", "region", "region"),
    Column("juge", "judge", text="{judge}"),
)
FORMATIONS = (
    Column("reference", "number", text="F-{year}-{number:03}"),
    Column("date_session", "on"),
    Column("region", "region", "region"),
    Column("axe", "axis", "axis"),
    Column("public", "audience", "audience"),
    Column("modalite", "mode", "mode"),
    Column("femmes", "women"),
    Column("hommes", "men"),
    Column("total", "total"),
    Column("heures", "hours"),
    Column("langue", "language", "language"),
    Column("formateurs", "of_trainers", "yes_no"),
    Column("regionale", "regional", "yes_no"),
    Column("partenaire", "partner", "partner"),
    Column("intervenant", "number", text="Formateur Fictif {number:02}"),
)
COOPERATION = (
    Column("reference", "number", text="CI-{year}-{number:03}"),
    Column("dossier_numero", "case", text="CN-{case_year}-{case:04}"),
    Column("date_demande", "on"),
    Column("region", "region", "region"),
    Column("sens", "direction", "coop_direction"),
    Column("pays", "country", "citizenship"),
    Column("type", "kind", "coop_kind"),
    Column("statut", "outcome", "coop_outcome"),
    Column("contact", "number", text="Contact Fictif {number:03}"),
)
NUMBERS = {"line", "age", "n_presumed", "women", "men", "total", "hours"}


@dataclass(frozen=True)
class Content:
    """A table: its columns, the lines that fill it, and the faults it lets through."""

    columns: tuple[Column, ...]
    lines: Callable[[World], Iterator[Line]]
    kinds: tuple[Kind, ...] = ()


CONTENTS = {
    "dossiers": Content(
        DOSSIERS,
        report_lines,
        (
            Kind("UNKNOWN_REGION", "region", Raw("A PRECISER")),
            Kind("FUTURE_DATE", "reported_on", FUTURE),
            Kind("UNKNOWN_CODE", "channel", Raw("BOUCHE_A_OREILLE")),
        ),
    ),
    "victimes": Content(
        VICTIMES,
        lambda world: (line for line in victim_lines(world) if "person" in line.fields),
        (
            Kind("UNKNOWN_CODE", "forms", Raw("TRAVAIL_FORCE;VOIR_PV")),
            Kind("UNKNOWN_COUNTRY", "citizenship", Raw("sans papiers")),
            Kind("WRONG_ORDER", "identified_on", BEFORE_REPORT, needs="identified_on"),
            Kind("MISSING_KEY", "case", None),
            Kind("UNKNOWN_CODE", "sex", Raw("FEMME ?")),
            Kind("BAD_NUMBER", "age", 999, needs="age"),
        ),
    ),
    "mis_en_cause": Content(
        MIS_EN_CAUSE,
        suspect_lines,
        (
            Kind("SKIPPED_STAGE", "prosecuted_on", None, needs="sentence"),
            Kind("UNKNOWN_CODE", "offence", Raw("CP_467_?")),
        ),
    ),
    "enquetes": Content(
        ENQUETES, investigation_lines, (Kind("UNKNOWN_CODE", "forms", Raw("EN_COURS")),)
    ),
    "formations": Content(
        FORMATIONS, training_lines, (Kind("BAD_NUMBER", "total", 1, needs="women"),)
    ),
    "cooperation": Content(
        COOPERATION, cooperation_lines, (Kind("UNKNOWN_COUNTRY", "country", Raw("UE")),)
    ),
}


def _type(column: Column) -> sa.Text | sa.Integer | sa.Date:
    if column.text or column.words or column.field.startswith("recruiter_"):
        return sa.Text()
    return sa.Integer() if column.field in NUMBERS else sa.Date()


NAMED = {
    "dossiers": ("numero",),
    "victimes": ("dossier_numero", "ordre"),
    "mis_en_cause": ("dossier_numero", "ordre"),
    "formations": ("reference",),
    "cooperation": ("reference",),
}
"""What tells the rows of a table apart; those of others by the number of their case."""
METADATA = sa.MetaData()
TABLES = {
    name: sa.Table(
        name,
        METADATA,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=False),
        *(sa.Column(column.header, _type(column)) for column in content.columns),
        sa.Column("updated_at", sa.TIMESTAMP, nullable=False, index=True),
    )
    for name, content in CONTENTS.items()
}
HAND = Hand("morocco", ";")
Row = dict[str, Cell]


def rows(
    world: World, faults: Random | None = None
) -> Iterator[tuple[str, Sequence[Row], tuple[Fault, ...]]]:
    """Every table with its rows and the faults among them; ids count from 1 in each table."""
    for name, content in CONTENTS.items():
        lines = list(plant(content.lines(world), content.kinds, faults))
        yield (
            name,
            [_row(number, line, content.columns) for number, line in enumerate(lines, start=1)],
            tuple(
                Fault(name, number, header_of(content.columns, line.fault[1]), line.fault[0])
                for number, line in enumerate(lines, start=1)
                if line.fault
            ),
        )


def write(world: World, path: Path, *, faults: Random | None = None) -> Written:
    """Writes a whole database as SQL statements.

    Args:
        world: What happened in Morocco.
        path: The file to write, ``.sql``.
        faults: Chance for the faults; without it the register is without fault.
    """
    counts: dict[str, int] = {}
    found: list[Fault] = []
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for name, of_table, here in rows(world, faults):
            file.writelines(_definition(TABLES[name]))
            file.writelines(_insert(name, row) for row in of_table)
            counts[name] = len(of_table)
            found += here
    return Written(path, counts, tuple(found))


def load(path: Path, engine: sa.Engine) -> None:
    """Fills an empty database from a dump.

    Args:
        path: A file written by ``write``.
        engine: SQLite or PostgreSQL.
    """
    with engine.begin() as connection, path.open(encoding="utf-8") as file:
        for statement in file:
            connection.exec_driver_sql(statement)


def append(world: World, engine: sa.Engine) -> None:
    """Adds the rows of a world to a database, changed after everything that is there."""
    with engine.begin() as connection:
        for name, of_table, _ in rows(world):
            table = TABLES[name]
            last = sa.select(sa.func.max(table.c.id), sa.func.max(table.c.updated_at))
            last_id, changed_at = connection.execute(last).one()
            for row in of_table:
                row["id"] = int(str(row["id"])) + (last_id or 0)
                row["updated_at"] = max(_time(row), changed_at or datetime.min) + timedelta(
                    seconds=1
                )
            if of_table:
                connection.execute(table.insert(), of_table)


def update(world: World, engine: sa.Engine, changed_at: datetime) -> None:
    """Puts the rows of a world in the place of those that a database has of the same cases.

    Rows are told apart by their number, or by that of their case and their place in it.

    Args:
        world: What the database is to hold of its cases.
        engine: The database.
        changed_at: When; later than everything that it was changed at before.
    """
    with engine.begin() as connection:
        for name, of_table, _ in rows(world):
            table = TABLES[name]
            named = [table.c[column] for column in NAMED.get(name, ("dossier_numero",))]
            known = {
                tuple(rest): id_ for id_, *rest in connection.execute(sa.select(table.c.id, *named))
            }
            last = max(known.values(), default=0)
            for row in of_table:
                name_of_row = tuple(row[column.name] for column in named)
                row["id"] = known.get(name_of_row) or (last := last + 1)
                row["updated_at"] = changed_at
            gone = [row["id"] for row in of_table]
            connection.execute(table.delete().where(table.c.id.in_(gone)))
            if of_table:
                connection.execute(table.insert(), of_table)


def _row(number: int, line: Line, columns: Iterable[Column]) -> Row:
    row: Row = {"id": number}
    row |= {column.header: HAND.cell(line, column) for column in columns}
    known = [value for value in row.values() if isinstance(value, date) and value != FUTURE]
    last = max(known, default=date(2000, 1, 1))
    row["updated_at"] = datetime.combine(last, time(9)) + timedelta(seconds=number % 3600)
    return row


def _time(row: Row) -> datetime:
    value = row["updated_at"]
    return value if isinstance(value, datetime) else datetime.min


def _definition(table: sa.Table) -> Iterator[str]:
    statements = (CreateTable(table), *map(CreateIndex, table.indexes))
    yield from (" ".join(str(statement).split()) + ";\n" for statement in statements)


def _insert(table: str, row: Row) -> str:
    values = ", ".join(_literal(value) for value in row.values())
    return f"INSERT INTO {table} ({', '.join(row)}) VALUES ({values});\n"  # noqa: S608


def _literal(value: Cell) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, int):
        return str(value)
    text = value.isoformat(" ", "microseconds") if isinstance(value, datetime) else str(value)
    return "'" + text.replace("'", "''") + "'"
