#!/usr/bin/python3
"""Holds what was said over HTTP against an OpenAPI document.

    check.py openapi.yaml < exchanges.json

Standard input is a list of exchanges: {"name", "method", "path", "status",
"type", "request", "answer"}, path being one of the document, request and answer
JSON values or null.  Prints a line for each difference and ends with 1 when
there is any.  Strict: a member that the document does not name is a difference.
An exchange with "refused": true must have a request that the schema refuses.
"""

import json
import sys

import yaml
from jsonschema import Draft202012Validator, RefResolver


def close(schema):
    """Makes objects that list their properties refuse others."""
    if isinstance(schema, list):
        for part in schema:
            close(part)
    elif isinstance(schema, dict):
        for part in schema.values():
            close(part)
        if isinstance(schema.get("properties"), dict):
            schema.setdefault("additionalProperties", False)


def look_up(document, node):
    while isinstance(node, dict) and "$ref" in node:
        reference = node["$ref"].removeprefix("#/").split("/")
        node = document
        for part in reference:
            node = node[part]
    return node


def errors(document, schema, value):
    resolver = RefResolver.from_schema(document)
    validator = Draft202012Validator(schema, resolver=resolver)
    return [f"{error.json_path}: {error.message[:300]}"
            for error in validator.iter_errors(value)]


def check(document, exchange):
    operation = document["paths"][exchange["path"]][exchange["method"].lower()]
    found = []

    if exchange.get("request") is not None:
        content = look_up(document, operation["requestBody"])["content"]
        wrong = errors(document, content["application/json"]["schema"],
                       exchange["request"])
        if exchange.get("refused"):
            if not wrong:
                found.append("the server refuses it, the document does not")
        else:
            found += [f"request {line}" for line in wrong]

    responses = operation["responses"]
    answer = responses.get(str(exchange["status"]), None)
    if answer is None and exchange["status"] >= 400:
        answer = responses.get("default")
    if answer is None:
        return found + [f"status {exchange['status']} is not in the document"]

    content = look_up(document, answer).get("content", {})
    media = exchange["type"].split(";")[0]
    if media not in content:
        if content or exchange["answer"] is not None:
            found.append(f"type {media!r}, not {sorted(content)}")
    elif exchange["answer"] is not None:
        found += errors(document, content[media]["schema"], exchange["answer"])
    return found


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        document = yaml.safe_load(file)
    close(document["components"]["schemas"])

    differences = [f"{exchange['name']}: {line}"
                   for exchange in json.load(sys.stdin)
                   for line in check(document, exchange)]
    print("\n".join(differences))
    return 1 if differences else 0


sys.exit(main())
