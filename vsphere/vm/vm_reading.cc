#include "vsphere/vm/vm_reading.h"

#include <array>
#include <cerrno>

#include "vsphere/datastore_path.h"
#include "vsphere/property/object_properties.h"
#include "vsphere/soap/values.h"
#include "vsphere/vm/config_reading.h"
#include "vsphere/vm/device_reading.h"
#include "vsphere/vm/extra_config.h"
#include "vsphere/vm/vm_property.h"

namespace vtpmfs::vsphere {
namespace {

using namespace vm_property;

constexpr std::string_view kMarkPrefix = "vtpmfs.";

/// Puts values into a record, and what cannot be read into its list.
class Reader {
 public:
  Reader(const ObjectProperties& object, VmRecord& record) : object_(object), record_(record) {}

  void unreadable(std::string_view property, Error error) {
    record_.detail.unreadable.push_back({std::string(property), std::move(error)});
  }
  template <class T>
  std::optional<T> take(std::string_view property, Result<std::optional<T>> value) {
    if (value) return std::move(*value);
    unreadable(property, std::move(value.error()));
    return std::nullopt;
  }
  std::optional<std::string> text(std::string_view path) { return take(path, object_.text(path)); }
  std::optional<bool> boolean(std::string_view path) { return take(path, object_.boolean(path)); }
  std::optional<MoRef> reference(std::string_view path) {
    return take(path, object_.reference(path));
  }
  std::vector<MoRef> references(std::string_view path) {
    auto refs = object_.references(path);
    if (refs) return std::move(*refs);
    unreadable(path, std::move(refs.error()));
    return {};
  }
  /// A property that only helps: not having it is no news.
  template <class T>
  std::optional<T> helpful(Result<std::optional<T>> value) {
    return value ? std::move(*value) : std::nullopt;
  }

