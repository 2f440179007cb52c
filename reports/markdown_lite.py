"""Markdown of the auditors' pages as HTML: no links, pictures or raw HTML come out, and no headings of their own."""

from functools import cache

from markdown_it import MarkdownIt
from markupsafe import Markup


@cache
def _parser() -> MarkdownIt:
    # Whatever is disabled stays in the text as it was written.
    parser = MarkdownIt("commonmark", {"html": False}).disable(["link", "image", "autolink", "heading", "lheading"])
    return parser.disable(["html_block", "html_inline"])


def markdown(text: str) -> Markup:
    """Paragraphs, lists, quotes, code, bold and italic; everything else as plain text, escaped."""
    return Markup(_parser().render(text))
