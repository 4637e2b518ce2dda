#include "fs/audit/same_identity.h"

#include <fmt/format.h>

#include <map>
#include <numeric>

#include "cache/saved/file_names.h"

namespace vtpmfs::fs {
namespace {

using Members = std::vector<size_t>;

std::string last_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

/// Which of the sets are of one machine: numbers that are the same for those.
class Machines {
 public:
  explicit Machines(size_t count) : parent_(count) {
    std::iota(parent_.begin(), parent_.end(), size_t{0});
  }
  size_t of(size_t set) {
    while (parent_[set] != set) set = parent_[set] = parent_[parent_[set]];
    return set;
  }
  void same(size_t one, size_t other) { parent_[of(one)] = of(other); }

 private:
  std::vector<size_t> parent_;
};

Machines machines_among(const Members& members, const std::vector<SetIdentity>& sets) {
  Machines machines(sets.size());
  std::map<std::string, size_t> first_with;
  const auto join = [&](size_t set, std::string token) {
    const auto [found, is_new] = first_with.emplace(std::move(token), set);
    if (!is_new) machines.same(set, found->second);
  };
  const auto is_known = [&](size_t set) { return sets[set].instance_uuid || sets[set].bios_uuid; };
  for (const size_t set : members) {
    if (sets[set].instance_uuid) join(set, "instance " + *sets[set].instance_uuid);
    if (sets[set].bios_uuid) join(set, "bios " + *sets[set].bios_uuid);
  }
  // Only now, and never two known ones by their name: clones have the same in different folders.
  std::map<std::string, size_t> known_named;
  for (const size_t set : members)
    if (is_known(set)) known_named.emplace(last_name(sets[set].path), set);
  for (const size_t set : members) {
    if (is_known(set)) continue;
    const std::string name = last_name(sets[set].path);
    join(set, "name " + name);
    if (const auto known = known_named.find(name); known != known_named.end())
      machines.same(set, known->second);
  }
  return machines;
}

}  // namespace

std::vector<std::optional<Finding>> find_same_identities(const std::vector<SetIdentity>& sets) {
  std::vector<std::optional<Finding>> findings(sets.size());
  std::map<cache::Sha256Hash, Members> by_endorsement;
  for (size_t i = 0; i < sets.size(); ++i)
    if (sets[i].endorsement) by_endorsement[*sets[i].endorsement].push_back(i);
  for (const auto& [endorsement, members] : by_endorsement) {
    if (members.size() < 2) continue;
    Machines machines = machines_among(members, sets);
    std::map<size_t, size_t> first_of_machine;
    for (const size_t set : members) first_of_machine.emplace(machines.of(set), set);
    if (first_of_machine.size() < 2) continue;
    const auto one = first_of_machine.begin();
    const auto another = std::next(one);
    const std::string more =
        first_of_machine.size() > 2 ? fmt::format(" and {} more", first_of_machine.size() - 2) : "";
    for (const size_t set : members) {
      const size_t other = machines.of(set) == one->first ? another->second : one->second;
      findings[set] = Finding{
          FindingCode::same_identity, std::string(cache::kVtpmFile),
          fmt::format("the same vTPM as another machine's, {}{}: one is a clone of the other",
                      sets[other].path, more)};
    }
  }
  return findings;
}

}  // namespace vtpmfs::fs
