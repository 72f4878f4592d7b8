"""A JSON Schema validator for the keywords that dj-mpi's schema has. Others are refused:
whoever adds one to the schema adds it here."""
import re

WORDS = {"$schema", "$comment", "$defs", "title", "description", "default", "deprecated"}
TYPES = {
    "object": lambda v: isinstance(v, dict),
    "array": lambda v: isinstance(v, list),
    "string": lambda v: isinstance(v, str),
    "boolean": lambda v: isinstance(v, bool),
    "null": lambda v: v is None,
    "number": lambda v: isinstance(v, (int, float)) and not isinstance(v, bool),
    "integer": lambda v: not isinstance(v, bool)
    and (isinstance(v, int) or isinstance(v, float) and v.is_integer()),
}


def equal(a, b):
    return a == b and isinstance(a, bool) == isinstance(b, bool)


class Schema:
    def __init__(self, root):
        self.root = root

    def problems(self, value):
        return self.check(self.root, value, "")

    def check(self, schema, value, at):
        if schema is False:
            return [f"{at}: nothing is allowed"]
        found = []
        for word, rule in schema.items():
            if word in WORDS or word in ("items", "properties", "patternProperties"):
                continue
            if word == "$ref":
                found += self.check(self.find(rule), value, at)
            elif word == "type":
                names = rule if isinstance(rule, list) else [rule]
                if not any(TYPES[name](value) for name in names):
                    found.append(f"{at}: {value!r} is no {' or '.join(names)}")
            elif word == "enum":
                if not any(equal(value, choice) for choice in rule):
                    found.append(f"{at}: {value!r} is not among the choices")
            elif word in ("minimum", "maximum"):
                if TYPES["number"](value) and (value < rule if word == "minimum" else value > rule):
                    found.append(f"{at}: {value!r} is beyond the {word} {rule}")
            elif word == "pattern":
                if isinstance(value, str) and not re.search(rule, value):
                    found.append(f"{at}: {value!r} does not match {rule}")
            elif word == "required":
                if isinstance(value, dict):
                    found += [f"{at}: {name} is missing" for name in rule if name not in value]
            elif word in ("minProperties", "maxProperties"):
                count = len(value) if isinstance(value, dict) else rule
                if count < rule if word == "minProperties" else count > rule:
                    found.append(f"{at}: {count} names")
            elif word == "anyOf":
                parts = [self.check(part, value, at) for part in rule]
                found += [] if [] in parts else min(parts, key=len)
            elif word == "additionalProperties":
                assert rule is False
            else:
                raise ValueError(f"the schema has a keyword that this test does not know: {word}")
        return found + self.check_parts(schema, value, at)

    def check_parts(self, schema, value, at):
        found = []
        if isinstance(value, list) and "items" in schema:
            for i, item in enumerate(value):
                found += self.check(schema["items"], item, f"{at}[{i}]")
        if not isinstance(value, dict):
            return found
        names = schema.get("properties", {})
        patterns = schema.get("patternProperties", {})
        for name, part in value.items():
            rules = [names[name]] if name in names else []
            rules += [rule for pattern, rule in patterns.items() if re.search(pattern, name)]
            if not rules and schema.get("additionalProperties") is False:
                found.append(f"{at}: unknown name {name}")
            for rule in rules:
                found += self.check(rule, part, f"{at}.{name}")
        return found

    def find(self, ref):
        place = self.root
        for name in ref.removeprefix("#/").split("/"):
            place = place[name]
        return place
