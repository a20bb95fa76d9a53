"""A small register with one table, for tests of the kit: its declaration and a good line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

TODAY = date(2026, 6, 30)

REGISTER = """\
authority: tn.test
country: TUN
tables:
  lines:
    source: {kind: csv, file: r.csv, encoding: utf-8, canary: Dossier N°}
    columns:
      case: {header: Dossier N°, kind: key}
      line: {header: Ligne, kind: key}
      reported: {header: Signalé, kind: date, order: dmy}
      ended: {header: Clos, kind: date, order: dmy}
      reason: {header: Motif, kind: code, table: closure}
      services: {header: Services, kind: code, table: services, split: ;}
      region: {header: Lieu, kind: region, blank: _U}
    ignore: [Nom]
    row_key: [case, line]
    case_key: [case]
    victim_key: [line]
    required:
      - {columns: reported}
    order:
      - [reported, ended]
    events:
      - type: assistance.closed
        when: {filled: ended}
        period: ended
        region: region
        fields: {reason: reason}
      - type: assistance.provided
        each: services
        period: reported
        fields:
          service: services
          provider_type: {const: GOV}
          days_from_referral: {const: _U}
"""
CODES = """\
closure:
  list: CL_CLOSURE
  values:
    COMPLETED: [achevée]
services:
  list: CL_ASSIST
  values:
    SHELTER: [hébergement, foyer]
    PSYCH: [psy]
"""
HEADER = "Dossier N°,Ligne,Nom,Signalé,Clos,Motif,Services,Lieu"
GOOD = "D1,1,Victime Fictive,01/02/2020,03/04/2020,achevée,psy; foyer,Le Kef"


def declare(folder: Path, register: str = REGISTER, codes: str = CODES) -> Path:
    (folder / "register.yaml").write_text(register, encoding="utf-8")
    (folder / "codes.yaml").write_text(codes, encoding="utf-8")
    return folder
