"""Figures of a circuit from its voltages and counts: accuracy, headroom, delay, power, area; starts no process."""
