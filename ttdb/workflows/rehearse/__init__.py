"""Rehearse an upgrade on a copy: up, validate, back, up again; what was planned beside what was measured."""

from ttdb.workflows.rehearse.model import Amount, ComparedStep, Data, MeasuredStep, Phase, Rehearsal, Trouble
from ttdb.workflows.rehearse.run import rehearse

__all__ = ["Amount", "ComparedStep", "Data", "MeasuredStep", "Phase", "Rehearsal", "Trouble", "rehearse"]
