"""The commands of `yrdx-pki`, a function each; what a function returns is what the command prints.

Decides words only. The ceremony itself is in `pki.ceremony`, one file a verb.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import App, Parameter
from cyclopts.validators import Number

from core.refusals import BAD_FIELD, Refused
from core.typed import whole
from pki import development
from pki.ceremony.describe import describe, list_lines, trust_lines
from pki.ceremony.office import LIST_DAYS, ROOT_DAYS, Office
from pki.ceremony.policy import province_of, sign_policy
from pki.ceremony.request import digest_of, make_tag_key, request_authority, request_holder
from pki.ceremony.revoke import renew, revoke
from pki.ceremony.root import new_root
from pki.ceremony.sign import sign
from pki.ceremony.trust_list import TRUST_LIST, next_trust_list
from pki.crl import Reason
from pki.files import read
from pki.identity import Role, Subject
from pki.names import Names

app = App(
    name="yrdx-pki",
    help="""Make keys where they are used, certify them, and sign who may speak: the trust list.

Everything in one folder, for development:
  yrdx-pki init pki
At the root, once:
  yrdx-pki init root --root-only
In Shanghai, at its authority; then at the root:
  yrdx-pki request 310000 authority --out authority
  yrdx-pki sign request.pem --office root --digest 9f86d081… --out answer
In Shanghai, where its node will run; then at its authority:
  yrdx-pki request 310000 node --out keys --name node.sh.example
  yrdx-pki sign keys/request.pem --office authority --digest 60303ae2…
There, when its policy table has changed:
  yrdx-pki policy policy.json --office authority
At the root, with what Shanghai's authority handed over:
  yrdx-pki trust-list root --member member.bin --epoch 1

