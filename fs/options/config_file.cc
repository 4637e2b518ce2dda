#include "fs/options/config_file.h"

#include <fcntl.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <sstream>
#include <string_view>
#include <system_error>

#include "fs/options/option_table.h"
#include "fs/options/server_address.h"

namespace vtpmfs::fs {
namespace {

constexpr off_t kLargestFile = 1 << 20;

/// What only a command line can say.
constexpr std::array<std::string_view, 6> kNotInAFile{"help",  "version",      "config",
                                                      "debug", "print-config", "completion"};

Result<std::string> read_settings(const std::string& path, bool may_be_absent) {
  const int file = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
  if (file < 0 && errno == ENOENT && may_be_absent) return std::string();
  if (file < 0) return fail(errno, path + ": " + std::generic_category().message(errno));
  std::string text;
  struct stat info {};
  int code = fstat(file, &info) == 0 ? 0 : errno;
  if (code == 0 && S_ISREG(info.st_mode) && info.st_size <= kLargestFile) {
    text.resize(static_cast<size_t>(info.st_size));
    const ssize_t got = read(file, text.data(), text.size());
    if (got < 0) code = errno;
    text.resize(got < 0 ? 0 : static_cast<size_t>(got));
  }
  close(file);
  if (code != 0) return fail(code, path + ": " + std::generic_category().message(code));
  if (!S_ISREG(info.st_mode)) return fail(EINVAL, path + " is not a regular file");
  if (info.st_size > kLargestFile) return fail(EFBIG, path + " is larger than 1 MiB");
  // Who can write it can send the password to a vCenter of his own.
  if ((info.st_uid != geteuid() && info.st_uid != 0) || (info.st_mode & 022U) != 0)
    return fail(EACCES, path + " can be written by others; make it yours with: chmod go-w " + path);
  return text;
}

std::string without_quotes(std::string text) {
  if (text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
      text.back() == text.front())
    return text.substr(1, text.size() - 2);
  return text;
}

/// A table is named by the vCenter's address: [vc.example.com], ["vc.example.com:8443"].
std::string table_of(const CLI::ConfigItem& item) {
  std::string table;
  for (const std::string& part : item.parents) table += (table.empty() ? "" : ".") + part;
  return without_quotes(table);
}

bool is_of(const std::string& table, const Options& options) {
  const std::string with_port = options.host + ":" + std::to_string(options.port);
  return strcasecmp(table.c_str(), options.host.c_str()) == 0 ||
         strcasecmp(table.c_str(), with_port.c_str()) == 0;
}

bool is_given(const Settings& settings, std::string_view name) {
  return std::any_of(settings.begin(), settings.end(),
                     [&](const Setting& setting) { return setting.name == name; });
}

/// All values of one name in one table: the ones of a list, or a single one.
struct Entry {
  std::string name;
  std::string table;
  std::vector<std::string> values;
};

Result<std::vector<Entry>> parse_entries(const std::string& text, const std::string& path) {
  std::istringstream input(text);
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_config(input);
  } catch (const CLI::Error& error) {
    return fail(EINVAL, path + ": " + error.what());
  }
  std::vector<Entry> entries;
  for (const CLI::ConfigItem& item : items) {
    if (item.name == "++" || item.name == "--") continue;  // a table begins, ends
    Entry entry{item.name, table_of(item), item.inputs};
    std::replace(entry.name.begin(), entry.name.end(), '_', '-');
    for (const std::string& value : entry.values)
      if (!value.empty() && (value.front() == '"' || value.front() == '\''))
        return fail(EINVAL, path + ": " + entry.name +
                                ": the quotes are not closed (a # ends the " +
                                "line, also between quotes)");
    entries.push_back(std::move(entry));
  }
  return entries;
}

Status take_server(const Entry& entry, const std::string& path, Options& options) {
  if (!options.host.empty()) return {};
  if (entry.values.size() != 1) return fail(EINVAL, path + ": server: one address");
  const auto address = parse_server_address(entry.values.front());
  if (!address) return fail(EINVAL, path + ": server: " + address.error().words);
  if (address->password)
    return fail(EINVAL, path + ": server: a password has no place in this file; use password-file");
  options.host = address->host;
  options.port = address->port;
  options.settings.push_back({"server", entry.values.front(), path});
  if (address->user && options.user.empty()) options.user = *address->user;
  return {};
}

Status take_mount_point(const Entry& entry, const std::string& path, Options& options) {
  if (!options.mount_point.empty()) return {};
  if (entry.values.size() != 1 || entry.values.front().empty() ||
      entry.values.front().front() != '/')
    return fail(EINVAL, path + ": mount-point: one absolute path");
  options.mount_point = entry.values.front();
  return {};
}

/// What stands above all tables and says which mount this file is about.
bool is_of_the_mount(const Entry& entry) {
  return entry.table.empty() && (entry.name == "server" || entry.name == "mount-point");
}

/// A slip of the pen is told also where its table is of another vCenter.
Status check_name(const Entry& entry, const std::string& path) {
  if (is_of_the_mount(entry)) return {};
  const std::string where = path + ": " + entry.name + ": ";
  if (find_option(entry.name) == nullptr ||
      std::find(kNotInAFile.begin(), kNotInAFile.end(), entry.name) != kNotInAFile.end())
    return fail(EINVAL, where + "no such setting");
  if (entry.name == "password")
    return fail(EINVAL, where + "a password has no place in this file; use password-file");
  return {};
}

Status apply_entry(const Entry& entry, const std::string& path, Options& options) {
  const auto wrong = [&](const std::string& words) {
    return fail(EINVAL, path + ": " + entry.name + ": " + words);
  };
  const OptionSpec* option = find_option(entry.name);
  for (const std::string& value : entry.values) {
    if (option->value.empty()) {
      if (value != "true" && value != "false") return wrong("true or false");
      if (value == "false") continue;
    }
    if (auto applied = option->apply(options, option->value.empty() ? "" : value); !applied)
      return wrong(applied.error().words);
    options.settings.push_back({entry.name, value, path});
  }
  return {};
}

}  // namespace

