#!/usr/bin/env python3
"""Turns the OpenAPI document from YAML into JSON, as a C++ source: embed_openapi.py INPUT.yaml OUTPUT.cpp

A duplicate key, which YAML readers pass over in silence, is an error here."""
import json
import sys

import yaml


class StrictLoader(yaml.SafeLoader):
    pass


def mapping(loader, node):
    result = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        key = key if isinstance(key, str) else str(key)
        if key in result:
            raise yaml.YAMLError(f"duplicate key {key!r} {key_node.start_mark}")
        result[key] = loader.construct_object(value_node, deep=True)
    return result


# Times in examples stay the text that they are.
StrictLoader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
StrictLoader.add_constructor(yaml.resolver.BaseResolver.DEFAULT_MAPPING_TAG, mapping)


def main():
    source, target = sys.argv[1:]
    with open(source, encoding="utf-8") as file:
        document = yaml.load(file, StrictLoader)
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=True) + "\n"
    numbers = [str(byte) for byte in text.encode("ascii")]
    # An array rather than a string literal: compilers need not take literals beyond 64 KiB.
    lines = [",".join(numbers[at:at + 30]) for at in range(0, len(numbers), 30)]
    with open(target, "w", encoding="ascii") as file:
        file.write('#include "api/server/openapi_document.h"\n\nnamespace jaild::server {\n\nnamespace {\n\n')
        file.write("constexpr char document[] = {\n" + ",\n".join(lines) + "};\n\n}  // namespace\n\n")
        file.write("std::string_view openapi_document() { return {document, sizeof document}; }\n\n")
        file.write("}  // namespace jaild::server\n")


if __name__ == "__main__":
    main()
