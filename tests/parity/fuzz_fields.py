"""Random conditions and samples for the filters that read fields."""

import copy
import math

import fuzz_text


def scalar(rng):
    return rng.choice(
        (None, True, False, 0, 1, 2, 3, -1, 10, 2**53 + 1, 0.0, 0.5, 1.0, 2.0, 0.1, 1 / 3, -1.5,
         1e300, 1e-9, 123456.789012345678, "", "a", "b", "ab", "é", "中", "😀", "1", "10",
         " 1_2\n", "１２", "nan", "-inf", "0x10", "1e5", "x\ny", "\\", '"', "None")
    )


def value(rng, depth=0):
    roll = rng.random()
    if depth > 2 or roll < 0.7:
        return scalar(rng)
    if roll < 0.85:
        return [value(rng, depth + 1) for _ in range(rng.randrange(4))]
    return {k: value(rng, depth + 1) for k in rng.sample(("a", "b", "k", "é"), rng.randrange(4))}


def row(rng):
    made = {"text": rng.choice(("", "a", "ab", "中文"))}
    for key in ("a", "b", "num", "言語", "meta"):
        if rng.random() < 0.85:
            made[key] = value(rng)
    if rng.random() < 0.5:
        made["meta"] = {"k": value(rng), "sub": {"k": scalar(rng)}}
    if rng.random() < 0.1:
        made["__dj__meta__"] = {"a": value(rng)}
    return made


def literal(rng, depth):
    roll = rng.random()
    if roll < 0.35:
        return rng.choice(("0", "1", "2", "3", "1.0", "0.5", "1_0", "0x1", "0b1", ".5", "1e0",
                           "2.", "10", "9007199254740993", "1e400"))
    if roll < 0.6:
        return rng.choice(("'a'", '"b"', "''", "'a' 'b'", "r'\\d'", "'\\x61'", "u'é'", "'\\u4e2d'",
                           "'''x\ny'''", "'10'", '"\\""', "'\\q'", "'\\101'"))
    if roll < 0.75:
        return rng.choice(("True", "False", "None"))
    items = [operand(rng, depth + 1) for _ in range(rng.randrange(4))]
    kind = rng.random()
    if kind < 0.5 or (kind > 0.8 and not items):
        return "[" + ", ".join(items) + rng.choice(("", "," if items else "")) + "]"
    if kind <= 0.8:
        return "(" + "".join(i + ", " for i in items) + ")"
    return "{" + ", ".join(items) + "}"


def operand(rng, depth):
    roll = rng.random()
    if roll < 0.5:
        return rng.choice(("a", "b", "num", "meta.k", "meta.sub.k", "meta", "text", "言語", "no",
                           "a.b", "a.k", "__dj__meta__.a", "meta.sub.no.x", "num.real", "a.imag",
                           "__dj__stats__.x", "b.numerator", "ｎｕｍ"))
    if roll < 0.85 or depth > 3:
        return literal(rng, depth)
    if roll < 0.93:
        return rng.choice("+-") + operand(rng, depth + 1)
    return "(" + condition(rng, depth + 1) + ")"


def comparison(rng, depth):
    made = operand(rng, depth)
    for _ in range(rng.choice((0, 1, 1, 1, 1, 1, 2, 3))):
        sign = rng.choice(("==", "==", "!=", "<", "<=", ">", ">=", "in", "in", "not in", "is", "is not"))
        made += " " + sign + " " + operand(rng, depth)
    return made


def condition(rng, depth=0):
    roll = rng.random()
    if depth > 3 or roll < 0.5:
        return comparison(rng, depth)
    if roll < 0.6:
        return "not " + comparison(rng, depth + 1)
    joined = rng.choice((" and ", " or "))
    return joined.join(condition(rng, depth + 1) for _ in range(rng.choice((2, 2, 3))))


def damaged(rng, made):
    """Mostly as it was; sometimes with a character too many or too few."""
    roll = rng.random()
    at = rng.randrange(len(made) + 1)
    if roll < 0.05:
        return made[:at] + made[at + 1 :]
    if roll < 0.08:
        return made[:at] + rng.choice("()[]{},.'\"= \n#\\_0aé") + made[at:]
    return made


