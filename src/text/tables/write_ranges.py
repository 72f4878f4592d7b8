#!/usr/bin/env python3
"""Writes the range lists (*.txt) beside it, which the build turns into tables.

Run it by hand, with Python 3.11 (Unicode 14.0), regex 2026.11.19, emoji 2.2.0 and
py-data-juicer 1.6.1 installed; the lists are checked in, so the build needs none of
them. Everything is found by asking Python about each code point.
"""

import importlib.util
import pathlib
import runpy
import sys
import unicodedata

import regex

if sys.version_info[:2] != (3, 11) or unicodedata.unidata_version != "14.0.0":
    sys.exit("needs Python 3.11 with Unicode 14.0")

HERE = pathlib.Path(__file__).parent
# One file of the package, without what importing all of it would need.
FOLDER = pathlib.Path(importlib.util.find_spec("data_juicer").submodule_search_locations[0])
SPECIAL = runpy.run_path(str(FOLDER / "ops/common/special_characters.py"))["SPECIAL_CHARACTERS"]
ALL = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
PYTHON = "Unicode 14.0, Python 3.11"
REGEX = "the newer Unicode version of the regex module, 2026.11.19"


def write(name, about, source, members):
    """members: a set, or a dict of values. Runs with a step of 2 are kept together."""
    values = members if isinstance(members, dict) else dict.fromkeys(members, "")
    lines = ["# " + line for line in (*about.split("\n"), f"Source: {source}.")]
    rest = sorted(values)
    at = 0
    while at < len(rest):
        for step in (1, 2):
            end = at
            while (
                end + 1 < len(rest)
                and rest[end + 1] == rest[end] + step
                and values[rest[end + 1]] == values[rest[at]]
            ):
                end += 1
            if end > at and (step == 1 or end > at + 1):
                break
        else:
            end = at
        line = f"{rest[at]:04X}"
        if end > at:
            line += f"..{rest[end]:04X}" + ("/2" if step == 2 else "")
        value = values[rest[at]]
        lines.append(line if value == "" else f"{line} {value}")
        at = end + 1
    (HERE / f"{name}.txt").write_text("\n".join(lines) + "\n")
    print(f"{name}: {len(values)} members")


def matched(pattern):
    return {c for c in ALL if regex.match(pattern, chr(c))}


def classes():
    write("alpha", "Members of str.isalpha.", PYTHON, {c for c in ALL if chr(c).isalpha()})
    write("alnum", "Members of str.isalnum.", PYTHON, {c for c in ALL if chr(c).isalnum()})
    write("space", "Members of str.isspace.", PYTHON, {c for c in ALL if chr(c).isspace()})
    write(
        "line_end",
        "Where str.splitlines cuts.",
        PYTHON,
        {c for c in ALL if len(f"a{chr(c)}b".splitlines()) == 2},
    )
    write(
        "special",
        "Data-Juicer's special characters: those of its set that are one code point.",
        "py-data-juicer 1.6.1 with emoji 2.2.0",
        {ord(s) for s in SPECIAL if len(s) == 1},
    )
    write(
        "unprintable",
        "No members of str.isprintable.",
        PYTHON,
        {c for c in ALL if not chr(c).isprintable()},
    )
    write("regex_word", r"\w of the regex module.", REGEX, matched(r"\w"))
    write("regex_digit", r"\d of the regex module.", REGEX, matched(r"\d"))
    write("regex_punct", r"\p{P} of the regex module.", REGEX, matched(r"\p{P}"))


def case():
    final, other = "\u03c2", "\u03c3"
    # A character that is both cased and case-ignorable counts as ignorable.
    cased = {c for c in ALL if (chr(c) + "\u03a3").lower().endswith(final)}
    ignorable = {
        c
        for c in ALL
        if ("A" + chr(c) + "\u03a3").lower().endswith(final)
        and ("-" + chr(c) + "\u03a3").lower().endswith(other)
    }
    lower = {}
    for c in ALL:
        to = chr(c).lower()
        if ord(to[0]) != c:
            lower[c] = f"{ord(to[0]) - c:+d}"
    write("cased", "Cased and not case-ignorable, for the final sigma.", PYTHON, cased)
    write("ignorable", "Case-ignorable, for the final sigma.", PYTHON, ignorable)
    write(
        "lower",
        "Distance to the lower-case form; of U+0130, which becomes two characters, to\n"
        "the first of them. U+03A3 has its form inside a word.",
        PYTHON,
        lower,
    )


def pairs():
    """First and second characters of the canonical compositions."""
    firsts, seconds = set(), set()
    for c in ALL:
        parts = unicodedata.decomposition(chr(c)).split()
        if len(parts) != 2 or parts[0].startswith("<"):
            continue
        if unicodedata.normalize("NFC", chr(c)) == chr(c):
            firsts.add(int(parts[0], 16))
            seconds.add(int(parts[1], 16))
    firsts.update(range(0x1100, 0x1113))  # Hangul: leading consonant and vowel,
    firsts.update(range(0xAC00, 0xD7A4, 28))  # both and a trailing consonant
    seconds.update(range(0x1161, 0x1176))
    seconds.update(range(0x11A8, 0x11C3))
    return firsts, seconds


def normal():
    firsts, seconds = pairs()

    def moved(form):
        return {c for c in ALL if unicodedata.normalize(form, chr(c)) != chr(c)}

    def first_of_nfd(c):
        return ord(unicodedata.normalize("NFD", chr(c))[0])

    def joins(form, c):
        first = unicodedata.normalize(form, chr(c))[0]
        return unicodedata.combining(first) > 0 or ord(first) in seconds

    write(
        "combining",
        "Canonical combining class, where it is not 0.",
        PYTHON,
        {c: unicodedata.combining(chr(c)) for c in ALL if unicodedata.combining(chr(c))},
    )
    write("nfc", "Cannot stand in NFC text.", PYTHON, moved("NFC"))
    write("nfd", "Cannot stand in NFD text.", PYTHON, moved("NFD"))
    write("nfkc", "Cannot stand in NFKC text.", PYTHON, moved("NFKC"))
    write("nfkd", "Cannot stand in NFKD text.", PYTHON, moved("NFKD"))
    write("backward", "Composes with some character before it.", PYTHON, seconds)
    write(
        "forward",
        "Its canonical decomposition begins with a character that composes with some\n"
        "character after it.",
        PYTHON,
        {c for c in ALL if first_of_nfd(c) in firsts},
    )
    write(
        "joins",
        "What stands before it may have a part in what becomes of it, in some form: a\n"
        "decomposition begins with a mark or with what composes with a character before.",
        PYTHON,
        {c for c in ALL if joins("NFD", c) or joins("NFKD", c)},
    )
    write(
        "unassigned",
        "Code points without a character (Cn).",
        PYTHON,
        {c for c in ALL if unicodedata.category(chr(c)) == "Cn"},
    )


classes()
case()
normal()
