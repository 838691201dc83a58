/// `authnzctl call`: one sealed request to a server, its answer in clear.
#pragma once

#include <string>

namespace authnz::ctl {

struct call_options {
  std::string request;
  std::string body = "{}";
  std::string url = "http://127.0.0.1:13431";
  std::string key_file = "data/.authnzerver-secret-key";
  std::string client = "127.0.0.1";
  std::string ca_file;
  long timeout_seconds = 60;
};

/// The exit status: 0 success, 1 the answer is a failure, 3 no answer.
int call(const call_options& o);

}  // namespace authnz::ctl
