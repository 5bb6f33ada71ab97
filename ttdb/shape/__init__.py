"""A database's shape: what its tables take, and rows made to fit them."""

from ttdb.shape.ask import Asker
from ttdb.shape.draft import CannotMake, OthersWanted, RowMaker
from ttdb.shape.make import Made, Maker, Ownership
from ttdb.shape.model import ForeignKey, Row, Schema, Table
from ttdb.shape.read import read_schema
from ttdb.shape.values import Mark

__all__ = [
    "Asker",
    "CannotMake",
    "ForeignKey",
    "Made",
    "Maker",
    "Mark",
    "OthersWanted",
    "Ownership",
    "Row",
    "RowMaker",
    "Schema",
    "Table",
    "read_schema",
]
