"""Procedures of the services, by service id. Adding a service = one module here and its payload messages."""

from core.procedures.household_transfer import HOUSEHOLD_TRANSFER

PROCEDURES = {procedure.service: procedure for procedure in (HOUSEHOLD_TRANSFER,)}