std::optional<std::string> default_config_file(const Environment& environment, bool is_root) {
  if (const auto named = environment("VTPMFS_CONFIG")) return named->empty() ? std::nullopt : named;
  if (is_root) return "/etc/vtpmfs.conf";
  if (const auto config = environment("XDG_CONFIG_HOME"); config && !config->empty())
    return *config + "/vtpmfs.conf";
  if (const auto home = environment("HOME"); home && !home->empty())
    return *home + "/.config/vtpmfs.conf";
  return std::nullopt;
}

Status apply_config_file(const std::string& path, bool may_be_absent, Options& options) {
  const auto text = read_settings(path, may_be_absent);
  if (!text) return fail(text.error());
  auto entries = parse_entries(*text, path);
  if (!entries) return fail(entries.error());
  for (const Entry& entry : *entries)
    if (auto known = check_name(entry, path); !known) return known;
  for (const Entry& entry : *entries)
    if (is_of_the_mount(entry))
      if (auto taken = entry.name == "server" ? take_server(entry, path, options)
                                              : take_mount_point(entry, path, options);
          !taken)
        return taken;
  const Settings given = options.settings;
  // Trust that was asked for by name is not undone by a weaker source, as with GOVC_INSECURE.
  const bool explicit_trust = is_given(given, "ca-file") || is_given(given, "thumbprint");
  std::vector<std::string> in_table;
  for (const bool of_this_vcenter : {true, false})
    for (const Entry& entry : *entries) {
      if (is_of_the_mount(entry)) continue;
      const bool general = entry.table.empty();
      if (of_this_vcenter ? general || !is_of(entry.table, options) : !general) continue;
      if (is_given(given, entry.name) || (explicit_trust && entry.name == "insecure")) continue;
      if (entry.name == "user" && !options.user.empty()) continue;
      if (!of_this_vcenter &&
          std::find(in_table.begin(), in_table.end(), entry.name) != in_table.end())
        continue;
      if (of_this_vcenter) in_table.push_back(entry.name);
      if (auto applied = apply_entry(entry, path, options); !applied) return applied;
    }
  return {};
}

std::string render_config(const Options& options, const std::string& password) {
  const auto quoted = [](const std::string& text) {
    std::string out = "\"";
    for (const char c : text)
      out += c == '"' || c == '\\' ? std::string("\\") + c : std::string(1, c);
    return out + "\"";
  };
  std::string address = options.host;
  if (address.find(':') != std::string::npos) address = "[" + address + "]";
  std::string text = "server = " + quoted(address + ":" + std::to_string(options.port)) + "\n" +
                     "user = " + quoted(options.user) + "\n";
  text += "# password: " + password + "\n";
  std::vector<std::string> said(kNotInAFile.begin(), kNotInAFile.end());
  said.insert(said.end(), {"server", "user"});
  for (const Setting& setting : options.settings) {
    if (std::find(said.begin(), said.end(), setting.name) != said.end()) continue;
    said.push_back(setting.name);
    std::vector<const Setting*> all;
    for (const Setting& other : options.settings)
      if (other.name == setting.name) all.push_back(&other);
    const OptionSpec* option = find_option(setting.name);
    const bool is_switch = option != nullptr && option->value.empty();
    std::string value;
    for (const Setting* one : all)
      value += (value.empty() ? "" : ", ") + (is_switch ? "true" : quoted(one->value));
    if (all.size() > 1 && !is_switch) value = "[" + value + "]";
    if (is_switch) value = "true";
    text += setting.name + " = " + value + "  # " + setting.from + "\n";
  }
  return text;
}

}  // namespace vtpmfs::fs
