// What programs and people might do in restore/, by chance.
#include <algorithm>
#include <random>

#include "tests/unit/restore_model/contents.h"
#include "tests/unit/restore_model/sequence.h"

namespace vtpmfs::fs::restore_model {
namespace {

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}

  Sequence sequence() {
    std::vector<Sequence> parts;
    const unsigned copies = 1 + below(2);
    for (unsigned i = 0; i < copies; ++i) parts.push_back(copy());
    Sequence noise;
    for (unsigned i = 6 + below(30); i > 0; --i) noise.push_back(anything());
    parts.push_back(noise);
    return merged(parts);
  }

 private:
  unsigned below(unsigned end) { return static_cast<unsigned>(random_() % end); }
  bool one_in(unsigned many) { return below(many) == 0; }
  template <class T>
  const T& of(const std::vector<T>& choices) {
    return choices[below(static_cast<unsigned>(choices.size()))];
  }

  std::string directory() {
    // Mostly one and the same, so that things meet.
    if (!here_.empty() && !one_in(4)) return here_;
    return of(std::vector<std::string>{"a", "a/b", "Finance", "Finance/pay01", "Finance/Payroll",
                                       "Finance/Payroll/p", "Legal/a", ".h", "a/.h", "a/Finance",
                                       "web", std::string(90, 'x'), "new/pay01", "."});
  }
  std::string name() {
    if (!one_in(5)) return of(roles());
    return of(std::vector<std::string>{"note", ".tmp", "restore.status", "b", "web", "old"});
  }
  std::string path() {
    const std::string above = directory();
    return above == "." ? name() : above + "/" + name();
  }
  std::string directory_below() {
    const std::string above = directory();
    const std::string name = of(std::vector<std::string>{"b", ".h", "Finance"});
    return above == "." ? name : above + "/" + name;
  }
  std::string some_directory() { return one_in(3) ? directory() : directory_below(); }
  std::string anywhere() { return one_in(2) ? some_directory() : path(); }
  unsigned size() {
    if (!one_in(6)) return below(400);
    return one_in(2) ? 200'000 : 90'000;  // over the limit of a file, and near that of all
  }
  std::string slot() { return std::to_string(below(3)); }

  std::string content_for(const std::string& name) {
    if (name == "SHA256SUMS")
      return "SHA256SUMS." + of(std::vector<std::string>{"full", "full", "full", "lean", "poor",
                                                         "bare", "big", "cut", "garbage", "empty"});
    if (!takes_part(name)) return one_in(2) ? "note" : content_for(of(roles()));
    if (!one_in(3)) return name + ".good";
    if (name == "nvram" && one_in(3)) return "nvram.big";
    if (name == "config.json" && one_in(2)) return "config.json.none";
    return name + of(std::vector<std::string>{".other", ".half", ".empty"});
  }

  /// The steps by which a program brings one file.
  void bring(const std::string& to, const std::string& name, const std::string& content,
             Sequence& steps) {
    const std::string path = to + "/" + name;
    switch (below(8)) {
      case 0:  // rsync
        steps.push_back({"put", to + "/." + name + ".Xy", content});
        steps.push_back({"rename", to + "/." + name + ".Xy", path, "plain"});
        return;
      case 1: {  // restic: made and closed first, written later
        const std::string handle = slot();
        steps.push_back({"create", handle, path, "excl"});
        steps.push_back({"cut", handle, std::to_string(below(400))});
        steps.push_back({"flush", handle});
        steps.push_back({"write", handle, "0", content});
        steps.push_back({"flush", handle});
        return;
      }
      case 2: {
        const std::string handle = slot();
        steps.push_back({"create", handle, path, one_in(2) ? "excl" : "open"});
        if (one_in(2)) steps.push_back({"flush", handle});
        steps.push_back({"write", handle, "0", content});
        steps.push_back({"flush", handle});
        steps.push_back({"release", handle});
        return;
      }
      default:
        steps.push_back({"put", path, content});
    }
  }

