"""Validation: catalog checks, attacks as real roles, and a verdict."""

from ttdb.validate.discover import Hints
from ttdb.validate.engine import Request, validate
from ttdb.validate.library import library
from ttdb.validate.unit import FAMILIES, Unit

__all__ = ["FAMILIES", "Hints", "Request", "Unit", "library", "validate"]
