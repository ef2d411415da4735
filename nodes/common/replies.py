"""What a node answers by itself about content: it refuses what it cannot use, and seals again what the other side could not use.

A message whose content cannot be opened, or claims somebody else than it is about, is stored and receipted like any other; the case then
waits with everything irreversible until its sender has sealed the same content again (docs/procedures.md). A node does that once for each
message, to the key that the trust list now has; when that does not help either, people must look at it, and the desk shows why. A case asks
for one content at a time: another one that cannot be used either has its turn when the first is settled, and until then the alarm stays.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from core.envelope import read_header
from core.procedures.model import CLOSED, CONTENT_REFUSED, RESEAL
from core.refusals import CANNOT_OPEN, Refused
from nodes.common.content import SealedContent, payload
from nodes.common.messages import Saying
from nodes.common.store import outbox
from nodes.common.store import steps as steps_of
from runtime import process_log
from yrdx.v1 import desk_pb2
from yrdx.v1 import household_transfer_pb2 as transfer_pb2

if TYPE_CHECKING:
    from collections.abc import Sequence

    from google.protobuf.message import Message

    from core.envelope import ReadMessage
    from core.procedures.model import Case
    from nodes.common.messages import Writer
    from nodes.common.store.cases import CaseRow
    from nodes.common.store.database import Transaction
    from nodes.common.store.steps import Step
    from pki.storage import StorageCipher
    from yrdx.v1.envelope_pb2 import MaterialReference

_BASIS: Final = "node"

_LOG = process_log.get("nodes.replies")


@dataclass(frozen=True, slots=True, kw_only=True)
class Replies:
    """Answers of one province's node; every method works in the caller's transaction and leaves it to him to save the case."""

    province: str
    writer: Writer
    cipher: StorageCipher

    async def reply(self, transaction: Transaction, row: CaseRow, message: ReadMessage, problem: int) -> bool:
        """Answers an applied message of the other side where that is this node's business; true when something was said.

        Args:
            transaction: in which the message was applied.
            row: the case after it.
            message: what was applied.
            problem: number of why its content cannot be used, or 0.
        """
        case, action = row.case, message.action.name
        if case is None or case.state == CLOSED:
            return False
        if message.routing.sender == self.province:
            problem = 0
        elif action == CONTENT_REFUSED:
            return await self._seal_again(transaction, row, message)
        about = message.header.supersedes if action == RESEAL else message.routing.message_id
        if action == RESEAL and not problem:
            about, problem = await self._next_unusable(transaction, row, case)
            row.alarm = row.alarm or problem
        if not problem or case.unusable or case.content(about) is None or await self._is_asking(transaction, case):
            return False
        refused = transfer_pb2.ContentRefused(number=problem)
        self._say(transaction, row, self._saying(CONTENT_REFUSED, refused, concerns=about))
        _LOG.error("content cannot be used", case_id=case.case_id.hex(), message_id=about.hex(), number=problem)
        return True

    async def _is_asking(self, transaction: Transaction, case: Case) -> bool:
        """Whether a refusal of content is on its way already: the hub would not take a second one."""
        own = await outbox.of_case(transaction, case.case_id)
        return any(message.action == CONTENT_REFUSED and not message.refusal for message in own)

    async def _next_unusable(self, transaction: Transaction, row: CaseRow, case: Case) -> tuple[bytes, int]:
        """The first content of the other side that still cannot be used, and why; no message and 0 when all can."""
        known = [step for step in await steps_of.of_case(transaction, case.case_id) if step.sender == row.counterpart]
        mended = {read_header(step.body).header.supersedes for step in known if not step.problem}
        waiting = (step for step in known if step.problem and step.step <= case.step and step.message_id not in mended)
        return next(((step.message_id, step.problem) for step in waiting if case.content(step.message_id)), (b"", 0))

    async def _seal_again(self, transaction: Transaction, row: CaseRow, message: ReadMessage) -> bool:
        about = message.header.concerns
        known = {step.message_id: step for step in await steps_of.of_case(transaction, row.case_id)}
        step, asked = known[about], known[message.routing.message_id]
        if about in row.facts.resealed or not self._is_unopened(asked):
            _LOG.error("content of this side was refused; an officer must look at it", case_id=row.case_id.hex(), message_id=about.hex())
            return False
        content = SealedContent.FromString(self.cipher.decrypt(step.content, about))
        named = list(zip(read_header(step.body).header.materials, content.materials, strict=True))
        self._say(transaction, row, self._saying(RESEAL, payload(content), again=(about, content), documents=named))
        row.facts = row.facts.with_resealed(about)
        return True

    def _is_unopened(self, asked: Step) -> bool:
        """Whether the other side could not open it: a second sealing helps then, and for nothing else."""
        if asked.problem:
            return False
        content = SealedContent.FromString(self.cipher.decrypt(asked.content, asked.message_id))
        return transfer_pb2.ContentRefused.FromString(content.payload).number == CANNOT_OPEN.number

    def _say(self, transaction: Transaction, row: CaseRow, saying: Saying) -> None:
        # If we crash before the commit, the message that asked for it is not applied either; after it, the outbox goes on.
        try:
            outbox.add(transaction, self.writer.write(row, saying))
        except Refused as refusal:  # a newer trust list has no key of the other side: its next message asks again
            _LOG.error("cannot answer about content", case_id=row.case_id.hex(), reason=str(refusal))

    def _saying(
        self,
        action: str,
        said: Message,
        *,
        concerns: bytes = b"",
        again: tuple[bytes, SealedContent] | None = None,
        documents: Sequence[tuple[MaterialReference, transfer_pb2.MaterialDescription]] = (),
    ) -> Saying:
        """No officer has said it: the node's own reference, in the name of the province."""
        return Saying(
            message_id=self.writer.new_id(),
            action=action,
            payload=said,
            officer=desk_pb2.Officer(number=_BASIS, name=_BASIS, unit=f"{self.province}000000"),
            legal_basis=_BASIS,
            concerns=concerns,
            again=again,
            documents=documents,
        )
