#include "tests/unit/restore_model/sequence.h"

#include <algorithm>

#include "tests/unit/restore_model/mounted.h"
#include "tests/unit/restore_model/reference.h"
#include "tests/unit/restore_model/shrink.h"

namespace vtpmfs::fs::restore_model {
namespace {

std::string shown(const std::set<int>& codes) {
  std::string words;
  for (const int code : codes) words += " " + std::to_string(code);
  return words;
}

/// Empty where both asked the vCenter for the same machines and gave those who waited the same.
std::string difference_of_results(Mounted& mounted, Reference& reference, size_t& compared) {
  const auto wishes = mounted.wishes();
  if (wishes.size() != reference.wishes().size())
    return std::to_string(wishes.size()) + " machines were asked for instead of " +
           std::to_string(reference.wishes().size());
  // Several may have begun at once, in whatever order.
  for (size_t i = compared; i < wishes.size(); ++i)
    if (std::find(reference.wishes().begin() + static_cast<std::ptrdiff_t>(compared),
                  reference.wishes().end(), wishes[i]) == reference.wishes().end())
      return "another machine was asked for: " + wishes[i].name +
             (wishes[i].verified ? ", verified" : ", not verified");
  compared = wishes.size();
  auto due = reference.take_answers();
  for (const auto& [number, code] : mounted.take_answers()) {
    const auto may = due.find(number);
    if (may == due.end()) return "who waits was answered too early: " + std::to_string(code);
    if (may->second.count(code) == 0)
      return "who waited got " + std::to_string(code) + " instead of" + shown(may->second);
    due.erase(may);
  }
  return due.empty() ? "" : "who waited got no answer";
}

}  // namespace

std::optional<Difference> first_difference(const Sequence& sequence, bool closely) {
  constexpr size_t kNowAndThen = 16;
  Mounted mounted;
  Reference reference;
  size_t compared = 0;
  for (size_t i = 0; i < sequence.size(); ++i) {
    const int code = mounted.run(sequence[i]);
    std::string words = reference.step(sequence[i], code);
    if (words.empty()) words = difference_of_results(mounted, reference, compared);
    if (words.empty() && (closely || i % kNowAndThen == 0 || i + 1 == sequence.size()))
      words = mounted.differences(reference);
    if (!words.empty()) return Difference{i, words};
  }
  return std::nullopt;
}

Sequence shortest(Sequence sequence) {
  return shrunk(std::move(sequence),
                [](const Sequence& candidate) { return first_difference(candidate, true); });
}

std::string lines_of(const Sequence& sequence) {
  std::string lines;
  for (const Operation& operation : sequence) lines += line_of(operation) + "\n";
  return lines;
}

}  // namespace vtpmfs::fs::restore_model
