"""Netlist text from circuits: Jinja templates for structure, vectorised batches for bulk; starts no process."""
