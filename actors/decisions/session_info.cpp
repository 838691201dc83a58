// internal-session-edit, session-setinfo
#include "actors/decisions.hpp"
#include "actors/decisions/accounts.hpp"
#include "actors/decisions/extra_info.hpp"

namespace authnz::actors {

using proto::answer;
using proto::code;
using proto::object_text;
using proto::request;

namespace {

std::string no_session_info() { return object_text().null("session_info").members(); }

std::vector<audit_note> audit_of(const std::optional<session_and_user>& s) {
  return {{"session.edited", {}, s ? std::to_string(s->user.id) : std::string()}};
}

step store_info(const session_and_user& at, std::string_view token, std::string info) {
  const storage::session before = owned(at.session);
  storage::session after = before;
  after.extra_info = std::move(info);
  storage::session_ref shown = at.session;
  shown.extra_info = *after.extra_info;
  object_text part;
  add_session_part(part, token, shown);
  finish end{
      .answer = answer::success(code::session_updated, object_text().raw("session_info", part.object()).members()),
      .audit = audit_of(at)};
  storage::replace_session(end.tx, before, after);
  return end;
}

}  // namespace

std::string decision<request::session_setinfo>::fields_on_failure(const proto::call&) { return no_session_info(); }

step decision<request::session_setinfo>::decide(const context& c) {
  const std::string_view token = c.request.text("session_token");
  const auto live = live_session(c.store, token, c.turn);
  if (!live)
    return finish{.answer = answer::failure(code::session_not_found, no_session_info()), .audit = audit_of(live)};
  return store_info(*live, token, proto::to_text(*c.request.find("extra_info")));
}

std::string decision<request::internal_session_edit>::fields_on_failure(const proto::call&) {
  return no_session_info();
}

step decision<request::internal_session_edit>::decide(const context& c) {
  const std::string_view token = c.request.text("target_session_token");
  const auto refuse = [](code reason, const std::optional<session_and_user>& at) -> step {
    return finish{.answer = answer::failure(reason, no_session_info()), .audit = audit_of(at)};
  };
  const proto::json& update = *c.request.find("update_dict");
  if (update.empty()) return refuse(code::update_empty, std::nullopt);
  const auto live = live_session(c.store, token, c.turn);
  if (!live) return refuse(code::session_not_found, live);
  const auto merged = merge_extra_info(live->session.extra_info, update, c.config.limits.extra_info);
  if (!merged) return refuse(code::extra_info_too_large, live);
  return store_info(*live, token, *merged);
}

}  // namespace authnz::actors
