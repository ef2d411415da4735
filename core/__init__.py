"""Pure rules: no I/O, no clock reading, no asyncio, no cryptography library. The same code judges at hub, node and auditor."""
