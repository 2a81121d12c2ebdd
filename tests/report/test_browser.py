# SPDX-License-Identifier: GPL-3.0-or-later
"""Pages in a real browser: headless Chromium opens each kind from its file, one browser for all tests.

Playwright drives the Chromium of the system's packages and downloads none; axe-core, which a package brings along,
checks accessibility, but for contrast: it cannot tell what texts inside pictures stand on, so that it is measured here.
"""

from __future__ import annotations

import base64
import json
import re
from itertools import pairwise

import pytest
from needed import chromium, needs

from memnet import compare
from memnet.flow import run_memristor
from memnet.report import comparison_html, memristor_html, report_html

needs("chromium")

from axe_playwright_python.sync_playwright import Axe  # noqa: E402 - may be missing
from playwright.sync_api import sync_playwright  # noqa: E402

NARROW, WIDE = {"width": 390, "height": 844}, {"width": 1200, "height": 900}
SHEET = {"width": 718, "height": 1046}  # A4 with margins of 1 cm, in CSS pixels
KINDS = ("simulations", "comparison", "memristor")
WITH_UNIT = re.compile(r"\[[^\]]+\]$|^number of |number of channels|^(stages|structure|class|true class|state x)\b")

# For each text that can be seen: its contrast with the shape or the element that it stands on.
CONTRASTS = """() => {
  const pixel = document.createElement("canvas").getContext("2d", {willReadFrequently: true});
  const rgb = (colour) => {
    pixel.clearRect(0, 0, 1, 1);
    pixel.fillStyle = colour;
    pixel.fillRect(0, 0, 1, 1);
    return [...pixel.getImageData(0, 0, 1, 1).data];
  };
  const linear = (c) => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  const light = (colour) => [0.2126, 0.7152, 0.0722].reduce((sum, w, i) => sum + w * linear(colour[i] / 255), 0);
  const under = (text, x, y) => {
    for (const each of document.elementsFromPoint(x, y)) {
      const style = getComputedStyle(each);
      const shape = ["rect", "circle", "polygon"].includes(each.tagName);
      if (shape && style.fill !== "none" && style.fillOpacity > 0.9) return style.fill;
      if (!(each instanceof SVGElement) && rgb(style.backgroundColor)[3] === 255) return style.backgroundColor;
    }
  };
  const found = [];
  const own = (each) => [...each.childNodes].some((node) => node.nodeType === 3 && node.data.trim());
  for (const text of document.querySelectorAll("svg text, svg tspan, main :not(svg *)")) {
    const style = getComputedStyle(text);
    if (!own(text) || style.visibility === "hidden") continue;
    text.scrollIntoView({block: "center", inline: "center"});
    const place = text.getBoundingClientRect();
    const below = under(text, place.x + place.width / 2, place.y + place.height / 2);
    const ink = text instanceof SVGElement ? style.fill : style.color;
    const [one, other] = [light(rgb(ink)), light(rgb(below))].sort((a, b) => b - a);
    found.push([(one + 0.05) / (other + 0.05), text.textContent]);
  }
  return found;
}"""
HEADINGS = "() => [...document.querySelectorAll('h1,h2,h3,h4,h5,h6')].map((each) => +each.tagName[1])"
UNNAMED = """() => [...document.querySelectorAll('svg, img')]
  .filter((each) => !(each.alt || each.getAttribute('aria-label'))).map((each) => each.outerHTML.slice(0, 80))"""
# Only what is wrong: the whole answer names each element of the page.
VIOLATIONS = """() => axe.run({rules: {"color-contrast": {enabled: false}}, resultTypes: ["violations"]})
  .then((found) => found.violations.map((each) => [each.id, each.nodes[0].html.slice(0, 200)]))"""
