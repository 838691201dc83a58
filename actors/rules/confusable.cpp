#include "actors/rules/confusable.hpp"

#include <unicode/unistr.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>

namespace authnz::actors::rules {
namespace {

UScriptCode script_of(UChar32 c) {
  UErrorCode status = U_ZERO_ERROR;
  return uscript_getScript(c, &status);
}

bool mixes_scripts(const USpoofChecker* checker, const icu::UnicodeString& text) {
  UErrorCode status = U_ZERO_ERROR;
  return uspoof_checkUnicodeString(checker, text, nullptr, &status) != 0 || U_FAILURE(status);
}

bool looks_like_another_script(const USpoofChecker* checker, UChar32 c) {
  // ICU maps look-alikes to one of them, mostly to the ASCII letter, which
  // therefore maps to itself although other scripts have the same shape.
  if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')) return true;
  UErrorCode status = U_ZERO_ERROR;
  icu::UnicodeString skeleton;
  uspoof_getSkeletonUnicodeString(checker, 0, icu::UnicodeString(c), skeleton, &status);
  if (U_FAILURE(status)) return true;
  const UScriptCode script = script_of(c);
  for (std::int32_t at = 0; at < skeleton.length(); at = skeleton.moveIndex32(at, 1)) {
    const UScriptCode other = script_of(skeleton.char32At(at));
    if (other != script && other != USCRIPT_INHERITED) return true;
  }
  return false;
}

}  // namespace

bool is_confusable(std::string_view utf8) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::LocalUSpoofCheckerPointer checker(uspoof_open(&status));
  if (U_FAILURE(status)) return true;
  uspoof_setChecks(checker.getAlias(), USPOOF_RESTRICTION_LEVEL, &status);
  uspoof_setRestrictionLevel(checker.getAlias(), USPOOF_HIGHLY_RESTRICTIVE);
  if (U_FAILURE(status)) return true;

  const auto text = icu::UnicodeString::fromUTF8({utf8.data(), static_cast<std::int32_t>(utf8.size())});
  if (!mixes_scripts(checker.getAlias(), text)) return false;
  for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1))
    if (looks_like_another_script(checker.getAlias(), text.char32At(at))) return true;
  return false;
}

}  // namespace authnz::actors::rules
