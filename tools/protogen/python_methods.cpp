#include "tools/protogen/python_methods.hpp"

#include <algorithm>

#include "proto/requests.hpp"
#include "tools/protogen/words.hpp"

namespace authnz::protogen {

using namespace proto;

namespace {

enum class flavour { blocking, asyncio };

std::string snake_case(std::string_view name) {
  std::string out(name);
  std::ranges::replace(out, '-', '_');
  return out;
}

std::string python_type(const param& p) {
  std::vector<std::string_view> out;
  for (const auto word : type_words(p.types)) {
    if (word == "None") continue;
    out.push_back(word == "dict" ? "Mapping[str, Any]" : word == "list" ? "Sequence[str]" : word);
  }
  if (p.needed != need::required) out.emplace_back("None");
  return join(out, " | ");
}

std::string argument(const param& p) {
  return "        " + std::string(p.name) + ": " + python_type(p) + (p.needed == need::optional ? " = None" : "") +
         ",\n";
}

std::string arguments(const request_row& row) {
  std::string out;
  for (const auto* p : required_first(row.params)) out += argument(*p);
  return out;
}

std::string docstring(const request_row& row) {
  std::string out = "        \"\"\"" + std::string(row.help);
  if (row.trusted == trust::internal)
    out += "\n\n        No permission is checked: never let an end user's input drive it.\n        ";
  if (row.trusted == trust::frontend)
    out += "\n\n        Nobody's permission is checked: you decide who may cause it.\n        ";
  return out + "\"\"\"\n";
}

std::string body(const request_row& row) {
  std::string out;
  std::string given;
  for (const auto& p : row.params) {
    const std::string name(p.name);
    if (p.needed != need::optional)
      out += "                \"" + name + "\": " + name + ",\n";
    else
      given += "                    " + name + "=" + name + ",\n";
  }
  if (!given.empty()) out += "                **_given(\n" + given + "                ),\n";
  return out.empty() ? "            {},\n" : "            {\n" + out + "            },\n";
}

std::string method(const request_row& row, flavour f) {
  const bool waits = f == flavour::asyncio;
  return std::string("    ") + (waits ? "async " : "") + "def " + snake_case(row.name) +
         "(\n        self,\n        *,\n" + arguments(row) +
         "        reqid: ReqId | None = None,\n        client_ipaddr: str | None = None,\n    ) -> Answer:\n" +
         docstring(row) + "        return " + (waits ? "await " : "") + "self.call(\n            \"" +
         std::string(row.name) + "\",\n" + body(row) +
         "            reqid=reqid,\n            client_ipaddr=client_ipaddr,\n        )\n";
}

std::string class_of_methods(std::string_view head, flavour f) {
  std::string out(head);
  for (const auto& row : request_table) out += "\n" + method(row, f);
  return out;
}

std::string reads() {
  std::string out = "_READS = frozenset(\n    {\n";
  for (const auto& row : request_table)
    if (row.what == effect::read) out += "        \"" + std::string(row.name) + "\",\n";
  return out + "    }\n)\n";
}

}  // namespace

std::string python_methods() {
  constexpr std::string_view blocking =
      "class _Requests:\n"
      "    \"\"\"One method a request.\"\"\"\n\n"
      "    def call(\n        self,\n        request: str,\n        body: Mapping[str, Any],\n        *,\n"
      "        reqid: ReqId | None = None,\n        client_ipaddr: str | None = None,\n    ) -> Answer:\n"
      "        raise NotImplementedError\n";
  constexpr std::string_view asyncio =
      "class _AsyncRequests:\n"
      "    \"\"\"One coroutine a request.\"\"\"\n\n"
      "    async def call(\n        self,\n        request: str,\n        body: Mapping[str, Any],\n        *,\n"
      "        reqid: ReqId | None = None,\n        client_ipaddr: str | None = None,\n    ) -> Answer:\n"
      "        raise NotImplementedError\n";
  return reads() + "\n\n" + class_of_methods(blocking, flavour::blocking) + "\n\n" +
         class_of_methods(asyncio, flavour::asyncio);
}

}  // namespace authnz::protogen
