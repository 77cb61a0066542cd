"""A sheet of pixels, from the top left corner, on which panels are drawn."""

from pathlib import Path

from matplotlib import font_manager, rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import FancyBboxPatch, Rectangle

from kefu.errors import UserError

DPI = 100
PAGE, PANEL, EDGE, TEXT, DIM, GRID = (
    "#111217", "#181B1F", "#24272C", "#CCCCDC", "#8E8EA0", "#2C2F36",
)  # fmt: skip
"""Grafana's dark theme."""
CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "WenQuanYi Micro Hei", "PingFang SC",
)  # fmt: skip


def use_chinese_font() -> None:
    """Draw all text in a font that has Chinese; raises `UserError` where there is none."""
    known = {entry.name for entry in font_manager.fontManager.ttflist}
    found = [name for name in CHINESE_FONTS if name in known]
    if not found:
        raise UserError("no font with Chinese characters here: apt-get install fonts-noto-cjk")
    rcParams["font.family"] = found[:1]
    rcParams["axes.unicode_minus"] = False


class Canvas:
    """Places are (x, y, width, height) in pixels; sizes of text are in pixels too."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor=PAGE)
        # matplotlib gives this one method no types.
        self._renderer = FigureCanvasAgg(self._figure).get_renderer()  # type: ignore[no-untyped-call]
        self._sheet = self._figure.add_axes((0, 0, 1, 1))
        self._sheet.set_xlim(0, width)
        self._sheet.set_ylim(height, 0)
        self._sheet.axis("off")

    def box(
        self, x: float, y: float, width: float, height: float, color: str, edge: str = "none"
    ) -> None:
        """A filled rectangle."""
        self._sheet.add_patch(Rectangle((x, y), width, height, facecolor=color, edgecolor=edge))

    def frame(self, x: float, y: float, width: float, height: float) -> None:
        """A panel's ground."""
        self._sheet.add_patch(
            FancyBboxPatch(
                (x + 2, y + 2), width - 4, height - 4, boxstyle="round,pad=0,rounding_size=3",
                facecolor=PANEL, edgecolor=EDGE, linewidth=1,
            )
        )  # fmt: skip

    def text(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        color: str = TEXT,
        *,
        align: str = "left",
        bold: bool = False,
        within: float | None = None,
    ) -> float:
        """Text whose middle is at height `y`; returns its width.

        What is wider than `within` is cut off with an ellipsis.
        """
        if within is not None:
            text = self.shortened(text, size, within, bold=bold)
        self._sheet.text(
            x, y, text, fontsize=_points(size), color=color, ha=align, va="center_baseline",
            fontweight="bold" if bold else "normal", parse_math=False,
        )  # fmt: skip
        return self.text_width(text, size, bold=bold)

    def text_width(self, text: str, size: float, *, bold: bool = False) -> float:
        """How wide a text would be."""
        properties = font_manager.FontProperties(
            size=_points(size), weight="bold" if bold else "normal"
        )
        width, _, _ = self._renderer.get_text_width_height_descent(text, properties, False)
        return float(width)

    def shortened(self, text: str, size: float, within: float, *, bold: bool = False) -> str:
        """The text, or its beginning and an ellipsis."""
        if self.text_width(text, size, bold=bold) <= within:
            return text
        while text and self.text_width(text + "…", size, bold=bold) > within:
            text = text[:-1]
        return text + "…"

    def axes(self, x: float, y: float, width: float, height: float) -> Axes:
        """An area to plot in."""
        place = (
            x / self.width,
            1 - (y + height) / self.height,
            width / self.width,
            height / self.height,
        )
        made = self._figure.add_axes(place, facecolor="none")
        for spine in made.spines.values():
            spine.set_visible(False)
        made.grid(color=GRID, linewidth=0.8)
        made.set_axisbelow(True)
        made.tick_params(colors=DIM, labelsize=_points(11), length=0, pad=4)
        return made

    def save(self, file: Path) -> None:
        """Write it as PNG, the same bytes for the same picture."""
        file.parent.mkdir(parents=True, exist_ok=True)
        self._figure.savefig(
            file, format="png", dpi=DPI, metadata={"Software": None}, pil_kwargs={"optimize": True}
        )


def _points(pixels: float) -> float:
    return pixels * 72 / DPI
