"""Simulation of decks: engines behind one protocol (`base`), found on this machine (`discover`); knows no network."""
