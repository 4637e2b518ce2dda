#include "fs/audit/set_pairs.h"

#include <algorithm>
#include <map>
#include <tuple>

namespace vtpmfs::fs {
namespace {

/// Saved sets of one machine each, by what they are found by.
struct Index {
  std::map<std::string, std::vector<size_t>> by_uuid;
  std::map<std::string, size_t> by_path;
};

Index index_of(const std::vector<SetMark>& saved) {
  Index index;
  for (size_t i = 0; i < saved.size(); ++i) {
    if (saved[i].instance_uuid) index.by_uuid[*saved[i].instance_uuid].push_back(i);
    index.by_path.emplace(saved[i].path, i);
  }
  return index;
}

/// Which generation counts for a machine that is at `path` now ("" where it is gone).
size_t generation_for(const std::string& path, const std::vector<size_t>& generations,
                      const std::vector<SetMark>& saved) {
  return *std::max_element(generations.begin(), generations.end(), [&](size_t a, size_t b) {
    const auto rank = [&](size_t i) {
      return std::make_tuple(!path.empty() && saved[i].path == path, saved[i].modified_ns,
                             saved[i].path);
    };
    return rank(a) < rank(b);
  });
}

}  // namespace

SetPairs pair_sets(const std::vector<SetMark>& saved, const std::vector<SetMark>& mounted) {
  const Index index = index_of(saved);
  SetPairs result;
  std::vector<bool> accounted(saved.size(), false);
  const auto account = [&](const std::vector<size_t>& generations) {
    for (const size_t generation : generations) accounted[generation] = true;
    result.older += generations.size() - 1;
  };
  for (size_t i = 0; i < mounted.size(); ++i) {
    if (mounted[i].instance_uuid) {
      const auto found = index.by_uuid.find(*mounted[i].instance_uuid);
      if (found != index.by_uuid.end()) {
        result.pairs.push_back({generation_for(mounted[i].path, found->second, saved), i});
        if (!accounted[found->second.front()]) account(found->second);
        continue;
      }
    }
    const auto found = index.by_path.find(mounted[i].path);
    const bool is_same = found != index.by_path.end() && !accounted[found->second] &&
                         !(mounted[i].instance_uuid && saved[found->second].instance_uuid);
    if (!is_same) {
      result.added.push_back(i);
      continue;
    }
    result.pairs.push_back({found->second, i});
    accounted[found->second] = true;
  }
  for (size_t i = 0; i < saved.size(); ++i) {
    if (accounted[i]) continue;
    if (!saved[i].instance_uuid) {
      result.gone.push_back(i);
      continue;
    }
    const auto& generations = index.by_uuid.at(*saved[i].instance_uuid);
    result.gone.push_back(generation_for("", generations, saved));
    account(generations);
  }
  return result;
}

}  // namespace vtpmfs::fs