 private:
  const ObjectProperties& object_;
  VmRecord& record_;
};

PowerState power_state(const std::optional<std::string>& text) {
  if (text == "poweredOff") return PowerState::off;
  if (text == "poweredOn") return PowerState::on;
  if (text == "suspended") return PowerState::suspended;
  return PowerState::unknown;
}

/// The value of an extraConfig entry; a number or a boolean is its text, as in the .vmx.
Result<std::optional<std::string>> option_text(const xsd__anyType* value) {
  if (const auto truth = boolean_of(value))
    return std::optional<std::string>(*truth ? "TRUE" : "FALSE");
  if (const auto number = integer_of(value))
    return std::optional<std::string>(std::to_string(*number));
  return property_value::text(value);
}

/// One key that was asked for by itself: the answer is the OptionValue. A key that is not there is
/// absent; an empty value is none.
Result<std::optional<std::string>> keyed_option(const ObjectProperties& object,
                                                std::string_view path) {
  if (auto error = object.missing(path)) return fail(std::move(*error));
  const xsd__anyType* value = object.value(path);
  if (value == nullptr) return std::optional<std::string>();
  const auto* option = value_as<vim25__OptionValue>(value);
  auto text = option == nullptr ? property_value::text(value) : option_text(option->value);
  if (text && *text && (*text)->empty()) return std::optional<std::string>();
  return text;
}

void read_whole_extra_config(const vim25__ArrayOfOptionValue& options, Reader& reader,
                             const std::vector<std::string>& save_extra_config, VmRecord& record) {
  VmDetail& detail = record.detail;
  for (const vim25__OptionValue& option : options.OptionValue) {
    const bool is_bundle = option.key == "encryption.bundle";
    const bool is_nvram = option.key == "nvram";
    const bool is_mark = option.key.starts_with(kMarkPrefix);
    const bool is_saved = keeps_extra_config(save_extra_config, option.key);
    if (!is_bundle && !is_nvram && !is_mark && !is_saved) continue;
    auto text = option_text(option.value);
    if (!text) {
      if (is_bundle) reader.unreadable(kBundle, std::move(text.error()));
      if (is_nvram) reader.unreadable(kNvram, std::move(text.error()));
      continue;
    }
    // An empty value is none. Servers exist that keep what was removed and append what is new
    // (vcsim): the last entry of a key counts.
    std::optional<std::string> value = std::move(*text);
    if (value && value->empty()) value.reset();
    if (is_bundle) {
      detail.encryption_bundle = std::move(value);
    } else if (is_nvram) {
      detail.nvram_extra_config = std::move(value);
    } else if (is_mark) {
      record.marks.erase(option.key);
      if (value) record.marks[option.key] = std::move(*value);
    } else {
      auto& kept = detail.config.extra_config;
      std::erase_if(kept, [&](const auto& entry) { return entry.first == option.key; });
      if (value) kept.emplace_back(option.key, std::move(*value));
    }
  }
}

void read_extra_config(const ObjectProperties& object, Reader& reader,
                       const std::vector<std::string>& save_extra_config, VmRecord& record) {
  constexpr std::string_view kWhole = "config.extraConfig";
  if (const xsd__anyType* whole = object.value(kWhole)) {
    if (const auto* options = value_as<vim25__ArrayOfOptionValue>(whole)) {
      read_whole_extra_config(*options, reader, save_extra_config, record);
      return;
    }
    const Error error = property_value::unexpected(*whole, "extraConfig");
    reader.unreadable(kBundle, error);
    reader.unreadable(kNvram, error);
    return;
  }
  record.detail.encryption_bundle = reader.take(kBundle, keyed_option(object, kBundle));
  record.detail.nvram_extra_config = reader.take(kNvram, keyed_option(object, kNvram));
}

bool is_log_of_a_run(const vim25__VirtualMachineFileLayoutExFileInfo& file) {
  if (file.type != "log" || file.size <= 0) return false;
  const size_t slash = file.name.find_last_of("/ ");
  const std::string_view name =
      std::string_view(file.name).substr(slash == std::string::npos ? 0 : slash + 1);
  return name.starts_with("vmware") && name.ends_with(".log");
}

void read_layout(const ObjectProperties& object, Reader& reader, VmRecord& record) {
  VmDetail& detail = record.detail;
  if (auto error = object.missing(kLayoutFiles)) {
    reader.unreadable(kLayoutFiles, std::move(*error));
    return;
  }
  const xsd__anyType* value = object.value(kLayoutFiles);
  if (value == nullptr) {
    // It is computed when the server finds the time: no list says nothing of logs.
    reader.unreadable(kLayoutFiles, Error{Errno{ENODATA}, "vCenter has no file layout yet"});
    return;
  }
  const auto* files = value_as<vim25__ArrayOfVirtualMachineFileLayoutExFileInfo>(value);
  if (files == nullptr) {
    reader.unreadable(kLayoutFiles, property_value::unexpected(*value, "a file layout"));
    return;
  }
  record.files_listed = true;
  for (const auto& file : files->VirtualMachineFileLayoutExFileInfo) {
    detail.log_with_content |= is_log_of_a_run(file);
    if (file.type != "nvram" || detail.nvram_layout) continue;
    detail.nvram_layout = file.name;
    detail.nvram_layout_size = file.size;
  }
}

void read_device_list(const ObjectProperties& object, Reader& reader, VmRecord& record) {
  const std::optional<Error> missing = object.missing(kDevices);
  auto list = missing ? Result<DeviceList>(fail(*missing))
                      : read_devices(object.value(kDevices), record.detail.tpm_present);
  if (!list) {
    reader.unreadable(kDevices, std::move(list.error()));
    record.may_hold_data = true;
    return;
  }
  record.detail.vtpm = std::move(list->vtpm);
  record.detail.config.devices = std::move(list->devices);
  record.detail.config.disks = std::move(list->disks);
  record.may_hold_data = list->may_hold_data;
}

/// Without a device list there is no configuration: every VM has devices. What is absent with it
/// may well exist.
void mark_absent_configuration(const ObjectProperties& object, Reader& reader, VmDetail& detail) {
  if (object.value(kDevices) != nullptr || object.missing(kDevices)) return;
  for (const std::string_view property :
       {kChangeVersion, kKeyId, kBundle, kNvram, kFirmware, kVmPathName, kInstanceUuid}) {
    const bool given = object.value(property) != nullptr || detail.why_unreadable(property);
    const bool in_whole = (property == kBundle && detail.encryption_bundle) ||
                          (property == kNvram && detail.nvram_extra_config);
    if (!given && !in_whole) {
      reader.unreadable(property,
                        Error{Errno{ENODATA}, "vCenter has no configuration of this VM now"});
    }
  }
}

}  // namespace

VmRecord read_vm(const ObjectProperties& object,
                 const std::vector<std::string>& save_extra_config) {
  VmRecord record;
  VmDetail& detail = record.detail;
  Reader reader(object, record);
  detail.vm = object.id();
  detail.name = reader.text(kName);
  record.parent = reader.reference("parent");
  record.parent_vapp = reader.helpful(object.reference("parentVApp"));
  detail.change_version = reader.text(kChangeVersion);
  if (auto error = object.missing(kKeyId)) {
    reader.unreadable(kKeyId, std::move(*error));
  } else {
    detail.key_id = reader.take(kKeyId, property_value::crypto_key(object.value(kKeyId)));
  }
  read_extra_config(object, reader, save_extra_config, record);
  detail.firmware = reader.text(kFirmware);
  detail.tpm_present = reader.helpful(object.boolean("summary.config.tpmPresent"));
  read_device_list(object, reader, record);
  detail.vm_path_name = reader.text(kVmPathName);
  read_layout(object, reader, record);
  detail.has_snapshot = !reader.references(kRootSnapshot).empty();
  detail.power = power_state(reader.text(kPowerState));
  detail.connection_state = reader.text(kConnectionState).value_or("");
  detail.crypto_state = reader.helpful(object.text(kCryptoState)).value_or("");
  detail.instance_uuid = reader.text(kInstanceUuid);
  detail.modified = reader.helpful(object.text("config.modified"));
  detail.create_date = reader.helpful(object.text("config.createDate"));
  detail.is_template = reader.boolean("config.template").value_or(false);
  detail.managed_by = reader.helpful(object.text("config.managedBy.extensionKey"));
  detail.datastores = reader.references("datastore");
  for (Unreadable& unreadable : read_config(object, detail.config)) {
    detail.unreadable.push_back(std::move(unreadable));
  }
  mark_absent_configuration(object, reader, detail);
  return record;
}

}  // namespace vtpmfs::vsphere
