from .levels import level_siemens as level_siemens
from .models import MODELS as MODELS
from .models import MemristorModel as MemristorModel
from .models import memristor_model as memristor_model
from .spread import DeviceSpread as DeviceSpread
