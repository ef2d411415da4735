"""Messages a second through as4: sign, gzip, encrypt; verify, open, receipt; check the receipt."""

from __future__ import annotations

import base64
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))  # -I leaves it out

from as4 import AS4LocalPrivateKey, SecurityPolicy, pinned_certificates
from as4.peppol import (
    build_peppol_message,
    create_peppol_external_party,
    create_peppol_internal_party,
    parse_peppol_message,
    parse_peppol_receipt,
)
from certificates import party


def main(payload: int, seconds: float) -> None:
    """Prints the rate."""
    (our_key, ours), (their_key, theirs) = party("POP000001"), party("POP000002")
    sender = create_peppol_internal_party(party_id="POP000001", certificate=ours, private_key=AS4LocalPrivateKey(our_key))
    receiver = create_peppol_internal_party(party_id="POP000002", certificate=theirs, private_key=AS4LocalPrivateKey(their_key))
    remote = create_peppol_external_party(party_id="POP000002", certificate=theirs)
    policy = SecurityPolicy(signer_resolver=pinned_certificates(ours))
    document = b"<d>" + base64.b64encode(os.urandom(payload * 3 // 4)) + b"</d>"
    count, begun = 0, time.perf_counter()
    while time.perf_counter() - begun < seconds:
        message = build_peppol_message(
            payload=document,
            local_party=sender,
            remote_party=remote,
            sender="9932:9999999999",
            recipient="9932:1111111111",
            sender_country_id="GB",
            document_type_identifier_scheme="busdox-docid-qns",
            document_type_identifier_value="urn:d::d##x::2.1",
            process_identifier="p",
        )
        body, boundary = message.get_request_data()
        headers = message.get_http_headers(boundary)
        received = parse_peppol_message(request_headers=headers, request_body=body, local_party=receiver, security_policy=policy)
        _, signal = received.build_signal()
        if not received.successful:
            raise SystemExit("not received")
        parse_peppol_receipt(signal, theirs).verify_non_repudiation(message.signed_references)
        count += 1
    print(count / (time.perf_counter() - begun))


main(int(sys.argv[1]), float(sys.argv[2]))
