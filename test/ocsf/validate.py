"""Judges OCSF: reads one JSON object a line, answers one line each, a JSON array of what is wrong with it. An argument
names another version than 1.8.0, as ocsf-json-schema has it.

Two judges look at every object. ocsf-json-schema makes a JSON Schema of the class and its profiles from OCSF's own
export of 1.8.0; it knows what is required, each type, each number of an enumeration, "at least one of" and "just one
of", and allows no attribute that the class lacks. pydantic-ocsf has 1.7.0 and compares each id with the name beside it
(severity_id 4 is "High"), and type_uid with class and activity. Only that is asked of it: its enumerations mix those of
several classes, and refuse 0 where the schema has it.
"""

import json
import sys

import jsonschema
import ocsf.v1_7_0.events as models
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema
from pydantic import ValidationError

VERSION = sys.argv[1] if len(sys.argv) > 1 else "1.8.0"


class Judge:
    def __init__(self):
        self.schema = OcsfJsonSchemaEmbedded(get_ocsf_schema(VERSION))
        self.validators = {}

    def validator(self, class_name, profiles):
        key = (class_name, profiles)
        if key not in self.validators:
            schema = self.schema.get_class_schema(class_name, list(profiles))
            self.validators[key] = jsonschema.Draft202012Validator(schema)
        return self.validators[key]

    def faults(self, event):
        metadata = event.get("metadata") or {}
        if metadata.get("version") != VERSION:
            yield f"metadata.version is {metadata.get('version')!r}, this judge knows {VERSION}"
        try:
            name = self.schema.lookup_class_name_from_uid(event.get("class_uid"))
        except ValueError as err:
            yield str(err)
            return
        for err in self.validator(name, tuple(metadata.get("profiles") or ())).iter_errors(event):
            yield f"{err.json_path}: {err.message[:300]}"
        model = getattr(models, "".join(word.capitalize() for word in name.split("_")))
        try:
            model.model_validate(event)
        except ValidationError as err:
            for fault in err.errors():
                if fault["type"] == "value_error":
                    yield f"{'.'.join(map(str, fault['loc']))}: {fault['msg'][:300]}"


def main():
    judge = Judge()
    for line in sys.stdin:
        print(json.dumps(list(judge.faults(json.loads(line)))), flush=True)


main()
