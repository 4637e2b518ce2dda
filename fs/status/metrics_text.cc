// The rules of the format, and promtool's: HELP and TYPE once before a family's samples, counters
// end in _total, base units, label values escaped.
#include <fmt/format.h>

#include <iterator>

#include "fs/status/mount_facts.h"

namespace vtpmfs::fs {
namespace {

using std::chrono::system_clock;

std::string escaped(std::string_view value) {
  std::string text;
  for (const char c : value) {
    if (c == '\\' || c == '"') text += '\\';
    if (c == '\n')
      text += "\\n";
    else
      text += c;
  }
  return text;
}

double seconds(system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

class Exposition {
 public:
  /// Begins a family; its samples follow.
  Exposition& family(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    fmt::format_to(std::back_inserter(text_), "# HELP {} {}\n# TYPE {} {}\n", name, help, name,
                   type);
    return *this;
  }
  Exposition& counter(std::string_view name, std::string_view help) {
    return family(name, "counter", help);
  }
  Exposition& gauge(std::string_view name, std::string_view help) {
    return family(name, "gauge", help);
  }
  template <class Number>
  Exposition& is(Number value) {
    fmt::format_to(std::back_inserter(text_), "{} {}\n", name_, value);
    return *this;
  }
  template <class Number>
  Exposition& is(std::string_view label, std::string_view of, Number value) {
    fmt::format_to(std::back_inserter(text_), "{}{{{}=\"{}\"}} {}\n", name_, label, escaped(of),
                   value);
    return *this;
  }
  void info(const std::vector<std::pair<std::string_view, std::string_view>>& labels) {
    text_ += name_ + "{";
    for (size_t i = 0; i < labels.size(); ++i)
      fmt::format_to(std::back_inserter(text_), "{}{}=\"{}\"", i == 0 ? "" : ",", labels[i].first,
                     escaped(labels[i].second));
    text_ += "} 1\n";
  }
  std::string text() && { return std::move(text_); }

 private:
  std::string name_;
  std::string text_;
};

void write_mount(Exposition& out, const MountFacts& facts) {
  out.gauge("vtpmfs_build_info", "The version of vtpmfs, as a label.")
      .info({{"version", VTPMFS_VERSION}});
  out.gauge("vtpmfs_server_info", "The vCenter, as labels.")
      .info({{"host", facts.server.host},
             {"api_version", facts.server.info.api_version},
             {"instance_uuid", facts.server.info.instance_uuid}});
  out.gauge("vtpmfs_mount_time_seconds", "When it was mounted, Unix time.")
      .is(seconds(facts.mounted));
  out.gauge("vtpmfs_read_only", "1 for a mount that cannot restore.").is(int{facts.read_only});
  out.gauge("vtpmfs_tls_insecure", "1 where the certificate is not verified.")
      .is(int{facts.server.insecure});
}

void write_traffic(Exposition& out, const MountFacts& facts) {
  const vsphere::Traffic& traffic = facts.traffic;
  out.counter("vtpmfs_soap_calls_total", "SOAP calls sent, by method.");
  for (const auto& [method, counts] : traffic.methods) out.is("method", method, counts.calls);
  out.counter("vtpmfs_soap_errors_total",
              "SOAP calls that were answered with a fault or not at all, by method.");
  for (const auto& [method, counts] : traffic.methods) out.is("method", method, counts.errors);
  out.counter("vtpmfs_logins_total", "Logins that were tried.").is(traffic.logins);
  out.gauge("vtpmfs_logged_in", "1 while there is a session, 0 after a refused login.")
      .is(int{facts.session.logged_in});
  out.counter("vtpmfs_downloads_total", "Files asked for at datastores.").is(traffic.downloads);
  out.counter("vtpmfs_download_errors_total", "Files that did not come.")
      .is(traffic.download_errors);
  out.counter("vtpmfs_uploads_total", "Files sent to datastores.").is(traffic.uploads);
  out.counter("vtpmfs_upload_errors_total", "Files that were not taken.").is(traffic.upload_errors);
  out.counter("vtpmfs_sent_bytes_total", "Bytes of messages and files sent to the vCenter.")
      .is(traffic.bytes_sent);
  out.counter("vtpmfs_received_bytes_total",
              "Bytes of messages and files from the vCenter, decompressed.")
      .is(traffic.bytes_received);
}

void write_inventory(Exposition& out, const MountFacts& facts) {
  const auto last = std::chrono::time_point_cast<system_clock::duration>(facts.feed.last_answer);
  out.gauge("vtpmfs_feed_up", "1 while changes in the vCenter reach the mount.")
      .is(int{facts.feed.alive});
  out.gauge("vtpmfs_feed_age_seconds", "Time since the vCenter's last answer to the feed.")
      .is(std::max(0.0, seconds(facts.now) - seconds(last)));
  out.counter("vtpmfs_feed_updates_total", "Updates of the inventory.").is(facts.feed.updates);
  out.gauge("vtpmfs_vms",
            "Virtual machines: in the inventory, shown, with a vTPM, incomplete, "
            "waiting to be read, in a folder that cannot be seen.")
      .is("which", "inventory", facts.feed.vms)
      .is("which", "shown", facts.shown)
      .is("which", "vtpm", facts.with_vtpm)
      .is("which", "incomplete", facts.incomplete.size())
      .is("which", "unread", facts.feed.unread)
      .is("which", "unplaced", facts.feed.unplaced.size());
  out.gauge("vtpmfs_cache_bytes", "nvram contents in memory.").is(facts.cache_bytes);
  out.gauge("vtpmfs_cache_limit_bytes", "The bound of --cache-size.").is(facts.cache_limit);
}

void write_kernel(Exposition& out, const MountFacts& facts) {
  const kernel::RequestCounts& requests = facts.requests;
  out.counter("vtpmfs_kernel_requests_total", "Requests of the kernel, by operation.");
  for (size_t i = 0; i < kernel::kOperationNames.size(); ++i)
    out.is("operation", kernel::kOperationNames[i], requests.of[i].requests);
  out.counter("vtpmfs_kernel_errors_total", "Requests answered with an errno, by operation.");
  for (size_t i = 0; i < kernel::kOperationNames.size(); ++i)
    out.is("operation", kernel::kOperationNames[i], requests.of[i].errors);
  out.counter("vtpmfs_kernel_io_errors_total", "Requests answered with EIO.")
      .is(requests.io_errors);
  out.counter("vtpmfs_kernel_interrupted_total", "Callers let go by a signal.")
      .is(requests.interrupted);
  out.gauge("vtpmfs_kernel_waiting", "Requests that are not answered yet.").is(requests.waiting);
  out.gauge("vtpmfs_kernel_nodes", "Files and directories that the kernel knows.")
      .is(facts.known_nodes);
  out.gauge("vtpmfs_kernel_open_handles", "Files and directories that are open.")
      .is(facts.open_handles);
}

void write_restores(Exposition& out, const MountFacts& facts) {
  const MountFacts::Restores& restores = facts.restores;
  out.counter("vtpmfs_restores_total", "Restores that ended since the mount, by end.");
  for (const auto& [end, number] : restores.by_end) out.is("end", end, number);
  uint64_t running = 0;
  for (const MountFacts::Staged& staged : restores.staged) running += staged.running ? 1 : 0;
  out.gauge("vtpmfs_restores_running", "Restores that run now.").is(running);
  out.gauge("vtpmfs_restores_waiting", "Restores that were broken off and are not settled.")
      .is(restores.waiting.size() + restores.damaged.size());
}

}  // namespace

std::string metrics_text(const MountFacts& facts) {
  Exposition out;
  write_mount(out, facts);
  write_traffic(out, facts);
  write_inventory(out, facts);
  write_kernel(out, facts);
  write_restores(out, facts);
  return std::move(out).text();
}

}  // namespace vtpmfs::fs
