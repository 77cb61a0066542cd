"""The page: one file that needs nothing else, no script, nothing from the network."""

from importlib.resources import files

from kefu.report import quality, service
from kefu.report import words as w
from kefu.report.head import header, key_figures, title
from kefu.report.markup import Markup, tag
from kefu.report.model import Report
from kefu.report.say import Say
from kefu.report.words import Language

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What the browser may load: nothing but the style that stands in the page."""
HTML_LANGUAGE = {"en": "en", "zh": "zh-Hans"}


def page(report: Report, language: Language) -> str:
    """The whole report in one language. All text of customers and agents is escaped."""
    say = Say(language, report.span.zone)
    kicker = say(w.KICKER if report.span.is_hour else w.KICKER_ALL)
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name_="viewport", content_="width=device-width, initial-scale=1"),
        tag("meta", http_equiv="Content-Security-Policy", content_=POLICY),
        tag("title", f"{title(report.span, say)} · {kicker}"),
        tag("style", Markup(files("kefu.report").joinpath("style.css").read_text("utf-8"))),
    )
    body = tag(
        "body",
        tag(
            "main",
            header(report, say),
            key_figures(report, say),
            quality.score(report, say),
            service.over_time(report, say),
            quality.issues(report, say),
            quality.agents(report, say),
            service.responses(report, say),
            service.customers(report, say),
            quality.channels(report, say),
            service.subjects(report, say),
            service.footer(report, say),
        ),
    )
    return f"<!doctype html>\n{tag('html', head, body, lang=HTML_LANGUAGE[language])}\n"
