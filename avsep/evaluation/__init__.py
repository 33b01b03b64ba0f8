"""Weights to scores."""
