"""Circuit-level numeric engine: what op-amp circuits compute, in closed form; writes no netlist, runs no simulator."""
