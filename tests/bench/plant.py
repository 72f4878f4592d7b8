"""Copies planted in a corpus: plant.py SEED <corpus.jsonl >planted.jsonl

Behind one sample in ten there is, further on, a copy of it: every other time the same text,
else one in which some words are others. Each row has an id; meta.copy_of is that of the
original (-1: it is one), meta.kind is original, exact or near.
"""
import heapq
import json
import random
import sys

DISTANCE = 5000  # rows, at most, between a sample and its copy
CHANGED = 50  # one word in so many of a near copy


def change(text, dice):
    words = text.split(" ")
    for _ in range(max(1, len(words) // CHANGED)):
        words[dice.randrange(len(words))] = "w%d" % dice.randrange(1000)
    return " ".join(words)


def rows(lines, dice):
    waiting = []  # (row at which it is due, kind, text, original)
    number = 0
    for line in lines:
        text = json.loads(line)["text"]
        yield text, -1, "original"
        if dice.random() < 0.1:
            kind = dice.choice(["exact", "near"])
            due = number + 1 + dice.randrange(DISTANCE)
            heapq.heappush(waiting, (due, kind, change(text, dice) if kind == "near" else text, number))
        number += 1
        while waiting and waiting[0][0] <= number:
            _, kind, text, original = heapq.heappop(waiting)
            yield text, original, kind
            number += 1
    for _, kind, text, original in sorted(waiting):
        yield text, original, kind


def main():
    dice = random.Random(int(sys.argv[1]))
    source = open(sys.stdin.fileno(), encoding="utf-8", errors="replace", newline="\n")
    for number, (text, copy_of, kind) in enumerate(rows(source, dice)):
        row = {"id": number, "text": text, "meta": {"copy_of": copy_of, "kind": kind}}
        print(json.dumps(row))


main()
