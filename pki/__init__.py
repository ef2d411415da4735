"""Keys, certificates and the trust list: the only importer of a cryptography library.

Who may speak is decided in this order: the offline root admits a member and its authority; the authority says which
keys are the member's; a version of the trust list (信任清单) carries both, signed; look-up is by key id, purpose and
member. `docs/trust.md` tells what each party is trusted for.
"""
