"""Documents from anywhere, and a reader of Markdown and HTML that is not ours."""

from dataclasses import dataclass, field
from html.parser import HTMLParser

from hypothesis import strategies as st
from markdown_it import MarkdownIt

from batchwright_runner.workbench.page import document as model

HOSTILE = [
    "a | b || c",
    "``` and ` and `````` ",
    "```\n# out\n```",
    "~~~\n~~~",
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<!-- batchwright diff: shop -->",
    "-->",
    "</pre></article>",
    "@everyone @org/team mail me@example.com",
    "#12 GH-3 org/repo#4",
    "[text](https://evil.example)",
    "![](https://evil.example/x.png)",
    "[x]: https://evil.example",
    "https://evil.example www.evil.example ftp://evil.example mailto:me@evil.example",
    "# heading",
    "- item",
    "1. item",
    "12) item",
    "+ item",
    "* item",
    "> quote",
    "---",
    "===",
    "- - -",
    "    code",
    "\tcode",
    "*bold* __bold__ ~~gone~~ **x",
    "$x$ $$y$$ :smile: :+1:",
    "&lt; &amp; &copy; &#64;",
    "back\\slash \\| \\",
    "\x1b[31mred\x1b]0;title\x07",
    "\u202eright to left",
    "a\nb\r\nc\n\nd\u2028e\u0085f",
    "\ud800 half",
    "日本語のバッチ名",
    "",
    " ",
]
texts = st.sampled_from(HOSTILE) | st.text(max_size=30) | st.text("`|<>&@#$*_~[]()!\\-=+.1: \n\ta日:/w", max_size=20)
urls = st.sampled_from(
    [
        "https://example.com/a?b=1&copy;=2#c",
        "https://example.com/a|b_(c)`d`\\<e>\"'",
        "javascript:alert(1)",
        "java\nscript:alert(1)",
        "\x01javascript:alert(1)",
        "data:text/html,x",
        "//evil.example",
        "\\\\evil.example",
        "batches/report.html",
    ]
)
links = st.builds(model.Link, texts, urls)
inlines = texts | links | st.builds(model.Code, texts, st.sampled_from([0, 5]))
values = inlines | st.lists(inlines, max_size=3).map(tuple)
facts = st.lists(st.builds(model.Fact, texts, values), max_size=3).map(tuple)


@st.composite
def tables(draw: st.DrawFn) -> model.Table:
    width = draw(st.integers(0, 3))
    row = st.lists(values, min_size=width, max_size=width).map(tuple)
    header = st.lists(texts, min_size=width, max_size=width).map(tuple)
    return model.Table(draw(header), tuple(draw(st.lists(row, max_size=3))))


blocks = st.one_of(
    st.builds(model.Text, values),
    st.builds(model.Facts, facts),
    tables(),
    st.builds(model.Commands, st.lists(texts, max_size=3).map(tuple)),
    st.builds(model.Bullets, st.lists(values, max_size=3).map(tuple)),
)
sections = st.builds(model.Section, texts, st.lists(blocks, max_size=4).map(tuple))
documents = st.builds(model.Document, texts, facts, st.lists(sections, max_size=3).map(tuple))


HARMLESS = ("class", "scope", "rel", "start", "role", "data-label")


@dataclass
class Page(HTMLParser):
    """What a browser would make of HTML: elements, where their links lead, and what is read."""

    tags: list[str] = field(default_factory=list)
    hrefs: list[str] = field(default_factory=list)
    others: list[str] = field(default_factory=list)
    open: list[str] = field(default_factory=list)
    comments: list[str] = field(default_factory=list)
    texts: list[tuple[str, str]] = field(default_factory=list)
    """Each piece of text, with the element that holds it."""

    def __post_init__(self) -> None:
        super().__init__()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.hrefs += [value or "" for name, value in attrs if name == "href"]
        self.others += [name for name, _ in attrs if name not in (*HARMLESS, "href")]
        if tag not in ("hr", "br", "img"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def handle_data(self, data: str) -> None:
        self.texts.append((self.open[-1] if self.open else "", data))

    def read(self) -> str:
        return "".join(text for _, text in self.texts)


def page(html: str) -> Page:
    read = Page()
    read.feed(html)
    read.close()
    assert read.open == []
    return read


def rendered(markdown: str) -> Page:
    """The page that GitHub's dialect makes of Markdown: with tables, and with links of what looks like one.

    It makes links of what has a scheme and of addresses, and not of every word with a dot.
    """
    reader = MarkdownIt("gfm-like", {"linkify": True, "html": True})
    assert reader.linkify is not None
    reader.linkify.set({"fuzzy_link": False}).add("//", None)
    return page(reader.render(markdown))
