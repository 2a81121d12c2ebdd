from .levels import level_siemens as level_siemens
from .spread import DeviceSpread as DeviceSpread
