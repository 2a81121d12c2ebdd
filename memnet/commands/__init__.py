"""The commands, one module each with a `register(app)`; knows their names only, so that help loads nothing heavy."""

COMMANDS = (
    "genotypes",
    "graph",
    "simulate",
    "train",
    "evaluate",
    "engines",
    "demo",
)
