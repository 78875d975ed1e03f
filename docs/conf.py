"""The documentation's site: 'make site' builds it. The pages are Markdown that reads well where the repository is shown, too."""

import posixpath
import re
from pathlib import Path

from pygments.lexers.special import TextLexer

project = "Parry"
author = "Parry"
copyright = "the authors of Parry, Apache-2.0"

extensions = ["myst_parser"]
root_doc = "index"
source_suffix = {".md": "markdown"}
exclude_patterns = ["example"]
nitpicky = True
language = "en"
highlight_language = "text"
# What people type stays as it is typed.
smartquotes = False

# Headings get the anchors that GitHub gives them, so that links work in both.
myst_heading_anchors = 6

html_theme = "furo"
html_title = "Parry"
html_show_sourcelink = False
html_copy_source = False
html_permalinks_icon = "#"
html_static_path = ["_static"]
html_css_files = ["site.css"]
pygments_style = "tango"
pygments_dark_style = "monokai"
html_theme_options = {
    "top_of_page_buttons": [],
    "footer_icons": [],
}

# Pages whose text stands at the root of the repository.
AT_ROOT = {"overview": "README.md", "architecture": "ARCHITECTURE.md", "contributing": "CONTRIBUTING.md"}
# Pages that 'make docs' writes, and those that stand below them in the navigation.
INDEXES = {"rules": "rules/*", "playbooks/README": "*", "cli/README": "parry*"}
ROOT = Path(__file__).resolve().parent.parent
LINK = re.compile(r"(?<=\]\()(?!https?:|mailto:|#)([^)\s#]+)(#[^)\s]*)?(?=\))")


def here(app, docname, source):
    """Has links to files of the repository go to pages of the site; what is no page keeps its words, without a link."""
    text = source[0]
    base = posixpath.join("docs", posixpath.dirname(docname))
    if docname in AT_ROOT:
        text = (ROOT / AT_ROOT[docname]).read_text(encoding="utf-8")
        base = ""

    pages = {file: "docs/" + name + ".md" for name, file in AT_ROOT.items()}
    start = posixpath.join("docs", posixpath.dirname(docname))

    def link(match):
        path = posixpath.normpath(posixpath.join(base, match.group(1)))
        path = pages.get(path, path)
        if not (ROOT / path).exists():
            return match.group(0)  # Sphinx tells that it is broken
        if not path.startswith("docs/"):
            return "file:" + path
        return posixpath.relpath(path, start) + (match.group(2) or "")

    lines = []
    fenced = False
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        lines.append(line if fenced else LINK.sub(link, line))
    text = "\n".join(lines)
    # A file that is no page: its words stay.
    text = re.sub(r"\[([^\]]+)\]\(file:[^)]+\)", r"\1", text)
    if docname in INDEXES:
        text += "\n```{toctree}\n:hidden:\n:titlesonly:\n:glob:\n\n" + INDEXES[docname] + "\n```\n"
    source[0] = text


def setup(app):
    app.connect("source-read", here)
    # Where the repository is shown, a mermaid block is a drawing. Here it is its text, and a table stands below it.
    app.add_lexer("mermaid", TextLexer)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
