"""The ledger of a partition: an embedded store that takes a batch's writes all at once.

RocksDB keeps them. Writes go to its write-ahead log in one piece, so a killed process leaves a
whole number of batches. They are not forced to the disk one by one: if the machine loses power,
the store comes back a little older but whole, knows its own offset, and folds the missing records
again, because the log is the database.

A worker has a folder of its own with one store for each partition it has ever had. A store that
is behind is no harm: it is a true state of the past, and the fold goes on from its offset.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from rocksdict import AccessType, BlockBasedOptions, Options, Rdict, ReadOptions, WriteBatch

from processors.intake.errors import LedgerDamaged, LedgerDiskFull, LedgerInUse, LedgerMissing
from processors.intake.records import STATE, FoldState
from schemas.topics import CaseTopic

_MEBIBYTE = 1 << 20


class Ledger:
    """One partition's store.

    Args:
        path: Folder of the store.
        read_only: Look at it as it was at this moment, even while a worker writes to it.

    Raises:
        LedgerMissing: There is none at this path, and it is to be read only.
        LedgerInUse: Another process writes to it.
        LedgerDamaged: A file of it is not what was written.
        LedgerDiskFull: Its disk takes no more.
    """

    def __init__(self, path: Path, *, read_only: bool = False) -> None:
        self.path = path
        if read_only and not (path / "CURRENT").exists():
            raise LedgerMissing(expected=f"a ledger at {path}")
        path.parent.mkdir(parents=True, exist_ok=True)
        access = AccessType.read_only() if read_only else AccessType.read_write()
        with self._named_errors():
            self._db = Rdict(str(path), _options(), access_type=access)

    @contextmanager
    def _named_errors(self) -> Iterator[None]:
        """Gives what the store says of its files a name; it says it in words only."""
        try:
            yield
        except Exception as error:
            said = str(error).lower()
            if "no space left" in said:
                raise LedgerDiskFull(expected=f"room at {self.path}") from None
            if ("lock" in said and "hold" in said) or "lock file" in said:
                raise LedgerInUse(expected=f"{self.path} for this process alone") from None
            if "corruption" in said or "not a valid" in said:
                raise LedgerDamaged(expected=f"sound files in {self.path}") from None
            raise

    def read(self, keys: Sequence[bytes]) -> Sequence[bytes | None]:
        """Records by their keys, None for those that are not there."""
        if not keys:
            return []
        with self._named_errors():
            return cast("list[bytes | None]", self._db.get(list(keys)))

    def commit(self, writes: Mapping[bytes, bytes | None]) -> None:
        """Writes everything or nothing."""
        batch = WriteBatch(raw_mode=True)
        for key, value in writes.items():
            if value is None:
                batch.delete(key)
            else:
                batch.put(key, value)
        with self._named_errors():
            self._db.write(batch)

    @property
    def state(self) -> FoldState:
        return FoldState.unpack(self._db.get(STATE))

    def items(self, prefix: bytes) -> Iterator[tuple[bytes, bytes]]:
        """Records whose key begins with a prefix, in the order of their keys."""
        for key, value in self._db.items(from_key=prefix, read_opt=ReadOptions()):
            assert isinstance(key, bytes)  # noqa: S101 - raw mode
            if not key.startswith(prefix):
                return
            yield key, value

    def close(self) -> None:
        self._db.close()


def _options() -> Options:
    """Small buffers: a worker has many stores, each with little data."""
    table = BlockBasedOptions()
    table.set_bloom_filter(10, block_based=False)
    options = Options(raw_mode=True)
    options.create_if_missing(True)
    options.set_block_based_table_factory(table)
    options.set_write_buffer_size(16 * _MEBIBYTE)
    options.set_max_write_buffer_number(2)
    options.set_keep_log_file_num(2)
    options.set_max_open_files(256)
    return options


def ledger_path(folder: Path, topic: CaseTopic) -> Path:
    """Where a worker keeps the store of a partition: ``<folder>/TUN-0``."""
    return folder / f"{topic.country}-{topic.partition}"


def newest_ledgers(root: Path) -> dict[CaseTopic, Path]:
    """For every partition, the store that has folded furthest, among all workers under a root.

    Args:
        root: A worker's folder, or a folder of workers' folders.

    Raises:
        LedgerMissing: There is no store at all.
    """
    best: dict[CaseTopic, tuple[int, Path]] = {}
    for path in sorted({*root.glob("[A-Z]*-*"), *root.glob("*/[A-Z]*-*")}):
        country, _, partition = path.name.rpartition("-")
        if not (path / "CURRENT").exists():
            continue
        topic = CaseTopic(country, int(partition))
        ledger = Ledger(path, read_only=True)
        offset = ledger.state.next_offset
        ledger.close()
        if topic not in best or offset > best[topic][0]:
            best[topic] = (offset, path)
    if not best:
        raise LedgerMissing(expected=f"ledgers under {root}")
    return {topic: path for topic, (_, path) in best.items()}
