"""A service that keeps the orders of many shops."""
