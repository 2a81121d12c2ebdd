"""The commands, one module each with a `register(app)`; knows their names only, so that help loads nothing heavy."""

COMMANDS = (
    "genotypes",
    "graph",
    "netlist",
    "simulate",
    "compare",
    "train",
    "import_checkpoint",
    "evaluate",
    "estimate",
    "engines",
    "demo",
)