Exit status: 0 fine, 1 findings (not signed, or does not verify), 2 usage.""",
    help_format="plaintext",
    version_flags=(),
)

Flag = Annotated[bool, Parameter(negative=())]
Texts = Annotated[tuple[str, ...], Parameter(negative=())]
Paths = Annotated[tuple[Path, ...], Parameter(negative=())]
Days = Annotated[int, Parameter(converter=whole, validator=Number(gte=1, lte=ROOT_DAYS))]
Epoch = Annotated[int, Parameter(converter=whole, validator=Number(gte=1, lt=1 << 32))]


@app.command(name="init")
def init_folder(folder: Path, /, *, name: Texts = ("localhost", "127.0.0.1"), policy: Paths = (), root_only: Flag = False) -> list[str]:
    """Make the root and, for development, all others in the same folder.

    Example: yrdx-pki init pki

    Args:
        folder: an empty folder, or one to make.
        name: host name or address of all servers; may be repeated.
        policy: policy table of a province; may be repeated. A province without one opens its cases under the regional table.
        root_only: make the root alone, as production begins.
    """
    if root_only:
        new_root(folder, _now())
        return describe(folder / "root.pem", folder / "root.pem")
    tables = {province_of(data): data for data in map(read, policy)}
    development.init(folder, _now(), os.urandom, names=Names.parse(name), policies=tables)
    return describe(folder / TRUST_LIST, folder / "root.pem")


@app.command(name="request")
def request_certificates(
    member: str,
    role: Literal["authority", "node", "system", "operator", "auditor", "hub", "broker"],
    /,
    *,
    out: Path,
    name: Texts = (),
    unit: Texts = (),
    tag_epoch: Epoch | None = None,
) -> list[str]:
    """Make the keys of a holder here, and the request that leaves in their place.

    Example: yrdx-pki request 310000 system --out keys --name population.sh.example --unit 31

    Args:
        member: GB/T 2260 code of the province, or hub.
        role: what the holder does; authority is the one that signs for the others.
        out: folder for the keys; none that is there is overwritten.
        name: host name or address of a server (node, system, hub); may be repeated.
        unit: prefix of the unit codes that a system may speak for; may be repeated.
        tag_epoch: make the tag key of this epoch beside a node's keys; carry it to the other provinces, never to the hub.
    """
    if tag_epoch and role != "node":
        raise Refused(BAD_FIELD, "tag-epoch")
    if role == "authority":
        path = request_authority(out, member)
    else:
        path = request_holder(out, Subject(member, Role(role), unit), Names.parse(name), os.urandom)
    made = [f"{make_tag_key(out, tag_epoch, os.urandom)}: for the provinces alone"] if tag_epoch else []
    return [
        *made,
        f"{path}: take it to {'the root' if role == 'authority' else 'the authority'}",
        f"digest, to be read out: {digest_of(path)}",
    ]


@app.command(name="sign")
def sign_request(request: Path, /, *, office: Path, digest: str, out: Path | None = None, days: Days | None = None) -> list[str]:
    """Sign what a holder asks of its authority, or an authority of the root.

    Look at the request first with `inspect`, and let its holder read out the digest over another channel.

    Example: yrdx-pki sign keys/request.pem --office authority --digest 60303ae2…

    Args:
        request: the request.
        office: folder of the authority or the root.
        digest: SHA-256 of the request, as its holder read it out.
        out: folder for the certificates; by default that of the request.
        days: lifetime; by default 730 for holders, 3650 for authorities.
    """
    paths = sign(Office.enter(office), request, digest, out or request.parent, at=_now(), days=days)
    return [f"{path}: signed" for path in paths]


@app.command(name="inspect")
def inspect_file(file: Path, /, *, root: Path | None = None) -> list[str]:
    """Show what a certificate, request, revocation list, member file or trust list says.

    Trust lists and member files are verified up to the root; of certificates and revocation lists nothing is verified.

    Example: yrdx-pki inspect pki/trust-list.bin --root pki/root.pem

    Args:
        file: the file.
        root: certificate of the root. By default root.pem beside the file.
    """
    return describe(file, root or file.parent / "root.pem")


@app.command(name="revoke")
def revoke_certificate(certificate: Path, /, *, office: Path, reason: Reason = Reason.SUPERSEDED) -> list[str]:
    """Revoke a certificate; in force with the next trust list.

    Example: yrdx-pki revoke authority/issued/1f2e….pem --office authority --reason key-compromise

    Args:
        certificate: the certificate, or the copy that its issuer keeps in `issued`.
        office: folder of its issuer, authority or root.
        reason: for people.
    """
    return [*list_lines(revoke(Office.enter(office), certificate, reason, _now()))]


@app.command(name="crl")
def show_list(office: Path, /, *, renew_dates: Annotated[Flag, Parameter(name="--renew")] = False, days: Days = LIST_DAYS) -> list[str]:
    """Show the revocation list of an authority or the root, or sign it again with later dates.

    Example: yrdx-pki crl authority --renew

    Args:
        office: folder of the issuer.
        renew_dates: sign it again.
        days: until the next update.
    """
    issuer = Office.enter(office)
    found = renew(issuer, _now(), days) if renew_dates else issuer.revoked()
    return [f"{office}: nothing was signed here yet"] if found is None else [*list_lines(found)]


@app.command(name="policy")
def sign_table(table: Path, /, *, office: Path) -> list[str]:
    """Sign a new version of a province's policy table at its authority; in force with the next trust list.

    Cases that run already keep the table under which they were opened.

    Example: yrdx-pki policy policy.json --office authority

    Args:
        table: the table, JSON; docs/operations.md says what is in it.
        office: folder of the province's authority.
    """
    policy = sign_policy(Office.enter(office), read(table), _now())
    return [f"{policy.name}: version {policy.version} of {policy.province} signed; hand {office / 'member.bin'} to the root"]


@app.command(name="trust-list")
def sign_trust_list(
    root: Path,
    /,
    *,
    member: Paths = (),
    epoch: Annotated[tuple[Epoch, ...], Parameter(negative=())] = (),
    remove: Texts = (),
) -> list[str]:
    """Sign the next version of the trust list at the root, once all of it verifies.

    Example: yrdx-pki trust-list root --member from-shanghai/member.bin --member from-hub/member.bin --epoch 1

    Args:
        root: folder of the root.
        member: a member file (member.bin) that is new; may be repeated. Other members stay as they are.
        epoch: a tag-key epoch in force; may be repeated. By default those of the last version.
        remove: code of a member that leaves; may be repeated.
    """
    return [*trust_lines(next_trust_list(Office.enter(root), member, _now(), epochs=epoch, removed=remove))]


def _now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - a person at a command line means now; the ceremony takes the time as a parameter
