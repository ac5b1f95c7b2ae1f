"""Reads of a large shop: each of them on its own, at several places, with its median and 95th percentile."""
