# SPDX-License-Identifier: GPL-3.0-or-later
from .base import INSTALL_HINT as INSTALL_HINT
from .base import Engine as Engine
from .base import EngineInfo as EngineInfo
from .base import Result as Result
from .base import deck_dialect as deck_dialect
from .base import refuse_foreign as refuse_foreign
from .base import why_no_transients as why_no_transients
from .batch import BatchEngine as BatchEngine
from .cache import cached as cached
from .installing import install_ngspice as install_ngspice
from .registry import ENGINES as ENGINES
from .registry import engine_report as engine_report
from .registry import find_engine as find_engine
