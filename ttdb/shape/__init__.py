"""A database's shape: what its tables take, and rows made to fit them."""

from ttdb.shape.draft import CannotMake
from ttdb.shape.make import Made, Maker, Ownership
from ttdb.shape.model import ForeignKey, Row, Schema, Table
from ttdb.shape.read import read_schema

__all__ = ["CannotMake", "ForeignKey", "Made", "Maker", "Ownership", "Row", "Schema", "Table", "read_schema"]
