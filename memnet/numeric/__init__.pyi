# SPDX-License-Identifier: GPL-3.0-or-later
from .crossbar import CrossbarStage as CrossbarStage
from .engine import NumericCircuit as NumericCircuit
from .engine import single_threaded_blas as single_threaded_blas
from .loads import Loads as Loads
from .loops import Loops as Loops
from .loops import WorstLoop as WorstLoop
from .loops import stage_loops as stage_loops
from .loops import worst_loop as worst_loop
from .noise import noise_of as noise_of
from .response import BLOCK as BLOCK
from .response import Responder as Responder
from .response import critical_path_s as critical_path_s
from .signals import NumericResult as NumericResult
from .signals import Signal as Signal
from .signals import Tally as Tally
from .stage_errors import added_errors as added_errors
