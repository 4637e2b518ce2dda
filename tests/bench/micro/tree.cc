// What the kernel asks for while somebody copies: a directory with all attributes, a name, a file's
// bytes. By the tree's nodes, over the real inventory and the unit tests' files, without the
// kernel's own share.
//
// The functions that callgrind.sh counts instructions of are extern "C" and not inlined: it names
// them.
#include <benchmark/benchmark.h>
#include <fcntl.h>

#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>

#include "tests/unit/tree/tree_fixture.h"

namespace vtpmfs::fs::testing {
namespace {

constexpr int kVms = 1000;

[[noreturn]] void give_up(const char* words) {
  std::fprintf(stderr, "%s\n", words);
  std::exit(1);
}

std::string name_of(int vm) {
  return "vm" + std::to_string(100'000 + vm);
}

/// 1,000 VMs in one folder.
class Fleet {
 public:
  Fleet() : tree_(inventory_, sets_, settings()) {
    InventoryUpdate update{
        true, true, {enter(kDatacenter, "DC0", kRootFolder), enter(kVmFolder, "vm", kDatacenter)}};
    for (int i = 0; i < kVms; ++i) {
      const MoRef one{"VirtualMachine", "vm-" + std::to_string(i)};
      update.changes.push_back(enter(one, name_of(i), kVmFolder));
      sets_.put(one, 1'600'000'000, std::string(270'840, 'n'));
    }
    inventory_.apply(update);
    folder = child(child(tree_.root(), "DC0"), "vm");
    vm = child(folder, name_of(7));
    nvram = child(vm, "nvram");
  }

  static NodePtr child(const NodePtr& directory, const std::string& name) {
    NodePtr found;
    directory->lookup(name, {}, [&](Result<NodePtr> node) {
      if (node) found = *node;
    });
    if (!found) give_up("the tree lacks a name");
    return found;
  }

  NodePtr folder, vm, nvram;

 private:
  static InventoryTreeSettings settings() {
    InventoryTreeSettings settings;
    settings.root = kRootFolder;
    settings.instance_uuid = "4c5a1e3a-1b0c-4b3e-9d3e-0123456789ab";
    settings.ownership = {1000, 1001, 0600, 0700};
    settings.feed_alive = [] { return true; };
    return settings;
  }

  cache::Inventory inventory_{kRootFolder, cache::VmFilter::vtpm};
  FakeSets sets_;
  InventoryTree tree_;
};

Fleet& fleet() {
  static Fleet made;
  return made;
}

}  // namespace

/// READDIRPLUS of a whole directory: every node and its attributes. Returns how many.
extern "C" __attribute__((noinline)) size_t bench_readdirplus(Node& directory) {
  size_t count = 0;
  directory.open_directory({}, [&](const Result<OpenDirectoryPtr>& opened) {
    if (!opened) give_up("a directory does not open");
    for (size_t i = 0; i < (*opened)->entries().size(); ++i) {
      const NodePtr node = (*opened)->node_of(i);
      if (node && node->attributes()) ++count;
    }
  });
  return count;
}

/// LOOKUP: a name, and the attributes that the answer carries.
extern "C" __attribute__((noinline)) bool bench_lookup(Node& directory, const std::string& name) {
  bool found = false;
  directory.lookup(name, {},
                   [&](const Result<NodePtr>& node) { found = node && (*node)->attributes(); });
  return found;
}

namespace {

void readdirplus_of_folder(benchmark::State& state) {
  for (auto _ : state) {
    if (bench_readdirplus(*fleet().folder) != kVms) give_up("VMs are missing");
  }
}
BENCHMARK(readdirplus_of_folder)->Unit(benchmark::kMicrosecond)->Iterations(100);

void readdirplus_of_vm(benchmark::State& state) {
  for (auto _ : state) {
    if (bench_readdirplus(*fleet().vm) < 6) give_up("files are missing");
  }
}
BENCHMARK(readdirplus_of_vm)->Iterations(10'000);

void lookup_of_vm(benchmark::State& state) {
  const std::string name = name_of(500);
  for (auto _ : state) {
    if (!bench_lookup(*fleet().folder, name)) give_up("a VM is missing");
  }
}
BENCHMARK(lookup_of_vm)->Iterations(10'000);

/// OPEN, the READs of nvram as the kernel makes them, RELEASE.
void read_of_nvram(benchmark::State& state) {
  size_t bytes = 0;
  for (auto _ : state) {
    (void)fleet().nvram->attributes();
    OpenFilePtr file;
    fleet().nvram->open(O_RDONLY, {}, [&](Result<OpenFilePtr> opened) {
      if (opened) file = *opened;
    });
    if (!file) give_up("nvram does not open");
    for (uint64_t offset = 0; offset < 270'840; offset += 131'072) {
      file->read(offset, 131'072, {}, [&](const Result<Bytes>& read) {
        if (!read) give_up("nvram cannot be read");
        bytes += read->view().size();
      });
    }
  }
  if (bytes != static_cast<size_t>(state.iterations()) * 270'840) give_up("nvram is short");
  state.SetBytesProcessed(static_cast<int64_t>(bytes));
}
BENCHMARK(read_of_nvram);

}  // namespace
}  // namespace vtpmfs::fs::testing
