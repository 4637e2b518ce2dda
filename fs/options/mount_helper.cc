#include "fs/options/mount_helper.h"

#include <cerrno>

namespace vtpmfs::fs {
namespace {

constexpr int kWrongWords = 1;
constexpr int kMountFailed = 32;

/// `-n` (no mtab), `-s` (sloppy) and `-v` mean nothing here; `-N` names a namespace that mount(8)
/// has entered already, and `-t` the type that brought us here.
Status take_letters(const std::string& word, size_t& at, const std::vector<std::string>& words,
                    HelperCall& call) {
  for (size_t i = 1; i < word.size(); ++i) {
    const char letter = word[i];
    if (letter == 'n' || letter == 's' || letter == 'v') continue;
    if (letter == 'f') {
      call.pretend = true;
      continue;
    }
    if (letter != 'o' && letter != 't' && letter != 'N')
      return fail(EINVAL, std::string("unknown option -") + letter);
    std::string value = word.substr(i + 1);
    if (value.empty()) {
      if (++at == words.size()) return fail(EINVAL, std::string("-") + letter + " needs a value");
      value = words[at];
    }
    if (letter == 'o') {
      call.words.emplace_back("-o");
      call.words.push_back(value);
    }
    return {};
  }
  return {};
}

}  // namespace

bool is_mount_helper(const std::string& program) {
  const std::string name = program.substr(program.rfind('/') + 1);
  return name.rfind("mount.", 0) == 0;
}

Result<HelperCall> read_helper_words(const std::vector<std::string>& words) {
  HelperCall call;
  for (size_t at = 0; at < words.size(); ++at) {
    const std::string& word = words[at];
    if (word.size() > 1 && word.front() == '-') {
      if (auto taken = take_letters(word, at, words, call); !taken) return fail(taken.error());
    } else if (word != "none") {
      // `none` in fstab's first field: the configuration file names the vCenter.
      call.words.push_back(word);
    }
  }
  return call;
}

int helper_status(bool wrong_words) {
  return wrong_words ? kWrongWords : kMountFailed;
}

}  // namespace vtpmfs::fs
