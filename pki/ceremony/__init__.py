"""The key ceremony (密钥仪式): what a person does, one file a verb, each over folders that lie on different machines.

A holder makes its keys (`request`), its authority answers (`sign`) and keeps what it signed in its member file (`record`),
the root admits authorities (`root`, `sign`) and puts the member files together (`trust_list`); either takes back what it
signed (`revoke`). Requests, certificates and member files travel; private keys never do. Two people at one folder at the
same time are not prevented.
"""
