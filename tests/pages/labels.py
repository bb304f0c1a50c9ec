"""Where the words of the drawings on a page stand, measured in a browser as a reader's would set them."""

import base64
import io
import re
from itertools import combinations

import numpy as np
from PIL import Image

# Of every word of every drawing: the corners of its ink on the screen, its size, its colour.
MEASURE = """() => {
  const pen = document.createElement('canvas').getContext('2d');
  return [...document.querySelectorAll('.wb-drawing svg')].map((drawing) => {
    const box = drawing.getBoundingClientRect();
    const figure = drawing.closest('figure');
    const words = [...drawing.querySelectorAll('text')]
      .filter((one) => one.textContent.trim() && one.getClientRects().length).map((one) => {
      const style = getComputedStyle(one), place = one.getBBox(), to = one.getScreenCTM();
      const scale = Math.hypot(to.b, to.d);
      pen.font = `${style.fontStyle} ${style.fontWeight} ${style.fontSize} ${style.fontFamily}`;
      const ink = pen.measureText(one.textContent.trim());
      const line = one.getStartPositionOfChar(0).y;
      const [top, low] = [line - ink.actualBoundingBoxAscent, line + ink.actualBoundingBoxDescent];
      const corner = (x, y) => [to.a * x + to.c * y + to.e - box.left, to.b * x + to.d * y + to.f - box.top];
      const [left, right] = [place.x, place.x + place.width];
      const sizes = [one, ...one.querySelectorAll('tspan')].map((part) =>
        parseFloat(getComputedStyle(part).fontSize));
      return {text: one.textContent.trim(), size: Math.max(...sizes) * scale, colour: style.fill,
              corners: [corner(left, top), corner(right, top), corner(right, low), corner(left, low)]};
    });
    const title = figure?.querySelector('.wb-title')?.textContent ?? '';
    return {title, words, width: box.width, height: box.height};
  });
}"""
# Of every shape of every drawing that stands for something: the contrast of its fill and of its edge is to be
# measured. Left out: ticks, grids and what else is drawn in the guides' pale, the paper itself, what nobody
# sees, and grounds that bear their own number.
MARKS = """() => {
  const paper = getComputedStyle(document.body).backgroundColor;
  return [...document.querySelectorAll('.wb-drawing svg')].map((drawing) => {
    const pale = getComputedStyle(drawing.parentElement).getPropertyValue('--wb-pale').trim();
    const pen = document.createElement('span'); pen.style.color = pale; document.body.append(pen);
    const guides = getComputedStyle(pen).color; pen.remove();
    const texts = [...drawing.querySelectorAll('text')].map((one) => one.getBoundingClientRect());
    const marks = [...drawing.querySelectorAll('path,rect,circle,ellipse,line,polyline,polygon,use')]
      .filter((one) => !one.closest('defs,clipPath,[id*=tick_],[id*=text_],[id*=targets]')).map((one) => {
        const style = getComputedStyle(one), box = one.getBoundingClientRect();
        const seen = parseFloat(style.opacity);
        const colours = [];
        if (style.fill !== 'none') colours.push([style.fill, seen * parseFloat(style.fillOpacity)]);
        if (style.stroke !== 'none' && parseFloat(style.strokeWidth) > 0)
          colours.push([style.stroke, seen * parseFloat(style.strokeOpacity)]);
        const bears = texts.some((text) => text.left > box.left - 1 && text.right < box.right + 1 &&
          text.top > box.top - 1 && text.bottom < box.bottom + 1);
        return {colours: colours.filter(([colour, share]) => share > 0 && colour !== guides),
                bears, id: one.closest('[id]')?.id ?? '', width: box.width, height: box.height};
      }).filter((one) => one.colours.length && one.width + one.height > 0);
    const title = drawing.closest('figure')?.querySelector('.wb-title')?.textContent ?? '';
    const clouds = [...drawing.querySelectorAll('image')].map((one) => one.getAttribute('href'));
    return {title, paper, marks, clouds};
  });
}"""
HIDE = ".wb-drawing svg text { visibility: hidden !important } .wb-drawing { overflow: visible !important }"
TOUCH = 0.75  # px that two boxes may share: the edge of a letter is soft
APART = 3.0  # px between two words of one line, nearer than which they are read as one


def too_near(drawing):
    """Pairs of words whose ink meets or that are read as one, and words whose ink leaves the drawing."""
    words = drawing["words"]
    boxes = [np.array(word["corners"]) for word in words]
    found = [(a["text"], b["text"])
             for (a, one), (b, other) in combinations(zip(words, boxes, strict=True), 2)
             if _meet(one, other) or _as_one(one, other)]  # fmt: skip
    size = np.array([drawing["width"], drawing["height"]])
    for word, box in zip(words, boxes, strict=True):
        if (box < -1).any() or (box > size + 1).any():
            found.append((word["text"], "the edge"))
    return found


