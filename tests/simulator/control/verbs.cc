#include "tests/simulator/control/verbs.h"

#include <nlohmann/json.hpp>

namespace vtpmfs::simulator {

using nlohmann::json;

void Verbs::add(std::string name, std::string meaning, Verb verb) {
  const std::scoped_lock hold(lock_);
  verbs_.insert_or_assign(std::move(name), Entry{std::move(meaning), std::move(verb)});
}

tl::expected<json, std::string> Verbs::run(const json& request) const {
  if (!request.is_object() || !request.contains("verb") || !request["verb"].is_string()) {
    return tl::unexpected<std::string>(R"(want an object with a string "verb")");
  }
  const auto& name = request["verb"].get_ref<const std::string&>();
  Verb verb;
  {
    const std::scoped_lock hold(lock_);
    if (name == "help") {
      json all = json::object();
      for (const auto& [known, entry] : verbs_) all[known] = entry.meaning;
      return all;
    }
    const auto found = verbs_.find(name);
    if (found == verbs_.end()) {
      return tl::unexpected("no verb \"" + name + "\"; ask for \"help\"");
    }
    verb = found->second.verb;
  }
  try {
    return verb(request);
  } catch (const json::exception& error) {
    return tl::unexpected("verb " + name + ": " + error.what());
  }
}

std::string Verbs::run(std::string_view request) const {
  const json parsed = json::parse(request, nullptr, false);
  const auto answer = parsed.is_discarded() ? tl::unexpected<std::string>("not JSON") : run(parsed);
  const json reply = answer ? json{{"ok", true}, {"result", *answer}}
                            : json{{"ok", false}, {"error", answer.error()}};
  return reply.dump(-1, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace vtpmfs::simulator
