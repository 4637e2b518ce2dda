#include "cache/saved/vi_json.h"

#include <nlohmann/json.hpp>

#include "tests/unit/saved/hostile_inputs.h"

namespace vtpmfs::cache {
namespace {

using Json = nlohmann::ordered_json;

constexpr size_t kCap = 1UL << 20;

TEST(ViJson, KeepsTheOrderOfMembers) {
  const auto json = parse_json("f", R"({"z":1,"a":{"y":[1,2],"b":null}})", kCap);
  ASSERT_TRUE(json);
  EXPECT_EQ(json_line(*json), R"({"z":1,"a":{"y":[1,2],"b":null}})");
  EXPECT_EQ(json_document(Json{{"z", 1}, {"a", Json::array({1})}}),
            "{\n  \"z\": 1,\n  \"a\": [\n    1\n  ]\n}\n");
}

TEST(ViJson, WritesBrokenUtf8WithoutAnException) {
  EXPECT_EQ(json_line(Json{{"a", "x\xffy"}}), "{\"a\":\"x\xef\xbf\xbdy\"}");
  EXPECT_EQ(json_line(Json{{"a", "\"\\\n\x01Ü"}}), "{\"a\":\"\\\"\\\\\\n\\u0001Ü\"}");
}

TEST(ViJson, RefusesAMemberThatIsThereTwice) {
  EXPECT_TRUE(parse_json("f", R"({"a":{"k":1},"b":{"k":1}})", kCap));
  const auto json = parse_json("f", R"({"a":{"k":1,"k":2}})", kCap);
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().words, "f: expected each member once in an object");
}

TEST(ViJson, Limits) {
  const auto nested = [](size_t depth) { return repeated("[", depth) + repeated("]", depth); };
  EXPECT_TRUE(parse_json("f", nested(kJsonMaxDepth), kCap));
  EXPECT_FALSE(parse_json("f", nested(kJsonMaxDepth + 1), kCap));

  const auto members = [](size_t count) {
    std::string text = "{";
    for (size_t i = 0; i < count; ++i) {
      text += (i == 0 ? "\"m" : ",\"m") + std::to_string(i) + "\":0";
    }
    return text + "}";
  };
  EXPECT_TRUE(parse_json("f", members(kJsonMaxMembers), kCap));
  EXPECT_FALSE(parse_json("f", members(kJsonMaxMembers + 1), kCap));

  const auto values = [](size_t count) { return "[" + repeated("0,", count - 2) + "0]"; };
  EXPECT_TRUE(parse_json("f", values(kJsonMaxValues), kCap));
  EXPECT_FALSE(parse_json("f", values(kJsonMaxValues + 1), kCap));

  EXPECT_TRUE(parse_json("f", "[\"12345\"]", 9));
  const auto huge = parse_json("f", "[\"12345\"]", 8);
  ASSERT_FALSE(huge);
  EXPECT_EQ(huge.error().code.value(), EFBIG);
}

TEST(ViJson, RefusesWhatIsNoJson) {
  for (const char* text : {"", "{", "{]", "nul", "{\"a\":1}x", "\xff", "{\"a\":\"\xc3(\"}",
                           "{\"a\":\"\\ud800\"}", "{\"a\":1e999}", "[1,]", "/* */ {}"}) {
    expect_refused(parse_json("f", text, kCap), "f", text);
  }
}

TEST(ViJson, ErrorsDoNotQuoteTheInput) {
  const auto json = parse_json("f", "{\"a\":\"hunter2\" hunter2}", kCap);
  ASSERT_FALSE(json);
  EXPECT_EQ(json.error().words.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace vtpmfs::cache
