// The hand-written schema against VMware's own: each class's members must be the schema's elements,
// in its order, with its types and its multiplicity. Leaving elements out is allowed.
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <regex>
#include <set>
#include <string>
#include <vector>

namespace vtpmfs::vsphere {
namespace {

namespace stdfs = std::filesystem;

const stdfs::path kOurs = stdfs::path(VTPMFS_SOURCE_DIR) / "vsphere/soap/schema";
const stdfs::path kTheirs = stdfs::path(VTPMFS_SOURCE_DIR) / "../shared/wsdl";

struct Element {
  std::string name;
  std::string type;   // local name
  char occurs = '1';  // '1' required, '?' optional, '*' repeated
};
struct Type {
  std::string base;
  std::vector<Element> elements;
};
using Schema = std::map<std::string, Type>;

std::string content_of(const stdfs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <class Visit>
void for_each_match(const std::string& text, const std::string& pattern, const Visit& visit) {
  const std::regex regex(pattern);
  for (std::sregex_iterator it(text.begin(), text.end(), regex), end; it != end; ++it) visit(*it);
}

std::string local(const std::string& name) {
  return name.substr(name.find(':') + 1);
}

// --- theirs ---

Type type_of_xsd(const std::string& text) {
  Type type;
  for_each_match(text, R"re(<(extension|element)\s([^>]*)>)re", [&](const std::smatch& match) {
    std::map<std::string, std::string> attributes;
    for_each_match(match[2], R"re((\w+)="([^"]*)")re",
                   [&](const std::smatch& a) { attributes[a[1]] = a[2]; });
    if (match[1] == "extension") {
      type.base = local(attributes["base"]);
      return;
    }
    const char occurs = attributes.contains("maxOccurs") ? '*'
                        : attributes["minOccurs"] == "0" ? '?'
                                                         : '1';
    type.elements.push_back({attributes["name"], local(attributes["type"]), occurs});
  });
  return type;
}

// The text of each type's definition, by "vim25:VirtualTPM", and of each message's, by
// "vim25:#Login". Cut by hand, and made into a Type when asked for: std::regex is too slow for
// megabytes.
using Definitions = std::map<std::string, std::string>;

std::string quoted_after(const std::string& text, const std::string& what, size_t from, size_t to) {
  const auto at = text.find(what, from);
  if (at == std::string::npos || at >= to) return {};
  const auto start = at + what.size();
  return text.substr(start, text.find('"', start) - start);
}

// From `head_end`, the '>' of an opening complexType, to its end; empty for <complexType/>.
std::string definition_at(const std::string& text, size_t head_end) {
  if (text[head_end - 1] == '/') return {};
  return text.substr(head_end, text.find("</complexType>", head_end) - head_end);
}

void cut_types(const std::string& text, const std::string& prefix, Definitions& definitions) {
  const std::string start = "<complexType name=\"";
  for (auto at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
    const auto head_end = text.find('>', at);
    definitions[prefix + ":" + quoted_after(text, start, at, head_end)] =
        definition_at(text, head_end);
  }
}

// <element name="Login" type="vim25:LoginRequestType"/>, or with a complexType inside.
void cut_messages(const std::string& text, const std::string& prefix, Definitions& definitions) {
  const std::string start = "\n   <element name=\"";
  for (auto at = text.find(start); at != std::string::npos; at = text.find(start, at + 1)) {
    const auto head_end = text.find('>', at);
    const auto name = prefix + ":#" + quoted_after(text, start, at, head_end);
    const auto type = quoted_after(text, "type=\"", at, head_end);
    definitions[name] = type.empty()
                            ? definition_at(text, text.find('>', text.find("<complexType", at)))
                            : definitions[prefix + ":" + local(type)];
  }
}

Definitions theirs() {
  Definitions definitions;
  for (const char* file :
       {"core-types", "query-types", "vim-types", "vim-messagetypes", "query-messagetypes"}) {
    cut_types(content_of(kTheirs / (std::string(file) + ".xsd")), "vim25", definitions);
  }
  for (const char* file : {"pbm-types", "pbm-messagetypes"}) {
    cut_types(content_of(kTheirs / (std::string(file) + ".xsd")), "pbm", definitions);
  }
  cut_messages(content_of(kTheirs / "vim-elements.xsd"), "vim25", definitions);
  cut_messages(content_of(kTheirs / "pbm-elements.xsd"), "pbm", definitions);
  return definitions;
}

// --- ours ---

// The C++ name of a class as the schema's: "_vim25__CreateVM_USCORETask" is "vim25:#CreateVM_Task".
std::string schema_name(std::string name) {
  const bool message = name.starts_with('_');
  if (message) name.erase(0, 1);
  name = std::regex_replace(name, std::regex("_USCORE"), "~");
  const auto split = name.find("__");
  auto rest = name.substr(split + 2);
  while (rest.ends_with('_')) rest.pop_back();
  rest = std::regex_replace(rest, std::regex("~"), "_");
  return name.substr(0, split) + (message ? ":#" : ":") + rest;
}

std::string xsd_type(std::string type) {
  static const std::map<std::string, std::string> primitives{{"std::string", "string"},
                                                             {"bool", "boolean"},
                                                             {"int", "int"},
                                                             {"LONG64", "long"},
                                                             {"short", "short"}};
  if (type.starts_with("class ")) type.erase(0, 6);
  while (type.ends_with('*') || type.ends_with(' ')) type.pop_back();
  if (const auto found = primitives.find(type); found != primitives.end()) return found->second;
  return local(schema_name(type));
}

Type type_of_class(const std::string& body) {
  Type type;
  for_each_match(body, R"re(\n\s+(@ )?([\w:<> *]+?)[\s*]+(\w+) ([01]);)re",
                 [&](const std::smatch& m) {
                   if (m[1].length() != 0) return;  // an attribute
                   std::string cpp = m[2];
                   char occurs = m[4] == "1" ? '1' : '?';
                   std::smatch inner;
                   if (std::regex_match(cpp, inner,
                                        std::regex(R"re(std::(vector|optional)<(.*?)\s*\*?>)re"))) {
                     if (inner[1] == "vector") occurs = '*';
                     cpp = inner[2].str();
                   }
                   std::string name = m[3];
                   if (name.starts_with("_USCORE")) name = "_" + name.substr(7);
                   while (name.ends_with('_')) name.pop_back();
                   type.elements.push_back({name, xsd_type(cpp), occurs});
                 });
  return type;
}

Schema ours() {
  Schema schema;
  for (const auto& entry : stdfs::directory_iterator(kOurs)) {
    const auto text = content_of(entry.path());
    for_each_match(text, R"re(\nclass (\w+)(?:\s*: public (\w+))? \{([^}]*)\};)re",
                   [&](const std::smatch& match) {
                     // A class on one line has its members behind "public:".
                     const auto body =
                         std::regex_replace(match[3].str(), std::regex("public: "), "public:\n ");
                     auto type = type_of_class(std::regex_replace(body, std::regex(" }"), "\n"));
                     type.base = match[2].length() == 0 ? "" : local(schema_name(match[2]));
                     schema[schema_name(match[1])] = std::move(type);
                   });
  }
  return schema;
}

// Newer than the schemas of 8.0.0.0. Read, never written.
const std::set<std::string> kNewer{"TaskInfo.progressDetails",
                                   "VirtualDevice.numaNode",
                                   "VirtualHardware.autoCoresPerSocket",
                                   "VirtualHardware.motherboardLayout",
                                   "VirtualHardware.simultaneousThreads",
                                   "VirtualVmxnet3.uptv2Enabled",
                                   "VirtualDevice.deviceGroupInfo"};
const std::set<std::string> kNewerTypes{"vim25:VirtualDeviceDeviceGroupInfo"};
// Types that only a server sends, with required elements that nobody here reads.
const std::set<std::string> kReadInPart{"vim25:PMemDatastoreInfo", "vim25:GuestOsDescriptor",
                                        "vim25:VirtualDeviceOption", "vim25:VirtualHardwareOption",
                                        "vim25:VirtualMachineConfigOption"};

class AgainstTheirs : public testing::Test {
 protected:
  void SetUp() override {
    if (!stdfs::exists(kTheirs / "vim-types.xsd")) GTEST_SKIP() << "no schemas at " << kTheirs;
  }
};

TEST_F(AgainstTheirs, EveryClassKeepsOrderTypesAndMultiplicity) {
  const auto reference = theirs();
  ASSERT_GT(reference.size(), 3000U);
  const auto own = ours();
  ASSERT_GT(own.size(), 300U);
  int elements = 0;
  for (const auto& [name, type] : own) {
    // All faults in one class; what is xsd's is no type of theirs.
    if (name == "vim25:MethodFault" || name.starts_with("xsd:")) continue;
    SCOPED_TRACE(name);
    const auto found = reference.find(name);
    if (found == reference.end()) {
      // Enumerations are simple types there.
      EXPECT_TRUE(type.base == "string" || kNewerTypes.contains(name));
      continue;
    }
    const auto expected = type_of_xsd(found->second);
    // Their DynamicData is empty, ours is anyType.
    const bool base_agrees =
        type.base == expected.base || type.base.empty() ||
        (type.base == "anyType" &&
         (expected.base == "DynamicData" || expected.base.empty() || expected.base == "string"));
    EXPECT_TRUE(base_agrees) << "derives from " << type.base << ", there from " << expected.base;
    size_t at = 0;
    for (const auto& element : type.elements) {
      ++elements;
      if (kNewer.contains(local(name) + "." + element.name)) continue;
      while (at < expected.elements.size() && expected.elements[at].name != element.name) ++at;
      if (at >= expected.elements.size()) {
        ADD_FAILURE() << element.name << " is not an element there, or stands too late here";
        break;
      }
      const auto& wanted = expected.elements[at];
      // An answer's value is a pointer here, so that its absence shows.
      EXPECT_EQ(element.occurs, wanted.occurs) << element.name;
      const bool enumeration =
          element.type == "string" && !reference.contains("vim25:" + wanted.type);
      EXPECT_TRUE(element.type == wanted.type || enumeration)
          << element.name << " is " << element.type << ", there " << wanted.type;
    }
    // Required elements must not be left out: the server would refuse what we write.
    for (const auto& wanted : expected.elements) {
      if (wanted.occurs != '1' || kReadInPart.contains(name)) continue;
      EXPECT_TRUE(std::any_of(type.elements.begin(), type.elements.end(),
                              [&](const Element& e) { return e.name == wanted.name; }))
          << wanted.name << " is required there and missing here";
    }
  }
  EXPECT_GT(elements, 800);
}

}  // namespace
}  // namespace vtpmfs::vsphere