def _meet(one, other):
    """Whether two rectangles share more than an edge: no side of either parts them."""
    for box in (one, other):
        for side in (box[1] - box[0], box[3] - box[0]):
            length = np.hypot(*side)
            if not length:
                return False
            along = side / length
            a, b = one @ along, other @ along
            if a.max() - TOUCH <= b.min() or b.max() - TOUCH <= a.min():
                return False
    return True


def _as_one(one, other):
    """Whether two level words stand on one line with no more than the gap of a letter between them."""
    if abs(one[0, 1] - one[1, 1]) > 0.5 or abs(other[0, 1] - other[1, 1]) > 0.5:
        return False
    shared = min(one[:, 1].max(), other[:, 1].max()) - max(one[:, 1].min(), other[:, 1].min())
    if shared < min(np.ptp(one[:, 1]), np.ptp(other[:, 1])) / 2:
        return False
    return max(other[:, 0].min() - one[:, 0].max(), one[:, 0].min() - other[:, 0].max()) < APART


def faint(words, picture):
    """Words too faint on what lies beneath them, and words that a line or a mark runs through.

    picture : the drawing without its words, as a PNG.
    """
    ground = np.asarray(Image.open(io.BytesIO(picture)).convert("RGB"), dtype=float)
    found = []
    for word in words:
        beneath = _within(ground, np.array(word["corners"]))
        if not len(beneath):
            continue
        letters = luminance(np.array([_rgb(word["colour"])]))[0]
        below = luminance(beneath)
        contrast = (np.maximum(below, letters) + 0.05) / (np.minimum(below, letters) + 0.05)
        # Of the ground a tenth may be worse: a hairline beside a letter.
        worst, usual = np.quantile(contrast, 0.1), np.median(below)
        struck = np.mean((np.maximum(below, usual) + 0.05) / (np.minimum(below, usual) + 0.05) > 2)
        if worst < 4.5:
            found.append((word["text"], f"contrast {worst:.1f}"))
        elif struck > 0.06:
            found.append((word["text"], f"{struck:.0%} of its ground is another colour"))
    return found


def faint_marks(drawing):
    """Marks whose fill and edge both have a contrast below 3 on the paper, by where they are drawn."""
    paper = np.array(_rgb(drawing["paper"]))
    found = {}
    for mark in drawing["marks"]:
        best = max(_contrast(colour, share, paper) for colour, share in mark["colours"])
        name = re.sub(r"^d\d+-", "", mark["id"])
        # Of a map of loadings the cells below .3 bear no number and are nearly as pale as the paper.
        empty = 1.7 if name.startswith("parts") else 1.0
        if empty < best < 2.995 and not mark["bears"]:
            found[name] = f"contrast {best:.2f}"
    for number, address in enumerate(drawing["clouds"], 1):
        with Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2]))) as cloud:
            dots = np.asarray(cloud.convert("RGBA"), dtype=float).reshape(-1, 4)
        seen = dots[dots[:, 3] > 0]
        share = seen[:, 3:] / 255
        best = np.quantile(
            _ratio(luminance(share * seen[:, :3] + (1 - share) * paper), luminance(paper)), 0.9
        )
        if best < 3:
            found[f"cloud {number}"] = f"contrast {best:.2f}"
    return sorted(found.items())


def _contrast(colour, share, paper):
    rgb = np.array(_rgb(colour))
    return float(_ratio(luminance(share * rgb + (1 - share) * paper), luminance(paper)))


def _ratio(one, other):
    return (np.maximum(one, other) + 0.05) / (np.minimum(one, other) + 0.05)


def _within(ground, corners):
    """Pixels inside a rectangle that may be turned, a little smaller than it."""
    middle = corners.mean(axis=0)
    across, down = corners[1] - corners[0], corners[3] - corners[0]
    wide, high = np.hypot(*across), np.hypot(*down)
    if wide < 2 or high < 2:
        return np.zeros((0, 3))
    low, top = np.floor(corners.min(axis=0)).astype(int), np.ceil(corners.max(axis=0)).astype(int)
    x, y = np.meshgrid(np.arange(max(low[0], 0), min(top[0], ground.shape[1])),
                       np.arange(max(low[1], 0), min(top[1], ground.shape[0])))  # fmt: skip
    away = np.stack([x + 0.5, y + 0.5], axis=-1) - middle
    inside = np.abs(away @ (across / wide)) < wide / 2 - 0.5
    inside &= np.abs(away @ (down / high)) < high / 2 - 0.5
    return ground[y[inside], x[inside]]


def luminance(rgb):
    """Relative luminance as in WCAG 2.2 of colours 0 to 255."""
    share = rgb / 255
    linear = np.where(share <= 0.04045, share / 12.92, ((share + 0.055) / 1.055) ** 2.4)
    return linear @ np.array([0.2126, 0.7152, 0.0722])


def _rgb(colour):
    return [float(part) for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]


def picture(width, height, ground, patches):
    """A PNG of coloured patches (left, top, right, low) on a ground."""
    drawn = Image.new("RGB", (width, height), ground)
    for (left, top, right, low), colour in patches:
        drawn.paste(colour, (left, top, right, low))
    kept = io.BytesIO()
    drawn.save(kept, "png")
    return kept.getvalue()
