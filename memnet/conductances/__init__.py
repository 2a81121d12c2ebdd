"""Weights to conductances: fold batch norm, choose voltage scales, quantise to levels; knows no nets and no SPICE."""
