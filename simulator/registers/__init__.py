"""A province's own population system, simulated: one process a province with its own SQLite file, serving `Register` or polling its node.

It belongs to the province, not to the exchange: it keeps record bytes in the province's format without reading them. What it
promises to a node are the rules of `operations`; what it survives is said in `store`.
"""
