"""What others hold of a world while it runs: tables, topics, folders. Whoever owns them sees this."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec

from core.ids import PROVINCES
from hub.topics import PARTITIONS, TOPICS
from runtime.kafka import client
from runtime.settings import KafkaSettings

if TYPE_CHECKING:
    from pathlib import Path

    from simulator.layout import Layout

_TABLES = "select schemaname, tablename from pg_tables where schemaname not in ('pg_catalog', 'information_schema')"
_ENOUGH_EMPTY_READS = 3


@dataclass
class Seen:
    """Bytes by place, for each who could look.

    Attributes:
        hub: tables of the hub's database.
        broker: every record of every topic.
        nodes: tables of the nodes' databases.
    """

    hub: dict[str, bytes] = field(default_factory=dict)
    broker: dict[str, bytes] = field(default_factory=dict)
    nodes: dict[str, bytes] = field(default_factory=dict)


async def look(layout: Layout) -> Seen:
    """Reads everything that will be gone when the world ends."""
    seen = Seen(hub=await tables(layout, "hub"), broker=await records(kafka(layout)))
    for code in PROVINCES:
        seen.nodes |= await tables(layout, f"node-{code}")
    return seen


def kafka(layout: Layout) -> KafkaSettings:
    """How the hub reaches the broker."""
    told: dict[str, Any] = json.loads(layout.settings("hub").read_bytes())
    return msgspec.convert(told["kafka"], KafkaSettings)


async def tables(layout: Layout, name: str) -> dict[str, bytes]:
    """Every row of a database, as text and in the server's binary form."""
    connection = await asyncpg.connect(layout.dsn(name).read_text().strip())
    found = {}
    try:
        for schema, table in await connection.fetch(_TABLES):
            for form in ("text", "binary"):
                out = io.BytesIO()
                await connection.copy_from_table(table, schema_name=schema, output=out, format=form)
                found[f"{name}: {table} ({form})"] = out.getvalue()
    finally:
        await connection.close()
    return found


async def records(settings: KafkaSettings) -> dict[str, bytes]:
    """Keys, values and headers of all records of all inboxes, from the first on."""
    partitions = [part for topic in TOPICS for part in client.partitions_of(topic, PARTITIONS)]
    reader: Any = await client.consumer(settings, partitions)
    found: dict[str, bytes] = {}
    try:
        await reader.seek_to_beginning()
        empty = 0
        while empty < _ENOUGH_EMPTY_READS:
            fetched = await reader.getmany(timeout_ms=500)
            empty = 0 if fetched else empty + 1
            for part, batch in fetched.items():
                for record in batch:
                    headers = b"".join(key.encode() + value for key, value in record.headers)
                    found[f"{part.topic}/{part.partition}/{record.offset}"] = (record.key or b"") + headers + record.value
    finally:
        await client.close(reader)
    return found


def files(*folders: Path) -> dict[str, bytes]:
    """Every file below the folders."""
    return {str(path): path.read_bytes() for folder in folders for path in folder.rglob("*") if path.is_file()}
