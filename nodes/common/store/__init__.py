"""The node's own database: one module a noun, one lock a transaction, personal data sealed under the storage key."""
