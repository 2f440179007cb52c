"""Attributions for programs and notebooks: the same maps as an audit's, with their checks, as plain arrays."""
