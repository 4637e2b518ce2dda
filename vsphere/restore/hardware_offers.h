// What hardware the compute resources of a vCenter can give to new VMs.
#pragma once

#include <chrono>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "vsphere/call.h"
#include "vsphere/error.h"
#include "vsphere/restore_target.h"

namespace vtpmfs::vsphere {

class SoapCaller;

/// Asks the EnvironmentBrowser of a compute resource: one call for its hardware versions, and one
/// for the guests and devices of the version that is wanted. Answers are kept for `kBelieved`, so
/// that a tree of a thousand sets asks once; what they refuse is asked for anew. Blocking,
/// thread-safe.
class HardwareOffers {
 public:
  static constexpr std::chrono::seconds kBelieved{60};
  explicit HardwareOffers(SoapCaller& caller) : caller_(caller) {}

  /// *No* only where an answer was had that is about what was asked for, and has it not. A server
  /// without these methods, one that refuses, and lists that cannot be whole (vcsim's name one
  /// version older than any vTPM) are *unknown*, with the reason in `words`.
  HardwareCheck check(const HardwareQuestion& question, const Call& call);

 private:
  struct Version {
    std::string key;
    bool can_be_made = false;
    std::vector<MoRef> hosts;  ///< none: all
  };
  struct Options {
    std::string version;
    std::set<std::string> guests;
    std::set<std::string> devices;
    std::optional<int> most_tpms;
  };
  template <class Answer>
  struct Kept {
    Answer answer;
    std::chrono::steady_clock::time_point read_at;
  };
  using OptionsKey = std::tuple<MoRef, std::string, MoRef, std::string>;

  /// `remembered` is set where something was not read anew.
  HardwareCheck look(const HardwareQuestion& question, bool anew, bool& remembered,
                     const Call& call);
  Result<std::vector<Version>> versions(const MoRef& environment, bool anew, bool& remembered,
                                        const Call& call);
  Result<Options> options(const HardwareQuestion& question, bool anew, bool& remembered,
                          const Call& call);
  template <class Map>
  std::optional<decltype(Map::mapped_type::answer)> known(const Map& kept,
                                                          const typename Map::key_type& key);
  template <class Map, class Answer>
  void keep(Map& kept, const typename Map::key_type& key, const Answer& answer);
  static void judge_version(const HardwareQuestion& question, const std::vector<Version>& offered,
                            HardwareCheck& check);
  static void judge_options(const HardwareQuestion& question, const Options& offered,
                            HardwareCheck& check);

  SoapCaller& caller_;
  std::mutex lock_;  ///< for the next two; never held while something is asked
  std::map<MoRef, Kept<std::vector<Version>>> versions_;
  std::map<OptionsKey, Kept<Options>> options_;
};

}  // namespace vtpmfs::vsphere
