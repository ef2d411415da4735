"""Where the parts of a node meet: made from settings, started in order, ended in reverse.

Start: database and migrations · channels to hub and register · trust list · what a crash left unapplied · the loops (intake, outbox,
stream, strokes, trust, claims, uploads) · the server, which then says SERVING. The hub may be away all the while: decisions wait in the
outbox. If we crash anywhere here, the next start does the same again.

End: the server withdraws its readiness and finishes calls · the loops stop where they are · channels, threads, pool. Nothing rests on an
orderly end.
"""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from core.refusals import WRONG_ROLE, Refused
from core.rules import shipped_rules
from nodes.common.apply import Applier
from nodes.common.business_time import BusinessTime
from nodes.common.decisions import Decisions
from nodes.common.desk import DeskService
from nodes.common.documents import DocumentOffice
from nodes.common.holds import Holds
from nodes.common.inbox import Inbox
from nodes.common.intake import Intake
from nodes.common.messages import Writer
from nodes.common.operations import OperationsService
from nodes.common.outbox import Outbox
from nodes.common.pace import Pace
from nodes.common.precheck import Prechecker
from nodes.common.reading import NoticingCodec
from nodes.common.register import Register, RegisterClient
from nodes.common.replies import Replies
from nodes.common.residents import Residents
from nodes.common.retag import Retagger
from nodes.common.store import rules
from nodes.common.store.cases import Cases
from nodes.common.store.database import Database
from nodes.common.store.documents import Documents
from nodes.common.store.operations import Operations
from nodes.common.store.requests import Requests
from nodes.common.store.work import Work
from nodes.common.stream import Stream
from nodes.common.strokes import Strokes
from nodes.common.trust import NodeTrust
from nodes.common.uploads import Uploads
from nodes.common.verify import Verifier
from nodes.common.views import Views
from nodes.common.watch import Watch
from nodes.common.worklist import Worklist
from pki.files import read
from pki.keys import load_secret
from pki.seal import load_opener
from pki.signer import load_signer
from pki.storage import StorageCipher
from runtime import clock as clocks
from runtime import metrics, postgres
from runtime.groups import refusal_in, task_group
from runtime.grpc_client import channel
from runtime.grpc_server import serving
from runtime.surroundings import Surroundings
from yrdx.v1 import desk_pb2_grpc, exchange_pb2_grpc, operations_pb2_grpc, register_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Iterable, Mapping

    import asyncpg
    import grpc

    from core.policy import Policy
    from nodes.common.records.codec import RecordCodec
    from nodes.common.settings import NodeSettings
    from runtime.clock import Clock, Sleep
    from runtime.identity import Identity

ROLES: Final[Mapping[str, Collection[str]]] = {"yrdx.v1.Desk": ("system",), "yrdx.v1.Operations": ("operator",)}
"""Who may call what, by the role in the certificate; all of them of this province."""


