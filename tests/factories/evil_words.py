"""Words of somebody who would have people click on something else, and a look for what of them is alive."""

from __future__ import annotations

import re

from markdown_it import MarkdownIt

EVIL = (
    "[open the corrected dossier](http://evil.example/a) ![x](//evil.example/b.png) <img src=//evil.example/c> "
    "<https://evil.example/d> www.evil.example http://evil.example eve@evil.example `a` | b |\n\n"
    "# A heading\n\n[open it]: http://evil.example/e\n"
)
AUTOLINKED = re.compile(r"(?<!\\)://|\bwww\.|\w@\w")
"""What Prefect's pages make links of by themselves."""
LIVE = frozenset({"link_open", "image", "html_inline", "html_block"})


def alive(text: str, *, ours: str = "") -> list[str]:
    """List links, pictures and tags of a Markdown text, but for the one link that is ours."""
    parsed = MarkdownIt("commonmark").enable("table").parse(text)
    tokens = [one for token in parsed for one in (token, *(token.children or ()))]
    found = [token for token in tokens if token.type in LIVE and (token.attrGet("href") or "nowhere") != ours]
    headings = [token for token in tokens if token.type == "heading_open"]
    auto = AUTOLINKED.findall(text.replace(f"]({ours})", "") if ours else text)
    return [*(token.type for token in found), *auto, *["heading"] * (len(headings) - 1)]
