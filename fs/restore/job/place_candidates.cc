#include "fs/restore/job/place_candidates.h"

#include <algorithm>
#include <cerrno>
#include <set>
#include <string_view>
#include <tuple>

#include "fs/restore/job/refusal.h"

namespace vtpmfs::fs {
namespace {

using vsphere::DatastoreChoice;
using vsphere::HostChoice;
using vsphere::PlacementOptions;
using vsphere::PoolChoice;

constexpr std::string_view kRootPool = "/Resources";

bool ends_in(std::string_view text, std::string_view ending) {
  return text.size() >= ending.size() && text.substr(text.size() - ending.size()) == ending;
}

/// A name as the API writes it, from what it means.
std::string escaped(const std::string& name) {
  std::string out;
  for (const char c : name) {
    if (c == '%')
      out += "%25";
    else if (c == '/')
      out += "%2f";
    else if (c == '\\')
      out += "%5c";
    else
      out += c;
  }
  return out;
}

/// The path of the cluster or host whose own pool this is; empty for a pool within it.
std::string owner_path(const PoolChoice& pool) {
  return ends_in(pool.path, kRootPool) ? pool.path.substr(0, pool.path.size() - kRootPool.size())
                                       : std::string();
}

bool has_one_of(const PoolChoice& pool, const std::vector<HostChoice>& hosts) {
  return std::any_of(hosts.begin(), hosts.end(), [&](const HostChoice& host) {
    return std::find(pool.hosts.begin(), pool.hosts.end(), host.host) != pool.hosts.end();
  });
}

/// "name one that is there (--restore-pool, or user.vtpmfs.pool on this directory)": what mends a
/// choice of `kind`, which is what the option and the attribute are called by.
std::string by_choosing(const std::string& what, const std::string& kind) {
  return what + " (--restore-" + kind + ", or user.vtpmfs." + kind +
         " on this directory), then sync this directory";
}

/// "pool 'Gold' is not clear"
tl::unexpected<Error> several(const std::string& kind, const std::string& words_for_it,
                              const std::string& wanted, const std::set<std::string>& paths) {
  std::string words = words_for_it + " '" + wanted + "' is not clear; name one by its path: ";
  for (const std::string& path : paths) words += (path == *paths.begin() ? "" : ", ") + path;
  return refuse(EINVAL, std::move(words), by_choosing("name one by its path", kind));
}

/// What `wanted` names here: the datastore's own path or that of its cluster; empty for neither.
std::string named_part(const DatastoreChoice& datastore, const std::string& wanted) {
  const std::string& name = datastore.place.name;
  if (name == wanted || name == escaped(wanted) || is_meant(datastore.path, wanted))
    return datastore.path.empty() ? name : datastore.path;
  return is_meant(datastore.pod, wanted) ? datastore.pod : std::string();
}

bool is_reachable(const DatastoreChoice& datastore) {
  return datastore.accessible && !datastore.maintenance;
}

/// Why none of the datastores that `wanted` names can be taken.
tl::unexpected<Error> why_none(const std::vector<DatastoreChoice>& named,
                               const std::string& wanted) {
  if (std::any_of(named.begin(), named.end(), is_reachable))
    return refuse(ENOSPC, "datastore '" + wanted + "' has no room",
                  by_choosing("make room, or name another datastore", "datastore"));
  const std::string bring_back = by_choosing("bring it back, or name another one", "datastore");
  if (std::any_of(named.begin(), named.end(),
                  [](const DatastoreChoice& each) { return each.accessible; }))
    return refuse(EHOSTUNREACH, "datastore '" + wanted + "' is in maintenance", bring_back);
  return refuse(EHOSTUNREACH, "datastore '" + wanted + "' is not accessible", bring_back);
}

Result<std::vector<DatastoreChoice>> named_datastores(const PlacementOptions& offered,
                                                      const std::string& wanted) {
  std::vector<DatastoreChoice> named;
  std::set<std::string> parts;
  for (const DatastoreChoice& datastore : offered.datastores) {
    const std::string part = named_part(datastore, wanted);
    if (part.empty()) continue;
    parts.insert(part);
    named.push_back(datastore);
  }
  if (parts.size() > 1) return several("datastore", "datastore", wanted, parts);
  if (named.empty())
    return refuse(ENOENT,
                  "no datastore '" + wanted +
                      "' in this datacenter, and no datastore cluster with datastores in it",
                  by_choosing("name one that is there", "datastore"));
  return named;
}

}  // namespace

bool is_meant(const std::string& inventory_path, const std::string& wanted) {
  if (inventory_path.empty() || wanted.empty()) return false;
  return inventory_path == wanted || ends_in(inventory_path, "/" + wanted) ||
         ends_in(inventory_path, "/" + escaped(wanted));
}

Result<std::vector<HostChoice>> hosts_to_try(const PlacementOptions& offered,
                                             const Placement& wanted) {
  if (!wanted.host) return offered.hosts;
  std::vector<HostChoice> named;
  std::set<std::string> paths;
  for (const HostChoice& host : offered.hosts) {
    if (!is_meant(host.path, *wanted.host) && host.name != *wanted.host) continue;
    named.push_back(host);
    paths.insert(host.path.empty() ? host.host.value : host.path);
  }
  if (named.empty())
    return refuse(ENOENT, "no host '" + *wanted.host + "' in this datacenter",
                  by_choosing("name one that is there", "host"));
  if (paths.size() > 1) return several("host", "host", *wanted.host, paths);
  return named;
}

Result<std::vector<PoolChoice>> pools_to_try(const PlacementOptions& offered,
                                             const Placement& wanted,
                                             const std::vector<HostChoice>& hosts) {
  if (offered.pools.empty())
    return refuse(EHOSTUNREACH, "this datacenter has no resource pool that the account can see",
                  "add a host, or let the account see one, then sync this directory");
  std::vector<PoolChoice> pools = offered.pools;
  if (wanted.pool) {
    const auto other = [&](const PoolChoice& pool) {
      return !is_meant(pool.path, *wanted.pool) && !is_meant(owner_path(pool), *wanted.pool);
    };
    pools.erase(std::remove_if(pools.begin(), pools.end(), other), pools.end());
    if (pools.empty())
      return refuse(ENOENT, "no resource pool '" + *wanted.pool + "' in this datacenter",
                    by_choosing("name one that is there", "pool"));
  }
  if (wanted.host) {
    const auto without = [&](const PoolChoice& pool) { return !has_one_of(pool, hosts); };
    pools.erase(std::remove_if(pools.begin(), pools.end(), without), pools.end());
    if (pools.empty() && wanted.pool)
      return refuse(
          EINVAL, "host '" + *wanted.host + "' is not one of resource pool '" + *wanted.pool + "'",
          by_choosing("name a host of that pool", "host"));
    if (pools.empty())
      return refuse(EHOSTUNREACH,
                    "no resource pool of host '" + *wanted.host + "' that the account can see",
                    by_choosing("let the account see it, or name another host", "host"));
  }
  if (wanted.pool && pools.size() > 1) {
    std::set<std::string> paths;
    for (const PoolChoice& pool : pools) paths.insert(pool.path);
    return several("pool", "resource pool", *wanted.pool, paths);
  }
  std::stable_sort(pools.begin(), pools.end(), [](const PoolChoice& a, const PoolChoice& b) {
    const auto rank = [](const PoolChoice& pool) {
      return std::tuple(owner_path(pool).empty(), pool.owner.type != "ClusterComputeResource");
    };
    return rank(a) < rank(b);
  });
  return pools;
}

Result<std::vector<DatastoreChoice>> datastores_to_try(const PlacementOptions& offered,
                                                       const Placement& wanted,
                                                       const std::optional<std::string>& saved,
                                                       uint64_t needed) {
  std::vector<DatastoreChoice> usable = offered.datastores;
  if (wanted.datastore) {
    auto named = named_datastores(offered, *wanted.datastore);
    if (!named) return fail(named.error());
    usable = std::move(*named);
  }
  const std::vector<DatastoreChoice> all = usable;
  const auto useless = [&](const DatastoreChoice& datastore) {
    return !is_reachable(datastore) || datastore.free_bytes < needed;
  };
  usable.erase(std::remove_if(usable.begin(), usable.end(), useless), usable.end());
  if (usable.empty() && wanted.datastore) return why_none(all, *wanted.datastore);
  if (usable.empty())
    return refuse(ENOSPC, "no datastore of this datacenter is accessible and has room",
                  "make room on one, then sync this directory");
  std::stable_sort(usable.begin(), usable.end(),
                   [&](const DatastoreChoice& a, const DatastoreChoice& b) {
                     const auto is_saved = [&](const DatastoreChoice& datastore) {
                       return !wanted.datastore && saved && datastore.place.name == *saved;
                     };
                     return is_saved(a) != is_saved(b) ? is_saved(a) : a.free_bytes > b.free_bytes;
                   });
  return usable;
}

}  // namespace vtpmfs::fs
