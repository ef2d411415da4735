"""Trust lists and rules in the ledger: entries about no case, each naming an object by its digest."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from core import entries
from core.envelope import sha256
from core.refusals import EPOCH_IN_USE, Refused
from hub.ledger.notary import dates, log_entry
from hub.ledger.reach import reaching

if TYPE_CHECKING:
    import asyncpg

    from hub.ledger.moment import Moment

TRUST_LIST: Final = "trust-list"

_APPEND = "select ledger_append_artefact($1, $2, $3, $4, $5, $6, $7, $8, $9)"
_CLAIMS_LOST: Final = -1
_VERSION = "select content, log_index from objects where kind = 'trust-list' and version = $1"
_RULES = "select kind, content from objects where kind <> 'trust-list' order by log_index"


class Artefact(NamedTuple):
    """Something that entries name and that is no message.

    Attributes:
        kind: "trust-list", or a kind of core.rules.
        content: the bytes that are digested.
        version: of a trust list, else None.
        tag_epochs: of a trust list: those in force with it.
    """

    kind: str
    content: bytes
    version: int | None = None
    tag_epochs: tuple[int, ...] = ()


class LoggedTrustList(NamedTuple):
    """A serialised SignedTrustList and its place in the log."""

    content: bytes
    log_index: int


class Artefacts:
    """The objects table. Every method raises Refused(UNAVAILABLE) when the database cannot be reached."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        """Takes the hub's pool."""
        self._pool = pool

    async def append(self, head: Moment, at: Moment, artefact: Artefact) -> int | None:
        """Logs an artefact.

        Args:
            head: the head of the log as it was read.
            at: the date of the entry; a trust list is in force from its own entry on, so its version stands here.
            artefact: what is logged.

        Returns:
            The log index, or None, with nothing written, when the head has moved on.

        Raises:
            Refused: EPOCH_IN_USE, with nothing written, for a trust list that lets an epoch go whose claims stand under no other.
        """
        digest = sha256(artefact.content)
        if artefact.kind == TRUST_LIST:
            entry = log_entry(entries.TRUST_LIST, digest, **dates(at))
        else:
            entry = log_entry(entries.RULES, digest, rules_kind=artefact.kind, **dates(at))
        clocks = at.recorded_at, at.business_at, head.trust_list_version
        async with reaching():
            # If we crash here, the artefact is logged or not; a start looks and appends what is missing.
            index: int | None = await self._pool.fetchval(
                _APPEND, *clocks, artefact.kind, digest, artefact.version, artefact.content, entry, list(artefact.tag_epochs)
            )
        if index == _CLAIMS_LOST:
            raise Refused(EPOCH_IN_USE, "tag_epochs")
        return index

    async def trust_list(self, version: int) -> LoggedTrustList | None:
        """A version of the trust list, if it was ever in force."""
        async with reaching():
            row = await self._pool.fetchrow(_VERSION, version)
        return LoggedTrustList(row["content"], row["log_index"]) if row else None

    async def rules(self) -> list[tuple[str, bytes]]:
        """Every rules artefact: kind and content, in log order."""
        async with reaching():
            return [(row["kind"], row["content"]) for row in await self._pool.fetch(_RULES)]
