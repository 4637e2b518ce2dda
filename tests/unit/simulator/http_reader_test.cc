#include "tests/simulator/https/http_reader.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <string>
#include <thread>

namespace vtpmfs::simulator {
namespace {

/// A connection whose other end sends `bytes`, so many at a time, and hangs up.
class Wire {
 public:
  Wire(std::string bytes, size_t piece) {
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_), 0);
    socket_ = std::make_unique<Socket>(ends_[0], nullptr);
    sender_ = std::thread([bytes = std::move(bytes), piece, end = ends_[1]] {
      for (size_t at = 0; at < bytes.size(); at += piece) {
        if (::send(end, bytes.data() + at, std::min(piece, bytes.size() - at), MSG_NOSIGNAL) < 0) {
          break;
        }
      }
      ::shutdown(end, SHUT_WR);
    });
  }
  ~Wire() {
    socket_->interrupt();
    sender_.join();
    ::close(ends_[1]);
  }
  Socket& socket() { return *socket_; }
  /// What was sent to the other end so far.
  std::string answer() const {
    char bytes[256];
    const auto got = ::recv(ends_[1], bytes, sizeof bytes, MSG_DONTWAIT);
    return got > 0 ? std::string(bytes, static_cast<size_t>(got)) : std::string();
  }

 private:
  int ends_[2] = {-1, -1};
  std::unique_ptr<Socket> socket_;
  std::thread sender_;
};

using Outcome = HttpReader::Outcome;

class HttpReaderPieces : public ::testing::TestWithParam<size_t> {};

TEST_P(HttpReaderPieces, RequestsFollowEachOther) {
  Wire wire(
      "POST /sdk HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nhello"
      "PUT /folder/a%20b/c+d?dsName=x%26y&dcPath=%2FDC%252f1 HTTP/1.1\r\n"
      "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4;x=y\r\ndefg\r\n0\r\nTrailer: t\r\n\r\n"
      "GET / HTTP/1.1\r\nCookie: a=1; vmware_soap_session=\"00ff\"\r\nX-Y:  z \r\n\r\n",
      GetParam());
  HttpReader reader(wire.socket());
  HttpRequest post;
  ASSERT_EQ(reader.next(post), Outcome::request);
  EXPECT_EQ(post.method, "POST");
  EXPECT_EQ(post.body, "hello");
  HttpRequest put;
  ASSERT_EQ(reader.next(put), Outcome::request);
  EXPECT_EQ(put.path, "/folder/a b/c+d");
  ASSERT_NE(put.parameter("dsName"), nullptr);
  EXPECT_EQ(*put.parameter("dsName"), "x&y");
  EXPECT_EQ(*put.parameter("dcPath"), "/DC%2f1");
  EXPECT_EQ(put.body, "abcdefg");
  EXPECT_TRUE(put.body_complete);
  HttpRequest get;
  ASSERT_EQ(reader.next(get), Outcome::request);
  EXPECT_EQ(get.cookie("vmware_soap_session"), "\"00ff\"");
  EXPECT_EQ(get.header("x-y"), "z");
  HttpRequest none;
  EXPECT_EQ(reader.next(none), Outcome::closed);
}

TEST_P(HttpReaderPieces, CutOffBodiesAreNotComplete) {
  for (const char* bytes : {"PUT / HTTP/1.1\r\nContent-Length: 10\r\n\r\nhello",
                            "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
                            "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nhello"}) {
    Wire wire(bytes, GetParam());
    HttpReader reader(wire.socket());
    HttpRequest request;
    ASSERT_EQ(reader.next(request), Outcome::request) << bytes;
    EXPECT_FALSE(request.body_complete) << bytes;
    EXPECT_EQ(request.body, "hello") << bytes;
  }
}

INSTANTIATE_TEST_SUITE_P(Pieces, HttpReaderPieces, ::testing::Values(1, 7, 100000));

TEST(HttpReader, RefusesWhatIsNotHttp) {
  for (const char* bytes :
       {"\r\n", "hello\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/2.0\r\n\r\n", "GET x HTTP/1.1\r\n\r\n",
        "GET /%zz HTTP/1.1\r\n\r\n", "GET /%2 HTTP/1.1\r\n\r\n", "GET / HTTP/1.1\r\nbad\r\n\r\n",
        "GET /a b HTTP/1.1\r\n\r\n", "GET /\xc3\xa4 HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\n: x\r\n\r\n", "GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        "PUT / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", "GET / HTTP/1.1\r\n"}) {
    Wire wire(bytes, 1000);
    HttpReader reader(wire.socket());
    HttpRequest request;
    EXPECT_EQ(reader.next(request), Outcome::malformed) << bytes;
  }
}

TEST(HttpReader, RefusesWhatIsTooLarge) {
  HttpRequest request;
  Wire body("PUT / HTTP/1.1\r\nContent-Length: 99999999999\r\n\r\n", 1000);
  EXPECT_EQ(HttpReader(body.socket()).next(request), Outcome::too_large);
  std::string head = "GET / HTTP/1.1\r\n";
  for (int i = 0; i < 2000; ++i) head += "X: " + std::string(100, 'x') + "\r\n";
  Wire headers(head + "\r\n", 100000);
  EXPECT_EQ(HttpReader(headers.socket()).next(request), Outcome::too_large);
}

TEST(HttpReader, APutStatesItsLength) {
  Wire wire("PUT / HTTP/1.1\r\n\r\n", 1000);
  HttpRequest request;
  EXPECT_EQ(HttpReader(wire.socket()).next(request), Outcome::no_length);
}

TEST(HttpReader, TellsThatARequestHasBegunBeforeItIsRead) {
  Wire wire("PUT / HTTP/1.1\r\nContent-Length: 2\r\n\r\nokGET / HTTP/1.1\r\n\r\n", 1000);
  int begun = 0;
  HttpRequest request;
  HttpReader reader(wire.socket(), [&] {
    ++begun;
    EXPECT_TRUE(request.method.empty());
  });
  ASSERT_EQ(reader.next(request), Outcome::request);
  EXPECT_EQ(begun, 1);
  request = {};
  ASSERT_EQ(reader.next(request), Outcome::request);
  request = {};
  EXPECT_EQ(reader.next(request), Outcome::closed);
  EXPECT_EQ(begun, 2);
}

TEST(HttpReader, APlusInTheQueryIsABlank) {
  Wire wire("GET /a+b?dsName=a+b%2B HTTP/1.1\r\n\r\n", 1000);
  HttpRequest request;
  ASSERT_EQ(HttpReader(wire.socket()).next(request), Outcome::request);
  EXPECT_EQ(request.path, "/a+b");
  EXPECT_EQ(*request.parameter("dsName"), "a b+");
}

TEST(HttpReader, ContinuesWhoWaitsForIt) {
  Wire wire("PUT / HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\nok", 1000);
  HttpReader reader(wire.socket());
  HttpRequest request;
  ASSERT_EQ(reader.next(request), Outcome::request);
  EXPECT_EQ(request.body, "ok");
  EXPECT_EQ(wire.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
}

}  // namespace
}  // namespace vtpmfs::simulator
