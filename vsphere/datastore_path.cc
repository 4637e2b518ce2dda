#include "vsphere/datastore_path.h"

#include <algorithm>
#include <cctype>
#include <cerrno>

namespace vtpmfs::vsphere {
namespace {

constexpr std::string_view kNvramEnding = ".nvram";
constexpr size_t kLongestName = 255;

/// ASCII controls, DEL, and the C1 controls in their UTF-8 form (C2 80 .. C2 9F).
bool holds_control_character(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && i + 1 < text.size()) {
      const auto next = static_cast<unsigned char>(text[i + 1]);
      if (next >= 0x80 && next <= 0x9f) return true;
    }
  }
  return false;
}

bool holds_dot_component(std::string_view path) {
  size_t start = 0;
  while (start <= path.size()) {
    const size_t end = std::min(path.find('/', start), path.size());
    const std::string_view component = path.substr(start, end - start);
    if (component == "." || component == "..") return true;
    start = end + 1;
  }
  return false;
}

bool ends_in_nvram(std::string_view name) {
  if (name.size() < kNvramEnding.size()) return false;
  const std::string_view ending = name.substr(name.size() - kNvramEnding.size());
  for (size_t i = 0; i < ending.size(); ++i) {
    if (std::tolower(static_cast<unsigned char>(ending[i])) != kNvramEnding[i]) return false;
  }
  return true;
}

/// The name is somebody else's text and goes into a log: shown short and without controls.
std::string shown(std::string_view name) {
  std::string text;
  for (const char c : name.substr(0, 80)) {
    const auto byte = static_cast<unsigned char>(c);
    text += (byte < 0x20 || byte == 0x7f) ? '?' : c;
  }
  if (name.size() > 80) text += "...";
  return text;
}

}  // namespace

std::string DatastorePath::text() const {
  return "[" + datastore + "] " + path;
}

std::string DatastorePath::directory() const {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? std::string() : path.substr(0, slash);
}

std::string DatastorePath::name() const {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos ? path : path.substr(slash + 1);
}

Result<DatastorePath> DatastorePath::parse(std::string_view text) {
  if (text.size() < 3 || text.front() != '[') {
    return fail(EINVAL, "a datastore path has the form '[datastore] path'");
  }
  // "] " ends the datastore's name, not the first ']': a name may hold one.
  DatastorePath parsed;
  if (const size_t end = text.find("] "); end != std::string_view::npos) {
    parsed.datastore = text.substr(1, end - 1);
    parsed.path = text.substr(end + 2);
  } else if (text.back() == ']') {
    parsed.datastore = text.substr(1, text.size() - 2);
  } else {
    return fail(EINVAL, "a datastore path has the form '[datastore] path'");
  }
  if (parsed.datastore.empty()) return fail(EINVAL, "a datastore path names no datastore");
  if (holds_control_character(text)) {
    return fail(EINVAL, "a datastore path holds control characters");
  }
  if (text.find('\\') != std::string_view::npos) {
    return fail(EINVAL, "a datastore path holds a backslash");
  }
  if (holds_dot_component(parsed.path)) {
    return fail(EINVAL, "a datastore path has a component '.' or '..'");
  }
  return parsed;
}

bool is_plain_nvram_name(std::string_view name) {
  return name.size() <= kLongestName && ends_in_nvram(name) &&
         name.find('/') == std::string_view::npos && name.find('\\') == std::string_view::npos &&
         name.find("..") == std::string_view::npos && !holds_control_character(name);
}

Result<std::optional<DatastorePath>> nvram_path(
    std::string_view vm_path_name, const std::optional<std::string>& extra_config_nvram,
    const std::optional<std::string>& layout_nvram) {
  std::string name;
  std::string_view origin;
  if (extra_config_nvram && !extra_config_nvram->empty()) {
    name = *extra_config_nvram;
    origin = "extraConfig nvram";
  } else if (layout_nvram && !layout_nvram->empty()) {
    // layoutEx gives a whole path, and not always the right one ("[ds] VM.nvram" without the
    // directory on older vcsims): the directory is that of the .vmx in any case.
    const auto path = DatastorePath::parse(*layout_nvram);
    if (!path)
      return fail(EIO, "layoutEx names an nvram that is not fetched: " + path.error().words);
    name = path->name();
    origin = "layoutEx";
  } else {
    return std::optional<DatastorePath>();
  }
  if (!is_plain_nvram_name(name)) {
    return fail(EIO, std::string(origin) + " names an nvram that is not fetched: '" + shown(name) +
                         "' is not a plain name that ends in .nvram");
  }
  const auto vmx = DatastorePath::parse(vm_path_name);
  if (!vmx) return fail(EIO, "config.files.vmPathName is not usable: " + vmx.error().words);
  DatastorePath nvram{vmx->datastore, vmx->directory()};
  if (!nvram.path.empty()) nvram.path += '/';
  nvram.path += name;
  return std::optional<DatastorePath>(std::move(nvram));
}

}  // namespace vtpmfs::vsphere
