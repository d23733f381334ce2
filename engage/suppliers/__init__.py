"""Suppliers: profiles, statements of expertise with evidence, import."""
