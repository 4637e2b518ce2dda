// Builds the parts of one site, one after another.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulator/world/fleet/site.h"
#include "tests/simulator/world/inventory/datastore.h"

namespace vtpmfs::simulator {

class World;

/// Wants the inventory's lock held exclusively.
class SiteBuilder {
 public:
  /// Makes the datacenter.
  SiteBuilder(World& world, const Ref& parent, const std::string& name);

  /// What every site has.
  Site build();
  /// After build(): datastore clusters in folders, a vVol datastore, nested pools, a cluster of one
  /// host in a folder (see the README). None of it is larger than what every site has.
  void add_varied_places();

 private:
  Ref folder(const char* name, const std::vector<std::string>& types, const char* prefix);
  Ref make_network(const char* type, const char* prefix, const char* name);
  /// In the datacenter's own folder where `parent` is empty; so for compute resources.
  Ref make_datastore(const std::string& name, DatastoreKind kind, const Ref& parent = {});
  Ref make_host(const std::string& name, const Ref& owner, bool has_tpm);
  Ref make_pool(const std::string& name, const Ref& owner, const Ref& parent);
  Ref make_compute(const char* type, const std::string& name, int hosts, bool drs, bool has_tpm,
                   const Ref& parent = {});
  void mount(const Ref& datastore, const std::vector<Ref>& hosts);
  Ref make_pod(const std::string& name, const Ref& parent);
  /// A datastore of so many bytes, mounted on these hosts.
  Datastore& make_member(const std::string& name, DatastoreKind kind, const Ref& parent,
                         std::int64_t capacity, const std::vector<Ref>& hosts);
  [[nodiscard]] std::vector<Ref> hosts_below(const Ref& pool) const;

  World& world_;
  Datacenter* datacenter_;
  Site site_;
};

}  // namespace vtpmfs::simulator
