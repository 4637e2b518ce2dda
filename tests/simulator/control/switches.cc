#include "tests/simulator/control/switches.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>

namespace vtpmfs::simulator {

void Switches::declare(std::string name, std::vector<std::string> values, std::string meaning) {
  const std::scoped_lock hold(lock_);
  std::string first = values.front();
  choices_.insert_or_assign(std::move(name),
                            Choice{std::move(values), std::move(meaning), std::move(first)});
}

tl::expected<void, std::string> Switches::set(std::string_view name, std::string_view value) {
  const std::scoped_lock hold(lock_);
  const auto found = choices_.find(name);
  if (found == choices_.end()) {
    std::string words = "no switch \"" + std::string(name) + "\"; there are:";
    for (const auto& choice : choices_) words += " " + choice.first;
    return tl::unexpected(words);
  }
  Choice& choice = found->second;
  if (std::find(choice.values.begin(), choice.values.end(), value) == choice.values.end()) {
    std::string words = "switch " + std::string(name) + " knows no \"" + std::string(value) + "\":";
    for (const auto& known : choice.values) words += " " + known;
    return tl::unexpected(words);
  }
  choice.now = value;
  return {};
}

std::string Switches::get(std::string_view name) const {
  const std::scoped_lock hold(lock_);
  const auto found = choices_.find(name);
  if (found == choices_.end()) {
    std::fprintf(stderr, "undeclared switch %.*s\n", static_cast<int>(name.size()), name.data());
    std::abort();
  }
  return found->second.now;
}

bool Switches::is(std::string_view name, std::string_view value) const {
  return get(name) == value;
}

void Switches::reset() {
  const std::scoped_lock hold(lock_);
  for (auto& [name, choice] : choices_) choice.now = choice.values.front();
}

std::map<std::string, Switches::Choice, std::less<>> Switches::all() const {
  const std::scoped_lock hold(lock_);
  return choices_;
}

}  // namespace vtpmfs::simulator
