"""Removes one defence after the other and shows that each is noticed: `python -m tests.sabotage`, or `make sabotage`.

`rows` is the table: what is taken out, which test must fail by its assertion, which must stay green. `bench` takes it out of a copy of
the tree and runs the two tests there, `verdict` says what that proves, `plugin` notes how each test ended.
"""
