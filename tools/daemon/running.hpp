/// What a running server reports, and how it takes a changed configuration.
#pragma once

#include <functional>
#include <memory>
#include <string_view>

#include "actors/audit.hpp"
#include "actors/decider.hpp"
#include "actors/gateway.hpp"
#include "actors/log.hpp"
#include "actors/outbox_pump.hpp"
#include "actors/supervisor.hpp"
#include "net/listener.hpp"
#include "tools/daemon/config.hpp"
#include "tools/daemon/server.hpp"

namespace authnz::daemon {

actors::audit_sink audit_of_decisions(std::shared_ptr<actors::audit_log> audit);
/// The texts of their records in the audit trail.
actors::audit_text trail_of_decisions(std::shared_ptr<actors::audit_log> audit);
/// `ratelimit.refused`, for those refusals that are worth a line.
std::function<void(const proto::exchange&)> audit_of_refusals(std::shared_ptr<actors::audit_log> audit);
/// A line a request, while `debug` is logged.
actors::answer_hook log_of_answers(std::shared_ptr<const actors::logger> log);
actors::death_hook log_of_deaths(std::shared_ptr<const actors::logger> log);
actors::mail_log log_of_mail(std::shared_ptr<const actors::logger> log);
void report_listener_event(net::listener_event e, std::string_view detail, const actors::logger& log,
                           actors::audit_log& audit);

struct reload_parts {
  const config& started_with;
  const config_source& read_again;
  const actors::logger& log;
  actors::audit_log& audit;
  actors::supervisor_actor supervisor;
  actors::gateway_ingress& door;
  net::listener& listener;
  actors::settings_ptr settings;                                                   ///< in force
  std::function<tl::expected<void, std::string>()> reload_certificates = {};       ///< of the admin link
  std::function<tl::expected<void, std::string>()> reload_link_certificates = {};  ///< of the links between nodes
  std::vector<std::string> complaints = {};                                        ///< of the reload under way
};

/// SIGHUP: reads the environment file and every file that may change. What is
/// broken keeps its old content, is logged and returned.
std::vector<std::string> reload(reload_parts& parts);

}  // namespace authnz::daemon