class Node:
    """The parts of one node process. Each property makes its part once, from those that it names."""

    def __init__(
        self,
        settings: NodeSettings,
        codec: RecordCodec,
        pool: asyncpg.Pool[asyncpg.Record],
        links: tuple[grpc.aio.Channel, grpc.aio.Channel | None],
        *,
        clock: Clock,
        sleep: Sleep,
    ) -> None:
        """Takes what must be opened first, channels to the hub and to a register that can be called among it; reads the node's keys."""
        self.settings, self.codec = settings, NoticingCodec(codec)
        self.clock, self.sleep = clock, sleep
        self.database, self.business_time = Database(pool), BusinessTime(clock)
        self.book = shipped_rules()
        self.signer = load_signer(settings.signing.key, settings.signing.certificate)
        self.opener = load_opener(settings.sealing_key)
        self.cipher = StorageCipher(load_secret(settings.storage_key))
        self.tag_keys = settings.load_tag_keys()
        self.executor = ThreadPoolExecutor(max_workers=2, thread_name_prefix="verify")
        self.exchange = exchange_pb2_grpc.ExchangeStub(links[0])
        self.worklist = Worklist(database=self.database, work=Work(self.cipher), clock=clock, random=os.urandom)
        self.register: Register = RegisterClient(register_pb2_grpc.RegisterStub(links[1])) if links[1] else self.worklist
        self.trust = NodeTrust(read(settings.trust_root), self.database, self.exchange, clock, learn=self._learn)
        self.cases, self.documents = Cases(self.cipher), Documents(self.cipher)
        self.requests, self.operations, self.holds = Requests(self.cipher), Operations(self.cipher), Holds(settings.province)

    def _learn(self, tables: Iterable[tuple[bytes, Policy]]) -> None:
        self.book.learn(tables)

    @cached_property
    def verifier(self) -> Verifier:
        """Checks what the hub sends."""
        return Verifier(province=self.settings.province, opener=self.opener, cipher=self.cipher, clock=self.clock)

    @cached_property
    def applier(self) -> Applier:
        """Brings cases up to date."""
        return Applier(
            province=self.settings.province,
            cases=self.cases,
            cipher=self.cipher,
            book=self.book,
            replies=self.replies,
            tag_keys=self.tag_keys,
        )

    @cached_property
    def replies(self) -> Replies:
        """Answers about content."""
        return Replies(province=self.settings.province, writer=self.writer, cipher=self.cipher)

    @cached_property
    def writer(self) -> Writer:
        """Writes messages down."""
        return Writer(
            province=self.settings.province,
            trust=self.trust,
            rules=self.book,
            signer=self.signer,
            officer_key=load_secret(self.settings.officer_key),
            tag_keys=self.tag_keys,
            cipher=self.cipher,
            clock=self.clock,
            random=os.urandom,
        )

    @cached_property
    def views(self) -> Views:
        """What the desk shows."""
        return Views(
            province=self.settings.province, book=self.book, cipher=self.cipher, business_time=self.business_time, holds=self.holds
        )

    @cached_property
    def decisions(self) -> Decisions:
        """What officers decide."""
        return Decisions(
            province=self.settings.province,
            codec=self.codec,
            cases=self.cases,
            requests=self.requests,
            operations=self.operations,
            documents=self.documents,
            applier=self.applier,
            writer=self.writer,
            views=self.views,
            business_time=self.business_time,
        )

    @cached_property
    def intake(self) -> Intake:
        """Decisions that come at once."""
        return Intake(database=self.database, decisions=self.decisions, pace=self.pace())

    @cached_property
    def strokes(self) -> Strokes:
        """Irreversible actions."""
        return Strokes(
            database=self.database,
            operations=self.operations,
            register=self.register,
            decisions=self.decisions,
            writer=self.writer,
            clock=self.clock,
            sleep=self.sleep,
        )

    @cached_property
    def outbox(self) -> Outbox:
        """Step 1."""
        return Outbox(
            province=self.settings.province,
            database=self.database,
            exchange=self.exchange,
            writer=self.writer,
            trust=self.trust,
            verifier=self.verifier,
            applier=self.applier,
            business_time=self.business_time,
            clock=self.clock,
            sleep=self.sleep,
            executor=self.executor,
            pace=self.pace(),
        )

    @cached_property
    def inbox(self) -> Inbox:
        """Steps 5 and 6."""
        return Inbox(
            province=self.settings.province,
            database=self.database,
            verifier=self.verifier,
            trust=self.trust,
            applier=self.applier,
            signer=self.signer,
            business_time=self.business_time,
            clock=self.clock,
            executor=self.executor,
        )

    @cached_property
    def stream(self) -> Stream:
        """The stream at the hub."""
        return Stream(
            instance=self.settings.name,
            credits=self.settings.credits,
            database=self.database,
            exchange=self.exchange,
            inbox=self.inbox,
            holds=self.holds,
            sleep=self.sleep,
            pace=self.pace(),
        )

    @cached_property
    def desk(self) -> DeskService:
        """What provincial systems may ask."""
        return DeskService(
            province=self.settings.province,
            database=self.database,
            decisions=self.decisions,
            intake=self.intake,
            strokes=self.strokes,
            views=self.views,
            watching=Watch(database=self.database, cases=self.cases, views=self.views, clock=self.clock, sleep=self.sleep),
            offices=DocumentOffice(
                province=self.settings.province,
                database=self.database,
                documents=self.documents,
                uploads=Uploads(self.database, self.requests, self.cipher, self.clock),
                exchange=self.exchange,
                trust=self.trust,
                opener=self.opener,
            ),
            register=self.register,
            residents=Residents(self.register, self.codec),
            prechecker=Prechecker(province=self.settings.province, trust=self.trust, rules=self.book),
            worklist=None if self.settings.register else self.worklist,
        )

    def pace(self) -> Pace:
        """One for each loop that writes."""
        return Pace(self.clock, self.sleep)

    @cached_property
    def surroundings(self) -> Surroundings:
        """Certificates, and the disk of the process log."""
        log = self.settings.process_log
        certificates = self.settings.tls.certificate, self.settings.signing.certificate
        return Surroundings.of(certificates, {"process_log": log.parent} if log else {})

    @cached_property
    def operator(self) -> OperationsService:
        """What operators may ask."""
        return OperationsService(
            name=self.settings.name,
            database=self.database,
            operations=self.operations,
            stream=self.stream,
            desk=self.desk,
            trust=self.trust,
            business_time=self.business_time,
            surroundings=self.surroundings,
            clock=self.clock,
            sleep=self.sleep,
        )

    def add_to(self, server: grpc.aio.Server) -> None:
        """Registers the services."""
        desk_pb2_grpc.add_DeskServicer_to_server(self.desk, server)
        operations_pb2_grpc.add_OperationsServicer_to_server(self.operator, server)

    def check_peer(self, peer: Identity) -> None:
        """Lets in this province's own systems and operators, as the trust list has them.

        Raises:
            Refused: WRONG_ROLE, NO_IDENTITY or KEY_REVOKED.
        """
        if peer.member != self.settings.province:
            raise Refused(WRONG_ROLE, "member")
        self.trust.check_peer(peer)


