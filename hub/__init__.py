"""The hub: takes messages from provinces, judges their order, and sees that each arrives.

The way of a message has nine steps; each module that is one of them says so in its first line:

1. submit - `hub.submit`: a node hands in a batch.
2. verify - `hub.verify`: identity, form, clock, rules, key, signature, materials.
3. ledger - `hub.ledger`: message, case, claims, log entry and delivery number in one transaction.
4. publish - `hub.publish`: to the receiver's Kafka topic.
5. deliver - `hub.deliver`: to the receiver's stream, from Kafka or from the ledger.
6. acknowledge - `hub.acknowledge`: the receiver's signed DELIVERED receipt.
7. result - no module: the answer is a message and takes steps 1 to 6 the other way round.
8. log - `hub.log`: Merkle tree, checkpoint.
9. audit - `hub.audit`: proofs on request.

`hub.composition` is the one place where the parts meet. `hub.operations` and `hub.business_time` serve operators, `hub.trust` keeps the
trust list in force.
"""
