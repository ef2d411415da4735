"""A node that only submits: `python -m bench.sender PLAN`.

Signs all its messages first, says so, and sends them at a word on standard input. Each message opens a case of its own, as an application
does; what is sealed is random, for the hub cannot tell.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec
import uvloop

from bench.plan import Party  # noqa: TC001 - msgspec reads the annotations of a Struct when it runs
from core import tags
from core.dsse import HEADER_TYPE, pae
from core.envelope import FORMAT, sha256
from core.ids import RANDOM_BYTES, uuid7
from core.receipts import timestamp
from core.rules import shipped_rules
from pki.signer import load_signer
from runtime.clock import SystemClock
from runtime.grpc_client import channel
from runtime.settings import TlsFiles
from yrdx.v1 import envelope_pb2, exchange_pb2, exchange_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pki.signer import Signer
    from runtime.clock import Clock

_SERVICE: Final = "household-transfer"
_CALL_S: Final = 30.0


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What one sender does.

    Attributes:
        signing: PEM of its signing key; the certificate lies beside it.
        count: messages that are made ready.
        batch: messages a call.
        calls: at once.
        seconds: it sends for.
    """

    hub: Party
    sender: str
    receiver: str
    signing: str
    payload: int
    count: int
    batch: int
    calls: int
    seconds: float


class Sent(msgspec.Struct, frozen=True):
    """What became of them: accepted in time, by number of the refusal otherwise."""

    accepted: int
    refused: dict[str, int]


def envelopes(plan: Plan, signer: Signer, clock: Clock) -> Iterator[envelope_pb2.Envelope]:
    """Messages without end."""
    procedure, calendar, policy = shipped_rules().current(_SERVICE)
    sealed = os.urandom(plan.payload)
    while True:
        now = clock.now()
        message_id, case_id = (uuid7(int(now.timestamp() * 1000), os.urandom(RANDOM_BYTES)) for _ in range(2))
        opening = envelope_pb2.TagOpening(salt=os.urandom(tags.SALT_BYTES), tags=[envelope_pb2.Tag(epoch=1, value=os.urandom(32))])
        routing = envelope_pb2.Routing(
            message_id=message_id,
            case_id=case_id,
            service=_SERVICE,
            action="apply",
            sender=plan.sender,
            receiver=plan.receiver,
            unit=f"{plan.sender}000000",
        )
        header = envelope_pb2.Header(
            format=FORMAT,
            routing=routing.SerializeToString(deterministic=True),
            case_seq=1,
            created_at=timestamp(now),
            legal_basis="bench",
            purpose=_SERVICE,
            officer_reference=os.urandom(32),
            payload_digest=sha256(sealed),
            plaintext_commitment=os.urandom(32),
            tag_commitment=tags.commitment(opening.salt, [(tag.epoch, tag.value) for tag in opening.tags]),
            procedure_digest=procedure,
            calendar_digest=calendar,
            policy_digest=policy,
        ).SerializeToString(deterministic=True)
        signature = signer.sign(pae(HEADER_TYPE, header))
        yield envelope_pb2.Envelope(header=header, key_id=signer.key_id, signature=signature, sealed_payload=sealed, tag_opening=opening)


async def send(plan: Plan) -> Sent:
    """Makes ready, waits for the word, sends."""
    made = envelopes(plan, load_signer(Path(plan.signing), Path(plan.signing).with_suffix(".pem")), SystemClock())
    ready = [next(made) for _ in range(plan.count)]
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    tls = TlsFiles(certificate=Path(plan.hub.certificate), key=Path(plan.hub.key), root=Path(plan.hub.root))
    seen: Counter[int] = Counter()
    async with channel(plan.hub.address, tls) as link:
        stub = exchange_pb2_grpc.ExchangeStub(link)

        async def caller() -> None:
            while ready:
                batch, ready[-plan.batch :] = ready[-plan.batch :], []
                response = await stub.Submit(exchange_pb2.SubmitRequest(envelopes=batch), timeout=_CALL_S)
                seen.update(result.problem.number for result in response.results)

        with suppress(TimeoutError):
            async with asyncio.timeout(plan.seconds), asyncio.TaskGroup() as group:
                for _ in range(plan.calls):
                    group.create_task(caller())
    return Sent(seen[0], {str(number): count for number, count in seen.items() if number})


if __name__ == "__main__":
    print(msgspec.json.encode(uvloop.run(send(msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=Plan)))).decode())
