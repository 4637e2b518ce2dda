#include <openssl/ssl.h>

#include "tests/unit/vsphere_http/server_fixture.h"
#include "tests/unit/vsphere_http/temporary_directory.h"

namespace vtpmfs::vsphere::http {
namespace {

using testing::HasSubstr;
using testing::Not;

/// A TlsPolicy put together word by word.
struct Policy : TlsPolicy {
  Policy& ca(const std::string& file) {
    ca_files.push_back(file);
    return *this;
  }
  Policy& pin(const std::string& text) {
    thumbprint = text;
    return *this;
  }
  Policy& known(const std::string& file) {
    known_hosts_files.push_back(file);
    return *this;
  }
  Policy& trusting() {
    insecure = true;
    return *this;
  }
};

CertificateWish authority_named(const std::string& name) {
  CertificateWish wish;
  wish.name = name;
  wish.alternative = "";
  wish.authority = true;
  return wish;
}

CertificateWish another_name() {
  CertificateWish wish;
  wish.name = "vc";
  wish.alternative = "DNS:vc.example.test";
  return wish;
}

CertificateWish expired_wish() {
  CertificateWish wish;
  wish.days_from = -9;
  wish.days_until = -2;
  return wish;
}

/// A server with the certificate of each test's choice.
class TlsTest : public testing::Test {
 protected:
  void serve(const Certificate& certificate) {
    server_ = std::make_unique<ScriptedServer>(
        certificate, [](const ServedRequest&, Wire& wire) { wire.answer(200, "welcome"); });
  }

  Result<HttpResponse> visit(TlsPolicy policy, const std::string& host = "127.0.0.1") {
    TransportSettings settings;
    settings.host = host;
    settings.port = server_->port();
    settings.tls = std::move(policy);
    auto transport = Transport::create(settings);
    if (!transport) return fail(std::move(transport.error()));
    return (*transport)->send_and_wait(looking(), patient());
  }

  std::string known_hosts(const std::string& thumbprint) {
    return directory_.write("known_hosts", "other.example AA:BB\n# no line of ours\n127.0.0.1:" +
                                               std::to_string(server_->port()) + " " + thumbprint +
                                               "\n");
  }

  void expect_refused(const Result<HttpResponse>& response, const std::string& words) {
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errno{EPROTO});
    EXPECT_THAT(response.error().words, HasSubstr(words));
    EXPECT_FALSE(response.error().maybe_done);
    EXPECT_EQ(server_->requests(), 0);
  }

  void expect_trusted(const Result<HttpResponse>& response) {
    ASSERT_TRUE(response) << response.error().words;
    EXPECT_EQ(response->body, "welcome");
  }

