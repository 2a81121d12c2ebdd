# SPDX-License-Identifier: GPL-3.0-or-later
"""The report is self-contained, well-formed, complete and the same for the same results."""

from __future__ import annotations

import base64
import re
import struct
import zlib
from dataclasses import replace
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest

from memnet.devices import DeviceSpread
from memnet.measurement import count_conductances
from memnet.report.canvas import Axis, Canvas, round_ticks
from memnet.report.charts import error_histogram, scatter, unit_for
from memnet.report.page import report_html
from memnet.report.schematic import DRAWN, shown_column
from memnet.report.thumbnails import data_url

VOID = {"meta", "img", "br", "link"}


class Checker(HTMLParser):
    """Collects tags left open and addresses the page refers to."""

    def __init__(self):
        super().__init__()
        self.open: list[str] = []
        self.addresses: list[str] = []

    def handle_starttag(self, tag, attrs):
        if tag not in VOID:
            self.open.append(tag)
        self.addresses += [value for name, value in attrs if name in ("src", "href")]

    def handle_startendtag(self, tag, attrs):
        self.addresses += [value for name, value in attrs if name in ("src", "href")]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


@pytest.fixture(scope="module")
def page(transient_result):
    return report_html([transient_result])


def test_page_is_well_formed_and_needs_nothing_else(page):
    checker = Checker()
    checker.feed(page)
    assert checker.open == []
    assert all(address.startswith(("data:", "#")) for address in checker.addresses)
    assert page.count("<script") == 1 and "@import" not in page
    assert page.count("url(") == page.count("url(#") == 1  # the clip of a plot that is zoomed


def test_every_picture_is_there_and_is_svg(page):
    pictures = re.findall(r"<svg.*?</svg>", page, flags=re.DOTALL)
    for picture in pictures:
        ElementTree.fromstring(picture)
    titles = [re.search(r'aria-label="([^":]+)', picture)[1] for picture in pictures]
    assert titles[0].startswith("Normal and reduction cell")
    assert titles[1:] == [
        "Circuit against reference",
        "Deviations",
        "Error by stage",
        "Settling",
        "Shares of power",
        "Shares of area",
        "Headroom",
        "Conductances",
        DRAWN,
        "Confusion of classes",
    ]


def test_page_says_what_the_result_says(page, transient_result):
    for text in ("accuracy", "full scale / 512", "says nothing", f"{transient_result.counts.memristors:,}"):
        assert text in page
    assert page.count('class="wrong"') == sum(transient_result.logits.argmax(axis=1) != transient_result.labels)


def test_without_a_transient_the_page_says_why(dc_result):
    page = report_html([dc_result])
    assert "No delay: dc analysis only" in page and "Not measured: dc analysis only" in page
    assert 'aria-label="Settling:' not in page


def test_several_results_are_compared_in_one_table(dc_result, transient_result):
    page = report_html([dc_result, transient_result])
    assert 'href="#network-1"' in page and 'id="network-1"' in page


def test_same_result_same_bytes_and_names_are_escaped(dc_result):
    assert report_html([dc_result]) == report_html([dc_result])
    odd = replace(dc_result, warnings=("<script>alert(1)</script>",))
    assert "<script>alert" not in report_html([odd])


def test_figures_as_json_are_part_of_the_page(page, transient_result):
    url = re.search(r'href="data:application/json;base64,([^"]+)" download="([^"]+)"', page)
    assert base64.b64decode(url[1]).decode() == transient_result.to_json() and url[2].endswith(".json")


def test_the_shown_column_is_that_of_the_network(dc_result):
    column, chip = shown_column(dc_result.chip), dc_result.chip
    kernel = chip.parameters.kernels[column.stage][0].reshape(-1)
    largest = np.argsort(-np.abs(kernel))[: len(column.rows)]
    assert [float(row[-1]) for row in column.rows] == pytest.approx(kernel[largest], rel=1e-2)
    assert [row[1].endswith(f"_c{index}") for index, row in zip(largest, column.rows, strict=True)] == [True, True]


def test_each_device_has_a_place_among_the_conductances(dc_result):
    chip = dc_result.chip
    for each in (chip, chip.change(devices=DeviceSpread(variation=0.3))):
        found = count_conductances(each.devices)
        sides = [np.concatenate(side) for side in zip(*listed(each), strict=True)]
        assert found.plus.sum() + found.minus.sum() == chip.counts.memristors
        assert [int(found.plus[-9:].sum()), int(found.minus[:9].sum())] == [
            int((sides[0] >= found.edges[-10]).sum()),
            int((sides[1] < found.edges[9]).sum()),
        ]


def listed(chip):
    """Return the conductances of each term's plus and minus devices."""
    return [chip.devices.listed(stage, term) for stage in chip.deployment.plan.stages for term in stage.memristor_terms]


def test_a_wrong_class_is_named(dc_result):
    logits = dc_result.logits.copy()
    winner = int(logits[3].argmax())
    logits[3, winner] -= 100
    accuracy = replace(dc_result.accuracy, differing_images=(3,))
    page = report_html([replace(dc_result, logits=logits, accuracy=accuracy)])
    assert f"Image 3: the circuit names class {dc_result.chip.dataset.classes[int(logits[3].argmax())]}" in page


@pytest.mark.parametrize("low, high", [(0.0, 1.0), (-1e-6, 2e-6), (0.0, 360.0), (99.0, 101.0)])
def test_ticks_are_round_inside_and_several(low, high):
    ticks = round_ticks(low, high, 5)
    assert 3 <= len(ticks) <= 7
    assert all(low - 1e-9 <= tick <= high + 1e-9 for tick in ticks)


def test_points_land_where_they_belong():
    axis = Axis(low=0.0, high=10.0, label="")
    plot = Canvas(axis, axis, title="t", width=100, height=100, left=0, bottom=0, top=0, right=0)
    assert plot.at(0, 0) == (0, 100) and plot.at(10, 10) == (100, 0) and plot.at(5, 2.5) == (50, 75)


def test_constant_outputs_can_be_drawn():
    zeros = np.zeros((2, 3))
    assert "<svg" in scatter(zeros, zeros, ("a", "b", "c")) and "<svg" in error_histogram(zeros, zeros, 0.0)
    assert unit_for(0.0, "V") == (1e-12, "pV") and unit_for(0.25, "V") == (1e-3, "mV")


def test_thumbnail_is_the_image():
    image = np.array([[[0.0, 1.0, 0.5], [1.0, 0.0, 0.0]]])
    data = base64.b64decode(data_url(image).partition(",")[2])
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    assert struct.unpack(">II", data[16:24]) == (3, 2)
    start = data.index(b"IDAT")
    size = struct.unpack(">I", data[start - 4 : start])[0]
    rows = zlib.decompress(data[start + 4 : start + 4 + size])
    assert list(rows) == [0, 0, 255, 128, 0, 255, 0, 0]
