"""Filters that let templates speak as `dashboard.wording` and `dashboard.actors` do."""

from typing import Any

from django import template
from django.utils.html import format_html_join
from django.utils.safestring import SafeString, mark_safe

from dashboard import actors, navigation, prefix, wording
from eventstream.explain.vocabulary.diagnoses import DIAGNOSES
from eventstream.explain.vocabulary.documented.creation import CREATION

register = template.Library()

register.filter("visible", wording.visible)
register.filter("duration", wording.duration)
register.filter("moment", wording.moment)
register.filter("stamp", wording.stamp)
register.filter("machine_time", wording.machine_time)
register.filter("reference", wording.reference)
register.filter("change_words", wording.change_words)
register.filter("usual_words", wording.usual)
register.filter("actor_label", actors.label)
register.filter("hue", actors.hue)
register.filter("for_input", wording.for_input)
register.filter("pod_glyph", wording.pod_glyph)
register.filter("pod_words", wording.pod_words)


@register.filter
def named(actor: str, name: str) -> str:
    """Return actor and name as one phrase, with nothing invisible in it."""
    return wording.visible(actors.named(actor, name))


@register.filter
def breakable(text: str) -> SafeString:
    """Return a name as HTML that may break after its dots, and is copied without a trace."""
    parts: list[str] = []
    for piece in _after(".", wording.visible(text)):
        if parts and not (piece[:1].isalnum() or piece[:1] == "_"):
            parts[-1] += piece  # Neither a dot nor a bracket begins a line.
        else:
            parts.append(piece)
    return _breaking(parts)


@register.filter
def slashed(key: str) -> SafeString:
    """Return a resource's key as HTML that breaks after its slashes rather than in a word."""
    return _breaking(_after("/", wording.visible(key)))


@register.filter
def typed(command: str) -> SafeString:
    """Return a command as HTML that breaks between its words only, and is copied as it stands."""
    lines = (
        format_html_join(" ", "<span>{}</span>", ((word,) for word in line.split(" ")))
        for line in wording.visible(command).split("\n")
    )
    return format_html_join("\n", "{}", ((line,) for line in lines))


def _after(sign: str, text: str) -> list[str]:
    """Return `text` in pieces, each of which but the last ends with `sign`."""
    *pieces, last = text.split(sign)
    return [*(piece + sign for piece in pieces), last]


def _breaking(parts: list[str]) -> SafeString:
    return format_html_join(mark_safe("<wbr>"), "{}", ((part,) for part in parts))  # a constant  # nosec B308


@register.filter
def since(later: float, earlier: float) -> str:
    """Return how long after `earlier` (unix seconds) `later` was."""
    return wording.duration(later - earlier)


@register.filter
def ago(now: float, then: float) -> str:
    """Return how long before `now` (unix seconds) `then` was: "4 s ago"."""
    return wording.ago(now - then)


@register.filter
def until(now: float, then: float) -> str:
    """Return in how long after `now` (unix seconds) `then` comes: "in 12 s"."""
    return wording.until(then - now)


@register.filter
def percent(value: float) -> str:
    """Return a share of the width as SVG writes it: "37.5%"."""
    return f"{value:g}%"


@register.filter
def value_before(change: Any) -> str:
    """Return a FieldChange's value before the write, in words where there was none."""
    return wording.field_value(change.before, hidden=change.hidden)


@register.filter
def value_after(change: Any) -> str:
    """Return a FieldChange's value after the write, in words where there is none."""
    return wording.field_value(change.after, hidden=change.hidden)


@register.filter
def web_address(text: str) -> str:
    """Return `text` if a browser may follow it as a link, else "": never `javascript:`."""
    return text if text.startswith("https://") else ""


@register.inclusion_tag("parts/glyph.html")
def glyph(state: str) -> dict[str, str]:
    """Draw the glyph of a state; the word stands beside it."""
    return {"state": state}


@register.inclusion_tag("parts/navigation.html", takes_context=True)
def navigation_bar(context: template.Context) -> dict[str, list[navigation.Entry]]:
    """Draw the links to all pages, the one that is shown marked."""
    match = context["request"].resolver_match
    return {"entries": navigation.entries(match.url_name if match else None)}


@register.simple_tag
def at(address: str) -> str:
    """Return an address of the live pages as a browser has to ask for it."""
    return prefix.at(address)


@register.filter
def documented_title(number: int) -> str:
    """Return what one of the sixteen documented steps is called."""
    return CREATION[number - 1].title if 0 < number <= len(CREATION) else ""


@register.inclusion_tag("parts/diagnosis.html")
def diagnosis(code: str) -> dict[str, Any]:
    """Draw a diagnosis, linked to what it means; one of another version is only named."""
    return {"code": code, "known": DIAGNOSES.get(code)}


@register.filter
def told_by(piece: Any) -> str:
    """Return where a piece of evidence comes from, "" where its text begins by saying so."""
    source = wording.visible(piece.source)
    return "" if piece.text.lower().startswith(piece.source.lower()) else source


@register.filter
def meant(code: str) -> str:
    """Return what a diagnosis means in one sentence, the code itself where it is not known."""
    return DIAGNOSES[code].meaning if code in DIAGNOSES else code


@register.filter
def clears(code: str | None) -> str:
    """Return what takes a diagnosis back in one sentence, "" where that is not known."""
    return DIAGNOSES[code].clears if code in DIAGNOSES else ""


@register.inclusion_tag("parts/source.html")
def source(address: str) -> dict[str, str]:
    """Draw a link to a file of Kubernetes' source, or to a page of its documentation."""
    return {"address": address, "name": wording.source_name(address)}