  TemporaryDirectory directory_;
  Certificate authority_{authority_named("Test CA")};
  Certificate good_{CertificateWish{}, &authority_};
  Certificate self_signed_{CertificateWish{}};
  std::unique_ptr<ScriptedServer> server_;
};

TEST_F(TlsTest, ACaFileIsTrusted) {
  serve(good_);
  expect_trusted(visit(Policy().ca(directory_.write("ca.pem", authority_.pem()))));
}

TEST_F(TlsTest, TheSecondOfTwoCaFilesIsTrusted) {
  serve(good_);
  const Certificate other(authority_named("Other CA"));
  expect_trusted(visit(Policy()
                           .ca(directory_.write("other.pem", other.pem()))
                           .ca(directory_.write("ca.pem", authority_.pem()))));
}

TEST_F(TlsTest, TheServersOwnCertificateIsAnAnchor) {
  serve(self_signed_);
  expect_trusted(visit(Policy().ca(directory_.write("server.pem", self_signed_.pem()))));
}

TEST_F(TlsTest, TheSystemsAuthoritiesDoNotKnowUs) {
  serve(self_signed_);
  const auto response = visit({});
  expect_refused(response, "127.0.0.1:" + std::to_string(server_->port()));
  EXPECT_THAT(response.error().words, HasSubstr(self_signed_.sha256()));
  EXPECT_THAT(response.error().words, HasSubstr("--ca-file"));
  EXPECT_THAT(response.error().words, HasSubstr("--thumbprint"));
  EXPECT_THAT(response.error().words, HasSubstr("--insecure"));
}

TEST_F(TlsTest, AnotherAuthorityIsNotEnough) {
  serve(good_);
  const Certificate other(authority_named("Other CA"));
  expect_refused(visit(Policy().ca(directory_.write("ca.pem", other.pem()))), "issuer");
}

TEST_F(TlsTest, AnotherNameIsRefused) {
  const Certificate other(another_name(), &authority_);
  serve(other);
  const auto response = visit(Policy().ca(directory_.write("ca.pem", authority_.pem())));
  expect_refused(response, "mismatch");
  EXPECT_THAT(response.error().words, Not(HasSubstr("--ca-file")));
}

TEST_F(TlsTest, AHostNameIsComparedAsOne) {
  serve(good_);
  const TlsPolicy policy = Policy().ca(directory_.write("ca.pem", authority_.pem()));
  expect_trusted(visit(policy, "localhost"));
}

TEST_F(TlsTest, AThumbprintIsEnoughWithoutAnAuthority) {
  serve(self_signed_);
  expect_trusted(visit(Policy().pin(self_signed_.sha256())));
}

TEST_F(TlsTest, AThumbprintMayBeWrittenWithoutColons) {
  serve(self_signed_);
  std::string plain;
  for (const char c : self_signed_.sha256()) {
    if (c != ':') plain += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  }
  expect_trusted(visit(Policy().pin(plain)));
}

TEST_F(TlsTest, AThumbprintMustMatchAlsoWhereTheAuthorityVouches) {
  serve(good_);
  expect_refused(
      visit(Policy().ca(directory_.write("ca.pem", authority_.pem())).pin(self_signed_.sha256())),
      good_.sha256());
}

TEST_F(TlsTest, AThumbprintOverridesInsecure) {
  serve(good_);
  expect_refused(visit(Policy().pin(self_signed_.sha256()).trusting()), "pinned");
}

TEST_F(TlsTest, ACaFileOverridesInsecure) {
  serve(self_signed_);
  expect_refused(visit(Policy().ca(directory_.write("ca.pem", authority_.pem())).trusting()),
                 "not trusted");
}

TEST_F(TlsTest, InsecureTrustsAnybody) {
  const Certificate expired(expired_wish());
  serve(expired);
  expect_trusted(visit(Policy().trusting()));
}

TEST_F(TlsTest, AThumbprintMustBeSha256) {
  serve(good_);
  for (const std::string& wrong : {good_.sha1(), std::string("hello"), std::string()}) {
    const auto response = visit(Policy().pin(wrong));
    ASSERT_FALSE(response);
    EXPECT_EQ(response.error().code, Errno{EINVAL}) << wrong;
  }
}

TEST_F(TlsTest, AKnownHostExcusesAnUntrustedChain) {
  serve(self_signed_);
  expect_trusted(visit(Policy().known(known_hosts(self_signed_.sha256()))));
}

TEST_F(TlsTest, AKnownHostExcusesAnotherName) {
  const Certificate other(another_name(), &authority_);
  serve(other);
  expect_trusted(visit(Policy()
                           .ca(directory_.write("ca.pem", authority_.pem()))
                           .known(known_hosts(other.sha256()))));
}

TEST_F(TlsTest, AKnownHostMayBeKnownBySha1) {
  serve(self_signed_);
  expect_trusted(visit(Policy().known(known_hosts(self_signed_.sha1()))));
}

TEST_F(TlsTest, AKnownHostWithAnotherCertificateIsRefused) {
  serve(self_signed_);
  expect_refused(visit(Policy().known(known_hosts(good_.sha256()))), "not trusted");
}

TEST_F(TlsTest, AKnownHostThatExpiredIsRefused) {
  const Certificate expired(expired_wish());
  serve(expired);
  expect_refused(visit(Policy().known(known_hosts(expired.sha256()))), "expired");
}

TEST_F(TlsTest, FilesThatCannotBeReadAreNamed) {
  serve(good_);
  const auto ca = visit(Policy().ca("/nonexistent/ca.pem"));
  ASSERT_FALSE(ca);
  EXPECT_THAT(ca.error().words, HasSubstr("/nonexistent/ca.pem"));
  const auto hosts = visit(Policy().known("/"));
  ASSERT_FALSE(hosts);
  EXPECT_EQ(hosts.error().code, Errno{EISDIR});
  EXPECT_THAT(hosts.error().words, HasSubstr("known hosts file /: "));
}

TEST_F(TlsTest, AKnownHostsFileThatIsNotThereYetKnowsNobody) {
  serve(self_signed_);
  expect_trusted(
      visit(Policy().known("/nonexistent/hosts").known(known_hosts(self_signed_.sha256()))));
}

}  // namespace
}  // namespace vtpmfs::vsphere::http
