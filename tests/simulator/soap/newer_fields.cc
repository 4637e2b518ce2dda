#include "tests/simulator/soap/newer_fields.h"

#include <string_view>

namespace vtpmfs::simulator {
namespace {

/// Puts `added` behind (or in front of) each occurrence of `place`.
void insert_at_each(std::string& text, std::string_view place, std::string_view added,
                    bool behind) {
  for (size_t at = text.find(place); at != std::string::npos; at = text.find(place, at)) {
    text.insert(behind ? at + place.size() : at, added);
    at += place.size() + added.size();
  }
}

/// In front of the end of each element `name` that is a VirtualTPM.
void mark_tpms(std::string& text, std::string_view name) {
  const std::string open = "<" + std::string(name) + " xsi:type=\"VirtualTPM\"";
  const std::string close = "</" + std::string(name) + ">";
  constexpr std::string_view kField = "<readOnly>false</readOnly>";
  for (size_t at = text.find(open); at != std::string::npos; at = text.find(open, at + 1)) {
    const size_t end = text.find(close, at);
    if (end != std::string::npos) text.insert(end, kField);
  }
}

}  // namespace

std::string with_newer_fields(std::string message) {
  constexpr std::string_view kFirst = "<key>77000</key><hologramDepth>3</hologramDepth>";
  for (const std::string_view name : {"VirtualDevice", "device", "val"}) mark_tpms(message, name);
  const std::string hologram = std::string(" xsi:type=\"VirtualHologram\">") + std::string(kFirst);
  insert_at_each(message, "xsi:type=\"ArrayOfVirtualDevice\">",
                 "<VirtualDevice" + hologram + "</VirtualDevice>", true);
  insert_at_each(message, "</memoryMB>", "<futureMemoryTier>0</futureMemoryTier>", true);
  return message;
}

}  // namespace vtpmfs::simulator
