"""Circuit-level numeric engine: what the op-amp circuits compute, in closed form; writes no netlist, runs no simulator."""
