"""How a template is laid out in its file shows nowhere in what a browser gets."""

import pytest
from django.template import engines
from django.template.loader import get_template

from dashboard.layout import SPACE, joined


@pytest.mark.parametrize(
    ("laid_out", "sent"),
    [
        ("<p>\n  <b>one</b>\n  <i>two</i>\n</p>\n", "<p><b>one</b><i>two</i></p>"),
        ("<p>\n  some\n  words\n</p>", "<p>some words</p>"),
        ("{{ count }}\n{{ unit }}", "{{ count }} {{ unit }}"),
        ("{% if a %}\n  , and b\n{% endif %}\n.", "{% if a %}, and b{% endif %}."),
        ("{# why #}\n<p>\n\n</p>", "{# why #}<p></p>"),
    ],
)
def test_a_line_break_is_a_space_between_words_and_nothing_beside_a_tag(
    laid_out: str, sent: str
) -> None:
    assert joined(laid_out) == sent


@pytest.mark.parametrize(
    ("laid_out", "sent"),
    [
        ('<a\n    href="x"\n    hidden>', '<a href="x" hidden>'),
        ('<a id="b"\n    {% if c %}hidden{% endif %}>', '<a id="b" {% if c %}hidden{% endif %}>'),
        ('<a title="2 > 1,\n  more">\n<b>', '<a title="2 > 1, more"><b>'),
        ('<a href="{% url "x" %}\n  {{ y|add:">" }}">', '<a href="{% url "x" %} {{ y|add:">" }}">'),
    ],
)
def test_within_a_tag_a_line_break_is_a_space(laid_out: str, sent: str) -> None:
    assert joined(laid_out) == sent


def test_a_space_beside_a_tag_is_written() -> None:
    assert (
        joined(f"<b>a</b>\n{SPACE}<i>b</i>\n{SPACE}\n{{% if c %}}")
        == "<b>a</b> <i>b</i> {% if c %}"
    )
    assert joined(f"since{SPACE}\n<time>") == "since <time>"


def test_what_has_no_line_breaks_is_sent_as_it_is() -> None:
    source = "<p>a <b>{{ c }}</b>, {% if d %} e{% endif %} </p>"
    assert joined(source) == source


def test_all_templates_are_loaded_so() -> None:
    source = str(get_template("parts/trace_row.html").template.source)  # type: ignore[attr-defined]
    assert "\n" not in source
    assert SPACE not in source
    assert len(engines.all()) == 1
