#include "api/contract/jail_view.h"

#include <nlohmann/json.hpp>

#include "api/contract/json.h"

namespace jaild {

const std::string& JailView::json() {
  if (object_) json_ = to_text(to_json(*object_));
  object_.reset();
  return json_;
}

}  // namespace jaild
