#!/usr/bin/env python3
"""Writes src/text/fix_char_tables.c and src/text/fix_entity_table.c.

Run it by hand, from the root of the tree, with Python 3.11 (Unicode 14.0) and
ftfy 6.3.1 installed; the results are checked in, so the build needs neither.
Everything in the tables is read out of these two: the character maps, which
single-byte encodings have a character, the rules of the badness heuristic and
the HTML entities.

The badness heuristic is a regular expression without unbounded repeats. It is
turned into a minimal automaton over kinds of characters, so that one table step
a character tells whether a text has a match anywhere.
"""

import html
import re
import sys
import unicodedata
from re import _constants, _parser

import ftfy
from ftfy import badness, chardata, fixes

CODES = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
ANCHOR = "^"
BAD = "bad"
FORMS = ["NFC", "NFD", "NFKC", "NFKD"]
CLUES = [
    "utf8_first_of_2",
    "utf8_first_of_3",
    "utf8_first_of_4",
    "utf8_continuation",
    "utf8_continuation_strict",
]


def members(items):
    """The code points of a bracket expression that Python's parser has read."""
    found = set()
    negate = False
    for op, value in items:
        if op is _constants.NEGATE:
            negate = True
        elif op is _constants.LITERAL:
            found.add(value)
        elif op is _constants.RANGE:
            found.update(range(value[0], value[1] + 1))
        elif value is _constants.CATEGORY_SPACE:
            found.update(c for c in CODES if chr(c).isspace())
        elif value is _constants.CATEGORY_WORD:
            found.update(c for c in CODES if chr(c).isalnum() or chr(c) == "_")
        else:
            sys.exit(f"unexpected item in a class: {op} {value}")
    return frozenset(set(CODES) - found if negate else found)


def sequences(pattern):
    """The alternatives of the badness pattern as lists of sets."""
    ((_, (_, branches)),) = _parser.parse(pattern.pattern, pattern.flags)
    result = []
    for branch in branches:
        heads = [[]]
        for op, value in branch:
            if op is _constants.MAX_REPEAT:
                low, high, ((_, item),) = value
                assert (low, high) == (0, 1)
                heads = heads + [head + [members(item)] for head in heads]
                continue
            if op is _constants.IN:
                step = members(value)
            elif op is _constants.LITERAL:
                step = frozenset([value])
            elif op is _constants.ANY:
                step = frozenset(set(CODES) - {0x0A})
            else:
                assert op is _constants.AT and value is _constants.AT_BEGINNING
                step = ANCHOR
            heads = [head + [step] for head in heads]
        result.extend(heads)
    return result


class Automaton:
    """Finds whether any of the sequences occurs. State 0 is "found"."""

    def __init__(self, alternatives):
        self.sets = sorted({s for a in alternatives for s in a if s != ANCHOR}, key=sorted)
        index = {s: i for i, s in enumerate(self.sets)}
        self.paths = [[s if s == ANCHOR else index[s] for s in a] for a in alternatives]
        signature = dict.fromkeys(CODES, 0)
        for i, found in enumerate(self.sets):
            for c in found:
                if c in signature:
                    signature[c] |= 1 << i
        self.symbols = sorted(set(signature.values()))
        at = {s: i for i, s in enumerate(self.symbols)}
        self.symbol_of = {c: at[s] for c, s in signature.items()}
        self.anchored = frozenset((i, 1) for i, p in enumerate(self.paths) if p[0] == ANCHOR)
        self.build()
        self.minimise()

    def step(self, state, symbol):
        mask = self.symbols[symbol]
        after = {(i, k + 1) for i, k in state if mask >> self.paths[i][k] & 1}
        for i, path in enumerate(self.paths):
            if path[0] != ANCHOR and mask >> path[0] & 1:
                after.add((i, 1))
        if any(k == len(self.paths[i]) for i, k in after):
            return BAD
        return frozenset(after)

    def build(self):
        count = len(self.symbols)
        self.moves = {BAD: [BAD] * count}
        waiting = [self.anchored, frozenset()]
        while waiting:
            state = waiting.pop()
            if state in self.moves:
                continue
            self.moves[state] = [self.step(state, s) for s in range(count)]
            waiting.extend(self.moves[state])

    def minimise(self):
        block = {state: int(state == BAD) for state in self.moves}
        while True:
            ids = {}
            refined = {
                state: ids.setdefault((block[state], *(block[t] for t in to)), len(ids))
                for state, to in self.moves.items()
            }
            if len(set(refined.values())) == len(set(block.values())):
                break
            block = refined
        order = [BAD, self.anchored, frozenset()] + list(self.moves)
        number = {}
        for state in order:
            number.setdefault(block[state], len(number))
        self.table = [None] * len(number)
        for state, to in self.moves.items():
            self.table[number[block[state]]] = [number[block[t]] for t in to]
        assert number[block[self.anchored]] == 1 and number[block[frozenset()]] == 2

    def check_short_memory(self):
        """After two ASCII characters only these two decide the state."""
        ascii_symbols = {self.symbol_of[c] for c in range(0x80)}
        for a in ascii_symbols:
            for b in ascii_symbols:
                ends = {self.table[self.table[s][a]][b] for s in range(len(self.table))}
                assert ends <= {0, self.table[self.table[2][a]][b]}


