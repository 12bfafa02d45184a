"""Holds every answer that an end-to-end test sees against openapi/jaild.yaml: code, media type, headers, schema."""
import copy
import json
import pathlib
import re

import jsonschema
import yaml

DOCUMENT = yaml.safe_load((pathlib.Path(__file__).resolve().parents[2] / "openapi" / "jaild.yaml").read_text())
# What any request may get beside the codes of its operation: info.description says so.
ALWAYS = {405}
# What a path or a method that the document does not have may get.
UNKNOWN = {400, 403, 404, 405, 408, 421, 431}
# Of a longer list its ends are looked at: 10,000 jails of one making are as good as 40.
LIST_LOOKED_AT = 40

FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time")
def _is_rfc3339_utc(value):
    return re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", value) is not None


def resolve(value):
    while isinstance(value, dict) and "$ref" in value:
        found = DOCUMENT
        for key in value["$ref"][2:].split("/"):
            found = found[key.replace("~1", "/").replace("~0", "~")]
        value = found
    return value


def _extended(value):
    """The schemas that others extend with allOf."""
    if isinstance(value, dict):
        for each in value.get("allOf", []):
            if "$ref" in each:
                yield each["$ref"].rsplit("/", 1)[1]
        for each in value.values():
            yield from _extended(each)
    elif isinstance(value, list):
        for each in value:
            yield from _extended(each)


def _close(schema):
    """A client may meet new members; a test of this jaild may not meet one that the document does not know."""
    if isinstance(schema, dict):
        if "properties" in schema and not {"additionalProperties", "patternProperties"} & schema.keys():
            schema["unevaluatedProperties"] = False
        for each in schema.values():
            _close(each)
    elif isinstance(schema, list):
        for each in schema:
            _close(each)


def _closed_schemas():
    extended = set(_extended(DOCUMENT))
    schemas = copy.deepcopy(DOCUMENT["components"]["schemas"])
    for name, schema in schemas.items():
        if name not in extended:
            _close(schema)
    return schemas


COMPONENTS = {"schemas": _closed_schemas()}
TEMPLATES = [(re.compile("^" + re.sub(r"\\\{[^}]*\\\}", "[^/]+", re.escape(path)) + "$"), item)
             for path, item in DOCUMENT["paths"].items()]


def operation_of(method, target):
    path = target.split("?")[0]
    for pattern, item in TEMPLATES:
        if pattern.match(path):
            return item.get("get" if method == "HEAD" else method.lower())
    return None


def shortened(value):
    """The value with the middle of a long list of items left out."""
    items = value.get("items") if isinstance(value, dict) else None
    if not isinstance(items, list) or len(items) <= LIST_LOOKED_AT:
        return value
    return {**value, "items": items[:LIST_LOOKED_AT // 2] + items[-LIST_LOOKED_AT // 2:]}


def check_schema(schema, value, where):
    own = copy.deepcopy(schema)
    _close(own)
    validator = jsonschema.Draft202012Validator({"allOf": [own], "components": COMPONENTS}, format_checker=FORMATS)
    for error in validator.iter_errors(shortened(value)):
        raise AssertionError(f"{where}: the answer is not as openapi/jaild.yaml says, at "
                             f"/{'/'.join(str(each) for each in error.absolute_path)}: {error.message[:1000]}")


def check_body(media_type, schema, body, where):
    if media_type in ("application/json", "application/problem+json"):
        check_schema(schema, json.loads(body), where)
    elif media_type == "application/x-ndjson":
        for line in body.splitlines()[:LIST_LOOKED_AT]:
            if line:  # an empty one is a sign of life
                check_schema(schema, json.loads(line), where)
    elif media_type == "text/event-stream":
        event = {"$ref": "#/components/schemas/Event"}
        for line in body.splitlines()[:LIST_LOOKED_AT]:
            if line.startswith(b"data:"):
                check_schema(event, json.loads(line[5:]), where)


def check(method, target, status, headers, body):
    """Raises AssertionError where the answer is not one that the document knows."""
    where = f"{method} {target} -> {status}"
    operation = operation_of(method, target)
    problem = {"description": "", "content": DOCUMENT["components"]["responses"]["BadRequest"]["content"]}
    if operation is None:
        if method == "OPTIONS" and status == 204:
            return
        responses = dict.fromkeys(UNKNOWN, problem)
    else:
        responses = {int(code): resolve(each) for code, each in operation["responses"].items()}
        responses |= {code: problem for code in ALWAYS}
    if status not in responses:
        raise AssertionError(f"{where}: the document has {sorted(responses)} only; {body[:500]!r}")
    response = responses[status]
    for name, header in response.get("headers", {}).items():
        value = headers.get(name.lower())
        if value is None and resolve(header).get("required"):
            raise AssertionError(f"{where}: no {name}")
        if value is not None:
            schema = resolve(header)["schema"]
            check_schema(schema, int(value) if schema.get("type") == "integer" else value, f"{where}: {name}")
    content = response.get("content", {})
    if not body:
        if content and method != "HEAD":
            raise AssertionError(f"{where}: no body, where the document has {sorted(content)}")
        return
    # Of what clients need nothing but the type; parameters such as charset say no more.
    known = {each.split(";")[0]: each for each in content}
    media_type = headers.get("content-type", "").split(";")[0]
    if media_type not in known:
        raise AssertionError(f"{where}: {media_type or 'no media type'}, where the document has {sorted(content)}")
    check_body(media_type, content[known[media_type]].get("schema", {}), body, where)
    if media_type == "application/problem+json" and json.loads(body)["status"] != status:
        raise AssertionError(f"{where}: the problem says another status: {body[:500]!r}")
