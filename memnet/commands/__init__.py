"""The command line, one file a command.

| file | holds |
|---|---|
| `app` | `main`: gathers the commands, turns errors into one sentence and an exit status |
| `options` | options that commands share |
| `console` | progress bars, tables and files |
| `figures` | the table of figures |
| `netlist simulate evaluate compare estimate train import_checkpoint genotypes graph engines demo` | a command each |
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
