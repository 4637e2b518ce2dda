#include "fs/options/command_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <map>

#include "fs/options/config_file.h"
#include "fs/options/mount_options.h"
#include "fs/options/option_table.h"
#include "fs/options/server_address.h"

namespace vtpmfs::fs {
namespace {

constexpr const char* kThere = "the environment";

std::string cli_names(const OptionSpec& option) {
  std::string names = "--" + std::string(option.name);
  if (!option.flag.empty()) names = "-" + std::string(option.flag) + "," + names;
  return names;
}

/// What CLI11 collected, in a shape that outlives its callbacks.
struct Collected {
  std::map<std::string_view, std::vector<std::string>> values;
  std::map<std::string_view, bool> switches;
  std::vector<std::string> mount_options;
  std::vector<std::string> words;
};

Status parse_with_cli11(const std::vector<std::string>& arguments, Collected& collected) {
  CLI::App app;
  app.set_help_flag();
  for (const OptionSpec& option : option_table()) {
    if (option.name ==
        "password")  // also `--password=secret`, so that it is refused with the reason
      app.add_option("--password", collected.values[option.name])->expected(0, -1);
    else if (option.value.empty())
      app.add_flag(cli_names(option), collected.switches[option.name]);
    else
      app.add_option(cli_names(option), collected.values[option.name])
          ->expected(1)
          ->take_all()
          ->allow_extra_args(false);
  }
  app.add_option("-o", collected.mount_options)->expected(1)->take_all()->allow_extra_args(false);
  app.add_option("words", collected.words);
  std::vector<std::string> reversed(arguments.rbegin(),
                                    arguments.rend());  // CLI11 takes them from the back
  try {
    app.parse(reversed);
  } catch (const CLI::ParseError& error) {
    return fail(EINVAL, error.what());
  }
  if (app.get_option("--password")->count() > 0) {
    Options unused;
    return find_option("password")->apply(unused, "");
  }
  return {};
}

Status apply_collected(const Collected& collected, Options& options) {
  for (const OptionSpec& option : option_table()) {
    if (const auto found = collected.switches.find(option.name);
        found != collected.switches.end() && found->second) {
      if (auto applied = option.apply(options, ""); !applied) return applied;
      options.settings.push_back({std::string(option.name), "true", kCommandLine});
    }
    const auto values = collected.values.find(option.name);
    if (values == collected.values.end() || option.name == "password") continue;
    for (const std::string& value : values->second) {
      if (auto applied = option.apply(options, value); !applied)
        return fail(EINVAL, "--" + std::string(option.name) + ": " + applied.error().words);
      options.settings.push_back({std::string(option.name), value, kCommandLine});
    }
  }
  for (const std::string& list : collected.mount_options)
    if (auto applied = apply_mount_options(list, options); !applied) return applied;
  return {};
}

Status take_server(const std::string& word, Options& options) {
  const auto address = parse_server_address(word);
  if (!address) return fail(EINVAL, address.error().words);
  if (address->password) return find_option("password")->apply(options, "");
  options.host = address->host;
  options.port = address->port;
  options.settings.push_back({"server", word, kCommandLine});
  if (address->user && options.user.empty()) options.user = *address->user;
  return {};
}

/// GOVC_*, and what of it counts, so that the configuration file keeps off it.
Status take_environment(const Environment& environment, Options& options) {
  const vsphere::TlsPolicy before = options.tls;
  if (auto applied = apply_govc_environment(environment, options); !applied) return applied;
  if (options.tls.insecure && !before.insecure)
    options.settings.push_back({"insecure", "true", kThere});
  if (before.ca_files.empty())
    for (const std::string& file : options.tls.ca_files)
      options.settings.push_back({"ca-file", file, kThere});
  return {};
}

Status take_config_file(const Environment& environment, Options& options) {
  if (options.config_file)
    return options.config_file->empty() ? Status{}
                                        : apply_config_file(*options.config_file, false, options);
  const auto usual = default_config_file(environment, geteuid() == 0);
  return usual ? apply_config_file(*usual, true, options) : Status{};
}

}  // namespace

Result<Options> read_command_line(const std::vector<std::string>& words,
                                  const Environment& environment) {
  Collected collected;
  if (auto parsed = parse_with_cli11(words, collected); !parsed) return fail(parsed.error());
  Options options;
  if (auto applied = apply_collected(collected, options); !applied) return fail(applied.error());
  if (options.show_help || options.show_version || options.completion_for) return options;

  if (collected.words.size() > 2)
    return fail(EINVAL, "too many words: '" + collected.words[2] +
                            "' (vtpmfs [options] [user@]vcenter[:port] mountpoint)");
  if (collected.words.size() == 2)
    if (auto taken = take_server(collected.words.front(), options); !taken)
      return fail(taken.error());
  if (!collected.words.empty()) options.mount_point = collected.words.back();
  if (auto taken = take_environment(environment, options); !taken) return fail(taken.error());
  if (auto taken = take_config_file(environment, options); !taken) return fail(taken.error());
  if (options.mount_point.empty() && !options.show_config)
    return fail(EINVAL, "no mount point (vtpmfs [options] [user@]vcenter[:port] mountpoint)");
  if (options.host.empty())
    return fail(EINVAL,
                "no vCenter: name one before the mount point, in GOVC_URL, or in the "
                "configuration file");
  if (options.user.empty())
    return fail(EINVAL,
                "no account: write user@vcenter, or use --user, GOVC_USERNAME or the "
                "configuration file");
  return options;
}

std::string help_text() {
  std::string text =
      "usage: vtpmfs [options] [user@]vcenter[:port] mountpoint\n"
      "       vtpmfs check|keys|diff ...     questions to saved directories, see vtpmfs check "
      "--help\n\n"
      "Mounts a VMware vCenter as a tree: each VM with a virtual TPM is a directory that holds the "
      "state\n"
      "to back up; a directory copied into restore/ becomes a new encrypted VM with that state.\n\n"
      "The vCenter, the account and TLS settings may also come from GOVC_URL, GOVC_USERNAME, "
      "GOVC_PASSWORD,\n"
      "GOVC_INSECURE, GOVC_TLS_CA_CERTS and GOVC_TLS_KNOWN_HOSTS; what is still open then, from a\n"
      "configuration file: see vtpmfs.conf(5).\n\noptions:\n"
      "  -o OPTION[,OPTION...]          any long option below without its dashes, and mount(8)'s "
      "own\n";
  for (const OptionSpec& option : option_table()) {
    if (option.help.empty()) continue;
    std::string names = option.flag.empty() ? "    " : fmt::format("-{}, ", option.flag);
    names += fmt::format("--{}", option.name);
    if (!option.value.empty()) names += fmt::format(" {}", option.value);
    text += fmt::format("  {:<30} {}\n", names, option.help);
  }
  return text;
}

}  // namespace vtpmfs::fs
