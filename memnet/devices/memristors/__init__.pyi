# SPDX-License-Identifier: GPL-3.0-or-later
from .base import MemristorModel as MemristorModel
from .base import ReadLaw as ReadLaw
from .base import State as State
from .base import edge as edge
from .parameters import ParameterSet as ParameterSet
from .parameters import option as option
from .parameters import parameter as parameter
from .registry import DEFAULT_MODEL as DEFAULT_MODEL
from .registry import MODELS as MODELS
from .registry import memristor_model as memristor_model
from .stimuli import Pulses as Pulses
from .stimuli import Sine as Sine
from .stimuli import Stimulus as Stimulus
from .trajectory import integrate as integrate
