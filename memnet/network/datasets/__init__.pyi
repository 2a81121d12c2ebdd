# SPDX-License-Identifier: GPL-3.0-or-later
from .base import Dataset as Dataset
from .base import DataSource as DataSource
from .load import DATA_SOURCES as DATA_SOURCES
from .load import data_source as data_source
from .load import load_dataset as load_dataset
from .load import recipe_of as recipe_of
from .own_file import is_own_file as is_own_file
from .parts import PartedArray as PartedArray
