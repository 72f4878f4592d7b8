"""
Runs random inputs through Data-Juicer and writes its results as parity cases, which
tests/parity/parity then holds dj-mpi against. Needs py-data-juicer; see fuzz.sh.
"""

import argparse
import ast
import glob
import json
import math
import os
import random
import signal
import sys
import warnings

import fuzz_fields
import fuzz_text

WORDS = os.path.abspath(os.path.join(os.path.dirname(__file__), "..", "data", "words"))
BLOCK = 1000  # rows that Data-Juicer gets at a time
PATIENCE = 40  # seconds of work for a block; some patterns take forever on some texts
CASE = 25  # rows of a case: a failing one shows the first that differs

# What a recipe may say under the operator's name; without an entry: nothing.
VARIANTS = {
    "alphanumeric_filter": [{}, {"min_ratio": 0.5, "max_ratio": 0.9, "reversed_range": True}],
    "average_line_length_filter": [{"min_len": 5, "max_len": 20}, {}],
    "character_repetition_filter": [{"rep_len": 2}, {"rep_len": 3, "min_ratio": 0.1}, {}],
    "clean_email_mapper": [{}, {"repl": "<\\g<0>>"}, {"pattern": "[a-z]+@", "repl": "\\\\"}],
    "clean_ip_mapper": [{}, {"repl": "IP"}],
    "clean_links_mapper": [{}, {"repl": "[L]"}],
    "fix_unicode_mapper": [{}] + [{"normalization": n} for n in ("NFC", "NFKC", "NFD", "NFKD")],
    "flagged_words_filter": [
        {"flagged_words_dir": WORDS},
        {"flagged_words_dir": WORDS, "lang": "all", "use_words_aug": True, "words_aug_join_char": " "},
    ],
    "maximum_line_length_filter": [{}, {"min_len": 3, "max_len": 12, "min_closed_interval": False}],
    "remove_comments_mapper": [{}, {"inline": False}, {"multiline": False}],
    "remove_header_mapper": [{}, {"drop_no_head": False}],
    "remove_long_words_mapper": [{}, {"min_len": 2, "max_len": 6}],
    "remove_non_chinese_character_mapper": [
        {}, {"keep_alphabet": False}, {"keep_number": False}, {"keep_punc": False},
    ],
    "remove_repeat_sentences_mapper": [
        {}, {"lowercase": True}, {"ignore_special_character": False, "min_repeat_sentence_length": 1},
    ],
    "remove_specific_chars_mapper": [{}, {"chars_to_remove": "aé中😀\n"}, {"chars_to_remove": ["ab", "。"]}],
    "remove_table_text_mapper": [{}, {"min_col": 3, "max_col": 4}],
    "remove_words_with_incorrect_substrings_mapper": [{}, {"substrings": ["a", "的", "é", "//"]}],
    "replace_content_mapper": [
        {"pattern": "\\w+\\b", "repl": "<\\g<0>>"},
        {"pattern": ["[^\\W\\d_]", "\\s+$"], "repl": ["L", ""]},
        {"pattern": "(?i)k|(?<=[ß中])\\S|\\p{P}{2,}", "repl": "-"},
        {"pattern": "(?m)^\\s*|(a)(b)?", "repl": "[\\1]"},
        {"pattern": "\\d+|\\p{Lu}\\p{M}*", "repl": "\\t\\\\"},
    ],
    "special_characters_filter": [{}, {"min_ratio": 0.1, "max_ratio": 0.6, "max_closed_interval": False}],
    "stopwords_filter": [
        {"stopwords_dir": WORDS, "min_ratio": 0.1},
        {"stopwords_dir": WORDS, "lang": "zh", "use_words_aug": True, "words_aug_group_sizes": [2, 3]},
    ],
    "text_chunk_mapper": [
        {"split_pattern": "\\n\\n"}, {"max_len": 10, "split_pattern": None},
        {"max_len": 12, "overlap_len": 3, "split_pattern": "[.\\s]"},
        {"max_len": 7, "overlap_len": 2, "split_pattern": None}, {"split_pattern": "(\\s)"},
    ],
    "text_length_filter": [{}, {"min_len": 5, "max_len": 40, "reversed_range": True}],
    "chinese_convert_mapper": [{"mode": m} for m in ("s2t", "t2s", "s2tw", "s2hk", "s2twp", "tw2sp", "t2jp")],
    "word_repetition_filter": [{"rep_len": 2}, {"rep_len": 1, "max_ratio": 0.3}, {}],
    "words_num_filter": [{"min_num": 2, "max_num": 8}, {}],
    "document_deduplicator": [{}, {"lowercase": True, "ignore_non_character": True}],
    "document_simhash_deduplicator": [{}, {"tokenization": "character", "window_size": 3}],
    "document_minhash_deduplicator": [{}, {"tokenization": "character", "window_size": 4}],
    "document_line_deduplicator": [{"frequency_threshold": 2}],
}
# These read more than a text; their inputs are changed samples of their own cases.
ROW_OPS = ("agent_bad_case_signal_mapper", "agent_dialog_normalize_mapper", "agent_tool_type_mapper",
           "pii_redaction_mapper", "tool_success_tagger_mapper", "usage_counter_mapper")
