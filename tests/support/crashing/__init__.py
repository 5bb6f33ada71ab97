"""Upgrades that are struck in the middle, in every place and in every way, and what is left of them."""
