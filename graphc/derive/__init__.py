"""Differentiation: rules, the linearised graph, its elimination, and products of it."""