AXES = "() => [...document.querySelectorAll('svg.plot')].map((each) => [each.dataset.xLabel, each.dataset.yLabel])"
PLACES = """async () => {
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
  return [...document.querySelectorAll('svg.plot text')].filter((each) => each.textContent).map((each) => {
    const place = each.getBoundingClientRect(), {a, b} = each.getScreenCTM();
    return [each.textContent, place.left, place.right, Math.hypot(a, b)];
  });
}"""
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
SPLIT = """(height) => [...document.querySelectorAll('.card:not(.long), .tile, .words > div, tr')].filter((each) =>
  getComputedStyle(each).breakInside !== 'avoid' || (each.className === 'card' && !each.querySelector('table')
  && each.offsetHeight > height)).map((each) => each.outerHTML.slice(0, 80))"""


@pytest.fixture(scope="module")
def pages(tmp_path_factory, transient_result, dc_result):
    """Write a page of each kind, and return their addresses."""
    folder = tmp_path_factory.mktemp("pages")
    compared = compare(["PDARTS"], on=("shared", "slotted"), channels=1, counts_only=True)
    texts = (
        report_html([dc_result, transient_result]),
        comparison_html([compared]),
        memristor_html(run_memristor("vteam")),
    )
    for kind, text in zip(KINDS, texts, strict=True):
        (folder / f"{kind}.html").write_text(text, encoding="utf-8")
    return {kind: (folder / f"{kind}.html").as_uri() for kind in KINDS}


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield running
        running.close()


class Watched:
    """A page that notes what it says to the console, and what it asks for."""

    def __init__(self, browser, url, **options):
        self.url, self.noted = url, []
        self.page = browser.new_page(**options)
        self.page.on("console", lambda message: self.noted.append(f"{message.type}: {message.text}"))
        self.page.on("pageerror", lambda error: self.noted.append(f"error: {error}"))
        self.page.on("request", self._asked)
        self.page.goto(url)

    def _asked(self, request):
        if request.url != self.url and not request.url.startswith("data:"):
            self.noted.append(f"asks for {request.url}")


@pytest.fixture(scope="module")
def windows(browser, pages):
    """Open each page once for all tests."""
    return {kind: Watched(browser, url) for kind, url in pages.items()}


@pytest.fixture
def opened(windows, request):
    """Return the page of a kind in a window of some size; the test fails where the page says or asks for anything."""
    kind, window = request.param
    page = windows[kind].page
    page.emulate_media(media="screen", color_scheme="light")
    page.set_viewport_size(window)
    yield page
    assert windows[kind].noted == []


def each_kind(window):
    return pytest.mark.parametrize("opened", [(kind, window) for kind in KINDS], indirect=True, ids=KINDS)


simulations = pytest.mark.parametrize("opened", [("simulations", WIDE)], indirect=True, ids=["simulations"])


@each_kind(NARROW)
def test_nothing_is_wider_than_a_telephone(opened):
    assert opened.evaluate("document.scrollingElement.scrollWidth") == NARROW["width"]
    texts = opened.evaluate(PLACES)
    assert texts and [text for text, left, right, _ in texts if left < 0 or right > NARROW["width"]] == []
    assert [text for text, *_, scale in texts if scale < 0.99] == []  # as large as the page's own small texts


@each_kind(NARROW)
def test_each_text_can_be_read_in_light_and_in_dark(opened):
    for scheme in ("light", "dark"):
        opened.emulate_media(color_scheme=scheme)
        found = opened.evaluate(CONTRASTS)
        low = [(round(contrast, 2), text) for contrast, text in found if not contrast >= 4.5]
        assert low == []
        assert len(found) > 60


@each_kind(WIDE)
def test_a_screen_reader_finds_its_way(opened):
    levels = opened.evaluate(HEADINGS)
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert opened.evaluate(UNNAMED) == []
    opened.evaluate(Axe().axe_script)
    assert opened.evaluate(VIOLATIONS) == []
    axes = opened.evaluate(AXES)
    assert axes and [label for pair in axes for label in pair if label and not WITH_UNIT.search(label)] == []