  Sequence copy() {
    here_ = directory();
    const std::string to = here_;
    Sequence steps;
    if (one_in(3))
      steps.push_back({"answers", of(std::vector<std::string>{"stall", "ENOKEY", "ENOSPC"})});
    for (size_t slash = to.find('/'); slash != std::string::npos; slash = to.find('/', slash + 1))
      steps.push_back({"mkdir", to.substr(0, slash)});
    steps.push_back({"mkdir", to});
    std::vector<std::string> names = roles();
    std::shuffle(names.begin(), names.end(), random_);
    // Mostly good sets, and of each bad kind some.
    const unsigned kind = below(10);
    for (const std::string& name : names) {
      if (kind == 0 && one_in(5)) continue;
      if (kind == 1 && name == "SHA256SUMS") continue;
      std::string what = name + (name == "SHA256SUMS" ? ".full" : ".good");
      if (kind >= 2 && kind <= 4 && one_in(4)) what = content_for(name);
      if (kind == 5 && name == "config.json") what = "config.json.none";
      if (kind == 5 && name == "SHA256SUMS") what = "SHA256SUMS.bare";
      if (kind == 5 && name == "nvram") continue;
      bring(to, name, what, steps);
    }
    if (one_in(3)) steps.push_back({"utimens", to, "1500000000"});
    if (kind == 1 || one_in(6)) steps.push_back({one_in(2) ? "sync" : "commit", to});
    if (one_in(3)) steps.push_back({"end", of(std::vector<std::string>{"ok", "ENOKEY"})});
    if (one_in(4)) {  // and once more
      steps.push_back({"answers", "ok"});
      const std::string again = of(roles());
      bring(to, again, again + (again == "SHA256SUMS" ? ".full" : ".good"), steps);
    }
    return steps;
  }

  Operation anything() {
    switch (below(29)) {
      case 0:
        return {"mkdir", one_in(4) ? path() : some_directory()};
      case 1:
        return {"rmdir", one_in(6) ? path() : some_directory()};
      case 2:
      case 3:
        return {"unlink", path()};
      case 4:
      case 5:
      case 6: {
        const std::string to = path();
        return {"put", to, content_for(to.substr(to.rfind('/') + 1))};
      }
      case 7:
        return {"create", slot(), path(), one_in(2) ? "excl" : "open"};
      case 8:
        return {"open", slot(), path(), of(std::vector<std::string>{"read", "write", "trunc"})};
      case 9:
      case 10:
        return {"write", slot(), std::to_string(one_in(6) ? 99'998 : below(3) * below(200)),
                content_for(of(roles()))};
      case 11:
        return {"cut", slot(), std::to_string(size())};
      case 12:
      case 13:
        return {"flush", slot()};
      case 14:
        return {one_in(2) ? "fsync" : "release", slot()};
      case 15:
      case 16:
      case 17: {
        // A directory mostly to a directory's name, a file to a file's.
        const bool directories = one_in(2);
        const std::string from = directories ? some_directory() : path();
        const std::string to = one_in(5) ? anywhere() : directories ? some_directory() : path();
        return {"rename", from, to,
                of(std::vector<std::string>{"plain", "plain", "plain", "noreplace", "exchange"})};
      }
      case 18:
        return {"truncate", path(), std::to_string(size())};
      case 19:
        return {"chmod", anywhere(), of(std::vector<std::string>{"400", "755", "7000"})};
      case 20:
        return {"utimens", anywhere(), std::to_string(1'400'000'000 + below(9))};
      case 21:
        return {"setxattr", anywhere(), "user.note", std::to_string(below(9))};
      case 22:
        return {one_in(2) ? "sync" : "commit", directory()};
      case 23:
        return {"answers", of(std::vector<std::string>{"ok", "ok", "stall", "ENOKEY"})};
      case 24:
        return {"end", of(std::vector<std::string>{"ok", "EHOSTUNREACH"})};
      case 25:
        return {"setxattr", one_in(3) ? path() : directory(),
                one_in(3) ? "user.vtpmfs.other" : "user.vtpmfs.pool", std::to_string(below(9))};
      case 26:
      case 27:
        return one_in(3) ? Operation{"vanish", some_directory()}
                         : Operation{"appear", some_directory(), one_in(2) ? "vm" : "folder"};
      default:
        return {one_in(2) ? "kill" : "remount"};
    }
  }

  /// All of them, each in its own order; what comes first is for chance to say.
  Sequence merged(const std::vector<Sequence>& parts) {
    std::vector<size_t> at(parts.size(), 0);
    Sequence all;
    for (;;) {
      std::vector<size_t> left;
      for (size_t i = 0; i < parts.size(); ++i)
        for (size_t n = at[i]; n < parts[i].size(); ++n) left.push_back(i);
      if (left.empty()) return all;
      const size_t next = of(left);
      // A program mostly does several things before another one comes.
      for (unsigned n = 1 + below(6); n > 0 && at[next] < parts[next].size(); --n)
        all.push_back(parts[next][at[next]++]);
    }
  }

  std::mt19937 random_;
  std::string here_;
};

}  // namespace

Sequence sequence_of(unsigned seed) {
  return Chance(seed).sequence();
}

}  // namespace vtpmfs::fs::restore_model
