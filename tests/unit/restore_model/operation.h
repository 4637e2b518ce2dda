// One operation on restore/, as a line of words: `put a/keyId keyId.good`. A list of them is a
// sequence that can be printed, cut and read back.
//
//   mkdir PATH                            rmdir PATH             unlink PATH
//   put PATH CONTENT                      create or truncate, write all, flush, release
//   create SLOT PATH excl|open            a handle that makes the file (open: or truncates it)
//   open SLOT PATH read|write|trunc       a handle of a file that is there
//   write SLOT OFFSET CONTENT             cut SLOT SIZE (ftruncate)
//   flush SLOT      fsync SLOT            release SLOT (the handle goes without a flush)
//   rename FROM TO plain|noreplace|exchange
//   chmod PATH OCTAL    utimens PATH SECONDS    truncate PATH SIZE    setxattr PATH NAME VALUE
//   sync PATH (fsync of a directory)      commit PATH (user.vtpmfs.commit)
//   appear PATH vm|folder                 the vCenter has got one of that name
//   vanish PATH                           it has one of that name no more
//   answers ok|ERRNO|stall                how the vCenter takes restores from now on
//   end ok|ERRNO                          what it took and has not answered ends like this
//   kill | remount
#pragma once

#include <sstream>
#include <string>
#include <vector>

namespace vtpmfs::fs::restore_model {

using Operation = std::vector<std::string>;

inline std::string line_of(const Operation& operation) {
  std::string line;
  for (const std::string& word : operation) line += (line.empty() ? "" : " ") + word;
  return line;
}

inline Operation operation_of(const std::string& line) {
  std::istringstream words(line);
  Operation operation;
  for (std::string word; words >> word;) operation.push_back(word);
  return operation;
}

/// restore/ itself is written as a dot.
inline std::string path_in(const std::string& word) {
  if (word == ".") return "";
  return word.rfind("./", 0) == 0 ? word.substr(2) : word;
}

/// Names that nobody can ask for: the kernel answers for restore/ itself.
inline bool names_the_top(const Operation& operation) {
  const std::string& verb = operation[0];
  return (verb == "mkdir" || verb == "appear" || verb == "vanish" || verb == "rmdir" ||
          verb == "unlink" || verb == "rename") &&
         (operation[1] == "." || (verb == "rename" && operation[2] == "."));
}

/// What an operation came to: 0, an errno, or one of these.
constexpr int kWaits = -1;    ///< no answer yet: a restore runs
constexpr int kNothing = -2;  ///< there was no such handle: nothing was done

}  // namespace vtpmfs::fs::restore_model
