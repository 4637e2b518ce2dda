// VmSource over one connection. Holds no state but what the reader learned about the server.
#include <utility>

#include "vsphere/connection_parts.h"
#include "vsphere/datastore/datastore_places.h"
#include "vsphere/datastore/nvram_search.h"
#include "vsphere/file_service.h"
#include "vsphere/vm/change_versions.h"
#include "vsphere/vm/vm_reader.h"
#include "vsphere/vm_source.h"

namespace vtpmfs::vsphere {
namespace {

class VCenterVmSource : public VmSource {
 public:
  VCenterVmSource(SoapCaller& caller, FileService& files, const PartSettings& settings)
      : caller_(caller),
        files_(files),
        server_(settings.server),
        reader_(caller, settings.save_extra_config) {}

  [[nodiscard]] const ServerInfo& server() const override { return server_; }

  Result<std::vector<VmDetail>> read_details(const std::vector<MoRef>& vms,
                                             const Call& call) override {
    auto records = reader_.read(vms, VmReadPlan::ExtraConfig::keyed, call);
    if (!records) return fail(std::move(records.error()));
    std::vector<VmDetail> details;
    details.reserve(records->size());
    for (VmRecord& record : *records) details.push_back(std::move(record.detail));
    return details;
  }

  void read_change_versions(
      const std::vector<MoRef>& vms, const Call& call,
      std::function<void(Result<std::map<MoRef, std::string>>)> done) override {
    vsphere::read_change_versions(caller_, vms, call, std::move(done));
  }

  Result<std::vector<DatastorePlace>> datastores(const Call& call) override {
    return find_datastores(caller_, call);
  }

  Result<NvramListing> list_nvram(const DatastorePlace& place,
                                  const std::optional<std::string>& directory,
                                  const Call& call) override {
    return search_nvram(caller_, place, directory, call);
  }

  void fetch(const DatastorePlace& place, const std::string& path, uint64_t max_bytes,
             const Call& call, std::function<void(Result<std::string>)> done) override {
    files_.fetch(place, path, max_bytes, call, std::move(done));
  }

 private:
  SoapCaller& caller_;
  FileService& files_;
  const ServerInfo server_;
  VmReader reader_;
};

}  // namespace

std::unique_ptr<VmSource> make_vm_source(SoapCaller& caller, FileService& files,
                                         const PartSettings& settings) {
  return std::make_unique<VCenterVmSource>(caller, files, settings);
}

}  // namespace vtpmfs::vsphere
