#include "fs/tree/staged/status_file.h"

#include <fcntl.h>

#include <algorithm>
#include <cerrno>

namespace vtpmfs::fs {
namespace {

/// The text as it was at open.
class OpenStatus final : public OpenFile {
 public:
  explicit OpenStatus(std::string text)
      : text_(std::make_shared<const std::string>(std::move(text))) {}
  void read(uint64_t offset, size_t size, const Caller&, Answer<Bytes> answer) override {
    const size_t begin = std::min<uint64_t>(offset, text_->size());
    answer(Bytes{text_, begin, std::min(size, text_->size() - begin)});
  }
  void write(uint64_t, std::string_view bytes, const Caller&, Answer<size_t> answer) override {
    answer(bytes.size());
  }
  [[nodiscard]] bool direct_io() const override { return true; }

 private:
  const std::shared_ptr<const std::string> text_;
};

}  // namespace

Result<Attributes> StatusFile::attributes() {
  auto out = staged_directory_times();
  if (!out) return out;
  const auto text = tree_->status(directory_);
  out->size = text ? text->size() : 0;
  return out;
}

Result<Attributes> StatusFile::staged_directory_times() {
  const auto directory = tree_->store().attributes(directory_);
  if (!directory) return fail(directory.error());
  Attributes out;
  out.ino = inode_;
  out.permissions = tree_->access().file_permissions;
  out.uid = directory->uid;
  out.gid = directory->gid;
  out.atime = out.mtime = out.ctime = directory->ctime;
  return out;
}

void StatusFile::set_attributes(const AttributeChange&, OpenFile*, const Caller&,
                                Answer<Attributes> answer) {
  answer(attributes());
}

void StatusFile::open(int, const Caller&, Answer<OpenFilePtr> answer) {
  answer(std::make_shared<OpenStatus>(tree_->status(directory_).value_or("")));
}

void StatusFile::set_attribute(const std::string&, const std::string&, int, const Caller&,
                               Answer<void> answer) {
  answer({});
}

}  // namespace vtpmfs::fs
