// openapi/jaild.yaml as JSON, made part of the program at build time by tools/embed_openapi.py.
#pragma once

#include <string_view>

namespace jaild::server {

std::string_view openapi_document();  // lives for ever; ends in a newline

}  // namespace jaild::server
