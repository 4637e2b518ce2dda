// Makes a machine of the fleet from a few words, without asking the rules: the fleet was there
// before.
#pragma once

#include <string>
#include <vector>

#include "tests/simulator/world/fleet/hardware.h"
#include "tests/simulator/world/fleet/site.h"

namespace vtpmfs::simulator {

class VirtualMachine;
class World;

/// What is to be made. The defaults make an ordinary machine.
struct Blueprint {
  std::string name;
  Ref folder;  ///< none for a vApp's machine
  Ref vapp;
  Ref datastore;           ///< the site's VMFS where empty
  Ref pool;                ///< the site's DRS cluster where empty
  Ref host;                ///< a connected one where empty
  KeyRef key;              ///< one of the fleet's where empty
  std::string file_stem;   ///< of the files in VM home; the name where empty
  std::string nvram_name;  ///< file_stem + ".nvram" where empty
  bool encrypted = true;
  bool has_tpm = true;
  bool has_nvram = true;
  bool has_run = true;
  bool efi = true;
  bool two_pairs = false;  ///< a bundle that wraps the data key twice
  bool is_template = false;
};

class MachineMaker {
 public:
  /// `keys`: what ordinary machines are encrypted with, one after another.
  MachineMaker(World& world, std::vector<KeyRef> keys)
      : world_(world), hardware_(world), keys_(std::move(keys)) {}

  VirtualMachine& make(const Site& site, const Blueprint& blueprint);

 private:
  void configure(MachineConfig& config, const Blueprint& blueprint, const std::string& seed);
  void encrypt(MachineConfig& config, const Blueprint& blueprint, const std::string& seed);
  void write_files(VirtualMachine& vm, const Blueprint& blueprint, const std::string& seed);

  World& world_;
  HardwareShop hardware_;
  std::vector<KeyRef> keys_;
  unsigned made_ = 0;
};

}  // namespace vtpmfs::simulator
