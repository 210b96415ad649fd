#!/usr/bin/env python3
"""Draws what `tenfold bench --waterfall --json` printed as an SVG: tokens per second of prefill and decode, bar by bar.

  tenfold bench -m model.gguf --waterfall --json > waterfall.json
  tools/draw_waterfall.py waterfall.json docs/waterfall.svg

The scale is logarithmic: every bar is also labelled with its value and its factor. The dashed line is the limit of FP32
weights: decoding cannot be faster than memory can be read.
"""
import html
import json
import math
import sys

ROW, BAR, TOP, NAMES, WIDTH, PANEL, GAP = 30, 20, 78, 240, 1000, 330, 44
COLOURS = {"prefill": "#3b6fb5", "decode": "#2f8f6b"}


def text(x, y, content, size=13, anchor="start", weight="normal", fill="#1f2933"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" font-weight="{weight}" '
            f'fill="{fill}">{html.escape(content)}</text>')


def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


class Panel:
    """One figure's bars on a logarithmic axis of whole decades."""

    def __init__(self, figure, x, values, bottom):
        self.figure, self.x, self.bottom = figure, x, bottom
        self.least = math.floor(math.log10(min(values)))
        self.most = math.ceil(math.log10(max(values)))

    def at(self, value):
        return self.x + PANEL * (math.log10(value) - self.least) / (self.most - self.least)

    def axis(self):
        parts = [text(self.x, TOP - 30, f"{self.figure}, tokens per second (logarithmic)", weight="bold")]
        for decade in range(self.least, self.most + 1):
            x = self.at(10 ** decade)
            parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{self.bottom}" stroke="#d5dbe1"/>')
            parts.append(text(x, TOP - 12, f"{10 ** decade:g}", size=11, anchor="middle", fill="#66717d"))
        return parts

    def bar(self, row, value, factor):
        y = TOP + row * ROW
        width = max(1.0, self.at(value) - self.x)
        label = f"{number(value)}  ({factor:.1f} ×)"
        inside = width > 130
        parts = [f'<rect x="{self.x}" y="{y}" width="{width:.1f}" height="{BAR}" fill="{COLOURS[self.figure]}"/>']
        parts.append(text(self.x + (0 if inside else width) + 6, y + 15, label, size=12, fill="#ffffff" if inside else "#1f2933"))
        return parts


def draw(data):
    bars = data["bars"]
    bottom = TOP + len(bars) * ROW
    height = bottom + 62
    parts = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" font-family="sans-serif">',
             f'<rect width="{WIDTH}" height="{height}" fill="#ffffff"/>',
             text(16, 26, f"What each optimisation brings: {data['model'].rsplit('/', 1)[-1]}, {data['isa']}, "
                  f"{data['threads']} threads", size=16, weight="bold")]
    for i, bar in enumerate(bars):
        parts.append(text(16, TOP + i * ROW + 15, ("" if i == 0 else "+ ") + bar["name"]))
    for n, figure in enumerate(["prefill", "decode"]):
        values = [bar[f"{figure}_tokens_per_s"] for bar in bars]
        panel = Panel(figure, NAMES + n * (PANEL + GAP), values, bottom)
        parts += panel.axis()
        for i, bar in enumerate(bars):
            parts += panel.bar(i, values[i], bar[f"{figure}_factor"])
    x = panel.at(data["f32_bound_tokens_per_s"])
    parts.append(f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{bottom + 10}" stroke="#b3402f" stroke-width="2" '
                 'stroke-dasharray="5 4"/>')
    parts.append(text(x, bottom + 26, f"FP32 as fast as memory can be read: {number(data['f32_bound_tokens_per_s'])}", size=12,
                      anchor="middle", fill="#b3402f"))
    parts.append(text(16, bottom + 48, f"Factors count from “{data['factors_count_from']}”: scalar code that the compiler may not "
                      "turn into vectors.", size=12, fill="#66717d"))
    return "\n".join(parts) + "\n</svg>\n"


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.strip())
    with open(sys.argv[1], encoding="utf-8") as source:
        chart = draw(json.load(source))
    with open(sys.argv[2], "w", encoding="utf-8") as out:
        out.write(chart)


if __name__ == "__main__":
    main()
