# SPDX-License-Identifier: GPL-3.0-or-later
"""The definition of each figure in a sentence, as the report prints them."""

from __future__ import annotations

DEFINITIONS = (
    ("accuracy", "share of images whose largest output voltage is the true class"),
    (
        "agreement",
        "share of images where the circuit gives the same class as the numeric reference with the same "
        "quantised conductances",
    ),
    ("float agreement", "the same against the float network"),
    (
        "logit error",
        "max |v circuit - v reference| / max |v reference| over images and classes, against the quantised reference",
    ),
    (
        "error bound",
        "the permitted logit error; an image whose margin between the two largest reference outputs is "
        "under twice this bound may go either way",
    ),
    (
        "error gain",
        "error of the float network's logits over one of 0.001 % at all its inputs, each as a share of its largest "
        "magnitude",
    ),
    (
        "delay",
        "from the input step until the last class output stays within full scale / 512 of that image's dc "
        "solution, by transient; the first image is settled and not counted",
    ),
    (
        "energy, power",
        "over [step, step + delay]: what inputs, bias rail and supplies deliver. Crossbars and scale "
        "resistors: sum of G v² from node voltages; op-amps and comparators: supply minus what they deliver; switches: "
        "as resistors. The parts add up to the whole. Means are over all transitions; one whose class outputs are "
        "settled from the start has no delay and no energy",
    ),
    (
        "switches",
        "analog switches that a signal passes: two a comparator, and those to lent amplifiers; access transistors of "
        "memristive cells and switches at supplies are counted by themselves",
    ),
    ("area", "counted parts times the technology file's areas, one DAC an input pixel and one ADC a class included"),
    (
        "headroom",
        "largest voltage across any row of a stage against the read limit, and largest output of the first "
        "amplifier of a pair against saturation; bars are test images, black lines training images",
    ),
)
LAW_DEFINITIONS = (  # of figures that only chips with a law of memristors have
    (
        "law shift",
        "largest change of class outputs against the same circuit with I = G V, as a share of its largest output; both "
        "from the numeric engine, devices at their targets. Where levels are compensated, against what they are "
        "compensated for",
    ),
)
ARRAY_DEFINITIONS = (  # of figures that only chips on arrays have
    (
        "tiles, lines",
        "arrays of memristors, and their rows and columns; with wires, what these resist and store from "
        "crosspoint to crosspoint, along rows and along columns",
    ),
)
