// What no reader may take, crash on or hang on.
#pragma once

#include <gtest/gtest.h>

#include <cerrno>
#include <string>
#include <vector>

#include "vsphere/error.h"

namespace vtpmfs::cache {

inline std::string repeated(const std::string& text, size_t times) {
  std::string result;
  for (size_t i = 0; i < times; ++i) result += text;
  return result;
}

inline std::vector<std::string> hostile_inputs() {
  return {
      "",
      " \n\t",
      std::string(1, '\0'),
      std::string("{\"keyId\":\"a\0b\"}", 15),
      std::string(1000, '\0'),
      std::string("\xff\xfe{\0\"\0", 6),
      "{\"keyId\":\"\xc3\x28\"}",
      "{\"keyId\":\"\xed\xa0\x80\"}",
      "{\"keyId\":\"\\ud800\"}",
      "{",
      "}",
      "[]",
      "[{}]",
      "null",
      "true",
      "17",
      "\"text\"",
      "{\"keyId\":1e999}",
      "{\"key\":",
      "{\"key\":1,}",
      "{\"key\":1}}",
      "{'key':1}",
      "{\"keyId\":\"a\"} trailing",
      "{\"keyId\":\"a\",\"keyId\":\"b\"}",
      repeated("[", 100000),
      repeated("{\"a\":", 100000),
      repeated("[", 5000) + repeated("]", 5000),
      "{\"hardware\":" + repeated("[", 40) + repeated("]", 40) + "}",
      std::string(8UL << 20, 'A'),
      "\"" + std::string(8UL << 20, 'A') + "\"",
      "{\"a\":[" + repeated("0,", 300000) + "0]}",
      repeated("%", 1000),
      repeated("(", 1000),
      repeated("/", 1000),
      "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
      "\x7f\x45LF\x02\x01\x01",
  };
}

/// Every refusal names the file, says what was expected and has the errno of SPEC's table.
template <class T>
void expect_refused(const Result<T>& result, const std::string& file, const std::string& input) {
  ASSERT_FALSE(result.has_value()) << file << " took: " << input.substr(0, 100);
  const Error& error = result.error();
  EXPECT_TRUE(error.code.value() == EINVAL || error.code.value() == EFBIG) << error.words;
  EXPECT_EQ(error.words.rfind(file + ": ", 0), 0U) << error.words;
  EXPECT_NE(error.words.find("expected"), std::string::npos) << error.words;
  EXPECT_LT(error.words.size(), 2000U);
}

}  // namespace vtpmfs::cache
