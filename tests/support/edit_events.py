"""Damages an event log in one way, for tests/mpi/events.sh. usage: edit_events.py WAY FILE"""
import json
import sys

way, path = sys.argv[1:]
with open(path, encoding="utf-8") as file:
    lines = file.read().splitlines()


def index(event_type, skip=0):
    """The line of an event of this type."""
    found = [i for i, line in enumerate(lines) if f'"event_type": "{event_type}"' in line]
    return found[skip]


if way == "no_complete":
    del lines[index("partition_complete")]
elif way == "counts":
    at = index("op_complete")
    event = json.loads(lines[at])
    event["output_rows"] -= 1
    lines[at] = json.dumps(event)
elif way == "counts_balanced":  # one sample was filtered instead of kept, in all of a partition
    at = index("op_complete", -1)
    event = json.loads(lines[at])
    event["output_rows"] -= 1
    event["metadata"]["dropped"] += 1
    lines[at] = json.dumps(event)
    for at, line in enumerate(lines):
        other = json.loads(line)
        if (other["event_type"], other.get("partition_id")) == (
                "partition_complete", event["partition_id"]):
            other["output_rows"] -= 1
            lines[at] = json.dumps(other)
elif way == "twice":
    lines.insert(9, lines[8])
elif way == "order":
    rank = [i for i, line in enumerate(lines) if '"rank": 0,' in line]
    one, other = rank[8], rank[30]
    lines[one], lines[other] = lines[other], lines[one]
elif way == "no_json":
    lines[7] = lines[7][:-20] + "," + lines[7][-20:]
elif way == "field":
    event = json.loads(lines[index("partition_start")])
    del event["partition_id"]
    lines[index("partition_start")] = json.dumps(event)
elif way == "other_job":
    lines[6] = lines[6].replace('"job_id": "', '"job_id": "x')
else:
    sys.exit(f"no such way: {way}")
with open(path, "w", encoding="utf-8") as file:
    file.write("\n".join(lines) + "\n")
