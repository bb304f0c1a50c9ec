"""Make the font that sets the formulas of a report: TeX Gyre Termes Math, cut to what statistics writes.

    python tools/math_font.py texgyretermes-math.otf src/workbench/reports/templates/math.woff2

A report loads nothing from outside, and few machines have a font with the table that stretches brackets and
places limits. The font is by B. Jackowski, P. Strzelczyk and P. Pianowski, on behalf of the TeX users groups,
and is released under the GUST Font License, which lets it be cut and passed on. Needs fontTools and brotli.
"""

import sys

from fontTools import subset

GREEK = [*range(0x391, 0x3AA), *range(0x3B1, 0x3CA), 0x3D1, 0x3D5, 0x3D6, 0x3F1, 0x3F5]
LATIN = [*range(0x20, 0x7F), 0xA0, 0xA8, 0xAC, 0xAF, 0xB0, 0xB1, 0xB4, 0xB7, 0xD7, 0xF7, 0x131, 0x237]
ITALIC = [*range(0x1D400, 0x1D468), *range(0x1D6A8, 0x1D71C), *range(0x1D7C4, 0x1D7D8), 0x210E]
ACCENTS = [*range(0x302, 0x306), 0x307, 0x308, 0x30C, 0x20D7, 0x2C6, 0x2DC, 0x203E]
PUNCTUATION = [0x2013, 0x2014, 0x2016, 0x2026, 0x2032, 0x2033, 0x2044, *range(0x2061, 0x2064)]
ARROWS = [0x2190, 0x2192, 0x2194, 0x21A6, 0x21D2, 0x21D4]
OPERATORS = (
    "∀∂∃∅∆∇∈∉∋∌∏∑−∓∕∗∘∙√∝∞∣∥∧∨∩∪∫∼≃≅≈≠≡≤≥≪≫⊂⊃⊆⊇⊤⊥⋅⋮⋯⌈⌉⌊⌋⏞⏟⎴⎵⟨⟩ℓℝℕℤ"
)


def main(source: str, target: str) -> None:
    options = subset.Options()
    options.flavor, options.hinting, options.desubroutinize = "woff2", False, True
    options.layout_features = ["ssty"]  # smaller forms for what is raised or lowered
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6]
    font = subset.load_font(source, options)
    cut = subset.Subsetter(options)
    letters = [*LATIN, *GREEK, *ITALIC, *ACCENTS, *PUNCTUATION, *ARROWS, *map(ord, OPERATORS)]
    cut.populate(unicodes=letters)
    cut.subset(font)
    subset.save_font(font, target, options)


if __name__ == "__main__":
    main(*sys.argv[1:])
