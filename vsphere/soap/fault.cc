#include "vsphere/fault.h"

#include <fmt/format.h>

#include <algorithm>
#include <cerrno>

#include "vsphere/soap/fault_types.h"

namespace vtpmfs::vsphere {
namespace {

// A chain of causes longer than this says nothing more to a person.
constexpr int kCausesInWords = 4;

bool is_said(std::string_view words, std::string_view text) {
  return words.find(text) != std::string_view::npos;
}

void add(std::string& words, std::string_view what, std::string_view text) {
  if (text.empty() || is_said(words, text)) return;
  words += fmt::format("; {}{}", what, text);
}

std::string words_without_cause(const Fault& fault) {
  std::string words = fault.type.empty() ? "fault" : fault.type;
  if (!fault.message.empty()) words += ": " + fault.message;
  add(words, "", fault.reason);
  for (const auto& [key, text] : fault.messages) add(words, "", text.empty() ? key : text);
  if (!fault.object.empty()) add(words, "object ", fault.object_type + ":" + fault.object);
  add(words, "privilege ", fault.privilege_id);
  add(words, "name ", fault.name);
  add(words, "file ", fault.file);
  add(words, "datastore ", fault.datastore);
  add(words, "property ", fault.invalid_property);
  add(words, "device ", fault.device);
  add(words, "method ", fault.method);
  add(words, "state ", fault.existing_state);
  for (const auto& key : fault.required_keys) add(words, "key ", key);
  return words;
}

/// A server's text goes to terminals and logs: one line, and nothing that steers a terminal.
std::string without_controls(std::string words) {
  for (size_t i = 0; i < words.size(); ++i) {
    const auto c = static_cast<unsigned char>(words[i]);
    if (c < 0x20 || c == 0x7F) words[i] = ' ';
    // U+0080 to U+009F
    if (c == 0xC2 && i + 1 < words.size() && static_cast<unsigned char>(words[i + 1]) < 0xA0)
      words.replace(i, 2, " ");
  }
  return words;
}

}  // namespace

bool Fault::has_message_key(std::string_view key) const {
  return std::any_of(messages.begin(), messages.end(),
                     [key](const auto& entry) { return entry.first == key; });
}

bool is_a(const Fault& fault, std::string_view type) {
  if (fault.type == type) return true;
  for (const auto* known = find_fault_type(fault.type); known != nullptr;
       known = find_fault_type(known->base)) {
    if (known->base == type) return true;
  }
  return false;
}

Errno errno_of(const Fault& fault) {
  for (const auto* known = find_fault_type(fault.type); known != nullptr;
       known = find_fault_type(known->base)) {
    if (known->code != 0) return Errno{known->code};
  }
  return Errno{EIO};
}

std::string words_of(const Fault& fault) {
  std::string words = words_without_cause(fault);
  const Fault* cause = fault.cause.get();
  for (int depth = 0; cause != nullptr && depth < kCausesInWords; ++depth) {
    words += "; caused by " + words_without_cause(*cause);
    cause = cause->cause.get();
  }
  return without_controls(std::move(words));
}

Error error_of(Fault fault) {
  const auto code = errno_of(fault);
  auto words = words_of(fault);
  return Error{code, std::move(words), std::make_shared<const Fault>(std::move(fault))};
}

}  // namespace vtpmfs::vsphere
