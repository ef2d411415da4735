"""Where the parts of the hub meet: made from settings, started in order, ended in reverse.

Start: database and migrations · the log writer, and with it the proof that the ledger is not shorter than the log · trust list and rules in
force, logged if they are new · committer and publisher · what the clock has to say · the server, which then says SERVING. If we crash
anywhere here, the next start does the same again and finds done what was done.

End: the server withdraws its readiness, ends streams and finishes calls · the committer and the publisher stop · the rest of the log is
published · Kafka, threads, pool. Nothing rests on an orderly end.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from functools import cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, Final

from core.note import KeyType, NoteKey
from core.refusals import Refused
from core.rules import rule_book, shipped_rules
from hub.acknowledge import Acknowledging
from hub.audit import AuditService
from hub.business_time import BusinessTime
from hub.deliver import Deliverer
from hub.exchange import ExchangeService
from hub.herald import Herald
from hub.hold import Holder
from hub.ledger import figures
from hub.ledger.artefacts import Artefact, Artefacts
from hub.ledger.committer import Committer
from hub.ledger.holding import Holding
from hub.ledger.leases import Leases
from hub.ledger.outbox import Outbox
from hub.ledger.store import LedgerStore
from hub.log.writer import LogWriter
from hub.materials import Materials
from hub.operations import OperationsService
from hub.publish import Publisher
from hub.retag import Retagger
from hub.submit import Submitter
from hub.topics import PARTITIONS, TOPICS
from hub.trust import TrustInForce
from hub.verify import Verifier
from pki.files import read
from pki.keys import load_secret
from pki.signer import load_signer
from runtime import clock as clocks
from runtime import metrics, postgres
from runtime.groups import refusal_in, task_group
from runtime.grpc_server import serving
from runtime.kafka import Consumer, Producer
from runtime.surroundings import Surroundings
from yrdx.v1 import audit_pb2_grpc, envelope_pb2, exchange_pb2_grpc, operations_pb2_grpc

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Collection, Mapping, Sequence

    import asyncpg
    import grpc

    from core.rules import RuleBook
    from hub.ledger.work import News
    from hub.settings import HubSettings
    from pki.signer import Signer
    from runtime.clock import Clock, Sleep

ROLES: Final[Mapping[str, Collection[str]]] = {
    "yrdx.v1.Exchange": ("node",),
    "yrdx.v1.Operations": ("operator",),
    "yrdx.v1.Audit": ("auditor",),
}
"""Who may call what, by the role in the certificate."""

_VERIFIERS: Final = 2
_LOG_POLL_S: Final = 0.02
_LAST_LOG_S: Final = 10.0


class Hub:
    """The parts of one hub process. Each property makes its part once, from those that it names."""

    def __init__(
        self, settings: HubSettings, pool: asyncpg.Pool, producer: Producer, rules: RuleBook, *, clock: Clock, sleep: Sleep
    ) -> None:
        """Takes what must be opened first; reads the hub's keys."""
        self.settings, self.pool, self.rules = settings, pool, rules
        self._producer, self._clock, self._sleep = producer, clock, sleep
        self._signer: Signer = load_signer(settings.signing.key, settings.signing.certificate)
        self._verifying = ThreadPoolExecutor(_VERIFIERS, "verify")
        self._deciding = ThreadPoolExecutor(1, "ledger")

    @cached_property
    def trust(self) -> TrustInForce:
        """The trust list in force."""
        return TrustInForce(
            read(self.settings.trust_root),
            self._signer.key_id,
            Artefacts(self.pool),
            self.rules,
            self._clock,
            changed=self._trust_changed,
        )

    @cached_property
    def verifier(self) -> Verifier:
        """Step 2."""
        return Verifier(self.trust.current, self.rules, load_secret(self.settings.pepper), self._clock)

    @cached_property
    def store(self) -> LedgerStore:
        """The commit path of step 3."""
        return LedgerStore(self.pool)

    @cached_property
    def committer(self) -> Committer:
        """Step 3."""
        return Committer(
            store=self.store,
            artefacts=Artefacts(self.pool),
            signer=self._signer,
            rules=self.rules,
            trust=self.trust.current,
            follow=self.trust.follow,
            verify_again=self.verifier.again,
            tell=self._tell,
            doubt=self._doubt,
            clock=self._clock,
            executor=self._deciding,
            simulated=self.settings.simulated,
        )

    @cached_property
    def herald(self) -> Herald:
        """Tells steps 4, 5 and 8 of commits."""
        return Herald(deliverer=self.deliverer, publisher=self.publisher, wake_log=self.log_writer.wake)

    @cached_property
    def submitter(self) -> Submitter:
        """Step 1."""
        return Submitter(
            verifier=self.verifier,
            materials=self.materials,
            committer=self.committer,
            executor=self._verifying,
            max_in_flight=self.settings.max_in_flight,
            checkpoint=self.checkpoint,
        )

    @cached_property
    def publisher(self) -> Publisher:
        """Step 4."""
        return Publisher(self._producer, Outbox(self.pool), self.deliverer.ask, self._sleep)

    @cached_property
    def leases(self) -> Leases:
        """Whose streams are open."""
        return Leases(self.pool, self.settings.name)

    @cached_property
    def holding(self) -> Holding:
        """What receivers cannot process."""
        return Holding(self.pool)

    @cached_property
    def deliverer(self) -> Deliverer:
        """Steps 5 and 6."""
        return Deliverer(
            outbox=Outbox(self.pool),
            leases=self.leases,
            acknowledging=Acknowledging(verifier=self.verifier, committer=self.committer, executor=self._verifying),
            holder=Holder(holding=self.holding, trust=self.trust.current, clock=self._clock, sleep=self._sleep),
            consumer=lambda topic: Consumer(self.settings.kafka, topic, PARTITIONS, hint=self._producer.hints[topic], sleep=self._sleep),
            clock=self._clock,
            sleep=self._sleep,
            sweep_s=self.settings.sweep_s,
            check_peer=self.trust.check_peer,
        )

    @cached_property
    def log_writer(self) -> LogWriter:
        """Step 8."""
        log_key = load_signer(self.settings.log_key)
        name = NoteKey(self.settings.log_origin, KeyType.NOTE, log_key.public_key.raw)
        return LogWriter(self.pool, self.settings.log_directory, name, log_key.sign, sleep=self._sleep)

    @cached_property
    def materials(self) -> Materials:
        """Sealed documents."""
        return Materials(self.settings.materials_directory)

    @cached_property
    def business_time(self) -> BusinessTime:
        """The clock that acts on cases."""
        return BusinessTime(
            store=self.store, committer=self.committer, clock=self._clock, sleep=self._sleep, simulated=self.settings.simulated
        )

    @cached_property
    def operations(self) -> OperationsService:
        """What operators may ask."""
        return OperationsService(
            name=self.settings.name,
            pool=self.pool,
            submitter=self.submitter,
            committer=self.committer,
            publisher=self.publisher,
            deliverer=self.deliverer,
            holding=self.holding,
            business_time=self.business_time,
            trust=self.trust,
            checkpoint=self.checkpoint,
            surroundings=self.surroundings,
            clock=self._clock,
            sleep=self._sleep,
        )

    @cached_property
    def surroundings(self) -> Surroundings:
        """Certificates and disks."""
        wanted = self.settings
        kafka = [wanted.kafka.tls.certificate] if wanted.kafka.tls else []
        folders = {"log": wanted.log_directory, "materials": wanted.materials_directory}
        return Surroundings.of([wanted.tls.certificate, wanted.signing.certificate, *kafka], folders)

    def checkpoint(self) -> envelope_pb2.SeenCheckpoint:
        """The newest published checkpoint."""
        published = self.log_writer.published
        return envelope_pb2.SeenCheckpoint(size=published.size, root=published.root if published.size else b"")

    def add_to(self, server: grpc.aio.Server) -> None:
        """Registers the services; step 9 is one of them."""
        retagger = Retagger(self.pool, self.trust.current, self.rules, load_secret(self.settings.pepper))
        exchange = ExchangeService(self.submitter, self.deliverer, self.trust, self.materials, retagger)
        exchange_pb2_grpc.add_ExchangeServicer_to_server(exchange, server)
        operations_pb2_grpc.add_OperationsServicer_to_server(self.operations, server)
        audit_pb2_grpc.add_AuditServicer_to_server(AuditService(self.settings.log_directory, self.pool), server)

    async def begin(self) -> None:
        """Makes a new ledger what it must be at its beginning, and an old one what it must be now.

        Raises:
            Refused: BAD_TRUST_LIST, or UNAVAILABLE.
        """
        now = self._clock.now()
        await self.store.create(now, self.settings.business_start or now)
        await self.leases.release_all()
        await self.trust.follow((await self.store.head()).trust_list_version)

    async def put_in_force(self) -> None:
        """Logs the trust list of the file and the rules of this version, where they are new.

        Raises:
            Refused: BAD_TRUST_LIST, or UNAVAILABLE.
        """
        await self.trust.take_file(read(self.settings.trust_list), self.committer.append)
        logged = set(await Artefacts(self.pool).rules())
        for kind, content in self.rules.artefacts:
            if (kind, content) not in logged:
                await self.committer.append(Artefact(kind, content), lambda: None)

    async def log_is_taken_up(self) -> None:
        """Waits until the log writer has found ledger and log in agreement; a new ledger has nothing to compare."""
        if (await figures.read(self.pool, ())).size:
            while not self.log_writer.published.size:
                await self._sleep(_LOG_POLL_S)

    def close(self) -> None:
        """Ends the threads."""
        self._verifying.shutdown()
        self._deciding.shutdown()

    # Parts that name each other: what these reach is made when they are first called.

    def _tell(self, news: News) -> None:
        self.herald.tell(news)

    def _doubt(self) -> None:
        self.herald.doubt()

    def _trust_changed(self) -> None:
        self.deliverer.check_peers()


