// What a thing of the inventory may be called.
#pragma once

#include <string_view>

#include "tests/simulator/soap/fault.h"

namespace vtpmfs::simulator {

class Folder;
class World;

/// InvalidName where the text is no name: empty, over 80 characters, or with a `/`, `\` or `%` that
/// is not escaped as %2f, %5c or %25.
Outcome<void> check_name_form(std::string_view name, const Ref& entity);

/// check_name_form(), and DuplicateName where the folder has something of that name already, with
/// or without the same case; `self` may keep its own.
Outcome<void> check_name_free(const World& world, const Folder& folder, std::string_view name,
                              const Ref& self = {});

}  // namespace vtpmfs::simulator
