/// Owners of what libcurl hands out.
#pragma once

#include <curl/curl.h>

#include <memory>

namespace authnz::net {

template <auto Free>
struct freed_by {
  template <class T>
  void operator()(T* p) const {
    Free(p);
  }
};
using easy_ptr = std::unique_ptr<CURL, freed_by<curl_easy_cleanup>>;
using list_ptr = std::unique_ptr<curl_slist, freed_by<curl_slist_free_all>>;
using url_ptr = std::unique_ptr<CURLU, freed_by<curl_url_cleanup>>;
using text_ptr = std::unique_ptr<char, freed_by<curl_free>>;

}  // namespace authnz::net
