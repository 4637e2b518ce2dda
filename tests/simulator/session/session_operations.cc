#include "tests/simulator/session/session_operations.h"

#include <memory>

#include "tests/simulator/model/value.h"
#include "tests/simulator/service/singleton.h"
#include "tests/simulator/session/permissions.h"
#include "tests/simulator/session/session.h"
#include "tests/simulator/session/session_table.h"
#include "tests/simulator/simulator.h"
#include "tests/simulator/soap/operation_template.h"

namespace vtpmfs::simulator {
namespace {

const Ref kSessionManager{"SessionManager", "SessionManager"};

vim25__UserSession user_session(const Session& session) {
  vim25__UserSession info;
  info.key = session.who().key;
  info.userName = session.who().user;
  info.fullName = session.who().user;
  info.loginTime = session.who().login_time;
  info.lastActiveTime = session.last_active_time();
  info.locale = session.who().locale;
  info.messageLocale = session.who().locale;
  info.extensionSession = false;
  info.ipAddress = session.who().address;
  info.userAgent = session.who().user_agent;
  info.callCount = session.call_count();
  return info;
}

Outcome<void> login(Call& call, const _vim25__Login& request, _vim25__LoginResponse& response) {
  Simulator& simulator = call.simulator();
  // Whoever is logged in already has to log out first.
  if (call.session()) return refuse(invalid_login());
  if (!simulator.permissions().log_in(request.userName, request.password)) {
    return refuse(invalid_login());
  }
  if (request.locale && request.locale->rfind("en", 0) != 0) {
    return refuse(fault_of("InvalidLocale", "The locale is not known."));
  }
  if (!simulator.permissions().has_any(request.userName)) {
    return refuse(no_permission(call.inventory().root(), "System.View"));
  }
  const auto session = simulator.sessions().create(
      request.userName, request.locale.value_or("en_US"), call.http().peer_address,
      std::string(call.http().header("user-agent")));
  if (!session) {
    call.reply().status = 503;
    return {};
  }
  call.reply().cookie = session->who().cookie;
  response.returnval = call.arena().keep(user_session(*session));
  return {};
}

}  // namespace

void add_session_operations(Simulator& simulator) {
  auto table =
      Declare<Singleton>()
          .property(
              "currentSession",
              [](const Singleton&, const Reading& reading) -> Value {
                if (reading.session == nullptr) return nullptr;
                return data_value(reading, user_session(*reading.session));
              },
              "System.Anonymous")
          .property("defaultLocale",
                    [](const Singleton&, const Reading& r) { return text_value(r, "en_US"); })
          .property("supportedLocaleList",
                    [](const Singleton&, const Reading& r) { return texts_value(r, {"en_US"}); })
          .unset("sessionList")
          .table();
  simulator.inventory().add(std::make_shared<Singleton>(kSessionManager, std::move(table)));
  simulator.service_content()["sessionManager"] = kSessionManager;

  Operations& operations = simulator.operations();
  operations.on<_vim25__Login, _vim25__LoginResponse>(
      {"SessionManager", "System.Anonymous", Lock::shared}, login);
  operations.on<_vim25__Logout, _vim25__LogoutResponse>(
      {"SessionManager", "System.View", Lock::none},
      [](Call& call, const _vim25__Logout&, _vim25__LogoutResponse&) -> Outcome<void> {
        call.simulator().sessions().end(*call.session());
        return {};
      });
  operations.on<_vim25__SessionIsActive, _vim25__SessionIsActiveResponse>(
      {"SessionManager", "Sessions.ValidateSession", Lock::shared},
      [](Call& call, const _vim25__SessionIsActive& request,
         _vim25__SessionIsActiveResponse& response) -> Outcome<void> {
        const auto session = call.simulator().sessions().find_by_key(request.sessionID);
        response.returnval =
            call.arena().keep(session != nullptr && session->who().user == request.userName);
        return {};
      });
  add_permission_operations(simulator);
}

}  // namespace vtpmfs::simulator
