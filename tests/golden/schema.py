"""dj-mpi schema accepts what dj-mpi accepts, and refuses what a schema can know to be wrong.
usage: schema.py PROGRAM YAML_TO_JSON"""
import glob, json, os, subprocess, sys

root = os.path.realpath(os.path.join(os.path.dirname(__file__), "..", ".."))
sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(root, "tests", "support"))
from json_schema import Schema  # noqa: E402

program, to_json = sys.argv[1:]
bad = 0

# Mistakes that no schema sees: the number of the file, and why.
UNSEEN = {
    "07": "an operator of Data-Juicer may stand there when it is skipped",
    "22": "files are looked for by validate",
    "25": "letters of job_id are checked by validate",
    "26": "two spellings of a key are no mistake, only a remark",
    "27": "the mistake is on the command line",
    "28": "the mistake is on the command line",
    "29": "files are looked for by validate",
    "31": "export_type is a text: what it may be depends on export_path",
    "42": "the mistake is on the command line",
    "47": "two keys with the same path",
    "49": "one bound above the other",
    "57": "keys of Data-Juicer without effect are no mistake, only a remark",
    "59": "the mistake is on the command line",
    "60": "files are looked for by validate",
    "61": "files are looked for by validate",
    "62": "the mistake is on the command line",
    "65": "a pattern that does not compile is a text",
    "66": "the operator itself says what this text may be",
}


def fail(text):
    global bad
    bad += 1
    print(text)


def run(*words, code=0):
    done = subprocess.run(words, capture_output=True, text=True, errors="replace", check=False)
    if done.returncode != code:
        fail(f"{' '.join(words)}: exit code {done.returncode}: {done.stderr}")
    return done.stdout


def documents(paths):
    paths = sorted(paths)
    lines = run(to_json, *paths).rstrip("\n").split("\n")
    assert len(lines) == len(paths)
    return [(path, json.loads(line)) for path, line in zip(paths, lines)]


text = run(program, "schema")
if run(program, "schema", "--json") != text:
    fail("schema --json is another text")
schema = Schema(json.loads(text))
try:
    import jsonschema
except ImportError:
    other = None
    print("jsonschema is not there: only tests/support/json_schema.py is asked")
else:
    jsonschema.Draft202012Validator.check_schema(schema.root)
    other = jsonschema.Draft202012Validator(schema.root)


def problems(path, document):
    found = schema.problems(document)
    if other is not None and other.is_valid(document) != (not found):
        fail(f"{path}: jsonschema is of another opinion than {found}")
    return found


# Everything that is a recipe.
recipes = glob.glob(f"{root}/configs/**/*.yaml", recursive=True)
recipes += glob.glob(f"{root}/tests/golden/pages/*.yaml")
assert len(recipes) > 25
for path, document in documents(recipes):
    for problem in problems(path, document):
        fail(f"{path} is refused: {problem}")

# Every case of every operator that is not refused for its parameters; and spellings.
BASE = {"dataset_path": "in.jsonl", "export_path": "out.jsonl", "process": []}
cases = refused = 0
for path, document in documents(glob.glob(f"{root}/tests/ops/*/*.yaml")):
    for case in document["cases"]:
        recipe = {**BASE, "process": [{document["op"]: case.get("params")}]}
        found = problems(path, recipe)
        cases += 1
        refused += bool(found)
        if found and "error" not in case:
            fail(f"{path}: {case['name']}: {found}")
GOOD = [
    {"process": ["clean_links_mapper", {"clean_ip_mapper": None}, {"text_length_filter": {}}]},
    {"partition": {"size": 5, "max_retries": 2, "mode": "auto"}},
    {"partition.size": 5, "partition_size": 5, "max_partition_size_mb": 1},
    {"partition": None, "checkpoint": {"strategy": "manual", "op_names": "a"}, "debug": None},
    {"export_shard_size": "64 MiB", "text_keys": ["a", "b"], "np": 4, "encrypt_before_export": False},
    {"process": [{"text_length_filter": {"num_proc": 4, "skip_op_error": False, "max_len": None}}]},
    {"process": ["video_tagging_from_frames_mapper"], "skip_unsupported_ops": True},
]
BAD = [
    {"partition": {"size": 0}},
    {"partition.size": 0},
    {"partition_size": "many"},
    {"partition.sizes": 5},
    {"partition": []},
    {"checkpoint": {"strategy": "sometimes"}},
    {"debug": 1},
    {"debug": "true"},
    {"export_shard_size": "64 bottles"},
    {"encrypt_before_export": True},
    {"export_path": None},
    {"process": None},
    {"process": [None]},
    {"process": ["no_such_mapper"]},
    {"process": [{}]},
    {"process": [{"text_length_filter": None, "clean_ip_mapper": None}]},
    {"process": [{"text_length_filter": {"min_len": "1"}}]},
    {"process": [{"text_length_filter": ["min_len"]}]},
    {"process": [{"words_num_filter": {"tokenization": True}}]},
]
for recipe in GOOD:
    for problem in problems(recipe, {**BASE, **recipe}):
        fail(f"{recipe} is refused: {problem}")
for recipe in BAD:
    if not problems(recipe, {**BASE, **recipe}):
        fail(f"{recipe} is accepted")

# Mistakes; what is no YAML is refused before a schema is asked.
mistakes = documents(glob.glob(f"{root}/tests/golden/mistakes/*.yaml"))
for path, document in mistakes:
    number = os.path.basename(path)[:2]
    found = document is None or problems(path, document)
    if found and number in UNSEEN:
        fail(f"{path} is seen after all: {found}")
    if not found and number not in UNSEEN:
        fail(f"{path} is accepted")

print(f"{len(recipes)} recipes, {cases} cases of operators ({refused} refused), {len(mistakes)} mistakes")
sys.exit(bad > 0)
