# SPDX-License-Identifier: GPL-3.0-or-later
from .array_charts import arrays_svg as arrays_svg
from .charts import scatter as scatter
from .charts import waveforms as waveforms
from .comparison import array_words as array_words
from .comparison import comparison_html as comparison_html
from .comparison import ratio_words as ratio_words
from .device_page import fit_html as fit_html
from .device_page import fit_svg as fit_svg
from .device_page import memristor_html as memristor_html
from .device_page import memristor_svg as memristor_svg
from .page import report_html as report_html
from .switched import SWITCHED_HEADINGS as SWITCHED_HEADINGS
from .switched import switched_notes as switched_notes
from .switched import switched_rows as switched_rows
from .switched import switched_title as switched_title
