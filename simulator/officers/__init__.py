"""The officers of the four provinces, as their provincial systems show them to the exchange: clients of `Desk` and nothing else.

They know the contract (`yrdx.v1`) and the channel (`runtime`); what becomes of a case arises from what they see and decide.
"""