STAT = "general_field_filter_condition"
FIELD_OPS = ("general_field_filter", "specified_field_filter", "specified_numeric_field_filter")
# Their result depends on more than a row, or they need files that are not at hand.
SKIPPED = {"suffix_filter": "reads no text", "language_id_score_filter": "needs its model",
           "perplexity_filter": "needs its model", "latex_merge_tex_mapper": "reads archives"}


class TooSlow(Exception):
    pass


def give_up(signum, frame):
    raise TooSlow


def limit(seconds):
    """Of work from now on; 0 is no limit."""
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)


class Juicer:
    """Data-Juicer, quiet and without caches."""

    def __init__(self):
        warnings.simplefilter("ignore")
        import datasets

        datasets.disable_caching()
        datasets.disable_progress_bars()
        datasets.logging.set_verbosity_error()
        from data_juicer.core.data import NestedDataset
        from data_juicer.ops import load_ops
        from datasets.utils.json import ujson_dumps, ujson_loads
        from loguru import logger

        logger.remove()
        self.dataset = NestedDataset
        self.load_ops = load_ops
        self.through_json = lambda found: ujson_loads(ujson_dumps(found))

    def operator(self, name, params):
        op = self.load_ops([{name: dict(params)}])[0]
        op.runtime_np = lambda: None  # no processes
        return op

    def run(self, name, params, rows):
        """The rows that come out, and of a filter (statistics, kept?) of each row."""
        op = self.operator(name, params)
        made = self.dataset.from_list(rows)
        limit(PATIENCE)
        try:
            if not is_filter(name):
                return op.run(made).to_list(), None
            made = op.run(made, reduce=False).to_list()
            stats = [row["__dj__stats__"] for row in made]
            keep = [bool(k) for k in op.process_batched({"__dj__stats__": stats})]
            return [row for row, kept in zip(made, keep) if kept], list(zip(stats, keep))
        finally:
            limit(0)

    def is_slow(self, name, params, text, seconds):
        op = self.operator(name, params)
        limit(seconds)
        try:
            op.process_batched({"text": [text]})
        except TooSlow:
            return True
        except Exception:
            pass
        finally:
            limit(0)
        return False


def is_filter(name):
    return name.endswith("_filter")


def is_whole(name):
    """Whether the result depends on more than one row."""
    return not name.endswith(("_filter", "_mapper"))


def strip_own(row):
    return {k: v for k, v in row.items()
            if k not in ("__dj__stats__", "__dj__hash", "__dj__minhash", "__dj__simhash")}


def text_block(juicer, name, params, rows):
    """Cases for these rows; rows on which Data-Juicer raises get a case each."""
    try:
        result, judged = juicer.run(name, params, rows)
    except TooSlow:
        quick = []
        for row in rows:
            if juicer.is_slow(name, params, row["text"], 2):
                print(f"{name}: too slow on {row['text']!r:.300}")
            else:
                quick.append(row)
        if len(quick) == len(rows) and len(rows) > 1:
            half = len(rows) // 2
            return (text_block(juicer, name, params, rows[:half])
                    + text_block(juicer, name, params, rows[half:]))
        return text_block(juicer, name, params, quick) if len(quick) not in (0, len(rows)) else []
    except Exception as error:
        if len(rows) == 1 or is_whole(name):
            return [{"input": rows, "error": type(error).__name__}]
        half = len(rows) // 2
        return (text_block(juicer, name, params, rows[:half])
                + text_block(juicer, name, params, rows[half:]))
    if is_whole(name):
        return [{"input": rows, "expected": [strip_own(r) for r in result]}]
    cases = []
    for first in range(0, len(rows), CASE):
        part = rows[first : first + CASE]
        ids = {r["id"]: i for i, r in enumerate(part)}
        kept = [r for r in result if r["id"] in ids]
        case = {"input": part, "expected": [strip_own(r) for r in kept]}
        if judged is not None:
            mine = judged[first : first + CASE]
            case["keep"] = [i for i, (_, keep) in enumerate(mine) if keep]
            case["stats"] = [stats for stats, _ in mine]
        cases.append(case)
    return cases


