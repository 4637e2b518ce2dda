#include "fs/options/completion.h"

#include <fmt/format.h>

#include <cerrno>

#include "fs/options/option_table.h"

namespace vtpmfs::fs {
namespace {

/// What completes a value: files, directories, or the words that its option knows.
std::string kind_of(const OptionSpec& option) {
  if (option.value == "FILE") return "file";
  if (option.value == "DIR") return "directory";
  if (option.name == "vms") return "vtpm encrypted all";
  if (option.name == "completion") return "bash zsh fish";
  return "";
}

bool is_shown(const OptionSpec& option) {
  return !option.help.empty();
}

std::string bash_script() {
  std::string words, files = "--config", directories, choices;
  for (const OptionSpec& option : option_table()) {
    if (!is_shown(option)) continue;
    words += fmt::format("{}--{}", words.empty() ? "" : " ", option.name);
    const std::string kind = kind_of(option);
    if (kind == "file" && option.name != "config") files += fmt::format("|--{}", option.name);
    if (kind == "directory")
      directories += fmt::format("{}--{}", directories.empty() ? "" : "|", option.name);
    if (kind.find(' ') != std::string::npos)
      choices += fmt::format("    --{}) COMPREPLY=($(compgen -W '{}' -- \"$word\")); return ;;\n",
                             option.name, kind);
  }
  return fmt::format(
      "# bash completion for vtpmfs; made by: vtpmfs --completion bash\n"
      "_vtpmfs() {{\n"
      "  local word=${{COMP_WORDS[COMP_CWORD]}} before=${{COMP_WORDS[COMP_CWORD-1]}}\n"
      "  case $before in\n"
      "    {}) COMPREPLY=($(compgen -f -- \"$word\")); return ;;\n"
      "    {}) COMPREPLY=($(compgen -d -- \"$word\")); return ;;\n"
      "{}"
      "  esac\n"
      "  case $word in\n"
      "    -*) COMPREPLY=($(compgen -W '{}' -- \"$word\")) ;;\n"
      "    *) COMPREPLY=($(compgen -d -- \"$word\")) ;;\n"
      "  esac\n"
      "}}\n"
      "complete -o filenames -F _vtpmfs vtpmfs\n",
      files, directories, choices, words);
}

/// For zsh's _arguments, between single quotes.
std::string for_zsh(std::string_view help) {
  std::string text;
  for (const char c : help) {
    if (c == ':' || c == '[' || c == ']') text += '\\';
    text += c == '\'' ? "'\\''" : std::string(1, c);
  }
  return text;
}

/// For fish, between single quotes.
std::string for_fish(std::string_view help) {
  std::string text;
  for (const char c : help)
    text += c == '\'' || c == '\\' ? std::string{'\\', c} : std::string(1, c);
  return text;
}

std::string zsh_script() {
  std::string lines;
  for (const OptionSpec& option : option_table()) {
    if (!is_shown(option)) continue;
    const std::string kind = kind_of(option);
    std::string value;
    if (!option.value.empty()) {
      value = fmt::format(":{}:", option.value);
      if (kind == "file") value += "_files";
      if (kind == "directory") value += "_directories";
      if (kind.find(' ') != std::string::npos) value += "(" + kind + ")";
    }
    lines += fmt::format("  '--{}{}[{}]{}' \\\n", option.name, option.value.empty() ? "" : "=",
                         for_zsh(option.help), value);
  }
  return "#compdef vtpmfs\n# made by: vtpmfs --completion zsh\n_arguments \\\n" + lines +
         "  '-o[mount options]:OPTIONS:' \\\n  '1:vCenter:' \\\n  '2:mount point:_directories'\n";
}

std::string fish_script() {
  std::string lines = "# made by: vtpmfs --completion fish\n";
  for (const OptionSpec& option : option_table()) {
    if (!is_shown(option)) continue;
    const std::string kind = kind_of(option);
    lines += fmt::format("complete -c vtpmfs -l {}", option.name);
    if (!option.flag.empty()) lines += fmt::format(" -s {}", option.flag);
    if (!option.value.empty()) lines += kind == "file" || kind == "directory" ? " -r" : " -x";
    if (kind == "directory") lines += " -a '(__fish_complete_directories)'";
    if (kind.find(' ') != std::string::npos) lines += fmt::format(" -a '{}'", kind);
    lines += fmt::format(" -d '{}'\n", for_fish(option.help));
  }
  return lines;
}

}  // namespace

Result<std::string> completion_script(const std::string& shell) {
  if (shell == "bash") return bash_script();
  if (shell == "zsh") return zsh_script();
  if (shell == "fish") return fish_script();
  return fail(EINVAL, "'" + shell + "' is none of bash, zsh, fish");
}

}  // namespace vtpmfs::fs
