#include "net/last_connections.hpp"

#include <linux/filter.h>
#include <sys/socket.h>

#include <array>

namespace authnz::net {

// Drops the segments that carry SYN. Accepted sockets inherit this, which does
// not matter to them: theirs have been seen.
void admit_no_more(int listening) noexcept {
  constexpr unsigned flags_at = 13;  // in a TCP header (RFC 9293, section 3.1)
  constexpr unsigned syn = 0x02;
  constexpr unsigned whole = 0xffffffff;
  std::array<sock_filter, 4> code{{{BPF_LD | BPF_B | BPF_ABS, 0, 0, flags_at},
                                   {BPF_JMP | BPF_JSET | BPF_K, 0, 1, syn},
                                   {BPF_RET | BPF_K, 0, 0, 0},
                                   {BPF_RET | BPF_K, 0, 0, whole}}};
  const sock_fprog program{static_cast<unsigned short>(code.size()), code.data()};
  ::setsockopt(listening, SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof program);
}

}  // namespace authnz::net
