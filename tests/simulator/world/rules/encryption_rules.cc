// VM home encryption: which key, which bundle, and when a vCenter refuses.
#include <algorithm>

#include "tests/simulator/control/switches.h"
#include "tests/simulator/world/rules/draft.h"
#include "tests/simulator/world/sealing/key_bundle.h"
#include "tests/simulator/world/world_state.h"

namespace vtpmfs::simulator {
namespace {

Fault key_not_found() {
  return vm_config_fault("msg.vigor.enc.keyNotFound", "Cannot find the encryption key.");
}

Fault wrong_state(const char* key, const char* text) {
  return fault_of("InvalidVmConfig", text).because(key, text);
}

Fault bad_policy() {
  return fault_of("InvalidDeviceSpec", "Invalid storage policy for encryption operation.")
      .with("deviceIndex", "-1")
      .because("msg.hostd.deviceSpec.enc.badPolicy",
               "Invalid storage policy for encryption operation.");
}

/// What a native key provider asks of the host, besides having been backed up.
Outcome<void> check_native(const Draft& draft, const KeyProvider& provider) {
  if (!draft.owner->is_cluster()) {
    const char* text = "A native key provider can only be used for hosts in a cluster.";
    return refuse(
        fault_of("NotSupported", text)
            .because("vim.vpxd.encryption.NativeKeyProviderNotSupported.NotInCluster", text));
  }
  if (!provider.has_backup) {
    return refuse(vm_config_fault("vim.vpxd.encryption.NativeKeyProviderNotBackedUp",
                                  "The native key provider has not been backed up."));
  }
  if (provider.tpm_required && !draft.host->has_tpm) {
    return refuse(vm_config_fault("vim.vpxd.encryption.Tpm2Required", "TPM2 device is required"));
  }
  return {};
}

/// The key to use: the one that is named, or a new one of the provider (or the default provider).
Outcome<KeyRef> resolve_key(World& world, const Draft& draft, const KeyRef& asked) {
  KeyRef key = asked;
  if (key.provider.empty()) key.provider = world.keys.default_provider();
  const KeyProvider* provider = world.keys.provider(key.provider);
  if (provider == nullptr) return refuse(key_not_found());
  if (provider->kind == ProviderKind::native) {
    if (auto usable = check_native(draft, *provider); !usable) return refuse(usable.error());
    if (!key.id.empty() && world.switches.is("native-explicit-key", "refuse")) {
      return refuse(invalid_argument("spec.crypto.cryptoKeyId.keyId"));
    }
  }
  if (key.id.empty()) {
    auto made = world.keys.generate(key.provider);
    if (!made) return refuse(key_not_found());
    return *made;
  }
  if (!world.keys.secret(key)) return refuse(key_not_found());
  return key;
}

Outcome<void> check_policies(World& world, const MachineSpec& spec) {
  for (const std::string& id : spec.profiles) {
    if (world.current_policies().find(id) == nullptr) {
      return refuse(invalid_argument("spec.vmProfile.profileId"));
    }
    if (world.current_policies().encrypts(id) && world.switches.is("policy-fit", "never")) {
      return refuse(not_supported().because("msg.disk.policyChangeFailure",
                                            "The policy does not fit the datastore."));
    }
  }
  return {};
}

bool any_encrypts(World& world, const std::vector<std::string>& profiles) {
  return std::any_of(profiles.begin(), profiles.end(),
                     [&](const std::string& id) { return world.current_policies().encrypts(id); });
}

std::string wrap(World& world, const KeyRef& key, const std::string& data_key) {
  return write_bundle({wrap_data_key(key.provider, key.id, *world.keys.secret(key), data_key,
                                     world.fresh_bytes("salt", 16))});
}

/// The data key in a bundle that a client gave; msg.keysafe.locator where the key does not open it.
Outcome<std::string> open_bundle(const World& world, const KeyRef& key, const std::string& text) {
  const auto pairs = parse_bundle(text);
  const auto secret = world.keys.secret(key);
  if (pairs && secret) {
    for (const BundlePair& pair : *pairs) {
      if (pair.provider != key.provider || pair.key_id != key.id) continue;
      if (auto data_key = unwrap_data_key(pair, *secret)) return *data_key;
    }
  }
  return refuse(vm_config_fault("msg.keysafe.locator", "Unable to unlock the encryption bundle."));
}

/// What the server makes of a bundle that it was given and could open.
void keep_bundle(World& world, Encryption& encryption, const std::string& given) {
  const std::string habit = world.switches.get("bundle-at-create");
  encryption.bundle = given;
  if (habit == "rewrapped") {
    encryption.bundle = wrap(world, encryption.key, encryption.data_key);
  } else if (habit == "replaced") {
    encryption.data_key = world.fresh_bytes("data-key", 32);
    encryption.bundle = wrap(world, encryption.key, encryption.data_key);
  } else if (habit == "dropped") {
    encryption.shows_bundle = false;
  } else if (habit == "appended") {
    auto pairs = *parse_bundle(given);
    const auto other = world.keys.generate(encryption.key.provider).value_or(encryption.key);
    pairs.push_back(wrap_data_key(other.provider, other.id, *world.keys.secret(other),
                                  encryption.data_key, world.fresh_bytes("salt", 16)));
    encryption.bundle = write_bundle(pairs);
  }
}

/// Encrypts VM home.
Outcome<void> encrypt(World& world, Draft& draft, const MachineSpec& spec, const KeyRef& asked) {
  const auto key = resolve_key(world, draft, asked);
  if (!key) return refuse(key.error());
  Encryption encryption;
  encryption.key = *key;
  encryption.by_profile = any_encrypts(world, spec.profiles);
  encryption.shows_key =
      !draft.creating || world.switches.is("key-id-at-create", "set") || asked.id.empty();
  const std::string* bundle = spec.extra_value("encryption.bundle");
  if (bundle != nullptr && !bundle->empty()) {
    auto data_key = open_bundle(world, *key, *bundle);
    if (!data_key) return refuse(data_key.error());
    encryption.data_key = std::move(*data_key);
    keep_bundle(world, encryption, *bundle);
  } else {
    encryption.data_key = world.fresh_bytes("data-key", 32);
    encryption.bundle = wrap(world, *key, encryption.data_key);
  }
  draft.config.encryption = std::move(encryption);
  return {};
}

/// Nobody named a crypto spec: a vTPM or a policy may still ask for encryption, or nothing any
/// more.
Outcome<void> encrypt_unasked(World& world, Draft& draft, const MachineSpec& spec) {
  const bool tpm = draft.config.tpm.has_value();
  const bool policy = any_encrypts(world, spec.profiles);
  if (draft.config.encryption) {
    const bool tpm_went = !tpm && draft.machine != nullptr && draft.machine->config.tpm;
    if (tpm_went && !draft.config.encryption->by_profile) draft.config.encryption.reset();
    return {};
  }
  if (!tpm && !policy) return {};
  if (draft.has_snapshots) {
    return refuse(wrong_state("msg.hostd.configSpec.enc.snapshots",
                              "A virtual machine with snapshots cannot be encrypted."));
  }
  if (world.keys.default_provider().empty()) {
    return refuse(tpm ? vm_config_fault("msg.vtpm.add.notEncrypted",
                                        "A virtual TPM needs an encrypted virtual machine.")
                      : key_not_found());
  }
  return encrypt(world, draft, spec, KeyRef{});
}

Outcome<void> encrypt_as_asked(World& world, Draft& draft, const MachineSpec& spec) {
  auto& encryption = draft.config.encryption;
  if (encryption) {
    // Servers that leave keyId out at creation take it now.
    if (!encryption->shows_key && encryption->key == spec.crypto.key) {
      encryption->shows_key = true;
      return {};
    }
    return refuse(wrong_state("msg.hostd.configSpec.enc.encrypted",
                              "The virtual machine is encrypted already."));
  }
  if (auto off = require_power_off(draft); !off) return off;
  if (draft.has_snapshots) {
    return refuse(wrong_state("msg.hostd.configSpec.enc.snapshots",
                              "A virtual machine with snapshots cannot be encrypted."));
  }
  if (!spec.profiles.empty() && !any_encrypts(world, spec.profiles)) return refuse(bad_policy());
  if (!draft.config.tpm && !any_encrypts(world, spec.profiles)) {
    return refuse(
        invalid_argument("spec.crypto")
            .because("encryptForbiddenWithoutEncryptedProfile",
                     "Encryption without a virtual TPM needs a storage policy with encryption."));
  }
  return encrypt(world, draft, spec, spec.crypto.key);
}

Outcome<void> recrypt(World& world, Draft& draft, const CryptoOrder& order) {
  auto& encryption = draft.config.encryption;
  if (!encryption) {
    return refuse(wrong_state("msg.hostd.configSpec.enc.notEncrypted",
                              "The virtual machine is not encrypted."));
  }
  const bool deep = order.kind == CryptoOrder::Kind::deep_recrypt;
  if (deep) {
    if (auto off = require_power_off(draft); !off) return off;
  }
  if (draft.has_snapshots) {
    return refuse(wrong_state("msg.hostd.configSpec.enc.snapshots",
                              "A virtual machine with snapshots cannot be encrypted anew."));
  }
  const auto key = resolve_key(world, draft, order.key);
  if (!key) return refuse(key.error());
  if (deep) encryption->data_key = world.fresh_bytes("data-key", 32);
  encryption->key = *key;
  encryption->bundle = wrap(world, *key, encryption->data_key);
  return {};
}

Outcome<void> decrypt(Draft& draft) {
  if (!draft.config.encryption) {
    return refuse(wrong_state("msg.hostd.configSpec.enc.notEncrypted",
                              "The virtual machine is not encrypted."));
  }
  if (auto off = require_power_off(draft); !off) return off;
  if (draft.config.tpm) {
    return refuse(vm_config_fault("msg.vigor.enc.required.vtpm",
                                  "A machine with a virtual TPM must stay encrypted."));
  }
  draft.config.encryption.reset();
  return {};
}

/// A bundle says how a key is wrapped; without a crypto spec there is no key to look at.
Outcome<void> check_bundle_has_key(const Draft& draft, const MachineSpec& spec) {
  const std::string* bundle = spec.extra_value("encryption.bundle");
  if (bundle == nullptr || bundle->empty()) return {};
  if (spec.crypto.kind == CryptoOrder::Kind::encrypt) return {};
  if (draft.config.encryption && draft.config.encryption->bundle == *bundle) return {};
  return refuse(system_error("Key required for encryption.bundle."));
}

}  // namespace

Outcome<void> apply_encryption(World& world, Draft& draft, const MachineSpec& spec) {
  using Kind = CryptoOrder::Kind;
  if (spec.extra_value("dataFileKey") != nullptr) {
    return refuse(invalid_argument("config.extraConfig[\"dataFileKey\"]"));
  }
  if (auto known = check_policies(world, spec); !known) return known;
  if (auto keyed = check_bundle_has_key(draft, spec); !keyed) return keyed;
  Outcome<void> done;
  switch (spec.crypto.kind) {
    case Kind::none:
    case Kind::no_operation:
      done = encrypt_unasked(world, draft, spec);
      break;
    case Kind::encrypt:
      done = encrypt_as_asked(world, draft, spec);
      break;
    case Kind::register_key:
      // For machines whose files are encrypted already; no such machine is made or changed here.
      done = refuse(invalid_argument("spec.crypto"));
      break;
    case Kind::decrypt:
      done = decrypt(draft);
      break;
    case Kind::deep_recrypt:
    case Kind::shallow_recrypt:
      done = recrypt(world, draft, spec.crypto);
      break;
  }
  if (!done) return done;
  if (draft.config.tpm && !draft.config.encryption) {
    return refuse(vm_config_fault("msg.vtpm.add.notEncrypted",
                                  "A virtual TPM needs an encrypted virtual machine."));
  }
  if (!spec.profiles.empty()) draft.config.profiles = spec.profiles;
  return {};
}

}  // namespace vtpmfs::simulator
