#include "fs/options/option_table.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <cerrno>

#include "fs/options/values.h"
#include "fs/restore/network_pairs.h"

namespace vtpmfs::fs {
namespace {

template <class Target>
Status keep(Result<Target> parsed, Target& target) {
  if (!parsed) return fail(parsed.error());
  target = *parsed;
  return {};
}

Status set_text(std::optional<std::string>& target, const std::string& value) {
  if (value.empty()) return fail(EINVAL, "the value is empty");
  target = value;
  return {};
}

/// Nobody answers within no time, and polling without a pause is no poll.
Status set_wait(std::chrono::seconds& target, const std::string& value) {
  const auto time = parse_duration(value);
  if (!time) return fail(time.error());
  if (time->count() == 0) return fail(EINVAL, "at least one second");
  target = *time;
  return {};
}

Status set_vms(Options& options, const std::string& value) {
  if (value == "vtpm")
    options.vms = cache::VmFilter::vtpm;
  else if (value == "encrypted")
    options.vms = cache::VmFilter::encrypted;
  else if (value == "all")
    options.vms = cache::VmFilter::all;
  else
    return fail(EINVAL, "'" + value + "' is none of vtpm, encrypted, all");
  return {};
}

Status set_thumbprint(Options& options, const std::string& value) {
  std::string hex;
  for (const char c : value) {
    if (c == ':') continue;
    if (!std::isxdigit(static_cast<unsigned char>(c)))
      return fail(EINVAL, "a thumbprint is 32 pairs of hex digits");
    hex += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  if (hex.size() != 64)
    return fail(EINVAL, "a thumbprint is the SHA-256 of the certificate: 32 pairs of hex digits");
  std::string pairs;
  for (size_t i = 0; i < hex.size(); i += 2) pairs += (i == 0 ? "" : ":") + hex.substr(i, 2);
  options.tls.thumbprint = pairs;
  return {};
}

Status add_network(Options& options, const std::string& value) {
  auto pair = network_pair(value);
  if (!pair) return fail(pair.error());
  options.restore.placement.networks[pair->first] = pair->second;
  return {};
}

Status set_octal(std::optional<uint32_t>& target, const std::string& value) {
  if (value.empty() || value.size() > 5 || value.find_first_not_of("01234567") != std::string::npos)
    return fail(EINVAL, "'" + value + "' is not an octal mode");
  target = static_cast<uint32_t>(std::stoul(value, nullptr, 8)) & 0777U;
  return {};
}

Status set_id(std::optional<uint32_t>& target, const std::string& value) {
  const auto number = parse_number(value, 0, UINT32_MAX - 1);
  if (!number) return fail(number.error());
  target = static_cast<uint32_t>(*number);
  return {};
}

Status set_policy_creation(Options& options, const std::string& value) {
  // `never-create` is a rule, anything else names a policy.
  if (value == "never-create")
    options.restore.never_create_policy = true;
  else
    return set_text(options.restore.placement.policy, value);
  return {};
}

Status set_log(Options& options, const std::string& value) {
  if (value == "stderr")
    options.log = LogTarget::standard_error;
  else if (value == "syslog")
    options.log = LogTarget::syslog;
  else if (value == "journald")
    options.log = LogTarget::journald;
  else
    return fail(EINVAL, "'" + value + "' is none of stderr, syslog, journald");
  return {};
}

Status refuse_password(Options&, const std::string&) {
  return fail(
      EINVAL,
      "a password in an argument can be read by everyone on this machine; use --password-file, "
      "a systemd credential, GOVC_PASSWORD or the prompt");
}

const std::array kTable{
    OptionSpec{"user", "u", "NAME", "account at the vCenter (or NAME@ before its address)",
               [](Options& o, const std::string& v) {
                 o.user = v;
                 return Status{};
               }},
    OptionSpec{"config", "", "FILE", "configuration file (default /etc/vtpmfs.conf for root)",
               [](Options& o, const std::string& v) {
                 o.config_file = v;
                 return Status{};
               }},
    OptionSpec{"password-file", "", "FILE", "file with the password; nobody else may read it",
               [](Options& o, const std::string& v) { return set_text(o.password_file, v); }},
    OptionSpec{"ca-file", "", "FILE",
               "PEM file with the CAs to trust, instead of the system's; may be repeated",
               [](Options& o, const std::string& v) {
                 o.tls.ca_files.push_back(v);
                 return Status{};
               }},
    OptionSpec{"thumbprint", "", "SHA256",
               "the certificate must have this SHA-256, whoever vouches for it", set_thumbprint},
    OptionSpec{"insecure", "k", "",
               "do not verify the certificate (anybody between may read and write)",
               [](Options& o, const std::string&) {
                 o.tls.insecure = true;
                 return Status{};
               }},
    OptionSpec{"vms", "", "WHICH", "which VMs are shown: vtpm (default), encrypted, all", set_vms},
    OptionSpec{"timeout", "", "TIME", "longest wait for one answer of the vCenter (default 60)",
               [](Options& o, const std::string& v) { return set_wait(o.timeout, v); }},
    OptionSpec{"state-dir", "", "DIR", "where times and staged files are kept over a remount",
               [](Options& o, const std::string& v) { return set_text(o.state_directory, v); }},
    OptionSpec{"pin", "", "TIME", "how long a set stays as it was after its last use (default 60)",
               [](Options& o, const std::string& v) { return keep(parse_duration(v), o.pin); }},
    OptionSpec{"nvram-poll", "", "TIME",
               "how often datastores are asked for changed nvram (default 60)",
               [](Options& o, const std::string& v) { return set_wait(o.nvram_poll, v); }},
    OptionSpec{
        "nvram-max", "", "SIZE", "largest nvram file that is believed (default 16M)",
        [](Options& o, const std::string& v) { return keep(parse_size(v), o.restore.nvram_max); }},
    OptionSpec{"cache-size", "", "SIZE", "memory for nvram contents (default 256M)",
               [](Options& o, const std::string& v) { return keep(parse_size(v), o.cache_bytes); }},
    OptionSpec{"save-extra-config", "", "GLOB",
               "further extraConfig keys for config.json; may be repeated",
               [](Options& o, const std::string& v) {
                 o.save_extra_config.push_back(v);
                 o.restore.save_extra_config.push_back(v);
                 return Status{};
               }},
    OptionSpec{
        "restore-pool", "", "POOL", "resource pool of restored VMs, by name or inventory path",
        [](Options& o, const std::string& v) { return set_text(o.restore.placement.pool, v); }},
    OptionSpec{
        "restore-host", "", "HOST", "host of restored VMs",
        [](Options& o, const std::string& v) { return set_text(o.restore.placement.host, v); }},
    OptionSpec{"restore-datastore", "", "NAME", "datastore of restored VMs",
               [](Options& o, const std::string& v) {
                 return set_text(o.restore.placement.datastore, v);
               }},
    OptionSpec{"restore-policy", "", "POLICY",
               "storage policy of restored VMs, by name or id; never-create: make none",
               set_policy_creation},
    OptionSpec{"restore-network", "", "SAVED=HERE", "network of restored NICs; may be repeated",
               add_network},
    OptionSpec{"restore-connect", "", "",
               "restored NICs connect at power on, where the original is gone",
               [](Options& o, const std::string&) {
                 o.restore.connect_nics = true;
                 return Status{};
               }},
    OptionSpec{"restore-templates", "", "", "a saved template becomes a template again",
               [](Options& o, const std::string&) {
                 o.restore.templates = true;
                 return Status{};
               }},
    OptionSpec{"restore-accept-rewrapped", "", "",
               "accept that the server wrapped the bundle anew for the same key",
               [](Options& o, const std::string&) {
                 o.restore.accept_rewrapped = true;
                 return Status{};
               }},
    OptionSpec{"restore-degraded", "", "",
               "the key is lost: make the VM with a new key and a NEW vTPM; what the old one "
               "sealed stays sealed",
               [](Options& o, const std::string&) {
                 o.restore.degraded = true;
                 return Status{};
               }},
    OptionSpec{"restore-dry-run", "", "",
               "restores only check, make nothing, and end with ECANCELED where all is well",
               [](Options& o, const std::string&) {
                 o.restore.dry_run = true;
                 return Status{};
               }},
    OptionSpec{"restore-settle", "", "TIME",
               "start a set without SHA256SUMS after so long without a change (off)",
               [](Options& o, const std::string& v) {
                 const auto time = parse_duration(v);
                 if (!time) return Status(fail(time.error()));
                 o.restore_settle = *time;
                 return Status{};
               }},
    OptionSpec{"restore-users", "", "USER",
               "who else may write into restore/ with allow_other; may be repeated",
               [](Options& o, const std::string& v) {
                 o.restore_users.push_back(v);
                 return Status{};
               }},
    OptionSpec{"foreground", "f", "", "stay in the foreground",
               [](Options& o, const std::string&) {
                 o.foreground = true;
                 return Status{};
               }},
    OptionSpec{"debug", "d", "", "stay in the foreground and log every request",
               [](Options& o, const std::string&) {
                 o.debug = o.foreground = true;
                 return Status{};
               }},
    OptionSpec{"log", "", "WHERE",
               "where events go: stderr (default with -f), syslog (default without), journald",
               set_log},
    OptionSpec{"ro", "", "",
               "no restore/, nothing that changes the vCenter is ever sent (also -o ro)",
               [](Options& o, const std::string&) {
                 o.read_only = true;
                 return Status{};
               }},
    OptionSpec{"allow-other", "", "", "other users may use the mount, as far as --umask lets them",
               [](Options& o, const std::string&) {
                 o.allow_other = true;
                 return Status{};
               }},
    OptionSpec{"uid", "", "N", "owner of the files (default: who mounts)",
               [](Options& o, const std::string& v) { return set_id(o.uid, v); }},
    OptionSpec{"gid", "", "N", "group of the files (default: who mounts)",
               [](Options& o, const std::string& v) { return set_id(o.gid, v); }},
    OptionSpec{"umask", "", "OCTAL",
               "permission bits that are not set (default: 0600 for files, 0700 for directories)",
               [](Options& o, const std::string& v) { return set_octal(o.umask, v); }},
    OptionSpec{"password", "", "", "", refuse_password},
    OptionSpec{"print-config", "", "", "say which settings hold and where each is from, and end",
               [](Options& o, const std::string&) {
                 o.show_config = true;
                 return Status{};
               }},
    OptionSpec{"completion", "", "SHELL", "say the completions for bash, zsh or fish, and end",
               [](Options& o, const std::string& v) { return set_text(o.completion_for, v); }},
    OptionSpec{"help", "h", "", "say this and end",
               [](Options& o, const std::string&) {
                 o.show_help = true;
                 return Status{};
               }},
    OptionSpec{"version", "V", "", "say the version and end",
               [](Options& o, const std::string&) {
                 o.show_version = true;
                 return Status{};
               }},
};

}  // namespace

std::span<const OptionSpec> option_table() {
  return kTable;
}

const OptionSpec* find_option(std::string_view name) {
  const auto* found = std::find_if(kTable.begin(), kTable.end(),
                                   [&](const OptionSpec& option) { return option.name == name; });
  return found == kTable.end() ? nullptr : found;
}

}  // namespace vtpmfs::fs
