// PropertyFilterSpec as plain values, which live longer than the message.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "soapStub.h"
#include "tests/simulator/model/ref.h"
#include "tests/simulator/soap/fault.h"

namespace vtpmfs::simulator {

/// A SelectionSpec (only a name: it stands for the TraversalSpec of that name) or a TraversalSpec.
struct Traversal {
  std::string name;
  bool by_name = false;
  std::string type;
  std::string path;
  bool skip = false;
  std::vector<Traversal> next;
};

struct FilterSpec {
  struct Properties {
    std::string type;
    bool all = false;
    std::vector<std::string> paths;
  };
  struct Start {
    Ref object;
    bool skip = false;
    std::vector<Traversal> next;
  };
  std::vector<Properties> properties;
  std::vector<Start> starts;
  bool report_missing = false;
};

/// InvalidArgument for an unknown managed type, an empty propSet or objectSet, a path-less
/// traversal.
[[nodiscard]] Outcome<FilterSpec> filter_spec(const vim25__PropertyFilterSpec& message);

}  // namespace vtpmfs::simulator
