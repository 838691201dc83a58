// Linked into sanitized programs that speak CAF's network protocol.
//
// When a link closes while a program ends, CAF 0.17.6's broker now and then
// leaves itself and the message in its mailbox behind, as one cycle of some 4
// KiB that nobody can reach. It is made and lost within libcaf_io.

extern "C" const char* __lsan_default_suppressions();
extern "C" const char* __lsan_default_suppressions() { return "leak:libcaf_io\n"; }
