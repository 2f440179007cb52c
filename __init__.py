"""Audit a generative model's checkpoint: fairness, attribution and mode collapse, with a verdict."""
