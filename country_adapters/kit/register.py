"""A register that is declared, checked and ready to be read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from country_adapters.kit.checks import check
from country_adapters.kit.codes import CodeTable, read_codes
from country_adapters.kit.declaration import RegisterDeclaration
from country_adapters.kit.sources.base import Source
from country_adapters.kit.sources.web import ServerOptions
from country_adapters.kit.yaml_file import read_yaml

SHIPPED = Path(__file__).parent.parent
"""The folder of the countries' folders."""


@dataclass(frozen=True)
class Register:
    """A national register.

    Attributes:
        declaration: What ``register.yaml`` says.
        words: What ``codes.yaml`` says.
        data: The folder with the register's files.
        digest: SHA-256 over the SHA-256 of both files, in hex.
    """

    declaration: RegisterDeclaration
    words: Mapping[str, CodeTable]
    data: Path
    digest: str

    @property
    def fingerprint(self) -> str:
        """The digest, shortened.

        When it changes, everything is read again, so that a corrected mapping publishes its
        corrections.
        """
        return self.digest[:16]

    @property
    def authority(self) -> str:
        return self.declaration.authority

    @property
    def country(self) -> str:
        return self.declaration.country

    @property
    def tables(self) -> tuple[str, ...]:
        return tuple(self.declaration.tables)

    @property
    def look_every_seconds(self) -> int:
        """The time between two looks at a register that is followed, if it asks for one."""
        sources = [table.source for table in self.declaration.tables.values()]
        return max(
            (s.look_every_seconds for s in sources if isinstance(s, ServerOptions)), default=0
        )

    def source(self, table: str) -> Source:
        """The source of one table.

        Raises:
            RegisterMissing: The setting that leads to the register is not there.
        """
        declared = self.declaration.tables[table]
        return declared.source.open(self.data, declared.wanted())


def load_register(name: str | Path, data: Path | None = None) -> Register:
    """Loads a declaration and checks it.

    Args:
        name: A country's folder under ``country_adapters`` ("tunisia"), or the path of a folder.
        data: The folder with the register's files; the shipped sample if not given.

    Raises:
        DeclarationInvalid: With file, line and key.

    Example:
        >>> load_register("tunisia").authority
        'tn.inltp'
    """
    folder = folder_of(name)
    paths = files_of(folder)
    document = read_yaml(paths[0])
    declaration = document.parse(RegisterDeclaration)
    words = read_codes(paths[1])
    check(document, declaration, words)
    digests = b"".join(hashlib.sha256(path.read_bytes()).digest() for path in paths)
    digest = hashlib.sha256(digests).hexdigest()
    return Register(declaration, words, data or folder / "fixtures", digest)


def folder_of(name: str | Path) -> Path:
    """The folder of a declaration: a path, or a country's under ``country_adapters``."""
    return name if isinstance(name, Path) else SHIPPED / name


def files_of(folder: Path) -> tuple[Path, Path]:
    """The two files of a declaration."""
    return folder / "register.yaml", folder / "codes.yaml"