@each_kind(SHEET)
def test_no_card_is_torn_apart_on_paper(opened):
    opened.emulate_media(media="print", color_scheme="dark")
    assert opened.evaluate(SPLIT, SHEET["height"]) == []
    assert opened.evaluate("getComputedStyle(document.querySelector('.card')).backgroundColor") == "rgb(255, 255, 255)"
    assert opened.evaluate("document.scrollingElement.scrollWidth") <= SHEET["width"]


@simulations
def test_pointer_and_keys_show_values(opened, transient_result):
    tip = opened.locator(".tip")
    bar = opened.locator("svg[aria-label^='Error by stage']").last.locator("rect[data-hint]").nth(2)
    bar.scroll_into_view_if_needed()
    opened.evaluate(NEXT_FRAME)  # scrolling hides what was shown
    place = bar.bounding_box()
    opened.mouse.move(place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
    error = transient_result.stage_errors[2]
    assert tip.is_visible() and tip.inner_text().startswith(f"{error.stage}: {error.share:.2g} of its")
    plot = opened.locator("svg[aria-label^='Settling']")
    plot.focus()
    opened.evaluate(NEXT_FRAME)
    plot.press("ArrowRight")
    name, volts, moment = tip.inner_text().split(", ")
    outputs, factor = transient_result.transient.outputs_v, 1e3 if "mV" in volts else 1.0
    assert name == f"class {transient_result.chip.dataset.classes[0]}" and moment.endswith("s")
    assert float(volts.split()[-2]) == pytest.approx(outputs[0, 0] * factor, abs=2e-3 * abs(outputs).max() * factor)
    spot = opened.locator("svg[aria-label^='Settling'] .spot").bounding_box()
    opened.mouse.move(5, 5)
    opened.mouse.move(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    assert tip.inner_text() == f"{name}, {volts}, {moment}"


@simulations
def test_a_plot_is_zoomed_by_buttons_and_by_a_frame_and_its_axes_with_it(opened):
    plot = opened.locator("svg[aria-label^='Circuit against']").last
    ticks = plot.locator(".tick")
    whole, place = ticks.all_inner_texts(), plot.locator(".marks").get_attribute("transform")
    opened.get_by_role("button", name="Zoom in: Circuit against reference").last.click()
    assert plot.locator(".marks").get_attribute("transform") != place and ticks.all_inner_texts() != whole
    opened.get_by_role("button", name="Show the whole: Circuit against reference").last.click()
    assert plot.locator(".marks").get_attribute("transform") == place and ticks.all_inner_texts() == whole
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    dot = plot.locator("path[data-name]").first.bounding_box()
    opened.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.3 * box["height"])
    opened.mouse.down()
    opened.mouse.move(box["x"] + 0.6 * box["width"], box["y"] + 0.6 * box["height"])
    opened.mouse.up()
    larger = plot.locator("path[data-name]").first.bounding_box()
    assert larger["width"] > 2 * dot["width"] and plot.locator("[clip-path]").count() == 1
    assert ticks.all_inner_texts() != whole
    plot.dblclick(position={"x": 200, "y": 100})
    assert ticks.all_inner_texts() == whole


def test_pictures_stay_where_scripts_are_off(browser, pages):
    still = Watched(browser, pages["simulations"], java_script_enabled=False, viewport=WIDE)
    assert still.page.locator("svg.plot .marks").count() == still.page.locator("svg.plot").count() > 10
    assert still.page.locator("svg.plot .tick").count() > 60 and still.page.locator(".tools").count() == 0
    assert still.page.locator("svg[aria-label^='Settling'] path[data-name]").first.bounding_box()["width"] > 500
    assert still.noted == []


@simulations
def test_the_link_saves_the_figures(opened, transient_result):
    link = opened.get_by_role("link", name="All figures as JSON").last
    saved = base64.b64decode(link.get_attribute("href").partition(",")[2])
    assert json.loads(saved)["memristors"] == transient_result.counts.memristors