@asynccontextmanager
async def running(settings: HubSettings, clock: Clock, sleep: Sleep = clocks.sleep) -> AsyncIterator[Hub]:
    """A hub that serves, from entry to exit.

    Raises:
        Refused: BAD_SETTINGS, BAD_TRUST_LIST, LEDGER_SHORTER_THAN_LOG, LOG_CORRUPT: what keeps a hub from starting, or ends it.
    """
    settings.check()
    try:
        async with AsyncExitStack() as stack:
            hub = await _opened(settings, stack, clock, sleep)
            await stack.enter_async_context(metrics.serving(settings.metrics, hub.operations.status))
            group = await stack.enter_async_context(task_group())
            await _started(hub, group, stack)
            server = await stack.enter_async_context(
                serving(
                    settings.address,
                    settings.tls,
                    hub.add_to,
                    ROLES,
                    check_peer=hub.trust.check_peer,
                    reflection=settings.reflection,
                )
            )
            await server.ready()
            yield hub
    except BaseExceptionGroup as failed:
        refusal = refusal_in(failed)
        if refusal is None:
            raise
        raise refusal from failed


async def _opened(settings: HubSettings, stack: AsyncExitStack, clock: Clock, sleep: Sleep) -> Hub:
    """Opens database, transport and threads."""
    pool = await stack.enter_async_context(postgres.pool(settings.dsn_file))
    await postgres.migrate(pool, files("hub") / "ledger" / "migrations")
    producer = await stack.enter_async_context(Producer(settings.kafka, TOPICS, PARTITIONS))
    logged = await Artefacts(pool).rules()
    rules = rule_book([*logged, *(artefact for artefact in shipped_rules().artefacts if artefact not in logged)])
    hub = Hub(settings, pool, producer, rules, clock=clock, sleep=sleep)
    stack.callback(hub.close)
    return hub


async def _started(hub: Hub, group: asyncio.TaskGroup, stack: AsyncExitStack) -> None:
    """Starts the tasks, each when what it rests on is there."""
    await hub.begin()
    log_task = group.create_task(hub.log_writer.run())
    await hub.log_is_taken_up()
    await hub.put_in_force()
    tasks: list[asyncio.Task[None]] = [group.create_task(hub.committer.run()), group.create_task(hub.publisher.run())]
    stack.push_async_callback(_end, hub, tasks, log_task)
    await hub.business_time.act()
    tasks.append(group.create_task(hub.business_time.run()))


async def _end(hub: Hub, tasks: Sequence[asyncio.Task[None]], log_task: asyncio.Task[None]) -> None:
    """Ends the tasks; the log writer publishes what is committed first."""
    for task in tasks:
        task.cancel()
    hub.log_writer.stop()
    await asyncio.wait([log_task], timeout=_LAST_LOG_S)
    with suppress(Refused):  # the database is away: the publisher repeats a little after the next start
        await hub.publisher.save()