@asynccontextmanager
async def running(settings: NodeSettings, codec: RecordCodec, clock: Clock, sleep: Sleep = clocks.sleep) -> AsyncIterator[Node]:
    """A node that serves, from entry to exit.

    Raises:
        Refused: BAD_SETTINGS, BAD_TRUST_LIST, or UNAVAILABLE when the database does not come.
    """
    try:
        async with AsyncExitStack() as stack:
            yield await _started(settings, codec, stack, clock, sleep)
    except BaseExceptionGroup as failed:
        refusal = refusal_in(failed)
        if refusal is None:
            raise
        raise refusal from failed


async def _started(settings: NodeSettings, codec: RecordCodec, stack: AsyncExitStack, clock: Clock, sleep: Sleep) -> Node:
    """Opens what the node rests on, and starts its loops and its server."""
    pool = await stack.enter_async_context(postgres.pool(settings.dsn_file))
    await postgres.migrate(pool, files("nodes.common") / "store" / "migrations")
    hub = await stack.enter_async_context(channel(settings.hub, settings.tls))
    register = await stack.enter_async_context(channel(settings.register, settings.tls)) if settings.register else None
    node = Node(settings, codec, pool, (hub, register), clock=clock, sleep=sleep)
    stack.callback(node.executor.shutdown)
    node.book = await rules.remembered(node.database, node.book)  # before the parts that hold it are made, and before it learns
    await node.trust.begin(read(settings.trust_list))
    await node.inbox.resume()
    await stack.enter_async_context(metrics.serving(settings.metrics, node.operator.status))
    group = await stack.enter_async_context(task_group())
    retagger = Retagger(node.settings.province, node.database, node.cases, node.exchange, node.writer, node.book)
    loops = (node.intake.run(), node.outbox.run(), node.stream.run(), node.strokes.run(), node.trust.run(sleep), retagger.run(sleep))
    tasks = [group.create_task(loop) for loop in (*loops, node.desk.offices.uploads.run(sleep))]
    stack.callback(lambda: [task.cancel() for task in tasks])
    server = await stack.enter_async_context(
        serving(settings.address, settings.tls, node.add_to, ROLES, check_peer=node.check_peer, reflection=settings.reflection)
    )
    stack.callback(node.worklist.close)
    await server.ready()
    return node
