"""Checks a page of dj-mpi report: balanced tags, nothing from outside, figures as told.

usage: check_report.py PAGE [job_summary.json]"""
import html.parser
import json
import re
import sys

VOID = {"meta", "br", "hr", "img", "link", "input"}
CLOSED = {"path", "rect", "circle"}  # in SVG, as <path/>


class Page(html.parser.HTMLParser):
    """The page as a list of tables of rows of texts, and its visible text."""

    def __init__(self):
        super().__init__()
        self.open, self.tables, self.text, self.heading = [], {}, "", ""
        self.cells = None

    def handle_starttag(self, tag, attrs):
        assert tag not in ("script", "iframe", "object", "embed", "link", "img"), tag
        for name, value in attrs:
            assert not name.startswith("on"), name
            assert name not in ("href", "src", "xlink:href", "action"), (name, value)
        if tag in VOID:
            return
        self.open.append(tag)
        if tag == "h2":
            self.heading = ""
        if tag == "tr":
            self.cells = []
        if tag in ("td", "th"):
            self.cells.append("")

    def handle_startendtag(self, tag, attrs):
        assert tag in CLOSED, tag

    def handle_endtag(self, tag):
        assert self.open and self.open[-1] == tag, (tag, self.open)
        self.open.pop()
        if tag == "tr":
            self.tables.setdefault(self.heading, []).append(self.cells)
            self.cells = None

    def handle_data(self, data):
        if "style" in self.open:
            return
        self.text += data
        if self.open and self.open[-1] == "h2":
            self.heading += data
        if self.open and self.open[-1] in ("td", "th"):
            self.cells[-1] += data


with open(sys.argv[1], encoding="utf-8") as file:
    source = file.read()
page = Page()
page.feed(source)
page.close()
assert not page.open, page.open
assert not re.search(r"url\(|@import|https?://[^<\s]*\.(css|js|woff)", source.split("</style>")[0])
for heading in ("Samples", "Operators", "Where samples went", "Runs", "Ranks over time",
                "Checkpoint sets", "Failed partitions", "Rejected samples",
                "Slowest partitions", "Recipe", "Versions"):
    assert f"<h2>{heading}</h2>" in source, heading


def number(text):
    return int(text.replace(",", ""))


if len(sys.argv) > 2:
    with open(sys.argv[2], encoding="utf-8") as file:
        summary = json.load(file)
    told = {name: number(value) for name, value in page.tables["Samples"][1:]}
    for key in ("read", "kept", "filtered", "deduplicated", "rejected"):
        assert told[key] == summary["ledger"][key], (key, told)
    rows = page.tables["Operators"][1:]
    assert len(rows) == len(summary["operators"]), rows
    for row, op in zip(rows, summary["operators"]):
        assert row[1] == op["name"], row
        assert [number(cell) for cell in row[2:6]] == [
            op[key] for key in ("rows_in", "rows_out", "dropped", "rejected")], row
    assert len(page.tables["Runs"]) - 1 == len(summary["attempts"])
    assert summary["resumption_command"] in page.text
