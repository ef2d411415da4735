"""The log writer: which entries are published when, and what must hold before anything is signed.

One publication, in this order: (1) read new entries and their objects from the ledger; (2) have them stored (`files.store` proves that the
published entries still give the published root, and reads back what it wrote); (3) read the entries from the ledger once more and compare
with what the disk holds; (4) sign the checkpoint; (5) put it into the `log_writer` row, if the row still is what this writer published
last: of two writers only one gets through; (6) publish the `checkpoint` file and remove superseded tiles. A crash anywhere is completed by
the same steps at the next start. A refusal (LOG_CORRUPT) ends the writer: nothing is signed until a person has looked. When it is the
folder that is damaged, move it away: the next start writes it anew from the ledger, and it must come to the root that was published.

Not checked here: what entries say. That is the auditors' work.
"""

from __future__ import annotations

import asyncio
import hashlib
from typing import TYPE_CHECKING

from core.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from core.merkle import EMPTY_ROOT
from core.refusals import LEDGER_SHORTER_THAN_LOG, LOG_CORRUPT, Refused
from core.tiles import WIDTH, encode_bundle
from hub.log.files import Batch, LogFiles
from hub.log.reading import LedgerReader, Published
from hub.log.scribe import Scribe, ScribeLost, scribe
from pki.signer import verify_ed25519
from runtime import process_log

if TYPE_CHECKING:
    from pathlib import Path

    import asyncpg

    from core.note import NoteKey, Sign
    from runtime.clock import Sleep

MOST = 1024
"""Entries of one publication."""
ANEW = 16 * WIDTH
"""So many entries are stored anew at a start: what a power failure may have taken from the disk without a trace."""
_IDLE_S = 1.0
_LOG = process_log.get("hub.log")


class LogWriter:
    """The one writer of a log.

    Attributes:
        published: the newest checkpoint.
    """

    def __init__(self, pool: asyncpg.Pool, folder: Path, key: NoteKey, sign: Sign, *, sleep: Sleep, interval_s: float = 0.2) -> None:
        """Takes its parts; nothing is read yet.

        Args:
            pool: of the hub's database.
            folder: the log folder.
            key: the log's key; its name is the origin of the checkpoints.
            sign: signs with the private half of `key`.
            sleep: waits.
            interval_s: the shortest time between two checkpoints.
        """
        self.published = Published()
        self._ledger, self._folder, self._key, self._sign = LedgerReader(pool), folder, key, sign
        self._sleep, self._interval_s = sleep, interval_s
        self._committed = asyncio.Event()
        self._stopping = False

    def wake(self) -> None:
        """Entries were committed."""
        self._committed.set()

    def stop(self) -> None:
        """Lets `run` publish what is committed and return."""
        self._stopping = True
        self._committed.set()

    async def run(self) -> None:
        """Publishes until `stop`; cancelled, it leaves the rest to the next start.

        Raises:
            Refused: LEDGER_SHORTER_THAN_LOG or LOG_CORRUPT; a database that is away is waited for.
        """
        while True:
            try:
                async with scribe(self._folder) as files:
                    await self.resume(files)
                    await self._follow(files)
                    return
            except ScribeLost:
                _LOG.warning("the scribe ended, another one takes over")
            except Refused as refusal:
                if not refusal.kind.retriable:
                    raise
                _LOG.warning("the ledger is away", exc_info=refusal)
            await self._sleep(_IDLE_S)

    async def resume(self, files: Scribe) -> None:
        """Takes up where the last run ended, wherever that was.

        Raises:
            Refused: LEDGER_SHORTER_THAN_LOG, or LOG_CORRUPT when ledger, row, file and tiles do not agree.
        """
        folder = LogFiles(self._folder)
        folder.introduce(self._key.vkey)
        note = folder.checkpoint()
        row, file, size = await self._ledger.published(), self._opened(note or b""), await self._ledger.size()
        known = max(row, file, key=lambda one: one.size)
        if size < known.size:
            _LOG.critical("the ledger is shorter than the log", ledger=size, log=known.size, way_out=LEDGER_SHORTER_THAN_LOG.en)
            raise Refused(LEDGER_SHORTER_THAN_LOG, f"{size} entries, checkpoint of {known.size}")
        if row.size == file.size and row.root != file.root:
            raise Refused(LOG_CORRUPT, "checkpoint")
        # A folder that was lost is written again from the first entry on.
        first = max(0, known.size - ANEW) // WIDTH * WIDTH if note else 0
        await self._store_anew(files, first, known)
        if row.size < known.size:
            await self._ledger.compare_and_set(row, known)
        if known.size:
            await files.publish(known.note, first, known.size)
        self.published = known

    async def publish(self, files: Scribe) -> bool:
        """Publishes the next entries, if there are any.

        Returns:
            Whether there were.

        Raises:
            Refused: LOG_CORRUPT; nothing was signed.
        """
        last = self.published
        first = last.size // WIDTH * WIDTH
        entries = await self._ledger.entries(first, last.size + MOST)
        if first + len(entries) <= last.size:
            return False
        objects = await self._ledger.objects(entries[last.size - first :])
        stored = await files.store(Batch(first, last.size, last.root, entries, last.size, objects))
        await self._compare_with_ledger(first, stored.size, stored.digest)
        note = sign_checkpoint(Checkpoint(self._key.name, stored.size, stored.root), self._key, self._sign)
        new = Published(stored.size, stored.root, note)
        # If we crash here, nobody has seen the checkpoint; the next start signs one that includes it.
        if not await self._ledger.compare_and_set(last, new):
            _LOG.warning("another writer has published", size=last.size)
            await self.resume(files)
            return True
        # If we crash here, the row is ahead of the file; the next start publishes the row's note.
        await files.publish(note, last.size, new.size)
        self.published = new
        return True

    async def _follow(self, files: Scribe) -> None:
        while True:
            stopping = self._stopping  # read first, so that whatever was committed before `stop` is published
            self._committed.clear()
            while await self.publish(files):
                await self._sleep(0 if stopping else self._interval_s)
            if stopping:
                return
            await self._wait()

    async def _wait(self) -> None:
        """Until something is committed here; entries of other hubs are noticed a little later."""
        try:
            async with asyncio.timeout(_IDLE_S):
                await self._committed.wait()
        except TimeoutError:
            return

    async def _store_anew(self, files: Scribe, first: int, known: Published) -> None:
        """Stores entries from `first` to the known size; they must give the known root."""
        size, root = (0, EMPTY_ROOT) if first == 0 else (known.size, known.root)
        while first < known.size:
            end = known.size if size == known.size else min(first + ANEW, known.size)
            entries = await self._ledger.entries(first, end)
            objects = await self._ledger.objects(entries)
            stored = await files.store(Batch(first, size, root, entries, first, objects))
            await self._compare_with_ledger(first, stored.size, stored.digest)
            first, size, root = stored.size, stored.size, stored.root
        if root != known.root:
            raise Refused(LOG_CORRUPT, f"entries 0 to {known.size}")

    async def _compare_with_ledger(self, first: int, end: int, digest: bytes) -> None:
        entries = await self._ledger.entries(first, end)
        if hashlib.sha256(encode_bundle(entries)).digest() != digest:
            raise Refused(LOG_CORRUPT, f"entries {first} to {end}")

    def _opened(self, note: bytes) -> Published:
        if not note:
            return Published()
        try:
            checkpoint = open_checkpoint(note, self._key, verify_ed25519)
        except Refused as refusal:
            raise Refused(LOG_CORRUPT, "checkpoint") from refusal
        return Published(checkpoint.size, checkpoint.root, note)
