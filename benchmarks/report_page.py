# SPDX-License-Identifier: GPL-3.0-or-later
"""Size of the report of `memnet demo` and the time a browser takes to show it.

python benchmarks/report_page.py [PAGE]

Without PAGE, such as out/demo/index.html, the report is written first. Headless Chromium opens it from its file, each
time in a new window, at the widths of a screen and of a telephone (needs the extra `browser` and Chromium).
"""

from __future__ import annotations

import gzip
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

OPENED = 15  # times, of which the median is given
WINDOWS = {"screen": {"width": 1200, "height": 900}, "telephone": {"width": 390, "height": 844}}
# From the start of loading until the script has drawn all pictures, and until the browser has laid them out.
TIMES = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() => {
  const [load] = performance.getEntriesByType("navigation");
  done([load.domContentLoadedEventEnd, performance.now()]);
})))"""


def main(page: Path) -> None:
    """Print size and times."""
    content = page.read_bytes()
    print(f"{page}: {len(content) / 1e3:.0f} kB, {len(gzip.compress(content)) / 1e3:.0f} kB compressed by gzip")
    with sync_playwright() as playwright:
        executable = shutil.which("chromium") or shutil.which("chromium-browser")
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        for name, window in WINDOWS.items():
            times = []
            for _ in range(OPENED):
                opened = browser.new_page(viewport=window)
                opened.goto(page.resolve().as_uri())
                times.append(opened.evaluate(TIMES))
                opened.close()
            read, shown = (statistics.median(each) for each in zip(*times, strict=True))
            print(f"{name}, {window['width']} px wide: read and drawn in {read:.0f} ms, shown after {shown:.0f} ms")
        print(f"Chromium {browser.version}, medians of {OPENED}")
        browser.close()


if __name__ == "__main__":
    if sys.argv[1:]:
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            subprocess.run([sys.executable, "-m", "memnet", "demo", "--out", folder], check=True, capture_output=True)
            main(Path(folder) / "index.html")
