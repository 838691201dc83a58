#include "tests/actor/certificates.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace authnz::tests {

certificates::certificates() {
  std::string pattern = (std::filesystem::temp_directory_path() / "certificates-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) return;
  directory_ = pattern;
  std::ofstream(file("names")) << "subjectAltName=DNS:localhost\n";
  const std::string sign = "openssl x509 -req -in server.csr -CA ca.pem -CAkey ca.key -CAcreateserial -extfile names ";
  const std::string script =
      "cd '" + directory_ +
      "' && for ca in ca other-ca; do openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 "
      "-subj \"/CN=$ca\" -keyout $ca.key -out $ca.pem || exit 1; done && "
      "openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=server -keyout server.key "
      "-out server.csr && " +
      sign + "-days 2 -out server.pem && " + sign + "-days -1 -out expired.pem";
  ok_ = std::system(("( " + script + " ) >'" + directory_ + "/log' 2>&1").c_str()) == 0;
}

certificates::~certificates() {
  std::error_code ignored;
  if (!directory_.empty()) std::filesystem::remove_all(directory_, ignored);
}

}  // namespace authnz::tests