def text_cases(juicer, name, rng, count, seeds):
    cases = []
    variants = VARIANTS.get(name, [{}])
    for first in range(0, count, BLOCK):
        size = min(BLOCK, count - first)
        params = variants[(first // BLOCK) % len(variants)] if count > BLOCK else None
        spans = [(0, size, params)] if params is not None else [
            (i * size // len(variants), (i + 1) * size // len(variants), v)
            for i, v in enumerate(variants)]
        for begin, end, chosen in spans:
            if begin == end:
                continue
            texts = [fuzz_text.text(rng, seeds) for _ in range(end - begin)]
            if is_whole(name):
                texts += [fuzz_text.mutate(rng, rng.choice(texts)) for _ in range(len(texts) // 3)]
                texts += rng.choices(texts, k=len(texts) // 3)
                rng.shuffle(texts)
            rows = [{"id": first + begin + i, "text": t} for i, t in enumerate(texts)]
            if name.endswith("_with_uid"):
                for row, uid in zip(rows, rng.sample(range(10**6), len(rows))):
                    row["__dj__uid"] = uid
            for case in text_block(juicer, name, chosen, rows):
                cases.append({"params": chosen, **case})
    return cases


def field_params(name, rng):
    key = rng.choice(("a", "b", "num", "meta.k", "meta.sub.k", "言語", "text"))
    if name == "general_field_filter":
        made = fuzz_fields.condition(rng)
        return {"filter_condition": fuzz_fields.damaged(rng, made)}
    params = {"field_key": key}
    if rng.random() < 0.4:
        params["reversed_range"] = rng.random() < 0.6
    if name == "specified_field_filter":
        params["target_value"] = [v for v in (fuzz_fields.value(rng) for _ in range(rng.randrange(5)))
                                  if fuzz_fields.plain(v)]
    else:
        bounds = (None, 0, 1, 0.5, 1.0, 10, -1, 2**53)
        params.update(min_value=rng.choice(bounds), max_value=rng.choice(bounds))
        params.update(min_closed_interval=rng.random() < 0.7, max_closed_interval=rng.random() < 0.7)
    return params


def not_here(condition):
    """Python that a condition here cannot be, though Data-Juicer may get by with it."""
    try:
        tree = ast.parse(condition, mode="eval")
    except (SyntaxError, ValueError):
        return False
    known = (ast.Expression, ast.BoolOp, ast.And, ast.Or, ast.Compare, ast.cmpop, ast.Name,
             ast.Attribute, ast.Constant, ast.UnaryOp, ast.Not, ast.USub, ast.UAdd, ast.List,
             ast.Tuple, ast.Set, ast.Load)
    for node in ast.walk(tree):
        if not isinstance(node, known):
            return True
        if isinstance(node, ast.Constant):
            if isinstance(node.value, (bytes, complex, type(...))):
                return True
            if isinstance(node.value, int) and abs(node.value) > 2**63 - 1:
                return True
    return False


def field_row(juicer, op, row):
    """(stats, kept) or the error."""
    try:
        sample = json.loads(json.dumps(row))
        sample["__dj__stats__"] = {}
        stats = juicer.through_json(op.compute_stats_single(sample)["__dj__stats__"])
        sample["__dj__stats__"] = stats
        return stats, bool(op.process_single(sample))
    except Exception as error:
        return type(error).__name__


def field_cases(juicer, name, rng, count):
    cases = []
    rows_left = count
    while rows_left > 0:
        params = field_params(name, rng)
        if name == "general_field_filter" and not_here(params["filter_condition"]):
            continue
        rows = [fuzz_fields.row(rng) for _ in range(12)]
        rows_left -= len(rows)
        try:
            op = juicer.operator(name, params)
        except Exception as error:
            cases.append({"params": params, "input": rows[:1], "error": type(error).__name__})
            continue
        good = []
        for row in rows:
            found = field_row(juicer, op, row)
            if isinstance(found, str):
                cases.append({"params": params, "input": [row], "error": found})
            elif "{" in params.get("filter_condition", "") and isinstance(found[0].get(STAT), list):
                continue  # a set has no order
            else:
                good.append((row, *found))
        kept = [i for i, (_, _, keep) in enumerate(good) if keep]
        cases.append({"params": params, "input": [g[0] for g in good], "stats": [g[1] for g in good],
                      "keep": kept, "expected": [good[i][0] for i in kept]})
    return cases


def selector_cases(juicer, name, rng, count):
    cases = []
    while count > 0:
        size = rng.choice((1, 2, 3, 8, 20, 40))
        count -= size
        params, rows = fuzz_fields.selector(name, rng, size)
        try:
            result, _ = juicer.run(name, params, rows)
        except Exception as error:
            cases.append({"params": params, "input": rows, "error": type(error).__name__})
            continue
        cases.append({"params": params, "input": rows, "expected": result})
    return cases


def own_cases(name, tests):
    """(parameters, samples) of the operator's own cases and of the recorded ones."""
    import yaml

    recorded = os.environ.get("DJ_PARITY_DIR") or os.path.join(tests, "..", "..", "shared", "parity")
    paths = glob.glob(os.path.join(tests, "ops", "*", name + ".yaml"))
    paths += glob.glob(os.path.join(recorded, "cases", name + ".json"))
    for path in paths:
        with open(path, encoding="utf-8") as file:
            try:
                cases = (yaml.safe_load if path.endswith("yaml") else json.load)(file)["cases"]
            except yaml.YAMLError:  # what libyaml takes and PyYAML does not
                continue
        for case in cases:
            params = case.get("params") or {}
            samples = case.get("in") or case.get("input") or []
            samples = [s if isinstance(s, dict) else {"text": s} for s in samples]
            if samples and not any("_dir" in k or "_path" in k or k == "tokenization" for k in params):
                yield {k: v for k, v in params.items() if k != "skip_op_error"}, samples


def seeds_of(juicer, name, tests):
    """Texts of the operator's own cases, without those that keep Data-Juicer busy."""
    found = []
    for params, samples in own_cases(name, tests):
        for text in (sample.get("text") for sample in samples):
            if isinstance(text, str) and len(text) < 2000 and not (
                    name.endswith("_mapper") and juicer.is_slow(name, params, text, 0.1)):
                found.append(text)
    return found


def row_cases(juicer, name, rng, count, own):
    """Of a mapper that gets one sample at a time."""
    cases = []
    for _ in range(0, count, 10):
        params, samples = rng.choice(own)
        rows = [fuzz_fields.mutated(rng, rng.choice(samples)) for _ in range(10)]
        rows = [row for row in rows if usable(row)]
        try:
            op = juicer.operator(name, params)
        except Exception as error:
            cases.append({"params": params, "input": rows[:1], "error": type(error).__name__})
            continue
        good, made = [], []
        for row in rows:
            try:
                limit(2)
                result = op.process_single(json.loads(json.dumps(row)))
                if "__dj__meta__" not in row and "__dj__meta__" in result:
                    result["__dj__meta__"] = juicer.through_json(result["__dj__meta__"])
                if usable(result):
                    good.append(row)
                    made.append(result)
            except TooSlow:
                print(f"{name}: too slow on {row!r:.300}")
            except Exception:
                pass  # on samples of other types; these need not fail here
            finally:
                limit(0)
        cases.append({"params": params, "input": good, "expected": made})
    return cases


def usable(found):
    """NaN and infinities are no JSON, and larger numbers than these no numbers of a dataset."""
    if isinstance(found, dict):
        return all(usable(item) for item in found.values())
    if isinstance(found, (list, tuple)):
        return all(usable(item) for item in found)
    if isinstance(found, int):
        return -(2**63) <= found < 2**63
    return not isinstance(found, float) or math.isfinite(found)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", required=True, help="folder that gets cases/")
    parser.add_argument("--count", type=int, default=200, help="texts for each operator")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("ops", nargs="+")
    args = parser.parse_args()
    tests = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..")
    juicer = Juicer()
    signal.signal(signal.SIGVTALRM, give_up)
    os.makedirs(os.path.join(args.out, "cases"), exist_ok=True)
    for name in args.ops:
        rng = random.Random(f"{args.seed} {name}")
        why = "runs on Ray alone" if name.startswith("ray_") else SKIPPED.get(name)
        if why is not None:
            print(f"{name}: left out, {why}")
            continue
        if name in FIELD_OPS:
            cases = field_cases(juicer, name, rng, args.count)
        elif name.endswith("_selector"):
            cases = selector_cases(juicer, name, rng, args.count)
        elif name in ROW_OPS:
            cases = row_cases(juicer, name, rng, args.count, list(own_cases(name, tests)))
        else:
            cases = text_cases(juicer, name, rng, args.count, seeds_of(juicer, name, tests))
        cases = [c for c in cases if usable(c)]
        for i, case in enumerate(cases):
            case["id"] = f"{name}/{args.seed}/{i}"
        with open(os.path.join(args.out, "cases", name + ".json"), "w", encoding="ascii") as file:
            json.dump({"op": name, "cases": cases}, file)
        print(f"{name}: {sum(len(c['input']) for c in cases)} rows, "
              f"{sum('error' in c for c in cases)} errors", flush=True)


if __name__ == "__main__":
    sys.exit(main())
