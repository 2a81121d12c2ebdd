"""Circuit blocks as arrays of devices and nets; knows no netlist text and no simulator."""
