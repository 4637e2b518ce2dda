#include "vsphere/restore/hardware_offers.h"

#include <algorithm>
#include <cerrno>

#include "vsphere/hardware_version.h"
#include "vsphere/property/references.h"
#include "vsphere/soap_caller.h"

namespace vtpmfs::vsphere {
namespace {

using Says = HardwareCheck::Answer;
using Clock = std::chrono::steady_clock;

constexpr const char* kTpm = "VirtualTPM";

bool refuses(const HardwareCheck& check) {
  return check.version == Says::no || check.guest == Says::no || check.devices == Says::no;
}

void add_words(HardwareCheck& check, const std::string& words) {
  check.words += (check.words.empty() ? "" : "; ") + words;
}

/// The host that the VM will be made on, or one of those it may be made on.
bool is_on(const std::vector<MoRef>& hosts, const HardwareQuestion& question) {
  const auto has = [&](const MoRef& host) {
    return std::find(hosts.begin(), hosts.end(), host) != hosts.end();
  };
  if (hosts.empty()) return true;
  if (question.host) return has(*question.host);
  return std::any_of(question.hosts.begin(), question.hosts.end(), has);
}

}  // namespace

template <class Map>
std::optional<decltype(Map::mapped_type::answer)> HardwareOffers::known(
    const Map& kept, const typename Map::key_type& key) {
  const std::lock_guard hold(lock_);
  const auto found = kept.find(key);
  if (found == kept.end() || Clock::now() - found->second.read_at >= kBelieved) return std::nullopt;
  return found->second.answer;
}

template <class Map, class Answer>
void HardwareOffers::keep(Map& kept, const typename Map::key_type& key, const Answer& answer) {
  const std::lock_guard hold(lock_);
  kept[key] = {answer, Clock::now()};
}

HardwareCheck HardwareOffers::check(const HardwareQuestion& question, const Call& call) {
  bool remembered = false;
  HardwareCheck check = look(question, false, remembered, call);
  // Somebody may have mended it since.
  if (refuses(check) && remembered) check = look(question, true, remembered, call);
  return check;
}

HardwareCheck HardwareOffers::look(const HardwareQuestion& question, bool anew, bool& remembered,
                                   const Call& call) {
  HardwareCheck check;
  if (question.environment.value.empty()) {
    check.words = "the server shows nothing that tells it";
    return check;
  }
  if (const auto offered = versions(question.environment, anew, remembered, call))
    judge_version(question, *offered, check);
  else
    add_words(check, offered.error().words);
  // Of a version that is not there nothing more can be asked.
  if (check.version == Says::no || call.cancel.cancelled()) return check;
  if (const auto offered = options(question, anew, remembered, call))
    judge_options(question, *offered, check);
  else
    add_words(check, offered.error().words);
  return check;
}

Result<std::vector<HardwareOffers::Version>> HardwareOffers::versions(const MoRef& environment,
                                                                      bool anew, bool& remembered,
                                                                      const Call& how) {
  if (auto answer = anew ? std::nullopt : known(versions_, environment)) {
    remembered = true;
    return std::move(*answer);
  }
  _vim25__QueryConfigOptionDescriptor request;
  request._USCOREthis = to_soap(environment);
  const auto answer = call<_vim25__QueryConfigOptionDescriptorResponse>(caller_, request, how);
  if (!answer) return fail(answer.error());
  std::vector<Version> versions;
  for (const auto& one : (*answer)->returnval) {
    Version& version = versions.emplace_back();
    version.key = one.key;
    version.can_be_made = one.createSupported;
    for (const auto& host : one.host) version.hosts.push_back(from_soap(host));
  }
  keep(versions_, environment, versions);
  return versions;
}

Result<HardwareOffers::Options> HardwareOffers::options(const HardwareQuestion& question, bool anew,
                                                        bool& remembered, const Call& how) {
  const OptionsKey key{question.environment, question.version.value_or(""),
                       question.host.value_or(MoRef{}), question.guest_id};
  if (auto answer = anew ? std::nullopt : known(options_, key)) {
    remembered = true;
    return std::move(*answer);
  }
  // One version and one guest: all of them would be megabytes.
  _vim25__QueryConfigOptionEx request;
  request._USCOREthis = to_soap(question.environment);
  auto& spec = request.spec.emplace();
  spec.key = question.version;
  if (question.host) spec.host = to_soap(*question.host);
  if (!question.guest_id.empty()) spec.guestId.push_back(question.guest_id);
  const auto answer = call<_vim25__QueryConfigOptionExResponse>(caller_, request, how);
  if (!answer) return fail(answer.error());
  if (!(*answer)->returnval) return fail(EIO, "the server tells nothing of this hardware version");
  const vim25__VirtualMachineConfigOption& told = *(*answer)->returnval;
  Options options;
  options.version = told.version;
  for (const auto& guest : told.guestOSDescriptor) options.guests.insert(guest.id);
  for (const auto* device : told.hardwareOptions.virtualDeviceOption)
    if (device != nullptr) options.devices.insert(device->type);
  if (const auto& tpms = told.hardwareOptions.numTPMDevices) options.most_tpms = tpms->max;
  keep(options_, key, options);
  return options;
}

void HardwareOffers::judge_version(const HardwareQuestion& question,
                                   const std::vector<Version>& offered, HardwareCheck& check) {
  int newest = 0;
  const Version* wanted = nullptr;
  for (const Version& version : offered) {
    if (!version.can_be_made || !is_on(version.hosts, question)) continue;
    if (version.key == question.version) wanted = &version;
    const int number = hardware_number(version.key);
    if (number <= newest) continue;
    newest = number;
    check.newest_version = version.key;
  }
  if (!question.version || wanted != nullptr) {
    check.version = Says::yes;
    return;
  }
  // Where vTPMs come from and go to, there are hosts that can have them.
  const bool whole = std::any_of(offered.begin(), offered.end(), [](const Version& version) {
    return hardware_number(version.key) >= kFirstVersionWithVtpm;
  });
  if (whole)
    check.version = Says::no;
  else
    add_words(check, "the server's list of hardware versions has none with a vTPM");
}

void HardwareOffers::judge_options(const HardwareQuestion& question, const Options& offered,
                                   HardwareCheck& check) {
  if (question.version && offered.version != *question.version) {
    add_words(check, "asked about " + *question.version + ", the server tells of '" +
                         offered.version + "'");
    return;
  }
  if (!offered.guests.empty())
    check.guest = offered.guests.contains(question.guest_id) ? Says::yes : Says::no;
  else
    add_words(check, "the server names no guest");
  // Every VM has these: where neither is named, devices are called otherwise, or are left out.
  if (!offered.devices.contains("VirtualPCIController") &&
      !offered.devices.contains("VirtualIDEController")) {
    add_words(check, "the server names no devices");
    return;
  }
  for (const std::string& device : question.devices) {
    // Not every server has an entry for the vTPM, but those that cannot have one count none.
    const bool there =
        device == kTpm ? offered.most_tpms.value_or(1) > 0 : offered.devices.contains(device);
    if (!there) check.unsupported.push_back(device);
  }
  check.devices = check.unsupported.empty() ? Says::yes : Says::no;
}

}  // namespace vtpmfs::vsphere
