"""Validation: catalog checks, attacks as real roles, and a verdict."""

from ttdb.validate.causes import FATAL
from ttdb.validate.discover import Hints
from ttdb.validate.engine import Request, validate
from ttdb.validate.library import Check, library
from ttdb.validate.unit import FAMILIES, Unit

__all__ = ["FAMILIES", "FATAL", "Check", "Hints", "Request", "Unit", "library", "validate"]