def mapped(code):
    """What the character-wise fixes make of one character, or None if nothing."""
    text = chr(code)
    for fixer in (
        fixes.fix_c1_controls,
        fixes.fix_latin_ligatures,
        fixes.fix_character_width,
        fixes.uncurl_quotes,
        fixes.fix_line_breaks,
        fixes.remove_control_chars,
    ):
        text = fixer(text)
    return None if text == chr(code) else text


def unsettled(form):
    """Code points without which a text is in the normal form for certain."""
    found = set()
    for c in CODES:
        char = chr(c)
        if unicodedata.combining(char) or unicodedata.normalize(form, char) != char:
            found.add(c)
        parts = unicodedata.decomposition(char).split()
        if form.endswith("C") and len(parts) == 2 and parts[0][0] != "<":
            pair = "".join(chr(int(p, 16)) for p in parts)
            if unicodedata.normalize("NFC", pair) == char:
                found.add(int(parts[1], 16))
    if form.endswith("C"):  # Hangul vowels and final consonants join what is before
        found.update(range(0x1161, 0x1176), range(0x11A8, 0x11C3))
    return found


def legacy_rows():
    """Characters of the single-byte encodings, and those that hint at UTF-8."""
    clues = {
        name: members(_parser.parse("[" + chardata.UTF8_CLUES[name] + "]")[0][1])
        for name in CLUES
    }
    assert {c for s in clues.values() for c in s if c < 0x80} == {0x20}
    assert 0x20 in clues["utf8_continuation"] and 0x20 not in clues[CLUES[4]]
    rows = []
    for c in CODES[:0xF800]:
        mask, codes = 0, []
        for bit, name in enumerate(chardata.CHARMAP_ENCODINGS):
            byte = 0
            if chardata.possible_encoding(chr(c), name):
                (byte,) = chr(c).encode(name)
                mask |= 1 << bit
            codes.append(byte)
        if c < 0x80:
            sloppy = sum(
                1 << i
                for i, name in enumerate(chardata.CHARMAP_ENCODINGS)
                if name.startswith("sloppy")
            )
            assert mask == (0x3FF & ~sloppy if c == 0x1A else 0x3FF)
            assert c == 0x1A or set(codes) == {c}
            continue
        hint = sum(1 << i for i, name in enumerate(CLUES) if c in clues[name])
        if mask or hint:
            rows.append((c, mask, hint, codes))
    return rows


def two_stage(values, shift):
    """Stage 1 and the concatenated blocks of stage 2."""
    size = 1 << shift
    blocks = {}
    stage1 = []
    for start in range(0, len(values), size):
        block = tuple(values[start : start + size])
        stage1.append(blocks.setdefault(block, len(blocks)))
    return stage1, [v for block in blocks for v in block]


def numbers(values):
    lines, line = [], "   "
    for v in values:
        item = f" {v},"
        if len(line) + len(item) > 90:
            lines.append(line)
            line = "   "
        line += item
    return "\n".join([*lines, line])


def array(out, kind, name, values):
    out.append(f"const {kind} {name}[{len(values)}] = {{\n{numbers(values)}\n}};\n")


def literal(text):
    """A C string; octal escapes end by themselves, hexadecimal ones would not."""
    return "".join(
        chr(b) if 0x20 <= b < 0x7F and b not in b'"\\?' else f"\\{b:03o}"
        for b in text.encode()
    )


def head(what):
    return (
        f"/*\n * {what}\n * Generated by src/text/tables/gen_fix_tables.py from ftfy "
        f"{ftfy.__version__} and Unicode {unicodedata.unidata_version}:\n"
        " * do not edit.\n */\n/* clang-format off */\n"
    )


