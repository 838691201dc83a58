/// Lets a listening socket come to its end without a connection being reset.
#pragma once

namespace authnz::net {

/// From now on the system takes no new connection on a listening TCP socket;
/// those that have begun to shake hands still come about. A client that comes
/// now tries again by itself a second later (RFC 6298), and is then refused,
/// or served by the next server. Does nothing where the system cannot do that.
void admit_no_more(int listening) noexcept;

}  // namespace authnz::net