def column(rng, size, kinds, missing):
    """Values of one kind, as a column of a table has them. No NaN: it has no order."""
    kind = rng.choice(kinds)
    few = [rng.choice(("a", "b", "A", "é", "中", "", "10", "9")) for _ in range(4)]

    def one():
        if missing and rng.random() < 0.1:
            return None
        if kind == "int":
            return rng.choice((rng.randrange(-3, 4), rng.randrange(10**6), 0))
        if kind == "float":
            return rng.choice((rng.randrange(4) / 2, rng.random(), -0.0, 1e300, 1 / 3))
        if kind == "bool":
            return rng.random() < 0.5
        if kind == "number text":
            return rng.choice(("1", "1.0", " 2", "1_0", "x", "", "-inf", "10", "9"))
        if kind == "list":
            return [rng.randrange(5) / 2 for _ in range(rng.randrange(4))]
        return rng.choice(few)

    return [one() for _ in range(size)]


def selector(name, rng, size):
    """(parameters, samples) for a selector."""
    nested = rng.random() < 0.5
    key = "meta.v" if nested else "v"
    kinds = ["int", "float", "text", "number text", "bool"]
    if name.startswith("range") or (nested and name.startswith("topk")):
        kinds.append("list")
    values = column(rng, size, kinds, nested or not name.startswith("topk"))
    rows = [{"id": i, "text": "t", **({"meta": {"v": v}} if nested else {"v": v})}
            for i, v in enumerate(values)]
    ratio = rng.choice((None, 0, 0.1, 0.25, 0.5, 1 / 3, 0.9, 1, 1.0))
    number = rng.choice((None, 1, 2, 5, max(1, size - 1), size, size + 3))
    if name == "random_selector":
        return {"select_ratio": ratio or None, "select_num": number}, rows
    params = {"field_key": key}
    if name.startswith("tags"):
        params["target_tags"] = rng.sample(["a", "b", "A", "é", "中", "", "10", "1"], 3)
    elif name.startswith("range"):
        params.update(lower_percentile=rng.choice((None, 0.1, 0.25, 0.5)),
                      upper_percentile=rng.choice((None, 0.5, 0.8, 1.0)),
                      lower_rank=rng.choice((None, 1, 3, max(1, size // 2))),
                      upper_rank=rng.choice((None, 4, size // 2 + 1, size, size + 2)))
    else:
        params.update(top_ratio=ratio, topk=number, reverse=rng.random() < 0.5)
    return {k: v for k, v in params.items() if v is not None}, rows


def inside(found, path=()):
    """The places of all values within the value."""
    places = [path]
    items = found.items() if isinstance(found, dict) else enumerate(found) if isinstance(found, list) else ()
    for key, item in items:
        places += inside(item, path + (key,))
    return places


def other_value(rng, found):
    if isinstance(found, str) and rng.random() < 0.7:
        return fuzz_text.mutate(rng, found)
    if isinstance(found, bool) and rng.random() < 0.7:
        return not found
    if isinstance(found, (int, float)) and rng.random() < 0.7:
        return rng.choice((0, 1, -1, found + 1, found * 2, 0.5, found / 3))
    return rng.choice((None, "", [], {}, 0, 1, True, "a", 0.25, fuzz_text.text(rng, ())))


def mutated(rng, row):
    """A sample with a few values changed, left out, doubled or moved."""
    row = copy.deepcopy(row)
    for _ in range(rng.choice((0, 1, 1, 2, 3, 5))):
        places = [p for p in inside(row) if p]
        if not places:
            break
        *path, key = rng.choice(places)
        holder = row
        for part in path:
            holder = holder[part]
        roll = rng.random()
        if roll < 0.6:
            holder[key] = other_value(rng, holder[key])
        elif roll < 0.75:
            del holder[key]
        elif isinstance(holder, list):
            holder.insert(rng.randrange(len(holder) + 1), copy.deepcopy(holder[key]))
        else:
            holder[rng.choice(list(holder))] = copy.deepcopy(holder[key])
    return row


def plain(found):
    """Whether the value can stand in a dataset: no infinities, which JSON has not."""
    if isinstance(found, float):
        return math.isfinite(found)
    if isinstance(found, list):
        return all(plain(i) for i in found)
    if isinstance(found, dict):
        return all(plain(i) for i in found.values())
    return True