def kinds(automaton, maps):
    forms = [unsettled(form) for form in FORMS]
    values, ids = [], {}
    for c in range(0x110000):
        if 0xD800 <= c < 0xE000:
            values.append(0)
            continue
        flags = int(c in maps)
        for bit, found in enumerate(forms, 1):
            flags |= (c in found) << bit
        flags |= (unicodedata.category(chr(c)) == "Nd") << 5
        values.append(ids.setdefault((automaton.symbol_of[c], flags), len(ids)))
    return values, list(ids)


def write_tables(path):
    automaton = Automaton(sequences(badness.BADNESS_RE))
    automaton.check_short_memory()
    maps = {c: mapped(c) for c in CODES if mapped(c) is not None}
    assert all(2 * len(t.encode()) <= 3 * len(chr(c).encode()) for c, t in maps.items())
    assert max(maps) < 0x10000 and max(automaton.table)[0] < 256
    values, pairs = kinds(automaton, maps)
    assert values[:128] == two_stage(values, 7)[1][:128]

    out = [head("Kinds of characters, the badness automaton, the character map, encodings.")]
    out.append('#include "fix_tables.h"\n')
    stage1, stage2 = two_stage(values, 7)
    array(out, "uint8_t", "dj_fix_kind1", stage1)
    array(out, "uint8_t", "dj_fix_kind2", stage2)
    array(out, "uint8_t", "dj_fix_kind_flags", [flags for _, flags in pairs])
    columns = [symbol for symbol, _ in pairs]
    assert len(columns) <= 128
    out.append(f"const uint8_t dj_fix_moves[{len(automaton.table)}][128] = {{")
    for row in automaton.table:
        out.append("    {\n" + numbers([row[s] for s in columns]) + "\n    },")
    out.append("};\n")

    pool, places = [0], [0] * 0x10000
    for c, text in sorted(maps.items()):
        places[c] = len(pool)
        pool += [len(text.encode()), *text.encode()]
    stage1, stage2 = two_stage(places, 6)
    array(out, "uint8_t", "dj_fix_map1", stage1)
    array(out, "uint16_t", "dj_fix_map2", stage2)
    array(out, "uint8_t", "dj_fix_map_pool", pool)

    c1 = [ord(bytes([b]).decode("sloppy-windows-1252")) for b in range(0x80, 0xA0)]
    assert c1 == [ord(html.unescape(f"&#{b};")) for b in range(0x80, 0xA0)]
    array(out, "uint16_t", "dj_fix_c1", c1)

    rows = legacy_rows()
    places = [0] * 0x10000
    for i, row in enumerate(rows, 1):
        places[row[0]] = i
    stage1, stage2 = two_stage(places, 6)
    array(out, "uint8_t", "dj_fix_legacy1", stage1)
    array(out, "uint16_t", "dj_fix_legacy2", stage2)
    out.append(f"const struct dj_fix_legacy dj_fix_legacy[{len(rows) + 1}] = {{\n    {{ 0 }},")
    for c, mask, hint, codes in rows:
        listed = ", ".join(map(str, codes))
        out.append(f"    {{ 0x{mask:03x}, 0x{hint:02x}, {{ {listed} }} }}, /* {c:04X} */")
    out.append("};")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(out) + "\n")


def write_entities(path):
    table = {}
    for key, text in chardata.HTML_ENTITIES.items():
        assert key[0] == "&" and key[-1] == ";" and len(text.encode()) <= 6
        if chardata.HTML_ENTITY_RE.fullmatch(key):
            table[key[1:-1]] = text
    out = [head("HTML entities with their semicolon, in the order of strcmp.")]
    out.append('#include "fix_tables.h"\n')
    out.append(f"const size_t dj_fix_entity_count = {len(table)};\n")
    out.append(f"const struct dj_fix_entity dj_fix_entities[{len(table)}] = {{")
    out += [f'    {{ "{name}", "{literal(text)}" }},' for name, text in sorted(table.items())]
    out.append("};")
    with open(path, "w", encoding="ascii") as file:
        file.write("\n".join(out) + "\n")


if ftfy.__version__ != "6.3.1" or unicodedata.unidata_version != "14.0.0":
    sys.exit("needs ftfy 6.3.1 and Unicode 14.0")
assert isinstance(badness.BADNESS_RE, re.Pattern)
write_tables("src/text/fix_char_tables.c")
write_entities("src/text/fix_entity_table.c")
